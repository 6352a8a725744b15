/* SPDX-License-Identifier: Apache-2.0 */
/* Lockdown: who may refer to what, and what must not be possible. */
#include "unit/test.h"

#include "base/limits.h"
#include "data/json/json.h"
#include "tenancy/lockdown.h"

static const char grants_json[] = "[{\"metadata\":{\"name\":\"infra-apps\",\"namespace\":\"flux-system\"},\"spec\":{"
                                  "\"sources\":[{\"kind\":\"GitRepository\",\"name\":\"infra-apps\"}],\"to\":["
                                  "{\"namespaces\":[\"tenant-a\"],\"paths\":[\"./tenant-a\"]},"
                                  "{\"namespaces\":[\"tenant-b\"],\"paths\":[\"./tenant-b/\",\"shared\"]},"
                                  "{\"namespaceSelector\":{\"matchLabels\":{\"team\":\"ops\"}}},"
                                  "{\"namespaceSelector\":{}}]}}]";

struct fixture {
        struct arena *a;
        struct value grants, labels;
        const char *existing; /* "Kind/namespace/name" */
};

static bool exists(void *context, const char *kind, const char *namespace_, const char *name) {
        const struct fixture *f = context;
        char key[256];
        snprintf(key, sizeof(key), "%s/%s/%s", kind, namespace_, name);
        return f->existing && streq(f->existing, key);
}

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));
        f->a = arena_new(0);
        *state = f;
        return json_parse(f->a, grants_json, strlen(grants_json), 0, NULL, &f->grants, NULL);
}

static int teardown(void **state) {
        struct fixture *f = *state;
        arena_free(f->a);
        free(f);
        return 0;
}

static int resolve_with(struct fixture *f, const struct lockdown *l, const char *from, const char *namespace_,
                        const char *name, struct source_access *ret, struct err *err) {
        struct lockdown_view view = {
                .grants = &f->grants, .namespace_labels = &f->labels, .source_exists = exists, .context = f};
        struct source_ref ref = {
                .from_namespace = from, .kind = "GitRepository", .namespace_ = namespace_, .name = name};
        return lockdown_resolve_source(f->a, l, &view, &ref, ret, err);
}

static int resolve(struct fixture *f, const char *from, const char *namespace_, const char *name,
                   struct source_access *ret, struct err *err) {
        struct lockdown l = LOCKDOWN_DEFAULT;
        return resolve_with(f, &l, from, namespace_, name, ret, err);
}

static void expect_folders(const struct value *folders, const char *expected) {
        char text[256] = "";
        VALUE_EACH_ITEM(f, folders)
                snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", f->str);
        assert_string_equal(text, expected);
}

static void own_sources_are_free(void **state) {
        struct source_access got;
        assert_int_equal(resolve(*state, "tenant-a", NULL, "mine", &got, NULL), 0);
        assert_string_equal(got.namespace_, "tenant-a");
        assert_null(got.grant);
        assert_null(got.paths);
        assert_int_equal(resolve(*state, "tenant-a", "tenant-a", "mine", &got, NULL), 0);
}

static void a_foreign_namespace_is_denied_in_the_same_words_whether_or_not_it_exists(void **state) {
        struct fixture *f = *state;
        struct source_access got;
        _cleanup_err_ struct err absent = ERR_INIT, present = ERR_INIT;
        assert_int_equal(resolve(f, "tenant-a", "flux-system", "secret-repo", &got, &absent), -1);
        f->existing = "GitRepository/flux-system/secret-repo";
        assert_int_equal(resolve(f, "tenant-a", "flux-system", "secret-repo", &got, &present), -1);
        assert_int_equal(absent.class, ERR_ACCESS_DENIED);
        assert_string_equal(absent.reason, "AccessDenied");
        assert_string_equal(err_message(&absent),
                            "can't access 'GitRepository/flux-system/secret-repo', cross-namespace "
                            "references have been blocked");
        assert_string_equal(err_message(&absent), err_message(&present));
}

