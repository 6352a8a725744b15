/* SPDX-License-Identifier: Apache-2.0 */
/* Deletion: preconditions, finalizers, and the two ways to go. */
#include "apiserver/registry/private.h"

#include <errno.h>

#include "base/clock.h"
#include "base/limits.h"

#define FINALIZER_FOREGROUND "foregroundDeletion"
#define FINALIZER_ORPHAN "orphan"

static int check_preconditions(const struct write *w, const struct registry_delete *how, const struct object *o,
                               struct err *err) {
        if (how->uid && !streq(how->uid, o->uid))
                return err_set(err, ERR_CONFLICT,
                               "Operation cannot be fulfilled on %s \"%s\": the UID in the precondition (%s) does not "
                               "match the UID in record (%s). The object might have been deleted and then recreated",
                               w->kind->kind, o->name, how->uid, o->uid);
        if (!how->resource_version)
                return 0;
        char *end;
        errno = 0;
        unsigned long long rv = strtoull(how->resource_version, &end, 10);
        if (errno || *end || rv != o->rv)
                return err_set(err, ERR_CONFLICT,
                               "Operation cannot be fulfilled on %s \"%s\": the ResourceVersion in the precondition "
                               "(%s) does not match the ResourceVersion in record (%llu). The object might have been "
                               "modified",
                               w->kind->kind, o->name, how->resource_version, (unsigned long long)o->rv);
        return 0;
}

/* The propagation that was asked for is written down as a finalizer, which the garbage collector takes off; the other
 * one's is dropped. */
static int set_propagation(struct write *w, enum registry_propagation propagation, struct value *object,
                           struct err *err) {
        struct value *meta = value_get(object, "metadata"), *old = value_get(meta, "finalizers");
        const char *wanted = propagation == REGISTRY_FOREGROUND ? FINALIZER_FOREGROUND
                             : propagation == REGISTRY_ORPHAN   ? FINALIZER_ORPHAN
                                                                : NULL;
        struct value finalizers = value_list();
        if (value_is_list(old))
                VALUE_EACH_ITEM(item, old) {
                        bool ours = value_equals_str(item, FINALIZER_FOREGROUND) ||
                                    value_equals_str(item, FINALIZER_ORPHAN);
                        bool drop = ours && propagation != REGISTRY_PROPAGATION_DEFAULT &&
                                    !(wanted && value_equals_str(item, wanted));
                        if (!drop && !value_append(w->arena, &finalizers, *item))
                                return err_oom(err);
                }
        if (wanted && !value_list_has(&finalizers, wanted) && !value_append(w->arena, &finalizers, value_str(wanted)))
                return err_oom(err);
        if (finalizers.len == 0)
                value_remove(meta, "finalizers");
        else if (!value_set(w->arena, meta, "finalizers", finalizers))
                return err_oom(err);
        return 0;
}

/* metadata as it shows while the object goes. */
static int mark(struct write *w, struct value *object, int64_t grace, struct err *err) {
        struct value *meta = value_get(object, "metadata");
        char *now = arena_alloc(w->arena, TIME_TEXT_MAX);
        if (!now)
                return err_oom(err);
        time_format_rfc3339(now, w->strategy.now_ns / NSEC_PER_SEC);
        /* Namespaces and CRDs have deletions of their own kind, without a grace period. */
        bool graceful = !kind_is_crd(w->kind) && !streq(w->kind->resource, "namespaces");
        if (!value_set(w->arena, meta, "deletionTimestamp", value_str(now)) ||
            (graceful && !value_set(w->arena, meta, "deletionGracePeriodSeconds", value_int(grace))))
                return err_oom(err);
        int64_t generation = value_int_or(value_get(meta, "generation"), 0);
        if (generation > 0 && !kind_is_crd(w->kind) &&
            !value_set(w->arena, meta, "generation", value_int(generation + 1)))
                return err_oom(err);
        return 0;
}

