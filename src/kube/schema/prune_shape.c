/* SPDX-License-Identifier: Apache-2.0 */
/* Embedded resources, and the uniqueness of items in sets and keyed lists: checked behind the schema itself. */
#include "kube/schema/prune_check.h"

#include "base/limits.h"
#include "data/json/json.h"

/* ---- embedded resources ---- */

static void check_api_version(struct check *c, const struct value *v, const char *shown) {
        const char *slash = value_is_string(v) ? strchr(v->str, '/') : NULL;
        if (!value_is_string(v))
                check_add(c, "FieldValueInvalid", "Invalid value: %s: must be a string", shown);
        else if (!v->len)
                check_add(c, "FieldValueInvalid", "Invalid value: \"\": must not be empty");
        else if (slash && strchr(slash + 1, '/'))
                check_add(c, "FieldValueInvalid", "Invalid value: %s: unexpected GroupVersion string: %s", shown,
                          v->str);
}

/* A DNS-1035 label, but in any case. */
static bool is_kind(const struct value *v) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", digits[] = "0123456789";
        bool start = strchr(letters, v->str[0]), end = v->str[v->len - 1] != '-';
        size_t n = 0;
        while (n < v->len && v->str[n] && (strchr(letters, v->str[n]) || strchr(digits, v->str[n]) || v->str[n] == '-'))
                n++;
        return start && end && n == v->len && n <= 63;
}

static void check_kind(struct check *c, const struct value *v, const char *shown) {
        if (!value_is_string(v))
                check_add(c, "FieldValueInvalid", "Invalid value: %s: must be a string", shown);
        else if (!v->len)
                check_add(c, "FieldValueInvalid", "Invalid value: \"\": must not be empty");
        else if (!is_kind(v))
                check_add(
                        c, "FieldValueInvalid",
                        "Invalid value: %s: may have mixed case, but should otherwise match: a DNS-1035 label must "
                        "consist of lower case alphanumeric characters or '-', start with an alphabetic character, and "
                        "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
                        "is '[a-z]([-a-z0-9]*[a-z0-9])?')",
                        shown);
}

typedef void checker(struct check *c, const struct value *v, const char *shown);

static void check_named(struct check *c, const struct value *object, const char *name, checker *check) {
        const struct value *v = value_get(object, name);
        _cleanup_buf_ struct buf shown = BUF_INIT(0);
        size_t mark = check_enter(c, name, strlen(name));
        if (!v)
                check_add(c, "FieldValueRequired", "Required value");
        else
                check(c, v, check_shown(&shown, v));
        check_leave(c, mark);
}

typedef void shape(struct check *c, const struct schema *s, const struct value *v);

/* Calls the same check for what is inside. Depth is the schema's, which its maker bounded. */
static void descend(struct check *c, const struct schema *s, const struct value *v, shape *check) {
        if (v->type == VALUE_LIST && s->type == SCHEMA_LIST)
                for (uint32_t i = 0; i < v->len; i++) {
                        size_t mark = check_enter_index(c, i);
                        check(c, s->element, &v->items[i]);
                        check_leave(c, mark);
                }
        if (v->type != VALUE_MAP || (s->type != SCHEMA_STRUCT && s->type != SCHEMA_MAP))
                return;
        VALUE_EACH_MEMBER(m, v) {
                const struct schema_field *f = s->type == SCHEMA_STRUCT ? schema_field(s, m->key, m->key_len) : NULL;
                const struct schema *inner = f ? f->schema : s->element;
                if (!inner)
                        continue;
                size_t mark = f ? check_enter(c, m->key, m->key_len) : check_enter_key(c, m->key, m->key_len);
                check(c, inner, &m->value);
                check_leave(c, mark);
        }
}

void check_embedded(struct check *c, const struct schema *s, const struct value *v) {
        if (!s->rules) /* built-in types, such as metadata's, hold none */
                return;
        if (s->embedded_resource && v->type == VALUE_MAP) {
                check_named(c, v, "apiVersion", check_api_version);
                check_named(c, v, "kind", check_kind);
        }
        descend(c, s, v, check_embedded);
}

/* ---- sets and keyed lists ---- */

/* The keys of a keyed list's item, or the item itself of a set, as JSON. */
static int write_identity(struct buf *b, const struct schema *s, const struct value *item) {
        if (s->topology == SCHEMA_SET) {
                json_write(b, item, JSON_SORT_KEYS);
                return 0;
        }
        bool first = true;
        buf_addc(b, '{');
        for (const char *const *k = s->keys; *k; k++) {
                const struct value *v = value_get(item, *k);
                if (!v)
                        continue;
                buf_adds(b, first ? "" : ",");
                json_write_string(b, *k, strlen(*k), 0);
                buf_addc(b, ':');
                json_write(b, v, JSON_SORT_KEYS);
                first = false;
        }
        buf_addc(b, '}');
        return buf_failed(b) ? -1 : 0;
}

/* Every second one of equal items is told, once. */
static void check_unique(struct check *c, const struct schema *s, const struct value *list) {
        static char once, twice;
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        _cleanup_arena_ struct arena *a = arena_new(0);
        for (uint32_t i = 0; a && i < list->len; i++) {
                _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_STORED_OBJECT);
                void *times = NULL;
                char *id = write_identity(&b, s, &list->items[i]) == 0 ? arena_strndup(a, buf_str(&b), b.len) : NULL;
                if (!id || strmap_add(&seen, id, b.len, &once, &times) != 1 || times != &once)
                        continue;
                if (strmap_set(&seen, id, b.len, &twice) < 0)
                        return;
                size_t mark = check_enter_index(c, i);
                check_add(c, "FieldValueDuplicate", "Duplicate value: %s", id);
                check_leave(c, mark);
        }
}

/* Items that are no objects cannot be told apart by keys: the first of them is told instead. */
static bool has_objects_only(struct check *c, const struct value *list) {
        for (uint32_t i = 0; i < list->len; i++) {
                if (value_is_map(&list->items[i]) || value_is_null(&list->items[i]))
                        continue;
                _cleanup_buf_ struct buf shown = BUF_INIT(0);
                size_t mark = check_enter_index(c, i);
                check_add(c, "FieldValueInvalid", "Invalid value: %s: must be an object for an array of list-type map",
                          check_shown(&shown, &list->items[i]));
                check_leave(c, mark);
                return false;
        }
        return true;
}

void check_lists(struct check *c, const struct schema *s, const struct value *v) {
        if (!s->rules)
                return;
        if (v->type == VALUE_LIST && s->type == SCHEMA_LIST &&
            (s->topology == SCHEMA_SET || (s->topology == SCHEMA_KEYED && has_objects_only(c, v))))
                check_unique(c, s, v);
        descend(c, s, v, check_lists);
}
