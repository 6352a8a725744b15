/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting: what may not go, what a kind shows while it goes, and when it is gone. */
#include "apiserver/crd/crd.h"
#include "apiserver/strategy/prepare.h"
#include "apiserver/strategy/strategy.h"
#include "base/clock.h"

static bool is_core(const struct kind *k, const char *resource) {
        return !k->group[0] && streq(k->resource, resource);
}

static bool is_crd(const struct kind *k) {
        return streq(k->group, "apiextensions.k8s.io") && streq(k->resource, "customresourcedefinitions");
}

int strategy_admit_delete(struct strategy_context *c, const struct value *object, struct err *err) {
        static const char *const immortal[] = {"default", "kube-system", "kube-public"};
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), c->name ? c->name : "");
        if (!is_core(c->kind, "namespaces"))
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(immortal); i++)
                if (streq(name, immortal[i]))
                        return err_set(err, ERR_FORBIDDEN,
                                       "namespaces \"%s\" is forbidden: this namespace may not be deleted", name);
        return 0;
}

static int crd_cleanup(struct strategy_context *c, struct value *object, struct err *err) {
        struct value *metadata = value_obtain_map(c->arena, object, "metadata");
        struct value list = value_list();
        if (!metadata)
                return err_oom(err);
        const struct value *finalizers = value_get(metadata, "finalizers");
        if (value_is_list(finalizers)) {
                VALUE_EACH_ITEM(item, finalizers) {
                        if (value_equals_str(item, CRD_CLEANUP_FINALIZER))
                                return 0;
                        if (!value_append(c->arena, &list, *item))
                                return err_oom(err);
                }
        }
        if (!value_append(c->arena, &list, value_str(CRD_CLEANUP_FINALIZER)) ||
            !value_set(c->arena, metadata, "finalizers", list))
                return err_oom(err);
        return 0;
}

int strategy_prepare_delete(struct strategy_context *c, struct value *object, bool *ret_keep, struct err *err) {
        *ret_keep = false;
        if (is_core(c->kind, "namespaces")) {
                struct value *status = value_obtain_map(c->arena, object, "status");
                if (!status || !value_set(c->arena, status, "phase", value_str("Terminating")))
                        return err_oom(err);
                /* the answer shows it Terminating; the namespace controller finishes it */
                *ret_keep = true;
        } else if (is_crd(c->kind)) {
                if (crd_cleanup(c, object, err) < 0)
                        return -1;
                bool changed = false;
                if (crd_established(object) &&
                    crd_set_condition(
                            c->arena, object, "Terminating", "True", "InstanceDeletionPending",
                            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
                            c->now_ns / NSEC_PER_SEC, &changed, err) < 0)
                        return -1;
                *ret_keep = true;
        }
        return 0;
}

bool strategy_deletable(const struct kind *k, const struct value *object) {
        const struct value *finalizers = value_path(object, "metadata", "finalizers", NULL);
        if (value_is_list(finalizers) && finalizers->len)
                return false;
        if (!is_core(k, "namespaces"))
                return true;
        const struct value *own = value_path(object, "spec", "finalizers", NULL);
        return !value_is_list(own) || !own->len;
}
