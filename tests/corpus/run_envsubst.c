/* SPDX-License-Identifier: Apache-2.0 */
/* Variable substitution against Flux's envsubst. */
#include "corpus.h"

#include "lang/envsubst.h"

static struct arena *variables_arena;
static struct value variables; /* those of every row */

static void keep_variables(const struct corpus_case *c) {
        variables_arena = arena_free(variables_arena);
        variables_arena = arena_new(0);
        if (!variables_arena || value_copy(variables_arena, value_get(c->row, "in"), &variables, NULL) < 0)
                abort();
}

static enum corpus_verdict check_mode(struct corpus_case *c, const char *mode, bool strict, const char *in, size_t n) {
        const struct value *out = value_path(c->row, "out", mode, NULL);
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf found = BUF_INIT(1 << 24);
        struct envsubst_options options = {.strict = strict};
        if (envsubst_eval(in, n, &variables, &options, &found, &err) < 0)
                return corpus_same(c, mode, corpus_text(c, out, "error"), err_message(&err));
        const char *expected;
        size_t expected_len;
        if (corpus_bytes(c, out, "out", &expected, &expected_len) < 0)
                return corpus_same(c, mode, corpus_text(c, out, "error"), NULL);
        return corpus_same_bytes(c, mode, expected, expected_len, buf_str(&found), found.len);
}

static enum corpus_verdict check_eval(struct corpus_case *c) {
        const char *in;
        size_t n;
        if (corpus_bytes(c, c->row, "in", &in, &n) < 0)
                return corpus_fail(c, "no input");
        enum corpus_verdict v = check_mode(c, "lenient", false, in, n);
        return v == CORPUS_PASS ? check_mode(c, "strict", true, in, n) : v;
}

int main(void) {
        static const struct corpus_table tables[] = {{"envsubst/eval", check_eval, keep_variables}};
        int status = corpus_main(tables, ARRAY_LEN(tables));
        arena_free(variables_arena);
        return status;
}
