/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/bootstrap/bootstrap.h"

#include "apiserver/registry.h"
#include "base/clock.h"
#include "data/json/json.h"
#include "kube/rbac/rbac_policy.h"

#include <pthread.h>
#include <stdatomic.h>

#define CREW 4 /* writes at the same time: a new store does not wait for the disk, and a later start misses little */

extern const char kubernetes_bootstrap_json[], kubernetes_bootstrap_json_end[];
extern const char kubernetes_bootstrap_rbac_json[], kubernetes_bootstrap_rbac_json_end[];

struct bootstrap {
        struct registry *registry;
        const struct kind_set *kinds;
        const struct bootstrap_options *options;
        struct arena *arena;
};

static int kind_of(const struct bootstrap *b, const struct value *object, const struct kind **ret, struct err *err) {
        const char *group, *version, *kind = value_string_or(value_get(object, "kind"), "");
        if (kind_split_api_version(b->arena, value_string_or(value_get(object, "apiVersion"), ""), &group, &version,
                                   err) < 0)
                return -1;
        *ret = kind_by_name(b->kinds, group, version, kind);
        return *ret ? 0 : err_set(err, ERR_INTERNAL, "bootstrap: this server has no kind %s", kind);
}

static const char *name_of(const struct value *object) {
        return value_string_or(value_path(object, "metadata", "name", NULL), "");
}

static const char *namespace_of(const struct value *object) {
        return value_string_or(value_path(object, "metadata", "namespace", NULL), "");
}

/* Makes an object unless it is there. *ret_made may be NULL. */
static int ensure(struct bootstrap *b, const struct value *object, const char *manager, bool *ret_made,
                  struct err *err) {
        _cleanup_err_ struct err missing = ERR_INIT;
        _cleanup_object_ struct object *live = NULL;
        const struct registry_options options = {.manager = manager};
        const struct kind *k;
        if (ret_made)
                *ret_made = false;
        if (kind_of(b, object, &k, err) < 0)
                return -1;
        if (registry_get(b->registry, k, namespace_of(object), name_of(object), &live, &missing) == 0)
                return 0;
        if (missing.class != ERR_NOT_FOUND)
                return err_move(err, &missing);
        if (registry_create(b->registry, b->arena, k, namespace_of(object), object, &options, NULL, err) < 0)
                return err_wrap(err, "bootstrap: %s %s", k->kind, name_of(object));
        if (ret_made)
                *ret_made = true;
        return 0;
}

/* Applies a status as the part of kube-apiserver that owns it would. */
static int apply_status(struct bootstrap *b, const struct value *object, const char *manager, struct value status,
                        struct err *err) {
        const struct registry_options options = {.manager = manager, .subresource = "status", .force = true};
        struct value patch = value_map(), metadata = value_map();
        const struct kind *k;
        if (kind_of(b, object, &k, err) < 0)
                return -1;
        if (!value_set(b->arena, &metadata, "name", value_str(name_of(object))) ||
            !value_set(b->arena, &patch, "apiVersion", *value_get(object, "apiVersion")) ||
            !value_set(b->arena, &patch, "kind", *value_get(object, "kind")) ||
            !value_set(b->arena, &patch, "metadata", metadata) || !value_set(b->arena, &patch, "status", status))
                return err_oom(err);
        return registry_patch(b->registry, b->arena, k, namespace_of(object), name_of(object), REGISTRY_PATCH_APPLY,
                              &patch, &options, NULL, err);
}

static int one_condition(struct bootstrap *b, const char *type, const char *status, const char *reason,
                         const char *message, struct value *ret, struct err *err) {
        char text[TIME_TEXT_MAX];
        struct value condition = value_map(), list = value_list();
        struct value now = value_strf(b->arena, "%s", time_format_rfc3339(text, clock_realtime_ns() / NSEC_PER_SEC));
        *ret = value_map();
        if (value_is_null(&now) || !message || !value_set(b->arena, &condition, "type", value_str(type)) ||
            !value_set(b->arena, &condition, "status", value_str(status)) ||
            !value_set(b->arena, &condition, "lastTransitionTime", now) ||
            (reason && !value_set(b->arena, &condition, "reason", value_str(reason))) ||
            !value_set(b->arena, &condition, "message", value_str(message)) ||
            !value_append(b->arena, &list, condition) || !value_set(b->arena, ret, "conditions", list))
                return err_oom(err);
        return 0;
}

/* The condition that the server itself keeps on flow schemas. */
static int fill_status(struct bootstrap *b, const struct value *object, struct err *err) {
        const char *kind = value_string_or(value_get(object, "kind"), "");
        struct value status;
        if (streq(kind, "FlowSchema")) {
                const char *level =
                        value_string_or(value_path(object, "spec", "priorityLevelConfiguration", "name", NULL), "");
                const char *message = arena_printf(b->arena,
                                                   "This FlowSchema references the PriorityLevelConfiguration object "
                                                   "named \"%s\" and it exists",
                                                   level);
                if (one_condition(b, "Dangling", "False", "Found", message, &status, err) < 0)
                        return -1;
                return apply_status(b, object, "api-priority-and-fairness-config-consumer-v1", status, err);
        }
        return 0;
}

