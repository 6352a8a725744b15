/* SPDX-License-Identifier: Apache-2.0 */
/* weir's own Deployment between the control plane and a supervisor, which is this test. */
#include "unit/test.h"

#include "apiserver/controllers/controllers.h"
#include "apiserver/registry/setup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "data/json/json.h"
#include "kube/own_deployment.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_NS (10 * NSEC_PER_SEC)

struct fixture {
        char dir[64];
        int supervisor; /* this end */
        struct arena *arena;
        struct store *store;
        struct registry *registry;
        struct controllers *controllers;
        const struct kind_set *kinds;
        struct err err;
};

static const struct kind *kind(struct fixture *f, const char *group, const char *resource) {
        const struct kind *k = kind_by_resource(f->kinds, group, "v1", resource);
        assert_non_null(k);
        return k;
}

static struct value parse(struct fixture *f, const char *text) {
        struct value v;
        assert_int_equal(json_parse(f->arena, text, strlen(text), JSON_KUBERNETES, NULL, &v, NULL), 0);
        return v;
}

static void create(struct fixture *f, const struct kind *k, const char *namespace_, const struct value *object) {
        if (registry_create(f->registry, f->arena, k, namespace_, object, NULL, NULL, &f->err) < 0)
                fail_msg("%s", err_message(&f->err));
}

static struct value deployment(struct fixture *f, const char *flag) {
        char text[1024];
        snprintf(text, sizeof(text),
                 "{\"metadata\":{\"name\":\"weir-controllers\"},\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}},"
                 "\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\","
                 "\"image\":\"weir.dev/weir\",\"args\":[\"controllers\",\"%s\"]}]}}}}",
                 flag);
        return parse(f, text);
}

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));
        struct timeval patience = {.tv_sec = PATIENCE_NS / NSEC_PER_SEC};
        int ends[2];
        memcpy(f->dir, "/tmp/weir-own-XXXXXX", sizeof("/tmp/weir-own-XXXXXX"));
        assert_non_null(mkdtemp(f->dir));
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
        f->supervisor = ends[0];
        f->arena = arena_new(0);
        struct controllers_options options = {
                .root_ca_pem = "the certificate", .settle_workloads = true, .supervisor_fd = ends[1]};
        assert_int_equal(store_open(f->dir, &f->store, NULL), 0);
        assert_int_equal(registry_new(f->store, NULL, &f->registry, &f->err), 0);
        f->kinds = registry_kinds(f->registry);
        assert_int_equal(controllers_start(f->registry, &options, &f->controllers, &f->err), 0);
        struct value own = parse(f, "{\"metadata\":{\"name\":\"weir-system\"}}");
        struct value tenant = parse(f, "{\"metadata\":{\"name\":\"tenant\"}}");
        create(f, kind(f, "", "namespaces"), "", &own);
        create(f, kind(f, "", "namespaces"), "", &tenant);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        err_done(&f->err);
        close(f->supervisor);
        controllers_stop(f->controllers);
        kind_set_unref(f->kinds);
        registry_free(f->registry);
        store_close(f->store);
        arena_free(f->arena);
        assert_int_equal(fs_remove_tree(f->dir, NULL), 0);
        free(f);
        return 0;
}

/* ---- the supervisor's side ---- */

static void say(struct fixture *f, uint32_t number, enum own_state state, const char *text) {
        struct own_report report = {.number = number, .state = state};
        snprintf(report.text, sizeof(report.text), "%s", text);
        assert_int_equal(send(f->supervisor, &report, sizeof(report), 0), sizeof(report));
}

static struct own_order hear(struct fixture *f) {
        struct own_order order;
        char bytes[sizeof(order) + 1];
        ssize_t n = recv(f->supervisor, bytes, sizeof(bytes), 0);
        assert_int_equal(n, sizeof(order));
        if (own_order_check(bytes, (size_t)n, &order, &f->err) < 0)
                fail_msg("%s", err_message(&f->err));
        return order;
}

static void hear_nothing(struct fixture *f) {
        char byte;
        assert_int_equal(recv(f->supervisor, &byte, 1, MSG_DONTWAIT), -1);
}

/* ---- the object's side ---- */

static void replace(struct fixture *f, const char *flag) {
        struct value object = deployment(f, flag);
        const struct kind *k = kind(f, "apps", "deployments");
        if (registry_update(f->registry, f->arena, k, OWN_NAMESPACE, OWN_NAME, &object, NULL, NULL, &f->err) < 0)
                fail_msg("%s", err_message(&f->err));
}

