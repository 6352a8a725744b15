/* SPDX-License-Identifier: Apache-2.0 */
/* Values in the words of Go's fmt, for the error texts of strategic merge. */
#include "kube/smp/smp_internal.h"

#include "base/limits.h"
#include "data/text/go_names.h"
#include "data/json/json.h"

static int compare_members(const void *x, const void *y) {
        const struct member *a = *(const struct member *const *)x, *b = *(const struct member *const *)y;
        size_t n = a->key_len < b->key_len ? a->key_len : b->key_len;
        int order = memcmp(a->key, b->key, n);
        return order ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

static void print(struct buf *b, const struct value *v, unsigned depth);

static void print_map(struct buf *b, const struct value *v, unsigned depth) {
        const struct member **sorted = calloc((size_t)v->len + 1, sizeof(*sorted));
        if (!sorted)
                return;
        for (size_t i = 0; i < v->len; i++)
                sorted[i] = &v->members[i];
        qsort(sorted, v->len, sizeof(*sorted), compare_members);
        buf_adds(b, "map[");
        for (size_t i = 0; i < v->len; i++) {
                if (i)
                        buf_addc(b, ' ');
                buf_add(b, sorted[i]->key, sorted[i]->key_len);
                buf_addc(b, ':');
                print(b, &sorted[i]->value, depth + 1);
        }
        buf_addc(b, ']');
        free(sorted);
}

static void print(struct buf *b, const struct value *v, unsigned depth) {
        if (depth > LIMIT_PATCH_DEPTH)
                return;
        switch (v ? v->type : VALUE_NULL) {
        case VALUE_NULL:
                buf_adds(b, "<nil>");
                break;
        case VALUE_STRING:
                buf_add(b, v->str, v->len);
                break;
        case VALUE_MAP:
                print_map(b, v, depth);
                break;
        case VALUE_LIST:
                buf_addc(b, '[');
                for (size_t i = 0; i < v->len; i++) {
                        if (i)
                                buf_addc(b, ' ');
                        print(b, &v->items[i], depth + 1);
                }
                buf_addc(b, ']');
                break;
        default: /* numbers and booleans print as in JSON, but for floats beyond 1e21 that differ in the exponent's form
                  */
                json_write(b, v, 0);
        }
}

void smp_print(struct buf *b, const struct value *v) {
        print(b, v, 0);
}

const char *smp_text(struct smp *s, const struct value *v) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        smp_print(&b, v);
        const char *text = arena_strndup(s->a, buf_str(&b), b.len);
        return text ? text : "";
}

const char *smp_type_text(enum value_type type) {
        const struct value v = {.type = (uint8_t)type};
        return type == VALUE_NULL ? "%!s(<nil>)" : go_type(&v);
}

int smp_error_type(struct smp *s, enum value_type wanted, const struct value *found) {
        return err_set(s->err, ERR_INTERNAL, "expected a %s, but received a %s", smp_type_text(wanted),
                       smp_type_text(found ? found->type : VALUE_NULL));
}

int smp_error_key(struct smp *s, const struct value *map, const char *merge_key) {
        return err_set(s->err, ERR_INTERNAL, "map: %s does not contain declared merge key: %s", smp_text(s, map),
                       merge_key);
}

int smp_error_directive(struct smp *s, const struct value *directive, const struct value *map) {
        if (value_is_string(directive))
                return err_set(s->err, ERR_INTERNAL, "unknown patch type: %s in map: %s", directive->str,
                               smp_text(s, map));
        if (value_is_null(directive))
                return err_set(s->err, ERR_INTERNAL, "unknown patch type: %%!s(<nil>) in map: %s", smp_text(s, map));
        return err_set(s->err, ERR_INTERNAL, "unknown patch type: %%!s(%s=%s) in map: %s",
                       smp_type_text(directive->type), smp_text(s, directive), smp_text(s, map));
}
