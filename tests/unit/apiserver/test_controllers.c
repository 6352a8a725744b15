/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in controllers, at work on a registry of their own. */
#include "registry_fixture.h"

#include "apiserver/controllers/controllers.h"
#include "base/clock.h"

#include <unistd.h>

#define PATIENCE_NS (10 * NSEC_PER_SEC)

static struct controllers *controllers;

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));
        struct controllers_options options = {
                .root_ca_pem = "the certificate", .settle_workloads = true, .supervisor_fd = -1};
        fixture_open(f, NULL);
        assert_int_equal(controllers_start(f->registry, &options, &controllers, &f->err), 0);
        fixture_create(f, fixture_kind(f, "", "namespaces"), "", "{\"metadata\":{\"name\":\"n\"}}");
        *state = f;
        return 0;
}

static int teardown(void **state) {
        controllers_stop(controllers);
        fixture_close(*state);
        free(*state);
        return 0;
}

/* Waits until the object is there, or has gone. */
static void await(struct fixture *f, const struct kind *k, const char *namespace_, const char *name, bool there) {
        for (int64_t until = clock_monotonic_ns() + PATIENCE_NS; clock_monotonic_ns() < until; usleep(2000)) {
                _cleanup_object_ struct object *o = NULL;
                if ((registry_get(f->registry, k, namespace_, name, &o, NULL) == 0) == there)
                        return;
        }
        fail_msg("%s %s/%s: not %s in time", k->kind, namespace_, name, there ? "there" : "gone");
}

static struct value live(struct fixture *f, const struct kind *k, const char *namespace_, const char *name) {
        _cleanup_object_ struct object *o = NULL;
        struct value tree;
        if (registry_get(f->registry, k, namespace_, name, &o, &f->err) < 0)
                fail_msg("%s", err_message(&f->err));
        assert_int_equal(object_tree(o, f->arena, &tree, NULL), 0);
        return tree;
}

/* A config map `owner`, and `owned`, which belongs to it. */
static void family(struct fixture *f, bool blocks) {
        struct value owner =
                fixture_create(f, fixture_kind(f, "", "configmaps"), "n", "{\"metadata\":{\"name\":\"owner\"}}");
        char text[512];
        snprintf(text, sizeof(text),
                 "{\"metadata\":{\"name\":\"owned\",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\","
                 "\"name\":\"owner\",\"uid\":\"%s\",\"blockOwnerDeletion\":%s}]}}",
                 value_path_str(&owner, "metadata", "uid", NULL), blocks ? "true" : "false");
        fixture_create(f, fixture_kind(f, "", "configmaps"), "n", text);
}

static void drop(struct fixture *f, const struct kind *k, const char *namespace_, const char *name,
                 enum registry_propagation propagation) {
        const struct registry_delete how = {.propagation = propagation, .grace_seconds = -1};
        if (registry_delete(f->registry, f->arena, k, namespace_, name, &how, NULL, NULL, &f->err) < 0)
                fail_msg("%s", err_message(&f->err));
}

static void a_namespace_gets_an_account_and_the_certificate(void **state) {
        struct fixture *f = *state;
        const struct kind *accounts = fixture_kind(f, "", "serviceaccounts"), *maps = fixture_kind(f, "", "configmaps");
        await(f, accounts, "n", "default", true);
        await(f, maps, "n", "kube-root-ca.crt", true);
        struct value map = live(f, maps, "n", "kube-root-ca.crt");
        assert_string_equal(value_path_str(&map, "data", "ca.crt", NULL), "the certificate");
        drop(f, accounts, "n", "default", REGISTRY_BACKGROUND);
        await(f, accounts, "n", "default", true);
}

static void what_is_owned_goes_after_its_owner(void **state) {
        struct fixture *f = *state;
        const struct kind *maps = fixture_kind(f, "", "configmaps");
        family(f, false);
        drop(f, maps, "n", "owner", REGISTRY_BACKGROUND);
        await(f, maps, "n", "owned", false);
}

