/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/resource/resource.h"

#include "base/limits.h"
#include "base/strmap.h"
#include "build/kustomize/field/shared.h"

#define NOTES_INSIDE 4 /* a mark in the value.flags of a map; those of scalars are smaller */

struct resource *resource_new(struct arena *a, struct value object) {
        struct resource *r = arena_make(a, struct resource);
        struct kind_memo *memo = r ? arena_make(a, struct kind_memo) : NULL;
        if (!memo)
                return NULL;
        r->object = object;
        r->memo = memo;
        return r;
}

const char *resource_kind(struct arena *a, const struct resource *r) {
        return scalar_text(a, value_get(&r->object, "kind"));
}

const char *resource_api_version(struct arena *a, const struct resource *r) {
        return scalar_text(a, value_get(&r->object, "apiVersion"));
}

const char *resource_name(struct arena *a, const struct resource *r) {
        return scalar_text(a, value_path(&r->object, "metadata", "name", NULL));
}

const char *resource_ns(struct arena *a, const struct resource *r) {
        return scalar_text(a, value_path(&r->object, "metadata", "namespace", NULL));
}

bool resource_is_empty(const struct resource *r) {
        return value_is_null(&r->object) ||
               ((value_is_map(&r->object) || value_is_list(&r->object)) && r->object.len == 0);
}

/* Texts never change where they stand, so the same pointer is the same text. */
static int look_up_kind(struct arena *a, const struct scopes *s, const struct resource *r, struct kind_memo *ret) {
        const char *api_version = resource_api_version(a, r), *kind = resource_kind(a, r);
        struct kind_memo *memo = r->memo;
        if (memo && memo->api_version == api_version && memo->kind == kind && memo->n_scopes == s->map.len) {
                *ret = *memo;
                return 0;
        }
        *ret = (struct kind_memo){.api_version = api_version, .kind = kind, .n_scopes = s->map.len};
        if (gvk_split(a, api_version, &ret->group, &ret->version) < 0)
                return -1;
        ret->cluster_scoped = scopes_is_cluster(s, api_version, kind);
        if (memo)
                *memo = *ret;
        return 0;
}

int resource_current_id(struct arena *a, const struct scopes *s, const struct resource *r, struct resid *ret) {
        struct kind_memo kind;
        if (look_up_kind(a, s, r, &kind) < 0)
                return -1;
        const struct value *metadata = value_get(&r->object, "metadata");
        *ret = (struct resid){
                .gvk = {.group = kind.group, .version = kind.version, .kind = kind.kind},
                .name = scalar_text(a, value_get(metadata, "name")),
                .ns = scalar_text(a, value_get(metadata, "namespace")),
                .cluster_scoped = kind.cluster_scoped,
        };
        return 0;
}

int resource_previous_id(struct arena *a, const struct resource *r, size_t i, struct resid *ret) {
        const char *api_version = resource_api_version(a, r);
        *ret = r->previous[i];
        if (!r->memo || r->memo->api_version != api_version)
                return gvk_split(a, api_version, &ret->gvk.group, &ret->gvk.version);
        ret->gvk.group = r->memo->group;
        ret->gvk.version = r->memo->version;
        return 0;
}

int resource_original_id(struct arena *a, const struct scopes *s, const struct resource *r, struct resid *ret) {
        return r->n_previous ? resource_previous_id(a, r, 0, ret) : resource_current_id(a, s, r, ret);
}

int resource_store_id(struct arena *a, const struct scopes *s, struct resource *r, struct err *err) {
        size_t size = r->n_previous * sizeof(*r->previous);
        struct resid id;
        struct resid *grown = arena_grow(a, r->previous, size, size + sizeof(*grown));
        if (!grown || resource_current_id(a, s, r, &id) < 0)
                return err_oom(err);
        if (!*id.name && !r->n_previous) {
                r->nameless = true;
                return 0;
        }
        if (!*id.name || r->nameless) /* kustomize panics: it has noted fewer names than kinds */
                return err_set(
                        err, ERR_INVALID,
                        "a resource of kind %s has lost its name: a patch or a replacement took metadata.name away",
                        id.gvk.kind);
        grown[r->n_previous++] = (struct resid){
                .gvk.kind = id.gvk.kind,
                .name = id.name,
                .ns = resid_effective_ns(&id),
        };
        r->previous = grown;
        /* The note makes a map of annotations that something made a scalar of. */
        struct value *metadata = value_get(&r->object, "metadata");
        const struct value *annotations = value_is_map(metadata) ? value_get(metadata, "annotations") : NULL;
        if (annotations && scalar_is(annotations) && annotations->type != VALUE_NULL)
                value_remove(metadata, "annotations");
        return 0;
}

bool resource_has_notes(const struct resource *r) {
        return r->n_previous || r->nameless || r->prefixes.len || r->suffixes.len || r->needs_hash ||
               r->behavior != BEHAVIOR_NOT_GENERATED || r->origin || r->transformations.len;
}

int resource_show_notes(struct arena *a, struct resource *r, struct err *err) {
        struct value *metadata = value_get(&r->object, "metadata");
        if (!resource_has_notes(r) || !value_is_map(metadata))
                return 0;
        struct value *annotations = value_obtain_map(a, metadata, "annotations");
        if (!annotations)
                return err_oom(err);
        annotations->flags |= NOTES_INSIDE;
        return 0;
}

