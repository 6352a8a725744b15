/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/controllers/internal.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>

/* How long the thread may wait for a change before it looks whether it shall stop. */
#define WAIT_NS (200 * NSEC_PER_MSEC)

const struct kind *controllers_kind(const struct kind_set *kinds, const char *api_version, const char *kind) {
        const char *slash = strchr(api_version, '/');
        char group[256];
        size_t n = slash ? (size_t)(slash - api_version) : 0;
        if (n >= sizeof(group))
                return NULL;
        memcpy(group, api_version, n);
        group[n] = '\0';
        return kind_by_name(kinds, group, slash ? slash + 1 : api_version, kind);
}

void controllers_report(const char *controller, const char *namespace_, const char *name, const struct err *err) {
        if (err->class == ERR_NOT_FOUND || err->class == ERR_CONFLICT || err->class == ERR_UNAVAILABLE)
                return;
        log_error("a built-in controller failed", "controller", controller, "namespace", namespace_, "name", name,
                  "error", err_message(err));
}

static int drop_finalizer(void *context, struct arena *a, struct value *object, struct err *err) {
        const char *finalizer = context;
        struct value *metadata = value_get(object, "metadata"), *list = value_get(metadata, "finalizers");
        if (!value_is_list(list))
                return 1;
        for (size_t i = 0; i < list->len; i++)
                if (value_equals_str(&list->items[i], finalizer)) {
                        value_remove_at(list, i);
                        if (!list->len)
                                value_remove(metadata, "finalizers");
                        return 0;
                }
        return 1;
}

int controllers_remove_finalizer(struct controllers *c, const struct kind *k, const char *namespace_, const char *name,
                                 const char *finalizer, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        if (!a)
                return err_oom(err);
        return registry_modify(c->registry, a, k, namespace_, name, &options, drop_finalizer, (void *)finalizer, NULL,
                               err);
}

static bool is_a(const struct object *o, const char *group, const char *kind) {
        size_t n = strlen(group);
        bool same_group = n ? strncmp(o->api_version, group, n) == 0 && o->api_version[n] == '/'
                            : strchr(o->api_version, '/') == NULL;
        return same_group && streq(o->kind, kind);
}

/* An object came or changed. */
static void on_change(struct controllers *c, const struct kind_set *kinds, const struct object *o) {
        if (is_a(o, "", "Namespace"))
                o->deleting ? namespaces_sync(c, o->name) : accounts_sync(c, o->name);
        else if (is_a(o, "rbac.authorization.k8s.io", "ClusterRole"))
                c->roles_changed = true;
        else if (is_a(o, "apiextensions.k8s.io", "CustomResourceDefinition")) {
                crds_sync(c, o);
                apiservices_sync(c, kinds, o, false);
        } else if (is_a(o, "", "ConfigMap") && streq(o->name, "kube-root-ca.crt"))
                accounts_sync(c, o->namespace_);
        else if (is_a(o, "", "Secret"))
                token_secrets_sync(c, kinds, o);
        else if (is_a(o, "", "ServiceAccount"))
                token_secrets_account(c, kinds, o, false);
        else if (is_a(o, "apps", "Deployment"))
                own_changed(c, o);
        if (o->deleting)
                protection_sync(c, kinds, o);
        else if (c->options.settle_workloads)
                settle(c, kinds, o);
        gc_process(c, kinds, o);
}

static void on_delete(struct controllers *c, const struct kind_set *kinds, const struct object *o) {
        if (is_a(o, "rbac.authorization.k8s.io", "ClusterRole"))
                c->roles_changed = true;
        bool account = is_a(o, "", "ServiceAccount") && streq(o->name, "default");
        bool root_ca = is_a(o, "", "ConfigMap") && streq(o->name, "kube-root-ca.crt");
        if (is_a(o, "", "Namespace"))
                free(strmap_remove(&c->terminating, o->name, strlen(o->name)));
        if (strmap_get(&c->terminating, o->namespace_, strlen(o->namespace_)))
                namespaces_sync(c, o->namespace_);
        else if (account || root_ca)
                accounts_sync(c, o->namespace_);
        if (is_a(o, "", "ServiceAccount"))
                token_secrets_account(c, kinds, o, true);
        if (is_a(o, "apps", "Deployment"))
                own_changed(c, o);
        if (is_a(o, "apiextensions.k8s.io", "CustomResourceDefinition"))
                apiservices_sync(c, kinds, o, true);
        else if (strchr(o->api_version, '/'))
                crds_sync(c, NULL);
        gc_deleted(c, kinds, o);
}