static void in_the_foreground_the_owner_goes_last(void **state) {
        struct fixture *f = *state;
        const struct kind *maps = fixture_kind(f, "", "configmaps");
        family(f, true);
        drop(f, maps, "n", "owner", REGISTRY_FOREGROUND);
        await(f, maps, "n", "owner", false);
        _cleanup_object_ struct object *o = NULL;
        assert_int_equal(registry_get(f->registry, maps, "n", "owned", &o, NULL), -1);
}

static void orphans_stay_and_forget_their_owner(void **state) {
        struct fixture *f = *state;
        const struct kind *maps = fixture_kind(f, "", "configmaps");
        family(f, false);
        drop(f, maps, "n", "owner", REGISTRY_ORPHAN);
        await(f, maps, "n", "owner", false);
        struct value orphan = live(f, maps, "n", "owned");
        assert_true(value_is_null(value_path(&orphan, "metadata", "ownerReferences", NULL)));
}

static void a_deleted_namespace_takes_its_content_along(void **state) {
        struct fixture *f = *state;
        const struct kind *namespaces = fixture_kind(f, "", "namespaces");
        fixture_create(f, fixture_kind(f, "", "configmaps"), "n", "{\"metadata\":{\"name\":\"a\"}}");
        drop(f, namespaces, "", "n", REGISTRY_PROPAGATION_DEFAULT);
        await(f, namespaces, "", "n", false);
        assert_false(registry_any(f->registry, fixture_kind(f, "", "configmaps"), "n"));
        assert_false(registry_any(f->registry, fixture_kind(f, "", "serviceaccounts"), "n"));
}

static void roles_are_aggregated(void **state) {
        struct fixture *f = *state;
        const struct kind *roles = fixture_kind(f, "rbac.authorization.k8s.io", "clusterroles");
        fixture_create(f, roles, "",
                       "{\"metadata\":{\"name\":\"all\"},\"aggregationRule\":{\"clusterRoleSelectors\":["
                       "{\"matchLabels\":{\"part\":\"yes\"}}]},\"rules\":[]}");
        fixture_create(f, roles, "",
                       "{\"metadata\":{\"name\":\"part\",\"labels\":{\"part\":\"yes\"}},\"rules\":["
                       "{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\"]}]}");
        for (int64_t until = clock_monotonic_ns() + PATIENCE_NS; clock_monotonic_ns() < until; usleep(2000)) {
                struct value role = live(f, roles, "", "all");
                const struct value *rules = value_get(&role, "rules");
                if (value_is_list(rules) && rules->len == 1)
                        return;
        }
        fail_msg("the role was not aggregated in time");
}

static void workloads_settle(void **state) {
        struct fixture *f = *state;
        const struct kind *deployments = fixture_kind(f, "apps", "deployments");
        fixture_create(
                f, deployments, "n",
                "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},"
                "\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\","
                "\"image\":\"i\"}]}}}}");
        for (int64_t until = clock_monotonic_ns() + PATIENCE_NS; clock_monotonic_ns() < until; usleep(2000)) {
                struct value d = live(f, deployments, "n", "d");
                const struct value *ready = value_path(&d, "status", "availableReplicas", NULL);
                const struct value *seen = value_path(&d, "status", "observedGeneration", NULL);
                if (value_int_or(ready, 0) == 3 && value_int_or(seen, 0) == 1)
                        return;
        }
        fail_msg("the deployment did not settle in time");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_namespace_gets_an_account_and_the_certificate, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_owned_goes_after_its_owner, setup, teardown),
                cmocka_unit_test_setup_teardown(in_the_foreground_the_owner_goes_last, setup, teardown),
                cmocka_unit_test_setup_teardown(orphans_stay_and_forget_their_owner, setup, teardown),
                cmocka_unit_test_setup_teardown(a_deleted_namespace_takes_its_content_along, setup, teardown),
                cmocka_unit_test_setup_teardown(roles_are_aggregated, setup, teardown),
                cmocka_unit_test_setup_teardown(workloads_settle, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
