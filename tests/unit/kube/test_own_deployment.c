/* SPDX-License-Identifier: Apache-2.0 */
/* What a Deployment can make a local weir run: the controllers with listed flags, and nothing else. */
#include "unit/test.h"

#include "data/json/json.h"
#include "kube/own_deployment.h"

struct fixture {
        struct arena *arena;
        struct value deployment;
        struct own_order order;
        struct err err;
};

/* The Deployment with these replicas, beside the containers, and in the container behind its image. */
static void parse(struct fixture *f, const char *name, const char *spec, const char *pod, const char *container) {
        char text[2048];
        snprintf(text, sizeof(text),
                 "{\"metadata\":{\"namespace\":\"weir-system\",\"name\":\"%s\"},\"spec\":{%s\"template\":{\"spec\":{%s"
                 "\"containers\":[{\"name\":\"c\",\"image\":\"weir.dev/weir:0.1\"%s}]}}}}",
                 name, spec, pod, container);
        assert_int_equal(json_parse(f->arena, text, strlen(text), JSON_KUBERNETES, NULL, &f->deployment, NULL), 0);
}

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));
        f->arena = arena_new(0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        arena_free(f->arena);
        err_done(&f->err);
        free(f);
        return 0;
}

static void refused(struct fixture *f, const char *spec, const char *pod, const char *container, const char *why) {
        struct own_order before = {.number = 7, .run = 1};
        parse(f, OWN_NAME, spec, pod, container);
        f->order = before;
        assert_true(own_deployment_is(&f->deployment));
        assert_int_equal(own_deployment_read(&f->deployment, &f->order, &f->err), -1);
        assert_non_null(strstr(err_message(&f->err), why));
        assert_memory_equal(&f->order, &before, sizeof(before));
        err_done(&f->err);
}

static void listed_flags_become_the_order(void **state) {
        struct fixture *f = *state;
        parse(f, OWN_NAME, "", "",
              ",\"args\":[\"controllers\",\"--storage-path=/data\",\"--no-remote-bases=false\",\"--concurrent=8\"]");
        assert_int_equal(own_deployment_read(&f->deployment, &f->order, &f->err), 0);
        assert_int_equal(f->order.run, 1);
        assert_int_equal(f->order.n_arguments, 2); /* a local weir has its own places */
        assert_string_equal(f->order.arguments[0], "--no-remote-bases=false");
        assert_string_equal(f->order.arguments[1], "--concurrent=8");
        struct own_order heard;
        assert_int_equal(own_order_check(&f->order, sizeof(f->order), &heard, &f->err), 0);
        assert_true(own_order_equal(&f->order, &heard));
}

static void zero_replicas_stop(void **state) {
        struct fixture *f = *state;
        parse(f, OWN_NAME, "\"replicas\":0,", "", ",\"args\":[\"controllers\",\"--concurrent=8\"]");
        assert_int_equal(own_deployment_read(&f->deployment, &f->order, &f->err), 0);
        assert_int_equal(f->order.run, 0);
        assert_int_equal(f->order.n_arguments, 0);
}

static void only_the_named_deployment_with_the_image_is_own(void **state) {
        struct fixture *f = *state;
        parse(f, "other", "", "", "");
        assert_false(own_deployment_is(&f->deployment));
        parse(f, OWN_NAME, "", "", "");
        struct value *containers = value_path(&f->deployment, "spec", "template", "spec", "containers", NULL);
        value_set(f->arena, &containers->items[0], "image", value_str("weir.dev/weird"));
        assert_false(own_deployment_is(&f->deployment));
        value_set(f->arena, &containers->items[0], "image", value_str("weir.dev/weir@sha256:00"));
        assert_true(own_deployment_is(&f->deployment));
        value_set(f->arena, value_get(&f->deployment, "metadata"), "namespace", value_str("tenant-a"));
        assert_false(own_deployment_is(&f->deployment));
}

