/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: the pipeline of writes as a controller or a handler sees it. */
#include "registry_fixture.h"

static const struct kind *maps, *deployments, *namespaces;

static int setup_with(void **state, const struct registry_hooks *hooks) {
        struct fixture *f = calloc(1, sizeof(*f));
        fixture_open(f, hooks);
        maps = fixture_kind(f, "", "configmaps");
        deployments = fixture_kind(f, "apps", "deployments");
        namespaces = fixture_kind(f, "", "namespaces");
        fixture_create(f, namespaces, "", "{\"metadata\":{\"name\":\"n\"}}");
        *state = f;
        return 0;
}

static int setup(void **state) {
        return setup_with(state, NULL);
}

/* 192.168.1.0/28 has 13 addresses for Services: not the network's, the control plane's and the broadcast one. */
static int setup_few_addresses(void **state) {
        struct registry_hooks hooks = {0};
        assert_int_equal(address_range_parse("192.168.1.7/28", &hooks.services, NULL), 0);
        return setup_with(state, &hooks);
}

static int teardown(void **state) {
        fixture_close(*state);
        free(*state);
        return 0;
}

static struct value create(struct fixture *f, const struct kind *k, const char *text) {
        return fixture_create(f, k, "n", text);
}

static void services_get_addresses_of_the_range(void **state) {
        struct fixture *f = *state;
        const struct kind *services = kind_by_resource(f->kinds, "", "v1", "services");
        for (int i = 0; i <= 13; i++) {
                struct value object = fixture_parse(
                        f, "{\"metadata\":{\"generateName\":\"s-\"},\"spec\":{\"ports\":[{\"port\":80}]}}");
                struct value stored;
                int made = registry_create(f->registry, f->arena, services, "n", &object, NULL, &stored, &f->err);
                assert_int_equal(made, i < 13 ? 0 : -1);
                if (i < 13)
                        assert_memory_equal(value_path_str(&stored, "spec", "clusterIP", NULL), "192.168.1.", 10);
        }
        assert_string_equal(err_message(&f->err), "failed to allocate a serviceIP: range is full");
}

static void a_range_of_addresses_is_a_network(void **state) {
        (void)state;
        static const char *const bad[] = {"",
                                          "10.0.0.0",
                                          "10.0.0.0/",
                                          "10.0.0.0/8",
                                          "10.0.0.0/30",
                                          "10.0.0/24",
                                          "fd00::/108",
                                          "10.0.0.0/24,fd00::/108",
                                          "10.0.0.0/2x",
                                          "300.0.0.0/24",
                                          "10.0.0.0/ -1",
                                          "1234567890.1234567890/24"};
        struct address_range range;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                assert_int_equal(address_range_parse(bad[i], &range, NULL), -1);
        assert_int_equal(address_range_parse("10.1.2.3/16", &range, NULL), 0);
        assert_int_equal(range.first, 0x0a010000);
        assert_int_equal(range.count, 65536);
}

static const char *meta(const struct value *object, const char *field) {
        return value_path_str(object, "metadata", field, NULL);
}

static void a_created_object_has_its_metadata(void **state) {
        struct fixture *f = *state;
        struct value o = create(f, maps, "{\"metadata\":{\"name\":\"a\",\"uid\":\"mine\"},\"data\":{\"k\":\"v\"}}");
        assert_string_equal(value_get_str(&o, "kind"), "ConfigMap");
        assert_string_equal(value_get_str(&o, "apiVersion"), "v1");
        assert_string_equal(meta(&o, "namespace"), "n");
        assert_string_not_equal(meta(&o, "uid"), "mine");
        assert_non_null(meta(&o, "creationTimestamp"));
        assert_non_null(meta(&o, "resourceVersion"));
        _cleanup_object_ struct object *stored = NULL;
        assert_int_equal(registry_get(f->registry, maps, "n", "a", &stored, NULL), 0);
        assert_string_equal(stored->uid, meta(&o, "uid"));
}

