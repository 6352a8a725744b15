/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/field/lookup.h"

#include "base/buf.h"

#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/field/lookup_part.h"

/* ---- splitting ---- */

static const char *strip_brackets(struct arena *a, const char *text) {
        while (*text == '[' || *text == ']')
                text++;
        size_t n = strlen(text);
        while (n && (text[n - 1] == '[' || text[n - 1] == ']'))
                n--;
        return arena_strndup(a, text, n);
}

/* Joins parts[*i..] up to the one that closes the bracket. */
static const char *join_bracket(struct arena *a, const char *const *parts, size_t n, size_t *i) {
        _cleanup_buf_ struct buf text = BUF_INIT(SIZE_MAX / 2);
        buf_adds(&text, parts[*i]);
        while (*i + 1 < n) {
                buf_addf(&text, ".%s", parts[++*i]);
                if (str_has_suffix(parts[*i], "]"))
                        break;
        }
        if (buf_failed(&text))
                return NULL;
        return strchr(buf_str(&text), '=') ? arena_strdup(a, buf_str(&text)) : strip_brackets(a, buf_str(&text));
}

int lookup_split(struct arena *a, const char *text, struct path *ret, struct err *err) {
        const char *const *parts;
        size_t n, out = 0;
        if (fieldpath_split(a, text, '.', &parts, &n, err) < 0)
                return -1;
        const char **joined = arena_zalloc(a, n + 1, sizeof(*joined));
        if (!joined)
                return err_oom(err);
        for (size_t i = 0; i < n; i++) {
                bool open = parts[i][0] == '[' && !str_has_suffix(parts[i], "]");
                joined[out] = open ? join_bracket(a, parts, n, &i) : parts[i];
                if (!joined[out++])
                        return err_oom(err);
        }
        *ret = (struct path){.parts = joined, .n = out};
        return 0;
}

bool lookup_is_index(const char *s, size_t *ret) {
        size_t n = 0;
        if (*s == '+')
                s++;
        if (!*s)
                return false;
        for (; *s; s++) {
                if (*s < '0' || *s > '9' || n > 100000000)
                        return false;
                n = 10 * n + (size_t)(*s - '0');
        }
        *ret = n;
        return true;
}

int lookup_check_part(const char *s, struct err *err) {
        size_t n;
        if (streq(s, "*"))
                return err_set(err, ERR_INVALID, "wildcard is not supported in PathGetter");
        if (s[0] == '-' && s[1] != '+' && lookup_is_index(s + 1, &n))
                return err_set(err, ERR_INVALID, "array index -%zu cannot be negative", n);
        return 0;
}

bool lookup_is_element(const char *s) {
        return s[0] == '[' && str_has_suffix(s, "]");
}

int lookup_split_element(struct arena *a, const char *part, const char **ret_name, const char **ret_value,
                         struct err *err) {
        const char *equals = strchr(part, '=');
        if (!equals)
                return err_set(err, ERR_INVALID,
                               "list path element must contain fieldName=fieldValue for element to match");
        *ret_name = arena_strndup(a, part + 1, (size_t)(equals - part - 1));
        *ret_value = arena_strndup(a, equals + 1, strlen(equals + 1) - 1);
        return *ret_name && *ret_value ? 0 : err_oom(err);
}

/* ---- one field ---- */

static int get_element(struct arena *a, struct value *v, const char *part, struct value **ret, struct err *err) {
        const char *name, *want;
        if (lookup_split_element(a, part, &name, &want, err) < 0)
                return -1;
        *ret = NULL;
        VALUE_EACH_ITEM(item, v) {
                const struct value *field = *name ? value_get(item, name) : item;
                if (scalar_is(field) && streq(scalar_text(a, field), want)) {
                        *ret = item;
                        break;
                }
        }
        return 0;
}

static int get_part(struct arena *a, struct value *v, const char *part, struct value **ret, struct err *err) {
        size_t index = 0;
        bool number = lookup_is_index(part, &index), last = streq(part, "-");
        *ret = NULL;
        if (v->type == VALUE_NULL)
                return 0;
        if (lookup_check_part(part, err) < 0)
                return -1;
        if (number || last || lookup_is_element(part)) {
                if (!value_is_list(v))
                        return scalar_wrong_kind("SequenceNode", v, err);
                if (lookup_is_element(part))
                        return get_element(a, v, part, ret, err);
                if (last && v->len)
                        index = v->len - 1;
                *ret = (number || last) && index < v->len ? &v->items[index] : NULL;
                return 0;
        }
        if (!value_is_map(v))
                return scalar_wrong_kind("MappingNode", v, err);
        *ret = value_get(v, part);
        return 0;
}