static void nothing_of_the_host_can_be_named(void **state) {
        struct fixture *f = *state;
        static const char *const flags[] = {"--kubeconfig=/root/.kube/config",
                                            "--wake-socket=/etc/passwd",
                                            "--ready-fd=1",
                                            "--context=x",
                                            "--concurrent",
                                            "concurrent=1"};
        for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
                char args[128];
                snprintf(args, sizeof(args), ",\"args\":[\"controllers\",\"%s\",\"8\"]", flags[i]);
                refused(f, "", "", args, "expected a flag of `weir controllers`");
        }
        refused(f, "", "", ",\"args\":[\"controllers\",\"--log-level=/x\"]", "the value of --log-level");
        refused(f, "", "", ",\"args\":[\"controllers\",\"--log-level=a\\u0000b\"]", "without a NUL byte");
        refused(f, "", "", ",\"args\":[\"up\"]", "expected \"controllers\", found \"up\"");
        refused(f, "", "", "", "found nothing");
}

static void nothing_else_can_be_run(void **state) {
        struct fixture *f = *state;
        const char *args = ",\"args\":[\"controllers\"]";
        char with[256];
        snprintf(with, sizeof(with), "%s,\"command\":[\"sh\"]", args);
        refused(f, "", "", with, "containers[0].command: expected none");
        snprintf(with, sizeof(with), "%s,\"env\":[{\"name\":\"LD_PRELOAD\",\"value\":\"x\"}]", args);
        refused(f, "", "", with, "containers[0].env: expected none");
        refused(f, "", "\"initContainers\":[{\"name\":\"i\"}],", args, "no initContainers");
        refused(f, "\"replicas\":2,", "", args, "spec.replicas: expected 0 or 1, found 2");
}

static void an_order_that_is_none_is_not_obeyed(void **state) {
        struct fixture *f = *state;
        struct own_order order = {.run = 1, .n_arguments = 1}, heard = {.number = 9};
        assert_int_equal(own_order_check(&order, sizeof(order) - 1, &heard, NULL), -1);
        assert_int_equal(own_order_check(&order, sizeof(order), &heard, NULL), -1); /* an empty flag */
        snprintf(order.arguments[0], OWN_ARGUMENT_BYTES, "--wake-socket=x");
        assert_int_equal(own_order_check(&order, sizeof(order), &heard, NULL), -1);
        snprintf(order.arguments[0], OWN_ARGUMENT_BYTES, "--data=x");
        assert_int_equal(own_order_check(&order, sizeof(order), &heard, NULL), -1);
        memset(order.arguments[0], 'a', OWN_ARGUMENT_BYTES);
        assert_int_equal(own_order_check(&order, sizeof(order), &heard, NULL), -1);
        snprintf(order.arguments[0], OWN_ARGUMENT_BYTES, "--concurrent=1");
        order.n_arguments = OWN_ARGUMENTS_MAX + 1;
        assert_int_equal(own_order_check(&order, sizeof(order), &heard, NULL), -1);
        order.n_arguments = 1;
        order.run = 2;
        assert_int_equal(own_order_check(&order, sizeof(order), &heard, NULL), -1);
        assert_int_equal(heard.number, 9);
        order.run = 1;
        assert_int_equal(own_order_check(&order, sizeof(order), &heard, &f->err), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(listed_flags_become_the_order, setup, teardown),
                cmocka_unit_test_setup_teardown(zero_replicas_stop, setup, teardown),
                cmocka_unit_test_setup_teardown(only_the_named_deployment_with_the_image_is_own, setup, teardown),
                cmocka_unit_test_setup_teardown(nothing_of_the_host_can_be_named, setup, teardown),
                cmocka_unit_test_setup_teardown(nothing_else_can_be_run, setup, teardown),
                cmocka_unit_test_setup_teardown(an_order_that_is_none_is_not_obeyed, setup, teardown),
        };
        return cmocka_run_group_tests_name("own_deployment", tests, NULL, NULL);
}
