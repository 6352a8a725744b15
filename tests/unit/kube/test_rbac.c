/* SPDX-License-Identifier: Apache-2.0 */
/* The RBAC index as it lives: roles come and go, snapshots stay as they were. What rules mean is in corpus_rbac. */
#include "unit/test.h"

#include "base/clock.h"
#include "data/json/json.h"
#include "kube/quote.h"
#include "kube/rbac/rbac_covers.h"
#include "kube/rbac/rbac_policy.h"

struct fixture {
        struct arena *a;
        struct rbac_world *w;
};

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));
        f->a = arena_new(0);
        assert_int_equal(rbac_world_new(&f->w, NULL), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        rbac_world_free(f->w);
        arena_free(f->a);
        free(f);
        return 0;
}

static void put(struct fixture *f, const char *text) {
        struct value v;
        assert_int_equal(json_parse(f->a, text, strlen(text), 0, NULL, &v, NULL), 0);
        assert_int_equal(rbac_world_put(f->w, &v, NULL), 0);
}

static void put_reader(struct fixture *f, const char *verb) {
        char text[256];
        snprintf(text, sizeof(text),
                 "{\"kind\":\"Role\",\"metadata\":{\"name\":\"reader\",\"namespace\":\"n\"},\"rules\":[{\"apiGroups\":["
                 "\"\"],"
                 "\"resources\":[\"pods\"],\"verbs\":[\"%s\"]}]}",
                 verb);
        put(f, text);
}

static void put_binding(struct fixture *f) {
        put(f, "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"b\",\"namespace\":\"n\"},\"roleRef\":{\"kind\":"
               "\"Role\","
               "\"name\":\"reader\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"bob\"},{\"kind\":\"ServiceAccount\","
               "\"name\":\"sa\"}]}");
}

static const struct rbac_index *snapshot(struct fixture *f) {
        const struct rbac_index *x = NULL;
        assert_int_equal(rbac_world_snapshot(f->w, &x, NULL), 0);
        return x;
}

static bool allows(const struct rbac_index *x, const char *user, const char *verb, const char *namespace_,
                   struct arena *a, const char **reason) {
        struct rbac_user u = {.name = user, .uid = "", .groups = rbac_no_strings};
        struct rbac_attributes q = {&u, verb, true, "", "v1", "pods", "", "", namespace_, ""};
        return rbac_index_allows(x, &q, a, reason);
}

static void a_snapshot_stays_as_it_was(void **state) {
        struct fixture *f = *state;
        put_reader(f, "get");
        put_binding(f);
        _cleanup_rbac_index_ const struct rbac_index *before = snapshot(f);
        put_reader(f, "list");
        _cleanup_rbac_index_ const struct rbac_index *after = snapshot(f);
        assert_true(allows(before, "bob", "get", "n", NULL, NULL));
        assert_false(allows(before, "bob", "list", "n", NULL, NULL));
        assert_false(allows(after, "bob", "get", "n", NULL, NULL));
        assert_true(allows(after, "bob", "list", "n", NULL, NULL));
        _cleanup_rbac_index_ const struct rbac_index *same = snapshot(f);
        assert_ptr_equal(after, same); /* nothing changed, nothing was made */
}

static void rights_end_at_the_namespace(void **state) {
        struct fixture *f = *state;
        put_reader(f, "get");
        put_binding(f);
        _cleanup_rbac_index_ const struct rbac_index *x = snapshot(f);
        assert_false(allows(x, "bob", "get", "other", NULL, NULL));
        assert_false(allows(x, "bob", "get", "", NULL, NULL));
        assert_false(allows(x, "alice", "get", "n", NULL, NULL));
        assert_true(allows(x, "system:serviceaccount:n:sa", "get", "n", NULL, NULL)); /* the binding's namespace */
        assert_false(allows(x, "system:serviceaccount:other:sa", "get", "n", NULL, NULL));
}

static void what_is_removed_counts_no_more(void **state) {
        struct fixture *f = *state;
        const char *reason;
        put_reader(f, "get");
        put_binding(f);
        rbac_world_remove(f->w, "Role", "n", "reader");
        _cleanup_rbac_index_ const struct rbac_index *x = snapshot(f);
        assert_false(allows(x, "bob", "get", "n", f->a, &reason));
        assert_string_equal(reason, "RBAC: role.rbac.authorization.k8s.io \"reader\" not found");
        rbac_world_remove(f->w, "RoleBinding", "n", "b");
        rbac_world_remove(f->w, "RoleBinding", "n", "b"); /* twice does no harm */
        _cleanup_rbac_index_ const struct rbac_index *y = snapshot(f);
        assert_false(allows(y, "bob", "get", "n", f->a, &reason));
        assert_string_equal(reason, "");
        put_reader(f, "get");
        put_binding(f);
        _cleanup_rbac_index_ const struct rbac_index *z = snapshot(f);
        assert_true(allows(z, "bob", "get", "n", f->a, &reason));
        assert_string_equal(reason, "RBAC: allowed by RoleBinding \"b/n\" of Role \"reader\" to User \"bob\"");
}

