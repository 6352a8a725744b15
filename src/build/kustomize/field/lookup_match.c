/* SPDX-License-Identifier: Apache-2.0 */
/* Finding all fields that a path means, and making those that are missing. */
#include "build/kustomize/field/lookup_part.h"
#include "build/kustomize/field/scalar.h"
#include "lang/regex.h"

struct matcher {
        struct arena *arena;
        const struct path *path;
        const struct value *create;
        struct matches *out;
};

static int match_at(const struct matcher *m, size_t at, struct value *v, struct err *err);

static int add_match(const struct matcher *m, struct value *v, struct err *err) {
        struct matches *out = m->out;
        if (out->len == out->cap) {
                size_t cap = out->cap ? 2 * out->cap : 4;
                out->items =
                        arena_grow(m->arena, out->items, out->cap * sizeof(*out->items), cap * sizeof(*out->items));
                if (!out->items)
                        return err_oom(err);
                out->cap = cap;
        }
        out->items[out->len++] = v;
        return 0;
}

/* What is made for the part before parts[at]. */
static struct value fresh_for(const struct matcher *m, size_t at) {
        if (at < m->path->n && *m->path->parts[at])
                return lookup_made_for(m->path->parts[at]);
        struct value v = *m->create;
        if (scalar_is(&v)) {
                v = value_null();
                v.flags = SCALAR_UNTYPED;
        } else {
                v.len = 0;
                v.cap_log2 = 0;
        }
        return v;
}

static int need_list(const struct value *v, struct err *err) {
        return v->type == VALUE_NULL || value_is_list(v) ? 0 : scalar_wrong_kind("SequenceNode", v, err);
}

static int match_index(const struct matcher *m, size_t at, size_t index, struct value *v, struct err *err) {
        if (need_list(v, err) < 0)
                return -1;
        size_t len = value_is_list(v) ? v->len : 0;
        if (len == index && m->create) {
                if (!value_is_list(v))
                        *v = value_list();
                if (!value_append(m->arena, v, fresh_for(m, at + 1)))
                        return err_oom(err);
                len++;
        }
        if (len < index + 1)
                return err_set(err, ERR_INVALID, "index %zu specified but only %zu elements found", index, len);
        return match_at(m, at + 1, &v->items[index], err);
}

static int match_elements(const struct matcher *m, size_t at, struct value *v, const char *name,
                          const struct regex *pattern, struct err *err) {
        if (!value_is_list(v))
                return 0;
        VALUE_EACH_ITEM(item, v) {
                const struct value *field = *name ? value_get(item, name) : item;
                if (!field)
                        continue;
                const char *text = scalar_text(m->arena, field);
                if (!regex_match(pattern, text, strlen(text)))
                        continue;
                if ((*name ? match_at(m, at + 1, item, err) : add_match(m, item, err)) < 0)
                        return -1;
        }
        return 0;
}

static int match_element(const struct matcher *m, size_t at, struct value *v, struct err *err) {
        const char *name, *want;
        _cleanup_regex_ struct regex *pattern = NULL;
        if (lookup_split_element(m->arena, m->path->parts[at], &name, &want, err) < 0 || need_list(v, err) < 0 ||
            regex_new(want, strlen(want), &pattern, err) < 0)
                return -1;
        size_t before = m->out->len;
        if (match_elements(m, at, v, name, pattern, err) < 0)
                return -1;
        if (m->out->len > before || !m->create)
                return 0;
        struct value element = scalar_plain(want);
        if (*name) {
                struct value map = value_map();
                if (!value_set(m->arena, &map, name, element))
                        return err_oom(err);
                element = map;
        }
        if (!value_is_list(v))
                *v = value_list();
        if (!value_append(m->arena, v, element))
                return err_oom(err);
        return match_elements(m, at, v, name, pattern, err);
}

static int match_every(const struct matcher *m, size_t at, struct value *v, struct err *err) {
        if (need_list(v, err) < 0)
                return -1;
        if (value_is_list(v))
                VALUE_EACH_ITEM(item, v)
                        if (match_at(m, at + 1, item, err) < 0)
                                return -1;
        return 0;
}

static int match_name(const struct matcher *m, size_t at, struct value *v, struct err *err) {
        const char *name = m->path->parts[at];
        if (v->type != VALUE_NULL && !value_is_map(v))
                return scalar_wrong_kind("MappingNode", v, err);
        struct value *field = value_get(v, name);
        if (!field) {
                if (!m->create)
                        return 0;
                if (!value_is_map(v))
                        *v = value_map();
                field = value_set(m->arena, v, name, fresh_for(m, at + 1));
                if (!field)
                        return err_oom(err);
        }
        /* A scalar that the path goes on below is the structured data of replace_inside(): nothing to match here. */
        if (at + 1 < m->path->n && scalar_is(field) && field->type != VALUE_NULL)
                return 0;
        return match_at(m, at + 1, field, err);
}

/* Recursion is as deep as the path. */
static int match_at(const struct matcher *m, size_t at, struct value *v, struct err *err) {
        size_t index = 0;
        if (at == m->path->n)
                return add_match(m, v, err);
        const char *part = m->path->parts[at];
        if (lookup_is_index(part, &index))
                return match_index(m, at, index, v, err);
        if (lookup_is_element(part))
                return match_element(m, at, v, err);
        return streq(part, "*") ? match_every(m, at, v, err) : match_name(m, at, v, err);
}

int lookup_match(struct arena *a, struct value *object, const struct path *p, const struct value *create,
                 struct matches *ret, struct err *err) {
        *ret = (struct matches){.items = NULL};
        const struct matcher m = {.arena = a, .path = p, .create = create, .out = ret};
        return match_at(&m, 0, object, err);
}
