/* SPDX-License-Identifier: Apache-2.0 */
/* extracted/kube-protobuf: bodies of every built-in kind, and what Go's JSON of the same object is. */
#include "corpus.h"

#include "data/base64.h"
#include "kube/kind.h"
#include "kube/protobuf.h"

/* Kinds of versions that weir does not serve are no cases for it. */
static bool is_served(struct corpus_case *c) {
        const char *group = value_get_str(c->row, "group"), *version = value_get_str(c->row, "version");
        return schema_of_kind(group, version, value_get_str(c->row, "kind")) != NULL;
}

static enum corpus_verdict check(struct corpus_case *c) {
        const char *text = value_get_str(c->row, "pb_base64");
        char *body;
        size_t n;
        struct value found;
        _cleanup_err_ struct err err = ERR_INIT;
        if (!text || !is_served(c))
                return CORPUS_SKIP;
        if (base64_decode(c->arena, text, strlen(text), &body, &n, &err) < 0)
                return corpus_same(c, "base64", "bytes", err_message(&err));
        if (protobuf_decode(c->arena, body, n, &found, &err) < 0)
                return corpus_same(c, "object", "decoded", err_message(&err));
        return corpus_same_value(c, "object", value_get(c->row, "json"), &found);
}

int main(void) {
        static const struct corpus_table tables[] = {{"kube-protobuf/cases", check, NULL}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