static void malformed_objects_grant_nothing(void **state) {
        struct fixture *f = *state;
        put(f, "{\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"r\"},\"rules\":{\"verbs\":[\"*\"]}}");
        put(f, "{\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"s\"},\"rules\":[null,{\"verbs\":\"*\",\"apiGroups\":"
               "[1]}]}");
        put(f, "{\"kind\":\"ClusterRoleBinding\",\"metadata\":{\"name\":\"b\"},\"roleRef\":{\"kind\":\"ClusterRole\","
               "\"name\":"
               "\"s\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"bob\"},null,{\"kind\":\"ServiceAccount\",\"name\":"
               "\"x\"}]}");
        put(f, "{\"kind\":\"Pod\"}");
        put(f, "{}");
        _cleanup_rbac_index_ const struct rbac_index *x = snapshot(f);
        assert_false(allows(x, "bob", "get", "n", NULL, NULL));
        assert_false(allows(x, "system:serviceaccount::x", "get", "n", NULL, NULL));
}

/* With 20,000 bindings a caller's decision looks at its own only. */
static void decisions_do_not_grow_with_other_bindings(void **state) {
        struct fixture *f = *state;
        put(f, "{\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"r\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":"
               "[\"secrets\"],\"verbs\":[\"get\"]}]}");
        for (int i = 0; i < 20000; i++) {
                char text[256];
                snprintf(text, sizeof(text),
                         "{\"kind\":\"ClusterRoleBinding\",\"metadata\":{\"name\":\"b%d\"},\"roleRef\":{\"kind\":"
                         "\"ClusterRole\",\"name\":\"r\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"u%d\"}]}",
                         i, i);
                put(f, text);
        }
        put_reader(f, "get");
        put_binding(f);
        _cleanup_rbac_index_ const struct rbac_index *x = snapshot(f);
        int64_t start = clock_monotonic_ns();
        for (int i = 0; i < 1000; i++)
                assert_true(allows(x, "bob", "get", "n", NULL, NULL));
        int64_t each = (clock_monotonic_ns() - start) / 1000;
        assert_true(each < 200000); /* about 1 µs; a walk over all would take more than this */
}

static void an_escalation_check_is_bounded(void **state) {
        struct fixture *f = *state;
        struct value rules = value_list(), rule = value_map();
        static const char *const keys[] = {"apiGroups", "resources", "verbs"};
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
                struct value list = value_list();
                for (int i = 0; i < 100; i++)
                        value_append(f->a, &list, value_strf(f->a, "x%d", i));
                value_set(f->a, &rule, keys[k], list);
        }
        value_append(f->a, &rules, rule);
        struct rbac_rules wanted, none = {0};
        bool covered;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(rbac_rules_read(f->a, &rules, &wanted, NULL), 0);
        assert_int_equal(rbac_covers(f->a, &none, &wanted, &covered, NULL, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

static void splits_service_account_names(void **state) {
        struct fixture *f = *state;
        const char *namespace_, *name;
        assert_true(rbac_service_account_split(f->a, "system:serviceaccount:ns:a.b-c", &namespace_, &name));
        assert_string_equal(namespace_, "ns");
        assert_string_equal(name, "a.b-c");
        static const char *const bad[] = {"system:serviceaccount:ns",
                                          "system:serviceaccount::a",
                                          "system:serviceaccount:ns:",
                                          "system:serviceaccount:ns:a:b",
                                          "system:serviceaccount:N:a",
                                          "system:serviceaccount:ns:-a",
                                          "bob"};
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                assert_false(rbac_service_account_split(f->a, bad[i], &namespace_, &name));
}

static void quotes_as_go(void **state) {
        static const char *const cases[][2] = {
                {"plain", "\"plain\""},         {"a\"b\\c\n\t", "\"a\\\"b\\\\c\\n\\t\""},
                {"\x01\x7f", "\"\\x01\\x7f\""}, {"\xc3\xa9\xe2\x80\xa8", "\"\xc3\xa9\\u2028\""},
                {"\xff\xc3", "\"\\xff\\xc3\""}, {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
        };
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_buf_ struct buf b = BUF_INIT(1000);
                quote_go(&b, cases[i][0]);
                assert_string_equal(buf_str(&b), cases[i][1]);
        }
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(a_snapshot_stays_as_it_was),
                test(rights_end_at_the_namespace),
                test(what_is_removed_counts_no_more),
                test(malformed_objects_grant_nothing),
                test(decisions_do_not_grow_with_other_bindings),
                test(an_escalation_check_is_bounded),
                test(splits_service_account_names),
                test(quotes_as_go),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