static void look(struct controllers *c, const struct kind_set *kinds, const struct object *o, int round) {
        if (round == 0) {
                gc_observe(c, o);
                return;
        }
        on_change(c, kinds, o);
        quotas_observe(c, kinds, o);
}

/* Looks at everything there is: at the start, and when changes were missed. */
static int resync(struct controllers *c, struct registry_watch **watch, struct err *err) {
        const struct kind_set *kinds = registry_kinds(c->registry);
        int status = 0;
        *watch = registry_watch_free(*watch);
        gc_done(c);
        status = registry_watch_new(c->registry, NULL, registry_current_rv(c->registry), watch, err);
        /* two rounds: owners may come later in the order than what they own */
        for (int round = 0; status == 0 && round < 2; round++)
                for (size_t i = 0; status == 0 && i < kind_count(kinds); i++) {
                        const struct kind *k = kind_at(kinds, i);
                        _cleanup_registry_list_ struct registry_list list = {0};
                        if (k->storage != k || !(k->verbs & VERB_WATCH))
                                continue;
                        status = registry_list(c->registry, k, NULL, &list, err);
                        for (size_t n = 0; status == 0 && n < list.n && !atomic_load(&c->stopping); n++)
                                look(c, kinds, list.items[n], round);
                }
        c->roles_changed = true;
        kind_set_unref(kinds);
        return status;
}

static void handle(struct controllers *c, const struct registry_event *e) {
        const struct kind_set *kinds = registry_kinds(c->registry);
        if (e->type == REGISTRY_DELETED) {
                gc_forget(c, e->object);
                on_delete(c, kinds, e->object);
        } else {
                gc_observe(c, e->object);
                on_change(c, kinds, e->object);
        }
        quotas_observe(c, kinds, e->object);
        kind_set_unref(kinds);
}

/* Derived things wait until the changes at hand are all in. */
static bool has_derived(const struct controllers *c) {
        return c->roles_changed || c->measured.len;
}

static void derive(struct controllers *c) {
        if (c->roles_changed) {
                c->roles_changed = false;
                roles_aggregate(c);
        }
        quotas_measure(c);
}

static void *run(void *context) {
        struct controllers *c = context;
        struct registry_watch *watch = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        bool synced = false;
        while (!atomic_load(&c->stopping)) {
                if (!synced && resync(c, &watch, &err) < 0) {
                        controllers_report("resync", NULL, NULL, &err);
                        break;
                }
                synced = true;
                struct registry_event e = {0};
                int got = registry_watch_next(watch, has_derived(c) ? 0 : WAIT_NS, &e, &err);
                if (got > 0) {
                        handle(c, &e);
                        registry_event_done(&e);
                } else if (got == 0) {
                        derive(c);
                        events_expire(c);
                } else if (got < 0 && err.class == ERR_GONE) {
                        synced = false;
                } else if (got < 0) {
                        break;
                }
        }
        registry_watch_free(watch);
        return NULL;
}

static struct controllers *controllers_free(struct controllers *c) {
        if (!c)
                return NULL;
        gc_done(c);
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&c->terminating, &at));)
                free(e->value);
        strmap_done(&c->terminating);
        at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&c->measured, &at));)
                free(e->value);
        strmap_done(&c->measured);
        own_stop(c);
        free(c->root_ca_pem);
        free(c);
        return NULL;
}

int controllers_start(struct registry *r, const struct controllers_options *options, struct controllers **ret,
                      struct err *err) {
        struct controllers *c = calloc(1, sizeof(*c));
        if (!c)
                return err_oom(err);
        c->registry = r;
        c->options = *options;
        c->root_ca_pem = strdup(options->root_ca_pem ? options->root_ca_pem : "");
        atomic_init(&c->stopping, false);
        if (options->settle_workloads && options->supervisor_fd >= 0 && own_start(c, options->supervisor_fd, err) < 0) {
                controllers_free(c);
                return -1;
        }
        int failed = c->root_ca_pem ? pthread_create(&c->thread, NULL, run, c) : ENOMEM;
        if (failed) {
                controllers_free(c);
                return err_errno(err, failed, "starting the built-in controllers");
        }
        *ret = c;
        return 0;
}

struct controllers *controllers_stop(struct controllers *c) {
        if (!c)
                return NULL;
        atomic_store(&c->stopping, true);
        pthread_join(c->thread, NULL);
        return controllers_free(c);
}
