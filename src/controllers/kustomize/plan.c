/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: what to apply, in which order, and what will be in the inventory. Pure: no requests, no clock. */
#include "controllers/kustomize/reconcile.h"

#include "base/limits.h"
#include "kube/flux/inventory.h"
#include "kube/flux/normalize.h"
#include "kube/flux/owner.h"

/* A Secret that SOPS encrypted must not reach the cluster. */
static int refuse_encrypted(struct arena *a, const struct value *o, struct err *err) {
        if (!value_equals_str(value_get(o, "kind"), "Secret") || !value_get(o, "sops"))
                return 0;
        return err_set_reason(
                err, ERR_INVALID, "ReconciliationFailed",
                "%s is SOPS encrypted, configuring decryption is required for this secret to be reconciled",
                inventory_subject(a, o));
}

static int prepare(struct reconcile *r, struct value *o, struct err *err) {
        const struct value *common = value_get(r->spec, "commonMetadata");
        if (refuse_encrypted(r->a, o, err) < 0)
                return -1;
        if (owner_set_labels(r->a, o, KUSTOMIZATION_GROUP, r->name, r->namespace_) < 0 ||
            owner_set_metadata(r->a, o, value_get(common, "labels"), value_get(common, "annotations")) < 0)
                return err_oom(err);
        return normalize_object(r->a, o, err);
}

int plan_make(struct reconcile *r, struct err *err) {
        if (r->objects.len > LIMIT_INVENTORY)
                return err_set_reason(err, ERR_TOO_LARGE, "BuildFailed",
                                      "the build made %u objects; one Kustomization may hold %d: split it",
                                      r->objects.len, LIMIT_INVENTORY);
        VALUE_EACH_ITEM(o, &r->objects)
                if (prepare(r, o, err) < 0)
                        return -1;
        if (order_sort(r->a, &r->objects) < 0)
                return err_oom(err);
        return inventory_of(r->a, &r->objects, &r->inventory, err);
}
