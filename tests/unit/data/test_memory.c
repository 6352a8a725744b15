/* SPDX-License-Identifier: Apache-2.0 */
/* Each engine with an arena that is too small by a little, again and again: the error is always "memory", nothing is
 * written to the outputs, and nothing crashes. */
#include "help.h"

#include "data/patch/diff.h"
#include "data/patch/jsonpatch.h"
#include "data/jsonpath/jsonpath.h"
#include "data/patch/mergepatch.h"

struct inputs {
        struct value document, patch, merge;
};

static const char document[] = "{'a':{'b':[1,2,3],'c':'some text'},'items':[{'n':1},{'n':2}]}";

/* Runs one step with arenas of growing size until it succeeds; it has to fail at least once. */
static void starve(int (*step)(struct arena *, const struct inputs *, struct err *), const struct inputs *in) {
        int failures = 0;
        for (size_t max = 1; max < 100000; max += 8) {
                _cleanup_arena_ struct arena *a = arena_new(max);
                _cleanup_err_ struct err err = ERR_INIT;
                if (step(a, in, &err) == 0) {
                        assert_true(failures > 0);
                        return;
                }
                assert_int_equal(err.class, ERR_MEMORY);
                failures++;
        }
        fail_msg("it never succeeds");
}

static int step_parse(struct arena *a, const struct inputs *in, struct err *err) {
        static const char json[] = "{\"a\":[1,{\"b\":\"c\\n\"}],\"a\":2,\"bad\":\"\xFF\"}";
        struct json_report report = {.arena = a};
        struct value v = value_str("untouched");
        int r = json_parse(a, json, sizeof(json) - 1, JSON_REPORT_DUPLICATES, &report, &v, err);
        assert_true(r == 0 || streq(v.str, "untouched"));
        return r;
}

static int step_patch(struct arena *a, const struct inputs *in, struct err *err) {
        struct value v;
        return jsonpatch_apply(a, &in->document, &in->patch, &v, err);
}

static int step_merge(struct arena *a, const struct inputs *in, struct err *err) {
        struct value v, patch;
        if (mergepatch_apply(a, &in->document, &in->merge, &v, err) < 0)
                return -1;
        return mergepatch_create(a, &in->document, &v, &patch, err);
}

static int step_diff(struct arena *a, const struct inputs *in, struct err *err) {
        struct diff diff;
        return diff_values(a, &in->document, &in->merge, &diff, err);
}

static int step_jsonpath(struct arena *a, const struct inputs *in, struct err *err) {
        static const char template[] = "{range .items[?(@.n>0)]}{.n}{\"\\n\"}{end}{.a['b','c']}{..b[0:2]}";
        _cleanup_buf_ struct buf out = BUF_INIT(10000);
        struct jsonpath *path;
        if (jsonpath_parse(a, template, sizeof(template) - 1, &path, err) < 0)
                return -1;
        return jsonpath_execute(a, path, &in->document, JSONPATH_ALLOW_MISSING, &out, err);
}

static void test_starvation(void **state) {
        struct inputs in = {
                .document = tree(*state, document),
                .patch = tree(*state,
                              "[{'op':'add','path':'/x','value':{'y':[1]}},{'op':'copy','from':'/a','path':'/z'},"
                              "{'op':'move','from':'/x','path':'/a/b/-'}]"),
                .merge = tree(*state, "{'a':{'c':null,'d':{'e':1}},'new':[1]}"),
        };
        starve(step_parse, &in);
        starve(step_patch, &in);
        starve(step_merge, &in);
        starve(step_diff, &in);
        starve(step_jsonpath, &in);
        struct value again = tree(*state, document);
        assert_true(value_equal(&in.document, &again)); /* no failed attempt left a mark */
}

int main(void) {
        const struct CMUnitTest tests[] = {arena_test(test_starvation)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