static enum store_result commit(struct write *w, enum store_op op, const struct object *current,
                                const struct value *object, struct object **ret, struct err *err) {
        struct value stored = *object;
        struct object *fresh = NULL;
        if (w->storage != w->kind && (value_clone(w->arena, object, &stored, err) < 0 ||
                                      strategy_convert(w->arena, w->kind, w->storage, &stored, err) < 0))
                return STORE_FAILED;
        if (object_new(&stored, &fresh, err) < 0)
                return STORE_FAILED;
        return store_commit(w->registry->store, w->resource, op, fresh, current->rv, ret, err);
}

/* A pod is seen deleting before it is gone: its watchers rely on it. */
static int mark_first(struct write *w, struct object **current, struct value *object, struct err *err) {
        if (!streq(w->kind->kind, "Pod") || *w->kind->group || (*current)->deleting)
                return WRITE_DONE;
        struct object *stored = NULL;
        if (mark(w, object, 0, err) < 0)
                return -1;
        switch (commit(w, STORE_UPDATE, *current, object, &stored, err)) {
        case STORE_OK:
                object_unref(*current);
                *current = stored;
                return WRITE_DONE;
        case STORE_CONFLICT:
                return WRITE_AGAIN;
        default:
                return -1;
        }
}

static int finish(struct write *w, const struct registry_delete *how, const struct value *object, uint64_t rv,
                  bool gone, struct value *ret, struct err *err) {
        if (how->ret_gone)
                *how->ret_gone = gone;
        if (ret) {
                *ret = *object;
                if (rv && write_set_version(w->arena, ret, rv, err) < 0)
                        return -1;
        }
        return gone && kind_is_crd(w->kind) && !w->options->dry_run ? crds_settle(w->registry, err) : 0;
}

static int delete_once(struct write *w, const struct registry_delete *how, struct value *ret, struct err *err) {
        _cleanup_object_ struct object *current = NULL, *stored = NULL;
        struct value old, object;
        int found = write_load(w, &current, &old, err);
        if (found <= 0)
                return found < 0 ? -1 : write_not_found(w, w->name, err);
        bool keep = false;
        if (check_preconditions(w, how, current, err) < 0 || strategy_admit_delete(&w->strategy, &old, err) < 0 ||
            value_clone(w->arena, &old, &object, err) < 0 || set_propagation(w, how->propagation, &object, err) < 0)
                return -1;
        if (!current->deleting && strategy_prepare_delete(&w->strategy, &object, &keep, err) < 0)
                return -1;
        const struct value *finalizers = value_path(&object, "metadata", "finalizers", NULL);
        bool waits = keep || (value_is_list(finalizers) && finalizers->len > 0) ||
                     (current->deleting && !strategy_deletable(w->kind, &object));
        if (waits && !current->deleting && mark(w, &object, 0, err) < 0)
                return -1;
        if (w->options->dry_run || (waits && value_equal(&old, &object)))
                return finish(w, how, &object, current->rv, !waits, ret, err);
        if (!waits) {
                int status = mark_first(w, &current, &object, err);
                if (status != WRITE_DONE)
                        return status;
        }
        switch (commit(w, waits ? STORE_UPDATE : STORE_DELETE, current, &object, &stored, err)) {
        case STORE_OK:
                return finish(w, how, &object, stored->rv, !waits, ret, err);
        case STORE_MISSING:
                return write_not_found(w, w->name, err);
        case STORE_CONFLICT:
                return WRITE_AGAIN;
        default:
                return -1;
        }
}

int registry_delete(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                    const struct registry_delete *how, const struct registry_options *options, struct value *ret,
                    struct err *err) {
        static const struct registry_delete defaults = {.grace_seconds = -1};
        _cleanup_write_ struct write w;
        if (write_init(&w, r, a, k, namespace_, name, options, err) < 0)
                return -1;
        for (unsigned tries = 0; tries < LIMIT_WRITE_TRIES; tries++) {
                int status = delete_once(&w, how ? how : &defaults, ret, err);
                if (status != WRITE_AGAIN)
                        return status;
        }
        return err_set(err, ERR_CONFLICT,
                       "Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply your "
                       "changes to the latest version and try again",
                       kind_qualified(a, k), name);
}
