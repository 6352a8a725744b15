/* SPDX-License-Identifier: Apache-2.0 */
/* Making a registry: only the server's start and tests do this. */
#pragma once

#include "apiserver/registry.h"
#include "apiserver/registry/addresses.h"
#include "apiserver/store/store.h"

/* What the registry asks of the rest of the server. Each may be NULL. */
struct registry_hooks {
        void *context;
        struct address_range services; /* cluster IPs; empty: 10.0.0.0/24 */
        /* Admission by rights: a write of roles and bindings may not grant what the user has not. old: NULL on create.
         * ERR_FORBIDDEN, ERR_NOT_FOUND. */
        int (*check_escalation)(void *context, struct arena *a, const struct rbac_user *user, const struct kind *k,
                                const char *namespace_, const struct value *old, const struct value *object,
                                struct err *err);
        /* May the user create such an object? Asked when a patch or an update finds none. */
        int (*check_create)(void *context, struct arena *a, const struct rbac_user *user, const struct kind *k,
                            const char *namespace_, const char *name, struct err *err);
        /* A new snapshot of kinds was published. */
        void (*kinds_changed)(void *context);
};

/* The store is borrowed and must outlive the registry. Publishes the kinds of the CRDs that it holds. */
int registry_new(struct store *store, const struct registry_hooks *hooks, struct registry **ret, struct err *err);
struct registry *registry_free(struct registry *r);

struct store *registry_store(struct registry *r);

/* The table of a kind's objects. NULL: memory. */
struct store_resource *registry_resource(struct registry *r, const struct kind *k, struct err *err);