static void errors_name_what_is_wrong(void **state) {
        struct fixture *f = *state;
        struct value o = fixture_parse(f, "{\"metadata\":{\"name\":\"a\"}}");
        create(f, maps, "{\"metadata\":{\"name\":\"a\"}}");
        assert_int_equal(registry_create(f->registry, f->arena, maps, "n", &o, NULL, NULL, &f->err), -1);
        assert_int_equal(f->err.class, ERR_EXISTS);
        assert_string_equal(err_message(&f->err), "configmaps \"a\" already exists");
        assert_int_equal(registry_delete(f->registry, f->arena, deployments, "n", "a", NULL, NULL, NULL, &f->err), -1);
        assert_int_equal(f->err.class, ERR_NOT_FOUND);
        assert_string_equal(err_message(&f->err), "deployments.apps \"a\" not found");
        assert_int_equal(registry_create(f->registry, f->arena, maps, "nowhere", &o, NULL, NULL, &f->err), -1);
        assert_int_equal(f->err.class, ERR_NOT_FOUND);
        struct value old = fixture_parse(f, "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"999\"}}");
        assert_int_equal(registry_update(f->registry, f->arena, maps, "n", "a", &old, NULL, NULL, &f->err), -1);
        assert_int_equal(f->err.class, ERR_CONFLICT);
}

static void a_write_that_changes_nothing_keeps_the_version(void **state) {
        struct fixture *f = *state;
        struct value first = create(f, maps, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"v\"}}"), second;
        struct value patch = fixture_parse(f, "{\"data\":{\"k\":\"v\"}}");
        uint64_t rv = registry_current_rv(f->registry);
        assert_int_equal(registry_patch(f->registry, f->arena, maps, "n", "a", REGISTRY_PATCH_MERGE, &patch, NULL,
                                        &second, &f->err),
                         0);
        assert_string_equal(meta(&first, "resourceVersion"), meta(&second, "resourceVersion"));
        assert_int_equal(registry_current_rv(f->registry), rv);
}

static void a_dry_run_leaves_no_trace(void **state) {
        struct fixture *f = *state;
        struct registry_options dry = {.dry_run = true};
        struct value o = fixture_parse(f, "{\"metadata\":{\"name\":\"dry\"}}"), answer;
        uint64_t rv = registry_current_rv(f->registry);
        assert_int_equal(registry_create(f->registry, f->arena, maps, "n", &o, &dry, &answer, &f->err), 0);
        assert_non_null(meta(&answer, "uid"));
        assert_null(meta(&answer, "resourceVersion"));
        assert_int_equal(registry_current_rv(f->registry), rv);
        create(f, maps, "{\"metadata\":{\"name\":\"a\"}}");
        rv = registry_current_rv(f->registry);
        assert_int_equal(registry_delete(f->registry, f->arena, maps, "n", "a", NULL, &dry, NULL, &f->err), 0);
        assert_int_equal(registry_current_rv(f->registry), rv);
}

static void finalizers_hold_a_deleted_object(void **state) {
        struct fixture *f = *state;
        create(f, maps, "{\"metadata\":{\"name\":\"a\",\"finalizers\":[\"example.com/x\"]}}");
        bool gone = true;
        struct registry_delete how = {.grace_seconds = -1, .ret_gone = &gone};
        struct value shown;
        assert_int_equal(registry_delete(f->registry, f->arena, maps, "n", "a", &how, NULL, &shown, &f->err), 0);
        assert_false(gone);
        assert_non_null(meta(&shown, "deletionTimestamp"));
        struct value patch = fixture_parse(f, "{\"metadata\":{\"finalizers\":null}}");
        assert_int_equal(registry_patch(f->registry, f->arena, maps, "n", "a", REGISTRY_PATCH_MERGE, &patch, NULL, NULL,
                                        &f->err),
                         0);
        struct object *o = NULL;
        assert_int_equal(registry_get(f->registry, maps, "n", "a", &o, &f->err), -1);
        assert_int_equal(f->err.class, ERR_NOT_FOUND);
}

