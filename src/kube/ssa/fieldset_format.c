/* SPDX-License-Identifier: Apache-2.0 */
/* FieldsV1: {"f:metadata":{"f:labels":{".":{},"f:app":{}}}}. */
#include "kube/ssa/fieldset.h"

#include "base/limits.h"
#include "data/json/json.h"

/* ---- elements ---- */

static int parse_json(struct arena *a, const char *text, size_t n, struct value *ret, struct err *err) {
        return json_parse(a, text, n, JSON_KUBERNETES, NULL, ret, err);
}

static int bad_element(struct err *err, const char *text) {
        return err_set(err, ERR_SYNTAX, "invalid path element: %s", text);
}

static int parse_index(const char *text, size_t n, struct fieldset_element *e, struct err *err) {
        char *end;
        if (n < 3 || n > 24 || (text[2] != '-' && text[2] != '+' && (text[2] < '0' || text[2] > '9')))
                return bad_element(err, text);
        e->kind = FIELDSET_INDEX;
        e->index = strtoll(text + 2, &end, 10);
        return *end ? bad_element(err, text) : 0;
}

int fieldset_parse_element(struct arena *a, const char *text, size_t n, struct fieldset_element *ret, bool *ret_known,
                           struct err *err) {
        struct fieldset_element e = {0};
        if (n < 2 || text[1] != ':')
                return bad_element(err, text);
        *ret_known = true;
        switch (text[0]) {
        case 'f':
                e = fieldset_field(text + 2, n - 2);
                break;
        case 'v':
        case 'k':
                e.kind = text[0] == 'k' ? FIELDSET_KEY : FIELDSET_VALUE;
                if (parse_json(a, text + 2, n - 2, &e.value, err) < 0)
                        return -1;
                if (e.kind == FIELDSET_KEY && !value_is_map(&e.value))
                        return bad_element(err, text);
                if (e.kind == FIELDSET_KEY)
                        value_sort_keys(&e.value);
                break;
        case 'i':
                if (parse_index(text, n, &e, err) < 0)
                        return -1;
                break;
        default:
                *ret_known = false;
                return 0;
        }
        *ret = e;
        return 0;
}

int fieldset_format_element(struct arena *a, const struct fieldset_element *e, const char **ret, size_t *ret_len,
                            struct err *err) {
        static const char letters[] = {
                [FIELDSET_FIELD] = 'f', [FIELDSET_KEY] = 'k', [FIELDSET_VALUE] = 'v', [FIELDSET_INDEX] = 'i'};
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_STORED_OBJECT);
        buf_addc(&b, letters[e->kind]);
        buf_addc(&b, ':');
        if (e->kind == FIELDSET_FIELD)
                buf_add(&b, e->name, e->name_len);
        else if (e->kind == FIELDSET_INDEX)
                buf_addf(&b, "%lld", (long long)e->index);
        else
                json_write(&b, &e->value, JSON_HTML_ESCAPE | JSON_SORT_KEYS);
        char *text = buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
        if (!text)
                return err_oom(err);
        *ret = text;
        *ret_len = b.len;
        return 0;
}

/* In the words of structured-merge-diff: scalars as in JSON, lists as [1,2], maps as their members without braces. */
static void print_value(struct buf *b, const struct value *v) {
        if (value_is_list(v)) {
                buf_addc(b, '[');
                VALUE_EACH_ITEM(item, v) {
                        buf_adds(b, item == v->items ? "" : ",");
                        print_value(b, item);
                }
                buf_addc(b, ']');
        } else if (value_is_map(v)) {
                VALUE_EACH_MEMBER(m, v) {
                        buf_addf(b, "%s=", m->key);
                        print_value(b, &m->value);
                }
        } else {
                json_write(b, v, 0);
        }
}

void fieldset_print_element(struct buf *b, const struct fieldset_element *e) {
        switch (e->kind) {
        case FIELDSET_FIELD:
                buf_addc(b, '.');
                buf_add(b, e->name, e->name_len);
                break;
        case FIELDSET_KEY:
                buf_addc(b, '[');
                for (size_t i = 0; i < e->value.len; i++) {
                        const struct member *m = &e->value.members[i];
                        buf_addf(b, "%s%s=", i ? "," : "", m->key);
                        print_value(b, &m->value);
                }
                buf_addc(b, ']');
                break;
        case FIELDSET_VALUE:
                buf_adds(b, "[=");
                print_value(b, &e->value);
                buf_addc(b, ']');
                break;
        case FIELDSET_INDEX:
                buf_addf(b, "[%lld]", (long long)e->index);
                break;
        }
}

/* ---- sets ---- */

/* ret_member: the map stands for a member: it has "." or nothing below. */
static int parse_set(struct arena *a, const struct value *v, unsigned depth, struct fieldset *ret, bool *ret_member,
                     struct err *err) {
        struct fieldset_builder b = {0};
        if (!value_is_map(v) && !(value_is_null(v)))
                return err_set(err, ERR_SYNTAX, "managed fields hold a %s where a map belongs", value_type_name(v));
        if (depth > LIMIT_FIELDSET_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "managed fields are nested deeper than %d levels",
                               LIMIT_FIELDSET_DEPTH);
        *ret_member = false;
        for (size_t i = 0; value_is_map(v) && i < v->len; i++) {
                const struct member *m = &v->members[i];
                struct fieldset_element e;
                struct fieldset children;
                bool known, member;
                if (streq(m->key, ".")) {
                        *ret_member = true;
                        continue;
                }
                if (fieldset_parse_element(a, m->key, m->key_len, &e, &known, err) < 0)
                        return -1;
                if (!known)
                        continue;
                if (parse_set(a, &m->value, depth + 1, &children, &member, err) < 0 ||
                    fieldset_builder_add(a, &b, &e, member, &children, err) < 0)
                        return -1;
        }
        if (!b.n)
                *ret_member = true;
        return fieldset_builder_finish(a, &b, ret, err);
}

int fieldset_parse(struct arena *a, const struct value *fields_v1, struct fieldset *ret, struct err *err) {
        bool member;
        return parse_set(a, fields_v1, 0, ret, &member, err);
}

static int format_into(struct arena *a, const struct fieldset *set, struct value *out, struct err *err) {
        for (size_t i = 0; i < set->n; i++) {
                const struct fieldset_node *node = &set->nodes[i];
                struct value below = value_map();
                const char *key;
                size_t n;
                if (fieldset_format_element(a, &node->element, &key, &n, err) < 0)
                        return -1;
                if (node->member && node->children.n && !value_add(a, &below, ".", 1, value_map()))
                        return err_oom(err);
                if (format_into(a, &node->children, &below, err) < 0)
                        return -1;
                if (!value_add(a, out, key, n, below))
                        return err_oom(err);
        }
        return 0;
}

int fieldset_format(struct arena *a, const struct fieldset *set, struct value *ret, struct err *err) {
        struct value out = value_map();
        if (format_into(a, set, &out, err) < 0)
                return -1;
        *ret = out;
        return 0;
}