bool resource_shows_notes(const struct resource *r) {
        const struct value *annotations = value_path(&r->object, "metadata", "annotations", NULL);
        return value_is_map(annotations) && annotations->flags & NOTES_INSIDE;
}

void resource_lose_notes(struct resource *r) {
        *r = (struct resource){.object = r->object, .memo = r->memo, .vars = r->vars};
}

void resource_keep_notes(struct resource *r) {
        const struct value *metadata = value_get(&r->object, "metadata");
        if (metadata && !value_is_map(metadata))
                resource_lose_notes(r);
        if (resource_shows_notes(r))
                return;
        r->origin = NULL;
        r->transformations = value_null();
}

/* One of kustomize's own annotations: a list with commas, "" when it is not there. The count of its parts. */
static int own_list(const struct resource *r, const char *key, const char **ret) {
        const char *text = value_string_or(value_path(&r->object, "metadata", "annotations", key, NULL), "");
        int n = 1;
        for (const char *p = text; *p; p++)
                n += *p == ',';
        *ret = text;
        return n;
}

/* The next part; *list moves behind its comma. */
static const char *next_part(struct arena *a, const char **list) {
        size_t n = strcspn(*list, ",");
        const char *part = arena_strndup(a, *list, n);
        *list += n + ((*list)[n] == ',');
        return part;
}

int resource_read_history(struct arena *a, struct resource *r, struct err *err) {
        const char *names, *spaces, *kinds;
        if (!value_path(&r->object, "metadata", "annotations", "internal.config.kubernetes.io/previousNames", NULL))
                return 0;
        int n = own_list(r, "internal.config.kubernetes.io/previousNames", &names);
        if (n > LIMIT_KUSTOMIZE_HISTORY ||
            own_list(r, "internal.config.kubernetes.io/previousNamespaces", &spaces) != n ||
            own_list(r, "internal.config.kubernetes.io/previousKinds", &kinds) != n)
                return 0;
        r->previous = arena_zalloc(a, (size_t)n, sizeof(*r->previous));
        if (!r->previous)
                return err_oom(err);
        for (; r->n_previous < (size_t)n; r->n_previous++) {
                struct resid *id = &r->previous[r->n_previous];
                id->name = next_part(a, &names);
                id->ns = next_part(a, &spaces);
                id->gvk.kind = next_part(a, &kinds);
                if (!id->name || !id->ns || !id->gvk.kind)
                        return err_oom(err);
        }
        return 0;
}

int names_add(struct arena *a, struct names *n, const char *name, struct err *err) {
        if (!*name)
                return 0;
        size_t size = n->len * sizeof(*n->items);
        const char **grown = arena_grow(a, n->items, size, size + sizeof(*grown));
        if (!grown)
                return err_oom(err);
        grown[n->len++] = name;
        n->items = grown;
        return 0;
}

/* kustomize leaves a field's style and puts a text without a type into it: a number that stood there is one again. */
static int set_text(struct arena *a, struct value *map, const char *field, const char *text, struct err *err) {
        const struct value *old = value_get(map, field);
        return map && value_set(a, map, field, old ? scalar_styled(old, text) : value_str(text)) ? 0 : err_oom(err);
}

int resource_set_kind(struct arena *a, struct resource *r, const char *kind, struct err *err) {
        return set_text(a, &r->object, "kind", kind, err);
}

int resource_set_name(struct arena *a, struct resource *r, const char *name, struct err *err) {
        return set_text(a, value_obtain_map(a, &r->object, "metadata"), "name", name, err);
}

int resource_set_ns(struct arena *a, struct resource *r, const char *ns, struct err *err) {
        if (*ns)
                return set_text(a, value_obtain_map(a, &r->object, "metadata"), "namespace", ns, err);
        struct value *metadata = value_get(&r->object, "metadata");
        if (value_is_map(metadata))
                value_remove(metadata, "namespace");
        return 0;
}

/* Of two members with one key the last one stays. Without memory the mark does, and with it an error in the end. */
static void join_keys(struct value *map) {
        _cleanup_strmap_ struct strmap last = STRMAP_INIT;
        uint32_t kept = 0;
        VALUE_EACH_MEMBER(m, map)
                if (strmap_set(&last, m->key, m->key_len, m) < 0)
                        return;
        VALUE_EACH_MEMBER(m, map)
                if (strmap_get(&last, m->key, m->key_len) == m)
                        map->members[kept++] = *m;
        map->len = kept;
        map->flags &= (uint8_t)~SCALAR_KEYS_TWICE;
}

void resource_normalize_metadata(struct arena *a, struct value *object, const char *field) {
        struct value *metadata = value_get(object, "metadata");
        struct value *map = value_is_map(metadata) ? value_get(metadata, field) : NULL;
        if (!map)
                return;
        if (!value_is_map(map) || !map->len) {
                value_remove(metadata, field);
                return;
        }
        if (map->flags & SCALAR_KEYS_TWICE)
                join_keys(map);
        VALUE_EACH_MEMBER(m, map) {
                m->value.flags &= (uint8_t)~SCALAR_SHARED;
                if (m->value.type != VALUE_STRING)
                        m->value = value_str(m->value.type == VALUE_NULL && m->value.len ? m->value.str
                                                                                         : scalar_text(a, &m->value));
                else
                        m->value.style = VALUE_STYLE_ANY;
        }
}
