/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the built-in controllers. Everything here runs on their one thread. */
#pragma once

#include "apiserver/controllers/controllers.h"
#include "apiserver/registry.h"
#include "base/strmap.h"

#include <pthread.h>
#include <stdatomic.h>

#define CONTROLLER_MANAGER "kube-controller-manager"

/* What is known of one live object, by its uid: who owns it, and whom it owns. Owned by the map. */
struct node {
        char *uid;
        char *group, *version, *kind; /* of the stored object */
        char *namespace_, *name;
        struct strmap dependents; /* uids, owned; may name objects that are gone */
        bool present;             /* false: only named as an owner so far */
};

struct own;
struct settled;

struct controllers {
        struct registry *registry;
        struct own *own; /* NULL without a supervisor */
        struct controllers_options options;
        char *root_ca_pem;
        pthread_t thread;
        atomic_bool stopping;
        struct strmap nodes;       /* uid to struct node */
        struct strmap terminating; /* names of namespaces that wait for their content to go */
        struct strmap measured;    /* names of namespaces whose quotas are to be measured */
        bool roles_changed;        /* aggregated roles must be computed again */
        int64_t events_due;        /* when the next event may expire, by the wall clock */
};

/* The kind of a stored object in a snapshot; NULL when its kind is gone. */
const struct kind *controllers_kind(const struct kind_set *kinds, const char *api_version, const char *kind);

/* Reports what a controller could not do, once; ERR_NOT_FOUND and ERR_CONFLICT are ordinary and not told. */
void controllers_report(const char *controller, const char *namespace_, const char *name, const struct err *err);

/* Each handles one change (deleted: the object is gone) or does its share at start. */
void namespaces_sync(struct controllers *c, const char *name);
void accounts_sync(struct controllers *c, const char *namespace_);
void roles_aggregate(struct controllers *c);
void crds_sync(struct controllers *c, const struct object *o);
void apiservices_sync(struct controllers *c, const struct kind_set *kinds, const struct object *o, bool deleted);
void quotas_observe(struct controllers *c, const struct kind_set *kinds, const struct object *o);
void quotas_measure(struct controllers *c);
void events_expire(struct controllers *c);
void token_secrets_sync(struct controllers *c, const struct kind_set *kinds, const struct object *o);
void token_secrets_account(struct controllers *c, const struct kind_set *kinds, const struct object *account,
                           bool deleted);
void settle(struct controllers *c, const struct kind_set *kinds, const struct object *o);
void protection_sync(struct controllers *c, const struct kind_set *kinds, const struct object *o);

/* weir's own Deployment, which the supervisor runs. Takes fd over. */
int own_start(struct controllers *c, int fd, struct err *err);
void own_stop(struct controllers *c);
/* The Deployment came, changed or went: tells the supervisor what it asks for now. */
void own_changed(struct controllers *c, const struct object *o);
/* Fills the status from what the supervisor reported. False: no process stands for this object. Takes own NULL. */
bool own_describe(struct own *own, struct settled *out);

/* The graph of owners. */
void gc_observe(struct controllers *c, const struct object *o);
void gc_forget(struct controllers *c, const struct object *o);
/* Acts on one object: owners that are gone, or its own finalizers foregroundDeletion and orphan. */
void gc_process(struct controllers *c, const struct kind_set *kinds, const struct object *o);
/* Acts on the dependents of an object that has gone, and on owners that waited for it. */
void gc_deleted(struct controllers *c, const struct kind_set *kinds, const struct object *o);
void gc_done(struct controllers *c);

/* Removes one finalizer from an object. */
int controllers_remove_finalizer(struct controllers *c, const struct kind *k, const char *namespace_, const char *name,
                                 const char *finalizer, struct err *err);
