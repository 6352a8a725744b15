/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Pointer, JSON Patch, JSON Merge Patch and the field diff. */
#include "help.h"

#include "base/limits.h"
#include "data/patch/diff.h"
#include "data/patch/jsonpatch.h"
#include "data/patch/mergepatch.h"
#include "data/patch/pointer.h"

static void test_pointer(void **state) {
        struct value v = tree(*state, "{'a':{'b/c':[10,20]},'m~n':1,'':2}");
        assert_int_equal(pointer_find(&v, "/a/b~1c/1")->i, 20);
        assert_int_equal(pointer_find(&v, "/m~0n")->i, 1);
        assert_int_equal(pointer_find(&v, "/")->i, 2);
        assert_ptr_equal(pointer_find(&v, ""), &v);
        assert_null(pointer_find(&v, "/a/b~1c/2"));
        assert_null(pointer_find(&v, "/a/b~1c/01"));
        assert_null(pointer_find(&v, "/a/b~1c/-"));
        assert_null(pointer_find(&v, "a"));
        assert_null(pointer_find(&v, "/a~2"));
}

static void expect_patch(struct arena *a, const char *document, const char *patch, const char *expected) {
        struct value doc = tree(a, document), ops = tree(a, patch), v;
        _cleanup_err_ struct err err = ERR_INIT;
        if (jsonpatch_apply(a, &doc, &ops, &v, &err) < 0)
                fail_msg("%s", err_message(&err));
        assert_string_equal(text(a, &v), expected);
        assert_string_equal(text(a, &doc), document); /* the inputs stay as they are */
}

static void expect_refusal(struct arena *a, const char *document, const char *patch, enum err_class class,
                           const char *message) {
        struct value doc = tree(a, document), ops = tree(a, patch), v;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(jsonpatch_apply(a, &doc, &ops, &v, &err), -1);
        assert_int_equal(err.class, class);
        assert_string_equal(err_message(&err), message);
}

static void test_json_patch(void **state) {
        expect_patch(*state, "{'a':1}", "[{'op':'add','path':'/b','value':[1]},{'op':'add','path':'/b/-','value':2}]",
                     "{'a':1,'b':[1,2]}");
        expect_patch(*state, "{'a':[1,2,3]}", "[{'op':'remove','path':'/a/1'}]", "{'a':[1,3]}");
        expect_patch(*state, "{'a':[1,2]}", "[{'op':'add','path':'/a/-1','value':9}]", "{'a':[1,2,9]}");
        expect_patch(*state, "{'a':{'b':1}}", "[{'op':'move','from':'/a/b','path':'/c'}]", "{'a':{},'c':1}");
        expect_patch(*state, "{'a':{'b':1}}",
                     "[{'op':'copy','from':'/a','path':'/c'},{'op':'replace','path':'/c/b','value':2}]",
                     "{'a':{'b':1},'c':{'b':2}}");
        expect_patch(*state, "{'a':1}", "[{'op':'test','path':'/a','value':1},{'op':'remove','path':'/a'}]", "{}");
        expect_patch(*state, "{'a':1}", "[{'op':'replace','path':'/new','value':1}]", "{'a':1,'new':1}");
        expect_patch(*state, "{'a':1}", "[{'op':'test','path':'/b','value':null}]", "{'a':1}");
        expect_patch(*state, "{'a':1}", "[]", "{'a':1}");
}

static void test_json_patch_refusals(void **state) {
        expect_refusal(*state, "{'a':1}", "[{'op':'test','path':'/a','value':2}]", ERR_INVALID,
                       "testing value /a failed: test failed");
        expect_refusal(*state, "{'a':1}", "[{'op':'remove','path':'/b'}]", ERR_INVALID,
                       "error in remove for path: '/b': Unable to remove nonexistent key: b: missing value");
        expect_refusal(*state, "{'a':1}", "[{'op':'add','path':'/b/c','value':2}]", ERR_INVALID,
                       "add operation does not apply: doc is missing path: \"/b/c\": missing value");
        expect_refusal(*state, "{'a':[1]}", "[{'op':'add','path':'/a/5','value':2}]", ERR_INVALID,
                       "error in add for path: '/a/5': Unable to access invalid index: 5: invalid index referenced");
        expect_refusal(*state, "{'a':1}", "[{'op':'eat','path':'/a'}]", ERR_INVALID, "Unexpected kind: eat");
        expect_refusal(*state, "{'a':1}", "{'op':'add'}", ERR_BAD_REQUEST,
                       "json: cannot unmarshal object into Go value of type jsonpatch.Patch");
        expect_refusal(*state, "{'a':1}", "['x']", ERR_BAD_REQUEST,
                       "json: cannot unmarshal string into Go value of type jsonpatch.Operation");
}