/* A row of data/kubernetes/bootstrap.json. */
static int fixed_object(struct bootstrap *b, const struct value *row, struct err *err) {
        const struct value *object = value_get(row, "object");
        bool made = false;
        if (ensure(b, object, value_get_str(row, "manager"), &made, err) < 0)
                return -1;
        return made ? fill_status(b, object, err) : 0;
}

/* A policy object that is there is brought up to the expected one, unless an administrator forbade it. */
static int reconcile_policy(struct bootstrap *b, const struct kind *k, const struct value *expected,
                            const struct object *live, struct err *err) {
        const struct registry_options options = {.manager = "kube-apiserver"};
        struct value actual, wanted;
        bool changed = false, recreate = false;
        if (registry_tree(b->registry, k, live, b->arena, &actual, err) < 0)
                return -1;
        if (value_equals_str(
                    value_path(&actual, "metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate", NULL),
                    "false"))
                return 0;
        bool binding = str_has_suffix(k->kind, "Binding");
        if ((binding ? rbac_reconcile_binding(b->arena, &actual, expected, RBAC_KEEP_EXTRA, &wanted, &changed,
                                              &recreate, err)
                     : rbac_reconcile_role(b->arena, &actual, expected, RBAC_KEEP_EXTRA, &wanted, &changed, err)) < 0)
                return -1;
        if (!changed && !recreate)
                return 0;
        if (recreate &&
            (registry_delete(b->registry, b->arena, k, namespace_of(expected), name_of(expected), NULL, &options, NULL,
                             err) < 0 ||
             registry_create(b->registry, b->arena, k, namespace_of(expected), expected, &options, NULL, err) < 0))
                return -1;
        return recreate ? 0
                        : registry_update(b->registry, b->arena, k, namespace_of(expected), name_of(expected), &wanted,
                                          &options, NULL, err);
}

/* A role or binding of data/kubernetes/bootstrap-rbac.json. */
static int policy_object(struct bootstrap *b, const struct value *expected, struct err *err) {
        _cleanup_object_ struct object *live = NULL;
        _cleanup_err_ struct err missing = ERR_INIT;
        const struct kind *k;
        if (kind_of(b, expected, &k, err) < 0)
                return -1;
        if (registry_get(b->registry, k, namespace_of(expected), name_of(expected), &live, &missing) < 0)
                return missing.class == ERR_NOT_FOUND ? ensure(b, expected, "kube-apiserver", NULL, err)
                                                      : err_move(err, &missing);
        if (reconcile_policy(b, k, expected, live, err) < 0)
                return err_wrap(err, "bootstrap: %s %s", k->kind, name_of(expected));
        return 0;
}

/* Many small writes, side by side: on every processor, and what waits for the disk shares commits. */
struct crew {
        const struct bootstrap *bootstrap;
        const struct value *rows;
        int (*make)(struct bootstrap *, const struct value *, struct err *);
        atomic_size_t next;
        pthread_mutex_t lock; /* of failure */
        struct err *failure;
        atomic_bool failed;
};

static void crew_fail(struct crew *c, struct err *err) {
        pthread_mutex_lock(&c->lock);
        if (!atomic_exchange(&c->failed, true))
                err_move(c->failure, err);
        pthread_mutex_unlock(&c->lock);
}

static void *crew_work(void *context) {
        struct crew *c = context;
        struct bootstrap b = *c->bootstrap;
        _cleanup_arena_ struct arena *arena = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        b.arena = arena;
        if (!arena) {
                err_oom(&err);
                crew_fail(c, &err);
                return NULL;
        }
        for (size_t i; !atomic_load(&c->failed) && (i = atomic_fetch_add(&c->next, 1)) < c->rows->len;)
                if (c->make(&b, &c->rows->items[i], &err) < 0)
                        crew_fail(c, &err);
        return NULL;
}

static int in_parallel(struct bootstrap *b, const struct value *rows,
                       int (*make)(struct bootstrap *, const struct value *, struct err *), struct err *err) {
        struct crew c = {.bootstrap = b, .rows = rows, .make = make, .lock = PTHREAD_MUTEX_INITIALIZER, .failure = err};
        pthread_t threads[CREW];
        size_t n = 0;
        while (n < CREW && pthread_create(&threads[n], NULL, crew_work, &c) == 0)
                n++;
        if (!n)
                crew_work(&c);
        while (n > 0)
                pthread_join(threads[--n], NULL);
        pthread_mutex_destroy(&c.lock);
        return atomic_load(&c.failed) ? -1 : 0;
}

static int fixed_objects(struct bootstrap *b, struct err *err) {
        struct value rows;
        size_t n = (size_t)(kubernetes_bootstrap_json_end - kubernetes_bootstrap_json);
        if (json_parse(b->arena, kubernetes_bootstrap_json, n, JSON_KUBERNETES, NULL, &rows, err) < 0)
                return -1;
        return in_parallel(b, &rows, fixed_object, err);
}