/* Waits until the condition of the Deployment has that status and its message holds that part. */
static void await(struct fixture *f, const char *namespace_, const char *type, const char *status, const char *part) {
        const struct kind *k = kind(f, "apps", "deployments");
        for (int64_t until = clock_monotonic_ns() + PATIENCE_NS; clock_monotonic_ns() < until; usleep(2000)) {
                _cleanup_object_ struct object *o = NULL;
                struct value tree;
                assert_int_equal(registry_get(f->registry, k, namespace_, OWN_NAME, &o, NULL), 0);
                assert_int_equal(object_tree(o, f->arena, &tree, NULL), 0);
                const struct value *list = value_path(&tree, "status", "conditions", NULL);
                if (value_is_list(list))
                        VALUE_EACH_ITEM(c, list)
                                if (value_equals_str(value_get(c, "type"), type) &&
                                    value_equals_str(value_get(c, "status"), status) &&
                                    strstr(value_string_or(value_get(c, "message"), ""), part))
                                        return;
        }
        fail_msg("%s never became %s: %s", type, status, part);
}

static void orders_are_given_when_asked_and_at_each_change(void **state) {
        struct fixture *f = *state;
        struct value object = deployment(f, "--concurrent=1");
        create(f, kind(f, "apps", "deployments"), OWN_NAMESPACE, &object);
        await(f, OWN_NAMESPACE, "Available", "False", ""); /* it has been seen, and nobody had asked */
        hear_nothing(f);
        say(f, 0, OWN_ASKS, "");
        struct own_order first = hear(f);
        assert_int_equal(first.run, 1);
        assert_string_equal(first.arguments[0], "--concurrent=1");
        replace(f, "--concurrent=2");
        struct own_order second = hear(f);
        assert_string_equal(second.arguments[0], "--concurrent=2");
        assert_int_not_equal(first.number, second.number);
        assert_int_equal(registry_delete(f->registry, f->arena, kind(f, "apps", "deployments"), OWN_NAMESPACE, OWN_NAME,
                                         NULL, NULL, NULL, &f->err),
                         0);
        assert_int_equal(hear(f).run, 0);
}

static void the_status_is_what_was_reported_of_the_newest_order(void **state) {
        struct fixture *f = *state;
        struct value object = deployment(f, "--concurrent=1");
        create(f, kind(f, "apps", "deployments"), OWN_NAMESPACE, &object);
        say(f, 0, OWN_ASKS, "");
        struct own_order first = hear(f);
        if (!first.run)
                first = hear(f); /* it asked before the object was seen */
        say(f, first.number, OWN_READY, "");
        await(f, OWN_NAMESPACE, "Available", "True", "");
        replace(f, "--concurrent=2");
        struct own_order second = hear(f);
        say(f, first.number, OWN_READY, ""); /* late, of the process that ends */
        await(f, OWN_NAMESPACE, "Available", "False", "");
        say(f, second.number, OWN_FAILING, "ended with status 1");
        await(f, OWN_NAMESPACE, "Progressing", "False", "ended with status 1");
        say(f, second.number, OWN_READY, "");
        await(f, OWN_NAMESPACE, "Progressing", "True", "successfully progressed");
}

static void what_is_refused_is_no_order(void **state) {
        struct fixture *f = *state;
        struct value object = deployment(f, "--concurrent=1");
        create(f, kind(f, "apps", "deployments"), OWN_NAMESPACE, &object);
        say(f, 0, OWN_ASKS, "");
        struct own_order order = hear(f);
        if (!order.run)
                order = hear(f);
        say(f, order.number, OWN_READY, "");
        await(f, OWN_NAMESPACE, "Available", "True", "");
        replace(f, "--kubeconfig=/x");
        await(f, OWN_NAMESPACE, "ReplicaFailure", "True", "expected a flag of `weir controllers`");
        await(f, OWN_NAMESPACE, "Available", "True", ""); /* what ran goes on */
        hear_nothing(f);
}

static void a_tenants_deployment_is_settled_and_no_order(void **state) {
        struct fixture *f = *state;
        struct value object = deployment(f, "--default-service-account=");
        say(f, 0, OWN_ASKS, "");
        assert_int_equal(hear(f).run, 0);
        create(f, kind(f, "apps", "deployments"), "tenant", &object);
        await(f, "tenant", "Available", "True", "");
        hear_nothing(f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(orders_are_given_when_asked_and_at_each_change, setup, teardown),
                cmocka_unit_test_setup_teardown(the_status_is_what_was_reported_of_the_newest_order, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_refused_is_no_order, setup, teardown),
                cmocka_unit_test_setup_teardown(a_tenants_deployment_is_settled_and_no_order, setup, teardown),
        };
        return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