static void preconditions_are_checked(void **state) {
        struct fixture *f = *state;
        create(f, maps, "{\"metadata\":{\"name\":\"a\"}}");
        struct registry_delete how = {.grace_seconds = -1, .uid = "another"};
        assert_int_equal(registry_delete(f->registry, f->arena, maps, "n", "a", &how, NULL, NULL, &f->err), -1);
        assert_int_equal(f->err.class, ERR_CONFLICT);
}

static void foreground_deletion_waits_for_the_collector(void **state) {
        struct fixture *f = *state;
        create(f, maps, "{\"metadata\":{\"name\":\"a\"}}");
        struct registry_delete how = {.grace_seconds = -1, .propagation = REGISTRY_FOREGROUND};
        assert_int_equal(registry_delete(f->registry, f->arena, maps, "n", "a", &how, NULL, NULL, &f->err), 0);
        _cleanup_object_ struct object *o = NULL;
        assert_int_equal(registry_get(f->registry, maps, "n", "a", &o, &f->err), 0);
        assert_true(o->deleting);
        assert_int_equal(o->n_finalizers, 1);
        assert_string_equal(o->finalizers[0], "foregroundDeletion");
}

static int add_one(void *context, struct arena *a, struct value *object, struct err *err) {
        struct value *data = value_obtain_map(a, object, "data");
        unsigned *calls = context;
        ++*calls;
        struct value text = value_strf(a, "%ld", strtol(value_string_or(value_get(data, "n"), "0"), NULL, 10) + 1);
        return value_set(a, data, "n", text) ? 0 : err_oom(err);
}

static void modify_reads_and_writes(void **state) {
        struct fixture *f = *state;
        unsigned calls = 0;
        struct value o;
        create(f, maps, "{\"metadata\":{\"name\":\"a\"}}");
        for (int i = 0; i < 3; i++)
                assert_int_equal(
                        registry_modify(f->registry, f->arena, maps, "n", "a", NULL, add_one, &calls, &o, &f->err), 0);
        assert_int_equal(calls, 3);
        assert_string_equal(value_path_str(&o, "data", "n", NULL), "3");
}

static void apply_owns_its_fields(void **state) {
        struct fixture *f = *state;
        bool created = false;
        struct registry_options one = {.manager = "one", .ret_created = &created}, two = {.manager = "two"};
        const char *text = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"s\"},"
                           "\"data\":{\"k\":\"%s\"}}";
        char first[200], second[200];
        snprintf(first, sizeof(first), text, "1");
        snprintf(second, sizeof(second), text, "2");
        struct value mine = fixture_parse(f, first), yours = fixture_parse(f, second);
        assert_int_equal(
                registry_patch(f->registry, f->arena, maps, "n", "s", REGISTRY_PATCH_APPLY, &mine, &one, NULL, &f->err),
                0);
        assert_true(created);
        assert_int_equal(registry_patch(f->registry, f->arena, maps, "n", "s", REGISTRY_PATCH_APPLY, &yours, &two, NULL,
                                        &f->err),
                         -1);
        assert_int_equal(f->err.class, ERR_CONFLICT);
        assert_int_equal(f->err.n_causes, 1);
        assert_string_equal(f->err.causes[0].field, ".data.k");
}

static void strict_validation_refuses_unknown_fields(void **state) {
        struct fixture *f = *state;
        struct registry_options strict = {.validation = REGISTRY_STRICT};
        struct value warnings = value_list(), o = fixture_parse(f, "{\"metadata\":{\"name\":\"u\"},\"bogus\":1}");
        assert_int_equal(registry_create(f->registry, f->arena, maps, "n", &o, &strict, NULL, &f->err), -1);
        assert_string_equal(err_message(&f->err),
                            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict "
                            "decoding error: unknown field \"bogus\"");
        struct registry_options warn = {.warnings = &warnings};
        assert_int_equal(registry_create(f->registry, f->arena, maps, "n", &o, &warn, NULL, &f->err), 0);
        assert_int_equal(warnings.len, 1);
        assert_string_equal(warnings.items[0].str, "unknown field \"bogus\"");
}