static int policy(struct bootstrap *b, struct err *err) {
        struct value list;
        size_t n = (size_t)(kubernetes_bootstrap_rbac_json_end - kubernetes_bootstrap_rbac_json);
        if (json_parse(b->arena, kubernetes_bootstrap_rbac_json, n, JSON_KUBERNETES, NULL, &list, err) < 0)
                return -1;
        return in_parallel(b, value_get(&list, "items"), policy_object, err);
}

/* Objects whose content depends on this server: made from JSON text. */
static int ensure_text(struct bootstrap *b, const char *text, struct err *err) {
        struct value object;
        if (!text)
                return err_oom(err);
        if (json_parse(b->arena, text, strlen(text), JSON_KUBERNETES, NULL, &object, err) < 0)
                return -1;
        return ensure(b, &object, "kube-apiserver", NULL, err);
}

static int service_range(struct bootstrap *b, struct err *err) {
        const char *text =
                arena_printf(b->arena,
                             "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"ServiceCIDR\",\"metadata\":{"
                             "\"name\":\"kubernetes\"},\"spec\":{\"cidrs\":[\"%s\"]}}",
                             b->options->service_cidr);
        struct value object, status;
        bool made = false;
        if (!text)
                return err_oom(err);
        if (json_parse(b->arena, text, strlen(text), JSON_KUBERNETES, NULL, &object, err) < 0 ||
            ensure(b, &object, "kube-apiserver", &made, err) < 0)
                return -1;
        if (!made)
                return 0;
        if (one_condition(b, "Ready", "True", NULL, "Kubernetes default Service CIDR is ready", &status, err) < 0)
                return -1;
        return apply_status(b, &object, "kubernetes-service-cidr-controller", status, err);
}

static int own_service(struct bootstrap *b, struct err *err) {
        return ensure_text(
                b,
                arena_printf(b->arena,
                             "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"kubernetes\","
                             "\"namespace\":\"default\",\"labels\":{\"component\":\"apiserver\",\"provider\":"
                             "\"kubernetes\"}},\"spec\":{\"type\":\"ClusterIP\",\"ipFamilyPolicy\":\"SingleStack\","
                             "\"clusterIP\":\"%s\",\"ports\":[{"
                             "\"name\":\"https\",\"protocol\":\"TCP\",\"port\":443,\"targetPort\":%u}]}}",
                             b->options->kubernetes_ip, b->options->port),
                err);
}

static int authentication(struct bootstrap *b, struct err *err) {
        struct value object = value_map(), metadata = value_map(), data = value_map();
        if (!b->options->client_ca_pem)
                return 0;
        if (!value_set(b->arena, &metadata, "name", value_str("extension-apiserver-authentication")) ||
            !value_set(b->arena, &metadata, "namespace", value_str("kube-system")) ||
            !value_set(b->arena, &data, "client-ca-file", value_str(b->options->client_ca_pem)) ||
            !value_set(b->arena, &object, "apiVersion", value_str("v1")) ||
            !value_set(b->arena, &object, "kind", value_str("ConfigMap")) ||
            !value_set(b->arena, &object, "metadata", metadata) || !value_set(b->arena, &object, "data", data))
                return err_oom(err);
        return ensure(b, &object, "kube-apiserver", NULL, err);
}

/* Since when it is known which legacy tokens are used: kube-controller-manager's cleaner of them asks. */
static int token_tracking(struct bootstrap *b, struct err *err) {
        char now[TIME_TEXT_MAX];
        time_format_rfc3339(now, clock_realtime_ns() / NSEC_PER_SEC);
        return ensure_text(b,
                           arena_printf(b->arena,
                                        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
                                        "\"kube-apiserver-legacy-service-account-token-tracking\",\"namespace\":"
                                        "\"kube-system\"},\"data\":{\"since\":\"%.10s\"}}",
                                        now),
                           err);
}

static int make(struct registry *r, const struct bootstrap_options *options,
                int (*objects)(struct bootstrap *b, struct err *err), struct err *err) {
        _cleanup_arena_ struct arena *arena = arena_new(0);
        struct bootstrap b = {.registry = r, .options = options, .arena = arena};
        if (!arena)
                return err_oom(err);
        b.kinds = registry_kinds(r);
        int status = objects(&b, err);
        kind_set_unref(b.kinds);
        return status;
}

static int common(struct bootstrap *b, struct err *err) {
        return fixed_objects(b, err) < 0 || policy(b, err) < 0 ? -1 : 0;
}

static int own(struct bootstrap *b, struct err *err) {
        return service_range(b, err) < 0 || own_service(b, err) < 0 || authentication(b, err) < 0 ||
                               token_tracking(b, err) < 0
                       ? -1
                       : 0;
}

int bootstrap_policy(struct registry *r, struct err *err) {
        return make(r, NULL, common, err);
}

int bootstrap_own(struct registry *r, const struct bootstrap_options *options, struct err *err) {
        return make(r, options, own, err);
}