const char *lookup_trim(struct arena *a, const char *part) {
        static const char space[] = " \t\r\n\v\f";
        size_t first = strspn(part, space), n = strlen(part + first), all = n;
        while (n && strchr(space, part[first + n - 1]))
                n--;
        return n == all ? part + first : arena_strndup(a, part + first, n);
}

struct value lookup_made_for(const char *part) {
        size_t index;
        return lookup_is_element(part) || lookup_is_index(part, &index) ? value_list() : value_map();
}

int lookup_get(struct arena *a, struct value *object, const struct path *p, struct value **ret, struct err *err) {
        struct value *at = object;
        for (size_t i = 0; at && i < p->n; i++) {
                const char *part = lookup_trim(a, p->parts[i]);
                if (!part)
                        return err_oom(err);
                if (*part && get_part(a, at, part, &at, err) < 0)
                        return -1;
        }
        *ret = at;
        return 0;
}

/* The element of the list, or a new one at its end. */
static int obtain_element(struct arena *a, struct value *list, const char *part, struct value **ret, struct err *err) {
        const char *name, *text;
        struct value made = value_map();
        if (get_part(a, list, part, ret, err) < 0 || lookup_split_element(a, part, &name, &text, err) < 0)
                return -1;
        if (*ret)
                return 0;
        if (!*name)
                made = scalar_plain(text);
        else if (!value_set(a, &made, name, scalar_plain(text)))
                return err_oom(err);
        *ret = value_append(a, list, made);
        return *ret ? 0 : err_oom(err);
}

static int obtain_part(struct arena *a, struct value *at, const char *part, const char *next, struct value **ret,
                       struct err *err) {
        size_t index;
        *ret = NULL;
        if (lookup_check_part(part, err) < 0)
                return -1;
        if (at->type == VALUE_NULL)
                return 0;
        if (lookup_is_element(part))
                return obtain_element(a, at, part, ret, err);
        if (get_part(a, at, part, ret, err) < 0)
                return -1;
        if (*ret || streq(part, "-") || lookup_is_index(part, &index))
                return 0;
        *ret = value_set(a, at, part, next ? lookup_made_for(next) : value_str(""));
        return *ret ? 0 : err_oom(err);
}

int lookup_obtain(struct arena *a, struct value *object, const struct path *p, struct value **ret, struct err *err) {
        const char **parts = arena_zalloc(a, p->n + 1, sizeof(*parts));
        struct value *at = object;
        size_t n = 0;
        if (!parts)
                return err_oom(err);
        for (size_t i = 0; i < p->n; i++) {
                parts[n] = lookup_trim(a, p->parts[i]);
                if (!parts[n])
                        return err_oom(err);
                n += *parts[n] != 0;
        }
        parts[n] = NULL; /* a blank part may have been put there */
        for (size_t i = 0; at && i < n; i++)
                if (obtain_part(a, at, parts[i], parts[i + 1], &at, err) < 0)
                        return -1;
        *ret = at;
        return 0;
}

/* "ports[0]" to "ports" and "0": an index in brackets is a part of its own. */
static int split_indexes(struct arena *a, struct path *p) {
        const char **parts = arena_zalloc(a, 2 * p->n + 1, sizeof(*parts));
        size_t out = 0, index;
        for (size_t i = 0; parts && i < p->n; i++) {
                const char *part = p->parts[i], *open = strchr(part, '[');
                const char *inner = open && open > part && str_has_suffix(part, "]")
                                            ? arena_strndup(a, open + 1, strlen(open + 1) - 1)
                                            : NULL;
                parts[out++] = part;
                if (!inner || !lookup_is_index(inner, &index))
                        continue;
                parts[out - 1] = arena_strndup(a, part, (size_t)(open - part));
                parts[out++] = inner;
                if (!parts[out - 2])
                        return -1;
        }
        *p = (struct path){.parts = parts, .n = out};
        return parts ? 0 : -1;
}

const struct value *lookup_field(struct arena *a, struct value *object, const char *path) {
        struct path p;
        struct value *found;
        if (lookup_split(a, path, &p, NULL) < 0 || split_indexes(a, &p) < 0 ||
            lookup_get(a, object, &p, &found, NULL) < 0)
                return NULL;
        return found;
}