static void a_watch_follows_all_writes(void **state) {
        struct fixture *f = *state;
        struct registry_watch *w = NULL;
        struct registry_event e;
        assert_int_equal(registry_watch_new(f->registry, maps, registry_current_rv(f->registry), &w, NULL), 0);
        assert_int_equal(registry_watch_next(w, 0, &e, NULL), 0);
        create(f, maps, "{\"metadata\":{\"name\":\"a\"}}");
        assert_int_equal(registry_watch_next(w, 0, &e, NULL), 1);
        assert_int_equal(e.type, REGISTRY_ADDED);
        assert_string_equal(e.resource, "configmaps");
        registry_event_done(&e);
        assert_int_equal(registry_delete(f->registry, f->arena, maps, "n", "a", NULL, NULL, NULL, &f->err), 0);
        assert_int_equal(registry_watch_next(w, -1, &e, NULL), 1);
        assert_int_equal(e.type, REGISTRY_DELETED);
        registry_event_done(&e);
        store_interrupt(f->store);
        assert_int_equal(registry_watch_next(w, -1, &e, &f->err), -1);
        assert_int_equal(f->err.class, ERR_UNAVAILABLE);
        registry_watch_free(w);
}

static void an_established_definition_is_a_kind(void **state) {
        struct fixture *f = *state;
        const struct kind *crds = kind_by_resource(f->kinds, "apiextensions.k8s.io", "v1", "customresourcedefinitions");
        struct value crd =
                fixture_parse(f, "{\"metadata\":{\"name\":\"things.example.com\"},\"spec\":{\"group\":\"example.com\","
                                 "\"scope\":\"Namespaced\",\"names\":{\"plural\":\"things\",\"kind\":\"Thing\"},"
                                 "\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":"
                                 "{\"openAPIV3Schema\":{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":"
                                 "\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"default\":7}}}}}}}]}}");
        assert_int_equal(registry_create(f->registry, f->arena, crds, "", &crd, NULL, NULL, &f->err), 0);
        const struct kind_set *kinds = registry_kinds(f->registry);
        const struct kind *things = kind_by_resource(kinds, "example.com", "v1", "things");
        assert_non_null(things);
        struct value thing = create(f, things,
                                    "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Thing\",\"metadata\":"
                                    "{\"name\":\"t\"},\"spec\":{\"x\":1}}");
        assert_null(value_path(&thing, "spec", "x", NULL));
        assert_int_equal(value_int_or(value_path(&thing, "spec", "n", NULL), 0), 7);
        kind_set_unref(kinds);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_created_object_has_its_metadata, setup, teardown),
                cmocka_unit_test_setup_teardown(services_get_addresses_of_the_range, setup_few_addresses, teardown),
                cmocka_unit_test(a_range_of_addresses_is_a_network),
                cmocka_unit_test_setup_teardown(errors_name_what_is_wrong, setup, teardown),
                cmocka_unit_test_setup_teardown(a_write_that_changes_nothing_keeps_the_version, setup, teardown),
                cmocka_unit_test_setup_teardown(a_dry_run_leaves_no_trace, setup, teardown),
                cmocka_unit_test_setup_teardown(finalizers_hold_a_deleted_object, setup, teardown),
                cmocka_unit_test_setup_teardown(preconditions_are_checked, setup, teardown),
                cmocka_unit_test_setup_teardown(foreground_deletion_waits_for_the_collector, setup, teardown),
                cmocka_unit_test_setup_teardown(modify_reads_and_writes, setup, teardown),
                cmocka_unit_test_setup_teardown(apply_owns_its_fields, setup, teardown),
                cmocka_unit_test_setup_teardown(strict_validation_refuses_unknown_fields, setup, teardown),
                cmocka_unit_test_setup_teardown(a_watch_follows_all_writes, setup, teardown),
                cmocka_unit_test_setup_teardown(an_established_definition_is_a_kind, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
