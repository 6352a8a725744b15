/* SPDX-License-Identifier: Apache-2.0 */
/* JSON patches and merge patches against the library that kube-apiserver uses (evanphx/json-patch v4), which are in
 * corpus smp beside the strategic ones (table rfc6902_suite is what the RFC wants instead). Texts that are no JSON are
 * refused before a patch is looked at. */
#include "corpus.h"

#include "data/json/json.h"
#include "data/patch/jsonpatch.h"
#include "data/patch/mergepatch.h"

/* False: the text is no JSON. */
static bool parse(struct corpus_case *c, const char *key, struct value *ret) {
        const char *text = value_get_str(c->row, key);
        return text && *text && json_parse(c->arena, text, strlen(text), 0, NULL, ret, NULL) == 0;
}

static enum corpus_verdict same_text(struct corpus_case *c, const struct value *found) {
        struct value wanted;
        if (!parse(c, "expected_text", &wanted))
                return CORPUS_SKIP;
        return corpus_same_value(c, "result", &wanted, found);
}

static enum corpus_verdict check_patch(struct corpus_case *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        const char *wanted = value_get_str(c->row, "expected_error");
        struct value doc, patch, out;
        if (!parse(c, "doc_text", &doc) || !parse(c, "patch_text", &patch))
                return CORPUS_SKIP;
        int r = jsonpatch_apply(c->arena, &doc, &patch, &out, &err);
        if (wanted || r < 0)
                return corpus_same(c, "error", wanted, r < 0 ? err_message(&err) : NULL);
        return same_text(c, &out);
}

/* The library refuses what is no object, which callers do here. */
static enum corpus_verdict check_merge(struct corpus_case *c, const char *table) {
        bool create = streq(table, "json_merge_create");
        struct value x, y, out;
        if (!parse(c, create ? "original_text" : "doc_text", &x) ||
            !parse(c, create ? "modified_text" : "patch_text", &y) || value_get_str(c->row, "expected_error") ||
            !value_is_map(&x) || !value_is_map(&y))
                return CORPUS_SKIP;
        if ((create ? mergepatch_create(c->arena, &x, &y, &out, NULL)
                    : mergepatch_apply(c->arena, &x, &y, &out, NULL)) < 0)
                return corpus_fail(c, "failed");
        return same_text(c, &out);
}

static enum corpus_verdict check(struct corpus_case *c) {
        const char *table = value_get_str(c->row, "table");
        if (streq(table, "json_patch_apply"))
                return check_patch(c);
        if (streq(table, "json_merge_apply") || streq(table, "json_merge_create"))
                return check_merge(c, table);
        return CORPUS_SKIP;
}

int main(void) {
        static const struct corpus_table tables[] = {{"smp/cases", check, NULL}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
