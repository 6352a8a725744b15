/* SPDX-License-Identifier: Apache-2.0 */
/* Generated resources joining the others: create, replace or merge. */
#include "build/kustomize/resource/resmap.h"

/* The id as Go's %#v prints it: part of kustomize's messages. */
static const char *go_syntax(struct arena *a, const struct resid *id) {
        return arena_printf(a,
                            "resid.ResId{Gvk:resid.Gvk{Group:\"%s\", Version:\"%s\", Kind:\"%s\", isClusterScoped:%s}, "
                            "Name:\"%s\", Namespace:\"%s\"}",
                            id->gvk.group, id->gvk.version, id->gvk.kind, id->cluster_scoped ? "true" : "false",
                            id->name, id->ns);
}

/* Puts the members of old that to lacks into to[field], values as strings. */
static int inherit(struct arena *a, struct value *to, const struct value *old, const char *field, struct err *err) {
        const struct value *from = value_get(old, field);
        if (!value_is_map(from) || !from->len)
                return 0;
        struct value *map = value_obtain_map(a, to, field);
        if (!map)
                return err_oom(err);
        VALUE_EACH_MEMBER(m, from) {
                if (value_getn(map, m->key, m->key_len))
                        continue;
                const char *text = scalar_text(a, &m->value);
                size_t n = value_is_string(&m->value) ? m->value.len : strlen(text);
                if (!value_add(a, map, m->key, m->key_len, scalar_new_string(text, n)))
                        return err_oom(err);
        }
        return 0;
}

/* Takes over the old resource's metadata and history: r becomes its next version. */
static int take_over(struct resmap *m, struct resource *r, const struct resource *old, struct err *err) {
        struct arena *a = m->arena;
        struct value *metadata = value_obtain_map(a, &r->object, "metadata");
        const struct value *from = value_get(&old->object, "metadata");
        if (!metadata)
                return err_oom(err);
        if (inherit(a, metadata, from, "labels", err) < 0 || inherit(a, metadata, from, "annotations", err) < 0)
                return -1;
        r->previous = old->previous;
        r->n_previous = old->n_previous;
        r->prefixes = old->prefixes;
        r->suffixes = old->suffixes;
        r->vars = old->vars;
        r->needs_hash = r->needs_hash && old->needs_hash;
        if (!r->transformations.len)
                r->transformations = old->transformations;
        if (resource_set_name(a, r, resource_name(a, old), err) < 0)
                return -1;
        return resource_set_ns(a, r, resource_ns(a, old), err);
}

/* What takes over must be of the kind that the old one is now: a patch may have changed it. */
static int check_same_id(struct resmap *m, const struct resource *r, const struct resource *old, struct err *err) {
        struct resid now, was;
        size_t n;
        if (resource_current_id(m->arena, m->scopes, r, &now) < 0 ||
            resource_current_id(m->arena, m->scopes, old, &was) < 0)
                return err_oom(err);
        const char *a = resid_key(m->arena, &now, &n), *b = resid_key(m->arena, &was, &n);
        if (!a || !b)
                return err_oom(err);
        return streq(a, b) ? 0
                           : err_set(err, ERR_NOT_FOUND, "cannot find resource with id %s to replace",
                                     resid_string(m->arena, &now));
}

static const char *behavior_name(enum behavior b) {
        return b == BEHAVIOR_CREATE ? "create" : "unspecified";
}

int resmap_absorb(struct resmap *m, struct resource *r, struct err *err) {
        struct resid id;
        const struct resmap_link *found;
        if (resource_current_id(m->arena, m->scopes, r, &id) < 0)
                return err_oom(err);
        if (resmap_find_any(m, &id, &found, err) < 0)
                return -1;
        bool joins = r->behavior == BEHAVIOR_MERGE || r->behavior == BEHAVIOR_REPLACE;
        if (!found && !joins)
                return resmap_append(m, r, err);
        const char *text = go_syntax(m->arena, &id);
        if (!found)
                return err_set(err, ERR_NOT_FOUND, "id %s does not exist; cannot merge or replace", text);
        if (found->next)
                return err_set(err, ERR_CONFLICT, "found multiple objects that could accept merge of %s",
                               resid_string(m->arena, &id));
        if (!joins)
                return err_set(err, ERR_EXISTS,
                               "id %s exists; can not use behavior: '%s', behavior must be merge or replace", text,
                               behavior_name(r->behavior));
        struct resource *old = found->resource;
        if (take_over(m, r, old, err) < 0 || check_same_id(m, r, old, err) < 0)
                return -1;
        if (r->behavior == BEHAVIOR_MERGE) {
                const struct value *data = value_get(&r->object, "data");
                if (data && !data->len) /* a new Secret has it; the merge of two that are empty does not */
                        value_remove(&r->object, "data");
                if (inherit(m->arena, &r->object, &old->object, "data", err) < 0 ||
                    inherit(m->arena, &r->object, &old->object, "binaryData", err) < 0)
                        return -1;
                r->origin = old->origin ? old->origin : r->origin;
        }
        /* In place: the ids are the old one's, so the indexes stay true. */
        *old = *r;
        return 0;
}
