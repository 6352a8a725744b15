/* SPDX-License-Identifier: Apache-2.0 */
/* Where a replacement's value comes from. */
#include "build/kustomize/replace/replace.h"

#define NODE_WORK 8 /* what copying a node costs, in looks at a resource */

static const char *string_at(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

static struct resid source_id(const struct value *source) {
        return (struct resid){
                .gvk = {string_at(source, "group"), string_at(source, "version"), string_at(source, "kind")},
                .name = string_at(source, "name"),
                .ns = string_at(source, "namespace"),
        };
}

/* The selector as kustomize prints it. */
static const char *source_text(struct engine *e, const struct value *source) {
        struct resid id = source_id(source);
        const struct value *options = value_get(source, "options");
        const char *path = string_at(source, "fieldPath"), *delimiter = string_at(options, "delimiter");
        const char *text = resid_string(e->arena, &id);
        bool create = value_bool_or(value_get(options, "create"), false);
        if (text && *path)
                text = arena_printf(e->arena, "%s:%s", text, path);
        if (text && (*delimiter || create))
                text = arena_printf(e->arena, "%s:%s(%lld), create=%s", text, delimiter,
                                    (long long)value_int_or(value_get(options, "index"), 0), create ? "true" : "false");
        return text ? text : "";
}

int replace_id(struct engine *e, const struct resource *r, size_t i, struct resid *ret, struct err *err) {
        int failed = i == 0 ? resource_current_id(e->arena, &e->scopes, r, ret)
                            : resource_previous_id(e->arena, r, i - 1, ret);
        ret->cluster_scoped = false;
        return failed ? err_oom(err) : 0;
}

/* One pass over the resources for each replacement. */
static int find_source(struct engine *e, struct resmap *m, const struct value *source, struct resource **ret,
                       struct err *err) {
        const struct resid want = source_id(source);
        *ret = NULL;
        if (engine_charge(e, m->len, err) < 0)
                return -1;
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                for (size_t k = 0; k <= r->n_previous; k++) {
                        struct resid id;
                        if (replace_id(e, r, k, &id, err) < 0)
                                return -1;
                        if ((*want.name && !streq(want.name, id.name)) ||
                            (*want.ns && !streq(resid_effective_ns(&want), resid_effective_ns(&id))) ||
                            !gvk_selected(&id.gvk, &want.gvk))
                                continue;
                        if (*ret)
                                return err_set(err, ERR_CONFLICT, "multiple matches for selector %s",
                                               source_text(e, source));
                        *ret = r;
                        break;
                }
        }
        return *ret ? 0 : err_set(err, ERR_NOT_FOUND, "nothing selected by %s", source_text(e, source));
}

/* Splits text at the delimiter and answers piece index; NULL past the end. */
static const char *piece(struct arena *a, const char *text, const char *delimiter, int64_t index) {
        size_t n = strlen(delimiter);
        for (int64_t i = 0;; i++) {
                const char *end = strstr(text, delimiter);
                if (i == index)
                        return end ? arena_strndup(a, text, (size_t)(end - text)) : text;
                if (!end)
                        return NULL;
                text = end + n;
        }
}

/* What is below v. */
static size_t count_nodes(const struct value *v) {
        size_t n = 0;
        if (value_is_list(v))
                VALUE_EACH_ITEM(item, v)
                        n += 1 + count_nodes(item);
        if (value_is_map(v))
                VALUE_EACH_MEMBER(m, v)
                        n += 1 + count_nodes(&m->value);
        return n;
}

int replace_read_source(struct engine *e, struct replace_source *s, struct err *err) {
        struct value *found;
        /* Where its place is gone, the node that was there still has its last value. */
        if (!s->object || lookup_get(e->arena, s->object, &s->path, &found, NULL) < 0 || !found)
                return 0;
        /* A source that holds its targets doubles with each of them. */
        if (engine_charge(e, NODE_WORK * count_nodes(found), err) < 0)
                return -1;
        return value_clone(e->arena, found, &s->value, err);
}

/* The field of a source; NULL where there is nothing. Annotations that hold only kustomize's notes are something. */
static int look_up(struct engine *e, struct resource *r, const struct path *path, struct value **ret, struct err *err) {
        bool annotations = path->n == 2 && streq(path->parts[0], "metadata") && streq(path->parts[1], "annotations");
        struct value *found;
        if ((annotations && resource_show_notes(e->arena, r, err) < 0) ||
            lookup_get(e->arena, &r->object, path, &found, err) < 0)
                return -1;
        bool null = found && found->type == VALUE_NULL && !(found->flags & SCALAR_UNTYPED);
        bool empty = !found || null || (!scalar_is(found) && !found->len);
        *ret = empty && !(annotations && resource_shows_notes(r)) ? NULL : found;
        return 0;
}

int replace_find_source(struct engine *e, struct resmap *m, const struct value *source, struct replace_source *ret,
                        struct err *err) {
        struct resource *r;
        struct path path;
        struct value *found;
        const char *text = string_at(source, "fieldPath");
        if (!*text)
                text = REPLACE_DEFAULT_PATH;
        if (find_source(e, m, source, &r, err) < 0 || lookup_split(e->arena, text, &path, err) < 0)
                return -1;
        if (look_up(e, r, &path, &found, err) < 0)
                return err_wrap(err, "error looking up replacement source");
        if (!found) {
                struct resid id = source_id(source);
                return err_set(err, ERR_NOT_FOUND, "fieldPath `%s` is missing for replacement source %s", text,
                               resid_string(e->arena, &id));
        }
        const struct value *options = value_get(source, "options");
        const char *delimiter = string_at(options, "delimiter");
        if (!*delimiter) {
                *ret = (struct replace_source){.object = &r->object, .path = path};
                return 0;
        }
        if (!scalar_is(found))
                return err_set(err, ERR_INVALID, "delimiter option can only be used with scalar nodes");
        const char *whole = scalar_text(e->arena, found);
        int64_t index = value_int_or(value_get(options, "index"), 0);
        const char *part = index < 0 ? NULL : piece(e->arena, whole, delimiter, index);
        if (!part)
                return err_set(err, ERR_INVALID, "options.index %lld is out of bounds for value %s", (long long)index,
                               whole);
        *ret = (struct replace_source){.value = value_str(part)};
        return 0;
}