static void test_json_patch_limits(void **state) {
        struct value doc = tree(*state, "{'a':{'x':'0123456789012345678901234567890123456789'}}"), ops = value_list(),
                     v;
        _cleanup_err_ struct err err = ERR_INIT;
        for (int i = 0; i < 60; i++) { /* each doubles the document */
                char *op = arena_printf(*state, "{'op':'copy','from':'/a','path':'/a/y%d'}", i);
                assert_non_null(value_append(*state, &ops, tree(*state, op)));
        }
        assert_int_equal(jsonpatch_apply(*state, &doc, &ops, &v, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);

        ops = value_list();
        struct value noop = tree(*state, "{'op':'test','path':'/b'}");
        for (int i = 0; i <= LIMIT_PATCH_OPERATIONS; i++)
                assert_non_null(value_append(*state, &ops, noop));
        assert_int_equal(jsonpatch_apply(*state, &doc, &ops, &v, &err), -1);
        assert_string_equal(err_message(&err), "The allowed maximum operations in a JSON patch is 10000, got 10001");
}

/* Two deep trees, each allowed, may not become one that is too deep. */
static void test_json_patch_depth(void **state) {
        struct value deep = value_map(), doc = value_map(), v;
        for (int i = 0; i < LIMIT_DEPTH - 2; i++) {
                struct value outer = value_map();
                assert_non_null(value_add(*state, &outer, "a", 1, deep));
                deep = outer;
        }
        value_set(*state, &doc, "d", deep);
        struct value ops = tree(*state, "[{'op':'copy','from':'/d','path':'/d/a/b'}]");
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(jsonpatch_apply(*state, &doc, &ops, &v, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

static void expect_merge(struct arena *a, const char *document, const char *patch, const char *expected) {
        struct value doc = tree(a, document), p = tree(a, patch), v;
        assert_int_equal(mergepatch_apply(a, &doc, &p, &v, NULL), 0);
        assert_string_equal(text(a, &v), expected);
        assert_string_equal(text(a, &doc), document);
}

/* The examples of RFC 7386, appendix A. */
static void test_merge_patch(void **state) {
        expect_merge(*state, "{'a':'b'}", "{'a':'c'}", "{'a':'c'}");
        expect_merge(*state, "{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}");
        expect_merge(*state, "{'a':'b'}", "{'a':null}", "{}");
        expect_merge(*state, "{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}");
        expect_merge(*state, "{'a':['b']}", "{'a':'c'}", "{'a':'c'}");
        expect_merge(*state, "{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}");
        expect_merge(*state, "{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}");
        expect_merge(*state, "['a','b']", "['c','d']", "['c','d']");
        expect_merge(*state, "{'e':null}", "{'a':1}", "{'a':1,'e':null}");
        expect_merge(*state, "[1,2]", "{'a':'b','c':null}", "{'a':'b'}");
        expect_merge(*state, "{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}");
}

static void test_merge_patch_of_large_maps(void **state) {
        struct value doc = value_map(), patch = value_map(), v;
        for (int i = 0; i < 1000; i++) {
                char *key = arena_printf(*state, "k%d", i);
                value_set(*state, &doc, key, value_int(i));
                if (i % 2)
                        value_set(*state, &patch, key, value_null());
        }
        assert_int_equal(mergepatch_apply(*state, &doc, &patch, &v, NULL), 0);
        assert_int_equal(v.len, 500);
        assert_null(value_get(&v, "k1"));
        assert_int_equal(value_get(&v, "k998")->i, 998);
}

static void test_create_merge_patch(void **state) {
        struct value from = tree(*state, "{'a':1,'b':{'x':1,'y':2},'c':[1],'d':{'z':1}}");
        struct value to = tree(*state, "{'a':1,'b':{'x':1,'y':3},'c':[1,2],'e':null}"), patch, v;
        assert_int_equal(mergepatch_create(*state, &from, &to, &patch, NULL), 0);
        assert_string_equal(text(*state, &patch), "{'b':{'y':3},'c':[1,2],'d':null,'e':null}");
        assert_int_equal(mergepatch_create(*state, &from, &from, &patch, NULL), 0);
        assert_string_equal(text(*state, &patch), "{}");
        to = tree(*state, "{'q':[]}");
        assert_int_equal(mergepatch_create(*state, &from, &to, &patch, NULL), 0);
        assert_int_equal(mergepatch_apply(*state, &from, &patch, &v, NULL), 0);
        assert_true(value_equal(&v, &to));
}

static void test_diff(void **state) {
        struct value x = tree(*state, "{'b':{'c/d':1,'e':'same'},'l':[1,2],'gone':null}");
        struct value y = tree(*state, "{'l':[1,3,4],'b':{'e':'same','c/d':'text'}}");
        struct diff diff;
        struct buf b = BUF_INIT(1000);
        assert_int_equal(diff_values(*state, &x, &y, &diff, NULL), 0);
        diff_write(&b, &diff, 0);
        assert_string_equal(buf_str(&b), "~ /b/c~1d: 1 -> \"text\"\n- /gone: null\n~ /l/1: 2 -> 3\n+ /l/2: 4\n");
        buf_clear(&b);
        assert_int_equal(diff_values(*state, &x, &x, &diff, NULL), 0);
        assert_int_equal(diff.n, 0);
        struct value old_text = value_str("aéé"), new_text = value_str("b");
        assert_int_equal(diff_values(*state, &old_text, &new_text, &diff, NULL), 0);
        diff_write(&b, &diff, 3);
        assert_string_equal(buf_str(&b), "~ : \"a… -> \"b\"\n"); /* never half a rune */
        buf_done(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                arena_test(test_pointer),
                arena_test(test_json_patch),
                arena_test(test_json_patch_refusals),
                arena_test(test_json_patch_limits),
                arena_test(test_json_patch_depth),
                arena_test(test_merge_patch),
                arena_test(test_merge_patch_of_large_maps),
                arena_test(test_create_merge_patch),
                arena_test(test_diff),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
