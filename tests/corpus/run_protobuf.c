/* SPDX-License-Identifier: Apache-2.0 */
/* extracted/kube-protobuf: bodies of every built-in kind, and what Go's JSON of the same object is. */
#include "corpus.h"

#include "data/base64.h"
#include "kube/schema/kind.h"
#include "kube/protobuf/protobuf.h"

/* NULL for versions that weir does not serve: they are no cases for it. */
static const struct schema *schema_of_row(struct corpus_case *c) {
        const char *group = value_get_str(c->row, "group"), *version = value_get_str(c->row, "version");
        return schema_of_kind(group, version, value_get_str(c->row, "kind"));
}

/* A row's JSON is of the object before it was encoded. An empty list leaves nothing on the wire, so whoever decodes
 * it, Go too, has null. */
static void forget_empty_lists(struct value *expected, const struct value *found) {
        if (value_is_list(expected) && !expected->len && value_is_null(found))
                *expected = value_null();
        if (value_is_list(expected) && value_is_list(found) && expected->len == found->len)
                for (size_t i = 0; i < found->len; i++)
                        forget_empty_lists(&expected->items[i], &found->items[i]);
        if (value_is_map(expected) && value_is_map(found)) {
                VALUE_EACH_MEMBER(m, expected) {
                        const struct value *other = value_getn(found, m->key, m->key_len);
                        if (other)
                                forget_empty_lists(&m->value, other);
                }
        }
}

static enum corpus_verdict check(struct corpus_case *c) {
        const char *text = value_get_str(c->row, "pb_base64");
        char *body;
        size_t n;
        struct value found;
        _cleanup_err_ struct err err = ERR_INIT;
        if (!text || !schema_of_row(c))
                return CORPUS_SKIP;
        if (base64_decode(c->arena, text, strlen(text), &body, &n, &err) < 0)
                return corpus_same(c, "base64", "bytes", err_message(&err));
        if (protobuf_decode_as(c->arena, schema_of_row(c), body, n, &found, NULL, NULL, &err) < 0)
                return corpus_same(c, "object", "decoded", err_message(&err));
        struct value *expected = value_get(c->row, "json");
        forget_empty_lists(expected, &found);
        return corpus_same_value(c, "object", expected, &found);
}

int main(void) {
        static const struct corpus_table tables[] = {{"kube-protobuf/cases", check, NULL}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