static void a_grant_opens_its_source_and_its_paths_only(void **state) {
        struct source_access got;
        struct value folders;
        const char *path;
        assert_int_equal(resolve(*state, "tenant-a", "flux-system", "infra-apps", &got, NULL), 0);
        assert_string_equal(got.grant, "flux-system/infra-apps");
        struct arena *a = ((struct fixture *)*state)->a;
        assert_int_equal(lockdown_limit_path(a, &got, "./tenant-a/", &folders, &path, NULL), 0);
        expect_folders(&folders, "tenant-a ");
        assert_string_equal(path, "tenant-a");
        assert_int_equal(lockdown_limit_path(a, &got, "tenant-a/deep/er", &folders, &path, NULL), 0);
        expect_folders(&folders, "tenant-a ");
        assert_string_equal(path, "tenant-a/deep/er");
        static const char *const outside[] = {"./tenant-b", "", ".", "tenant-ab", "tenant-a/../tenant-b", "..", "/"};
        for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                assert_int_equal(lockdown_limit_path(a, &got, outside[i], &folders, &path, &err), -1);
                assert_int_equal(err.class, ERR_NOT_FOUND);
                assert_non_null(strstr(err_message(&err), "no such file or directory"));
        }
}

/* Limits `path` for an access to these paths (JSON) and expects these folders, or "" for a path that is not there. */
static void expect_limit(const char *paths, const char *path, const char *expected) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value list, folders;
        const char *clean;
        print_message("# %s of %s\n", path, paths);
        assert_int_equal(json_parse(a, paths, strlen(paths), 0, NULL, &list, NULL), 0);
        const struct source_access access = {.paths = &list};
        int r = lockdown_limit_path(a, &access, path, &folders, &clean, NULL);
        assert_int_equal(r, *expected ? 0 : -1);
        if (r == 0)
                expect_folders(&folders, expected);
}

static void all_granted_folders_are_seen_at_once(void **state) {
        expect_limit("[\"./tenant-a\",\"shared/\"]", "tenant-a", "tenant-a shared ");
        expect_limit("[\"./tenant-a\",\"shared/\"]", "shared/base", "tenant-a shared ");
        expect_limit("[\"./tenant-a\",\"shared/\"]", "tenant-b", "");
        expect_limit("[\"a/b\",\"a\",\"a/c/d\"]", "a/b", "a ");
        expect_limit("[\"a\",\"ab\",\"a\"]", "ab", "a ab ");
        expect_limit("[\"a/b\",\"c\"]", "a", ""); /* the way to a folder is no granted folder */
        expect_limit("[\"a\",\".\"]", "z", ". ");
        expect_limit("[\"../a\",\"a/../b\",\"c\"]", "b", ""); /* a path that climbs grants nothing */
        expect_limit("[]", "a", "");
}

static void too_many_folders_are_an_error(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value list = value_list(), folders;
        const char *path;
        for (int i = 0; i <= LIMIT_GRANTED_FOLDERS; i++)
                assert_non_null(value_append(a, &list, value_strf(a, "f%d", i)));
        const struct source_access access = {.paths = &list};
        assert_int_equal(lockdown_limit_path(a, &access, "f1", &folders, &path, &err), -1);
        assert_int_equal(err.class, ERR_TOO_LARGE);
}

static void a_reference_without_namespace_finds_the_grant(void **state) {
        struct fixture *f = *state;
        struct source_access got;
        assert_int_equal(resolve(f, "tenant-b", NULL, "infra-apps", &got, NULL), 0);
        assert_string_equal(got.namespace_, "flux-system");
        assert_int_equal(got.paths->len, 2);
        f->existing = "GitRepository/tenant-b/infra-apps"; /* a local source comes first */
        assert_int_equal(resolve(f, "tenant-b", NULL, "infra-apps", &got, NULL), 0);
        assert_string_equal(got.namespace_, "tenant-b");
        assert_null(got.grant);
        f->existing = NULL;
        assert_int_equal(resolve(f, "tenant-b", "tenant-b", "infra-apps", &got, NULL),
                         0); /* named: no grant is meant */
        assert_string_equal(got.namespace_, "tenant-b");
}

