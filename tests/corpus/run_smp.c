/* SPDX-License-Identifier: Apache-2.0 */
/* Strategic merge patches against apimachinery's strategicpatch. The corpus holds JSON patches too; they are
 * run_json's. */
#include "corpus.h"

#include "kube/schema/schema_table.h"
#include "kube/smp/smp.h"

/* The types of the upstream tests, in the form of data/kubernetes/schema.txt. */
static const char test_types[] = "smp.v1.MergeItem\n"
                                 "jsonItem @smp.v1.\n"
                                 "mergeItemPtr @smp.v1.MergeItem ^ !name:merge\n"
                                 "mergingIntList [l] !:merge\n"
                                 "mergingList [@smp.v1.MergeItem] !name:merge\n"
                                 "name s\n"
                                 "nonMergingIntList [l]\n"
                                 "nonMergingList [@smp.v1.MergeItem]\n"
                                 "other s\n"
                                 "replacingItem R !:replace\n"
                                 "retainKeysMap @smp.v1.RetainKeysMergeItem !:retainKeys\n"
                                 "retainKeysMergingList [@smp.v1.MergeItem] !name:merge,retainKeys\n"
                                 "simpleMap {s}\n"
                                 "value s\n"
                                 "\n"
                                 "smp.v1.RetainKeysMergeItem\n"
                                 "mergingIntList [l] !:merge\n"
                                 "mergingList [@smp.v1.MergeItem] !name:merge\n"
                                 "name s\n"
                                 "nonMergingList [@smp.v1.MergeItem]\n"
                                 "other s\n"
                                 "simpleMap {s}\n"
                                 "value s\n"
                                 "\n"
                                 "smp.v1.\n"
                                 "Raw B\n"
                                 "\n"
                                 "smp.v1.PrecisionItem\n"
                                 "float32 d\n"
                                 "float64 d\n"
                                 "int32 i\n"
                                 "int64 l\n"
                                 "name s\n";

static const struct schema *schema_of(struct corpus_case *c, struct schema_table *t) {
        const char *name = value_get_str(c->row, "schema");
        if (!name)
                return NULL;
        const char *space = strchr(name, ' ');
        if (space) {
                const char *group, *version, *gv = arena_strndup(c->arena, name, (size_t)(space - name));
                const char *slash = gv ? strchr(gv, '/') : NULL;
                if (!gv)
                        return NULL;
                group = slash ? arena_strndup(c->arena, gv, (size_t)(slash - gv)) : "";
                version = slash ? slash + 1 : gv;
                return schema_of_kind(group, version, space + 1);
        }
        if (schema_table_load(c->arena, test_types, sizeof(test_types) - 1, t, NULL) < 0)
                return NULL;
        char text[64];
        int n = snprintf(text, sizeof(text), "smp.v1.%s", name);
        return strmap_get(&t->by_name, text, (size_t)n);
}

/* {"$text": ...} stands for bytes that are no JSON, which callers refuse before they get here. */
static bool is_text(const struct value *v) {
        return value_get(v, "$text");
}

static enum corpus_verdict judge(struct corpus_case *c, int r, const struct value *found, const struct err *err) {
        const char *expected_error = value_get_str(c->row, "expected_error");
        if (expected_error)
                return corpus_same(c, "error", expected_error, r < 0 ? err_message(err) : NULL);
        if (r < 0)
                return corpus_fail(c, "error: %s", err_message(err));
        return corpus_same_value(c, "result", value_get(c->row, "expected"), found);
}

/* Both steps of a row: the patch that is made, and what it makes of the object. Absent values are not checked. */
static enum corpus_verdict check_described(struct corpus_case *c, const struct schema *s) {
        _cleanup_err_ struct err err = ERR_INIT;
        const struct value *row = c->row, *patch = value_get(row, "two_way_patch"), *result = value_get(row, "result");
        const char *wanted = value_get_str(row, "expected_error_contains");
        const struct value *modified = value_get(row, "two_way_result");
        struct value found;
        if (value_is_null(modified))
                modified = value_get(row, "modified");
        if (!value_is_null(patch)) {
                int r = smp_apply(c->arena, s, value_get(row, "original"), patch, &found, &err);
                if (wanted && value_is_null(result))
                        return r < 0 && strstr(err_message(&err), wanted)
                                       ? CORPUS_PASS
                                       : corpus_fail(c, "no error with %s: %s", wanted, err_message(&err));
                if (r < 0)
                        return corpus_fail(c, "two-way: %s", err_message(&err));
                if (!value_is_null(modified) && corpus_same_value(c, "two-way", modified, &found) != CORPUS_PASS)
                        return CORPUS_FAIL;
        }
        patch = value_get(row, "three_way_patch");
        if (!value_is_null(patch) && !value_is_null(result) && !wanted) {
                if (smp_apply(c->arena, s, value_get(row, "current"), patch, &found, &err) < 0)
                        return corpus_fail(c, "three-way: %s", err_message(&err));
                return corpus_same_value(c, "three-way", result, &found);
        }
        return CORPUS_PASS;
}

static enum corpus_verdict check_with(struct corpus_case *c, const struct schema *s) {
        _cleanup_err_ struct err err = ERR_INIT;
        const struct value *row = c->row, *original = value_get(row, "original"), *patch = value_get(row, "patch");
        const char *table = value_get_str(row, "table");
        struct value found = value_null();
        int r;
        if (streq(table, "described"))
                return check_described(c, s);
        if (is_text(original) || is_text(patch))
                return CORPUS_SKIP;
        if (streq(table, "apply"))
                r = smp_apply(c->arena, s, original, patch, &found, &err);
        else if (streq(table, "create_two_way"))
                r = smp_create_two_way(c->arena, s, original, value_get(row, "modified"), &found, &err);
        else if (streq(table, "create_three_way"))
                r = smp_create_three_way(c->arena, s, original, value_get(row, "modified"), value_get(row, "current"),
                                         value_bool_or(value_get(row, "overwrite"), false), &found, &err);
        else
                return CORPUS_SKIP;
        return judge(c, r, &found, &err);
}

static enum corpus_verdict check(struct corpus_case *c) {
        struct schema_table table = {0};
        enum corpus_verdict v = CORPUS_SKIP;
        const struct schema *s = schema_of(c, &table);
        if (s)
                v = check_with(c, s);
        schema_table_done(&table);
        return v;
}

int main(void) {
        static const struct corpus_table tables[] = {{"smp/cases", check, NULL}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
