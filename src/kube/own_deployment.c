/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/own_deployment.h"

/* What a flag of `weir controllers` is to a Deployment of a local weir. A flag that is not here is refused: it names a
 * file, a socket or a descriptor of this machine. */
static const struct {
        const char *name;
        bool placed; /* says where things are on a cluster: accepted, and left out */
} flags[] = {
        {"artifact-digest-algo", false},
        {"artifact-retention-records", false},
        {"components", false},
        {"concurrent", false},
        {"data", true},
        {"default-service-account", false},
        {"interval-jitter-percentage", false},
        {"log-encoding", false},
        {"log-level", false},
        {"max-retry-delay", false},
        {"min-retry-delay", false},
        {"no-cross-namespace-refs", false},
        {"no-remote-bases", false},
        {"requeue-dependency", false},
        {"storage-addr", true},
        {"storage-adv-addr", true},
        {"storage-path", true},
};

/* "--name" or "--name=value" of a listed flag; *ret_placed as in the table. The controllers judge the value; here it
 * may hold what names, numbers and durations are made of, and no path. */
static int check_argument(const char *argument, bool *ret_placed, struct err *err) {
        static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-";
        size_t n = str_has_prefix(argument, "--") ? strcspn(argument + 2, "=") : 0;
        const char *value = n && argument[2 + n] ? argument + 3 + n : "";
        for (size_t i = 0; n && i < ARRAY_LEN(flags); i++)
                if (strlen(flags[i].name) == n && strncmp(flags[i].name, argument + 2, n) == 0) {
                        if (!flags[i].placed && (strlen(argument) >= OWN_ARGUMENT_BYTES || value[strspn(value, fine)]))
                                return err_set(err, ERR_INVALID,
                                               "the value of --%s: expected letters, digits and any of \".,-\", at "
                                               "most %d bytes with the flag",
                                               flags[i].name, OWN_ARGUMENT_BYTES - 1);
                        *ret_placed = flags[i].placed;
                        return 0;
                }
        return err_set(err, ERR_INVALID,
                       "\"%.100s\": expected a flag of `weir controllers` that says how to reconcile, as --name=value",
                       argument);
}

/* "weir.dev/weir", "weir.dev/weir:TAG", "weir.dev/weir@DIGEST". */
static bool is_own_image(const char *image) {
        size_t n = strlen(OWN_IMAGE);
        return image && strncmp(image, OWN_IMAGE, n) == 0 && (image[n] == '\0' || image[n] == ':' || image[n] == '@');
}

bool own_deployment_is(const struct value *deployment) {
        const struct value *metadata = value_get(deployment, "metadata");
        const struct value *containers = value_path(deployment, "spec", "template", "spec", "containers", NULL);
        if (!value_equals_str(value_get(metadata, "namespace"), OWN_NAMESPACE) ||
            !value_equals_str(value_get(metadata, "name"), OWN_NAME) || !value_is_list(containers))
                return false;
        VALUE_EACH_ITEM(container, containers)
                if (is_own_image(value_get_str(container, "image")))
                        return true;
        return false;
}

static bool is_filled(const struct value *map, const char *key) {
        const struct value *v = value_get(map, key);
        return v && !value_is_null(v) && !(value_is_list(v) && !v->len);
}

/* The one container, with nothing in it or beside it that would have to be obeyed and is not. */
static int find_container(const struct value *pod, const struct value **ret, struct err *err) {
        static const char *const refused[] = {"command", "env", "envFrom", "lifecycle", "workingDir"};
        const struct value *containers = value_get(pod, "containers");
        if (containers->len != 1 || is_filled(pod, "initContainers"))
                return err_set(
                        err, ERR_INVALID,
                        "spec.template.spec: expected one container and no initContainers: a local weir runs one "
                        "process for it");
        const struct value *container = &containers->items[0];
        for (size_t i = 0; i < ARRAY_LEN(refused); i++)
                if (is_filled(container, refused[i]))
                        return err_set(err, ERR_INVALID,
                                       "spec.template.spec.containers[0].%s: expected none: a local weir takes only "
                                       "args from this Deployment",
                                       refused[i]);
        *ret = container;
        return 0;
}

static int read_arguments(const struct value *args, struct own_order *order, struct err *err) {
        for (size_t i = 0; i < (args ? args->len : 0); i++) {
                const struct value *argument = &args->items[i];
                bool placed = false;
                if (!value_is_string(argument) || strlen(argument->str) != argument->len)
                        return err_set(err, ERR_INVALID, "expected strings without a NUL byte");
                if (i == 0) {
                        if (!value_equals_str(argument, "controllers"))
                                return err_set(err, ERR_INVALID, "[0]: expected \"controllers\", found \"%.100s\"",
                                               argument->str);
                        continue;
                }
                if (check_argument(argument->str, &placed, err) < 0)
                        return err_wrap(err, "[%zu]", i);
                if (placed)
                        continue;
                if (order->n_arguments == OWN_ARGUMENTS_MAX)
                        return err_set(err, ERR_INVALID, "expected at most %d flags", OWN_ARGUMENTS_MAX);
                memcpy(order->arguments[order->n_arguments++], argument->str, argument->len);
        }
        return args && args->len ? 0
                                 : err_set(err, ERR_INVALID, "expected \"controllers\" and its flags, found nothing");
}

int own_deployment_read(const struct value *deployment, struct own_order *order, struct err *err) {
        struct own_order read = {.number = order->number};
        const struct value *container = NULL;
        int64_t replicas = value_int_or(value_path(deployment, "spec", "replicas", NULL), 1);
        if (replicas == 0) {
                *order = read;
                return 0;
        }
        if (replicas != 1)
                return err_set(err, ERR_INVALID, "spec.replicas: expected 0 or 1, found %lld: the controllers run once",
                               (long long)replicas);
        if (find_container(value_path(deployment, "spec", "template", "spec", NULL), &container, err) < 0)
                return -1;
        const struct value *args = value_get(container, "args");
        read.run = 1;
        if (read_arguments(value_is_list(args) ? args : NULL, &read, err) < 0)
                return err_wrap(err, "spec.template.spec.containers[0].args");
        *order = read;
        return 0;
}

int own_order_check(const void *bytes, size_t n, struct own_order *ret, struct err *err) {
        struct own_order order;
        bool placed = false;
        if (n != sizeof(order))
                return err_set(err, ERR_INVALID, "expected an order of %zu bytes, found %zu", sizeof(order), n);
        memcpy(&order, bytes, n);
        if (order.run > 1 || order.n_arguments > OWN_ARGUMENTS_MAX || (!order.run && order.n_arguments))
                return err_set(err, ERR_INVALID, "expected to run or to stop with at most %d flags", OWN_ARGUMENTS_MAX);
        for (size_t i = 0; i < order.n_arguments; i++) {
                if (!memchr(order.arguments[i], '\0', OWN_ARGUMENT_BYTES))
                        return err_set(err, ERR_INVALID, "flag %zu does not end", i);
                if (check_argument(order.arguments[i], &placed, err) < 0)
                        return -1;
                if (placed)
                        return err_set(err, ERR_INVALID, "%s says where things are", order.arguments[i]);
        }
        *ret = order;
        return 0;
}

bool own_order_equal(const struct own_order *a, const struct own_order *b) {
        bool same = a->run == b->run && a->n_arguments == b->n_arguments;
        for (size_t i = 0; same && i < a->n_arguments; i++)
                same = streq(a->arguments[i], b->arguments[i]);
        return same;
}