static void labels_select_and_an_empty_selector_selects_nobody(void **state) {
        struct fixture *f = *state;
        struct source_access got;
        assert_int_equal(resolve(f, "stranger", "flux-system", "infra-apps", &got, NULL), -1);
        f->labels = value_map();
        value_set(f->a, &f->labels, "team", value_str("ops"));
        assert_int_equal(resolve(f, "stranger", "flux-system", "infra-apps", &got, NULL), 0);
        assert_null(got.paths); /* no paths named: everything */
        value_set(f->a, &f->labels, "team", value_str("dev"));
        assert_int_equal(resolve(f, "stranger", "flux-system", "infra-apps", &got, NULL), -1);
}

static void two_namespaces_that_offer_one_name_are_ambiguous(void **state) {
        struct fixture *f = *state;
        struct value second;
        struct source_access got;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(value_copy(f->a, &f->grants.items[0], &second, NULL), 0);
        value_set(f->a, value_get(&second, "metadata"), "namespace", value_str("evil"));
        value_append(f->a, &f->grants, second);
        assert_int_equal(resolve(f, "tenant-a", NULL, "infra-apps", &got, &err), -1);
        assert_int_equal(err.class, ERR_ACCESS_DENIED);
        assert_int_equal(resolve(f, "tenant-a", "flux-system", "infra-apps", &got, NULL), 0);
}

static void the_flags_restore_what_flux_does(void **state) {
        struct fixture *f = *state;
        struct lockdown open = {.default_service_account = ""};
        struct source_access got;
        const char *user = "x";
        assert_int_equal(resolve_with(f, &open, "tenant-a", "flux-system", "other", &got, NULL), 0);
        assert_string_equal(got.namespace_, "flux-system");
        assert_int_equal(lockdown_impersonate(f->a, &open, "tenant-a", NULL, &user, NULL), 0);
        assert_null(user);
        assert_int_equal(lockdown_check_reference(&open, "a", "Kustomization", "b", "n", NULL), 0);
}

static void everybody_acts_as_an_account_of_the_own_namespace(void **state) {
        struct fixture *f = *state;
        struct lockdown l = LOCKDOWN_DEFAULT;
        const char *user;
        assert_int_equal(lockdown_impersonate(f->a, &l, "tenant-a", NULL, &user, NULL), 0);
        assert_string_equal(user, "system:serviceaccount:tenant-a:default");
        assert_int_equal(lockdown_impersonate(f->a, &l, "tenant-a", "deployer", &user, NULL), 0);
        assert_string_equal(user, "system:serviceaccount:tenant-a:deployer");
        assert_int_equal(lockdown_check_reference(&l, "a", "Kustomization", "b", "n", NULL), -1);
        assert_int_equal(lockdown_check_reference(&l, "a", "Kustomization", NULL, "n", NULL), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(own_sources_are_free, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_foreign_namespace_is_denied_in_the_same_words_whether_or_not_it_exists, setup, teardown),
                cmocka_unit_test_setup_teardown(a_grant_opens_its_source_and_its_paths_only, setup, teardown),
                cmocka_unit_test(all_granted_folders_are_seen_at_once),
                cmocka_unit_test(too_many_folders_are_an_error),
                cmocka_unit_test_setup_teardown(a_reference_without_namespace_finds_the_grant, setup, teardown),
                cmocka_unit_test_setup_teardown(labels_select_and_an_empty_selector_selects_nobody, setup, teardown),
                cmocka_unit_test_setup_teardown(two_namespaces_that_offer_one_name_are_ambiguous, setup, teardown),
                cmocka_unit_test_setup_teardown(the_flags_restore_what_flux_does, setup, teardown),
                cmocka_unit_test_setup_teardown(everybody_acts_as_an_account_of_the_own_namespace, setup, teardown),
        };
        return cmocka_run_group_tests_name("lockdown", tests, NULL, NULL);
}
