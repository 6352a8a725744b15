/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline of a write, from a decoded tree to the store. */
#include "apiserver/registry/private.h"

#include <errno.h>

#include "kube/schema/prune.h"

/* Tries of a create with generateName when the name drawn was taken (kube-apiserver: the same number). */
#define GENERATE_TRIES 8

static int conflict(const struct write *w, const char *name, struct err *err) {
        return err_set(err, ERR_CONFLICT,
                       "Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply your "
                       "changes to the latest version and try again",
                       kind_qualified(w->arena, w->kind), name);
}

/* Brings the object into the stored version, as bytes and metadata. */
static int freeze(struct write *w, const struct value *object, struct object **ret, struct err *err) {
        struct value stored = *object;
        if (w->storage != w->kind) {
                if (value_clone(w->arena, object, &stored, err) < 0 ||
                    strategy_convert(w->arena, w->kind, w->storage, &stored, err) < 0)
                        return -1;
                /* Readers of the stored version trust that it has had its defaults. */
                if (w->storage->custom && prune_default(w->arena, w->storage->schema, &stored, err) < 0)
                        return -1;
        }
        return object_new(&stored, ret, err);
}

/* The answer: the object as it was stored, in the version of the request. */
static int answer(struct write *w, const struct value *object, uint64_t rv, struct value *ret, struct err *err) {
        if (!ret)
                return 0;
        *ret = *object;
        struct value *meta = value_get(ret, "metadata");
        if (rv != 0)
                return write_set_version(w->arena, ret, rv, err);
        if (value_is_map(meta))
                value_remove(meta, "resourceVersion");
        return 0;
}

static void set_created(const struct write *w, bool created) {
        if (w->options->ret_created)
                *w->options->ret_created = created;
}

static void set_object(const struct write *w, const struct object *o) {
        if (w->options->ret_object) {
                object_unref(*w->options->ret_object);
                *w->options->ret_object = object_ref(o);
        }
}

static int check_escalation(struct write *w, const struct value *old, const struct value *object, struct err *err) {
        const struct registry_hooks *hooks = &w->registry->hooks;
        if (!hooks->check_escalation || !w->options->user || !streq(w->kind->group, "rbac.authorization.k8s.io"))
                return 0;
        return hooks->check_escalation(hooks->context, w->arena, w->options->user, w->kind, w->namespace_, old, object,
                                       err);
}

/* ---- create ---- */

static int check_new(struct write *w, struct value *object, struct err *err) {
        struct value *meta = value_get(object, "metadata");
        const char *version = value_get_str(meta, "resourceVersion");
        if (version && *version && !streq(version, "0"))
                return err_set(err, ERR_INTERNAL, "resourceVersion should not be set on objects to be created");
        /* The server's own fields; what a client says of them is not looked at. */
        static const char *const ours[] = {
                "resourceVersion", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
                "selfLink"};
        for (size_t i = 0; i < ARRAY_LEN(ours); i++)
                value_remove(meta, ours[i]);
        const char *namespace_ = value_get_str(meta, "namespace");
        if (w->kind->namespaced && namespace_ && *namespace_ && !streq(namespace_, w->namespace_))
                return err_set(err, ERR_BAD_REQUEST,
                               "the namespace of the provided object does not match the namespace sent on the request");
        if (w->kind->namespaced) {
                if (!value_set(w->arena, meta, "namespace", value_str(w->namespace_)))
                        return err_oom(err);
        } else {
                value_remove(meta, "namespace");
        }
        return 0;
}

/* The fields that this write changes come to belong to its manager. What admission and the strategy add later belongs
 * to nobody. */
static int manage(struct write *w, const struct value *old, struct value *object, struct err *err) {
        struct value managed, none = value_null();
        if (w->apply)
                return 0;
        struct ssa_request request = write_ssa(w);
        return ssa_update(w->arena, &request, old ? old : &none, object, &managed, err) < 0
                       ? -1
                       : value_clone(w->arena, &managed, object, err);
}

/* An object of another version than the stored one loses what the stored version does not know. */
static int fit_storage(struct write *w, struct value *object, struct err *err) {
        if (!w->kind->custom || w->storage == w->kind)
                return 0;
        return strategy_convert(w->arena, w->kind, w->storage, object, err) < 0 ||
                               prune_object(w->arena, w->storage->schema, object, NULL, err) < 0
                       ? -1
                       : strategy_convert(w->arena, w->storage, w->kind, object, err);
}

static int prepare_create(struct write *w, struct value *object, struct err *err) {
        if (check_new(w, object, err) < 0 || strategy_default(&w->strategy, object, err) < 0 ||
            manage(w, NULL, object, err) < 0 || strategy_admit(&w->strategy, object, NULL, err) < 0 ||
            check_escalation(w, NULL, object, err) < 0)
                return -1;
        if (strategy_prepare_create(&w->strategy, object, err) < 0 ||
            strategy_validate_create(&w->strategy, object, err) < 0 ||
            strategy_allocate(&w->strategy, object, NULL, err) < 0)
                return -1;
        return fit_storage(w, object, err);
}

static int already_exists(const struct write *w, const char *name, struct err *err) {
        return err_set(err, ERR_EXISTS, "%s \"%s\" already exists", kind_qualified(w->arena, w->kind), name);
}

static int dry_create(struct write *w, const struct value *object, struct value *ret, struct err *err) {
        const char *name = value_path_str(object, "metadata", "name", NULL);
        _cleanup_object_ struct object *there =
                store_get(w->registry->store, w->resource, w->namespace_, name ? name : "");
        return there ? already_exists(w, name, err) : answer(w, object, 0, ret, err);
}

static int create_once(struct write *w, struct value *object, struct value *ret, struct err *err) {
        if (prepare_create(w, object, err) < 0)
                return -1;
        if (w->options->dry_run)
                return dry_create(w, object, ret, err);
        struct object *fresh = NULL;
        if (freeze(w, object, &fresh, err) < 0)
                return -1;
        _cleanup_object_ struct object *stored = NULL;
        switch (store_commit(w->registry->store, w->resource, STORE_CREATE, fresh, 0, &stored, err)) {
        case STORE_OK:
                break;
        case STORE_EXISTS:
                return already_exists(w, value_path_str(object, "metadata", "name", NULL), err);
        default:
                return -1;
        }
        set_object(w, stored);
        if (answer(w, object, stored->rv, ret, err) < 0)
                return -1;
        return kind_is_crd(w->kind) ? crds_settle(w->registry, err) : 0;
}

int write_create(struct write *w, struct value *object, struct value *ret, struct err *err) {
        const char *name = value_path_str(object, "metadata", "name", NULL);
        bool generated = !name || !*name;
        for (unsigned tries = 0;; tries++) {
                struct value fresh;
                _cleanup_err_ struct err mine = ERR_INIT;
                if (value_clone(w->arena, object, &fresh, err) < 0)
                        return -1;
                if (create_once(w, &fresh, ret, &mine) == 0) {
                        set_created(w, true);
                        return 0;
                }
                if (!generated || mine.class != ERR_EXISTS || tries >= GENERATE_TRIES)
                        return err_move(err, &mine);
        }
}

/* ---- update ---- */

/* The version in the object must be the current one. *ret_had: there is one. */
static int check_version(struct write *w, const struct object *current, const struct value *object, bool *ret_had,
                         struct err *err) {
        const char *version = value_path_str(object, "metadata", "resourceVersion", NULL);
        *ret_had = version && *version && !streq(version, "0");
        if (!*ret_had)
                return 0;
        char *end;
        errno = 0;
        unsigned long long rv = strtoull(version, &end, 10);
        if (errno || *end || rv != current->rv)
                return conflict(w, current->name, err);
        return 0;
}

/* A patch cannot turn an object into another one; a replacement that tries has named a condition that does not hold,
 * which strategy_prepare_update() says. */
static int check_uid(const struct write *w, const struct object *current, const struct value *object, struct err *err) {
        const char *uid = value_path_str(object, "metadata", "uid", NULL);
        if ((!w->patch && !w->apply) || !uid || !*uid || streq(uid, current->uid))
                return 0;
        err_set(err, ERR_INVALID, "%s%s%s \"%s\" is invalid: metadata.uid: Invalid value: \"%s\": field is immutable",
                w->kind->kind, *w->kind->group ? "." : "", w->kind->group, current->name, uid);
        for (int i = 0; i < 2; i++) /* kube-apiserver finds it twice */
                err_add_cause(err, "FieldValueInvalid", "metadata.uid", "Invalid value: \"%s\": field is immutable",
                              uid);
        return -1;
}

static int prepare_update(struct write *w, const struct object *current, const struct value *old, struct value *object,
                          struct err *err) {
        struct value *meta = value_obtain_map(w->arena, object, "metadata");
        bool had_version = false;
        if (!meta)
                return err_oom(err);
        if (w->kind->namespaced && !value_get_str(meta, "namespace") &&
            !value_set(w->arena, meta, "namespace", value_str(w->namespace_)))
                return err_oom(err);
        if (check_uid(w, current, object, err) < 0 || check_version(w, current, object, &had_version, err) < 0 ||
            write_set_version(w->arena, object, current->rv, err) < 0 ||
            strategy_default(&w->strategy, object, err) < 0 || manage(w, old, object, err) < 0 ||
            strategy_admit(&w->strategy, object, old, err) < 0 || check_escalation(w, old, object, err) < 0)
                return -1;
        if (strategy_prepare_update(&w->strategy, object, old, err) < 0 ||
            strategy_validate_update(&w->strategy, object, old, had_version, err) < 0 ||
            strategy_allocate(&w->strategy, object, old, err) < 0)
                return -1;
        return fit_storage(w, object, err);
}

int write_update(struct write *w, struct object *current, const struct value *old, struct value *object,
                 struct value *ret, struct err *err) {
        if (prepare_update(w, current, old, object, err) < 0)
                return -1;
        set_created(w, false);
        if (ssa_is_noop(old, object)) {
                set_object(w, current);
                return answer(w, old, current->rv, ret, err);
        }
        bool gone = current->deleting && strategy_deletable(w->kind, object);
        if (w->options->dry_run)
                return answer(w, object, current->rv, ret, err);
        struct object *fresh = NULL;
        if (freeze(w, object, &fresh, err) < 0)
                return -1;
        _cleanup_object_ struct object *stored = NULL;
        switch (store_commit(w->registry->store, w->resource, gone ? STORE_DELETE : STORE_UPDATE, fresh, current->rv,
                             &stored, err)) {
        case STORE_OK:
                break;
        case STORE_MISSING:
                return write_not_found(w, current->name, err);
        case STORE_CONFLICT:
                if (!w->conditional)
                        return WRITE_AGAIN;
                return conflict(w, current->name, err);
        default:
                return -1;
        }
        /* Who removes the last finalizer sees the object as it went, with the version it had. */
        if (!gone)
                set_object(w, stored);
        if (answer(w, object, gone ? current->rv : stored->rv, ret, err) < 0)
                return -1;
        return kind_is_crd(w->kind) ? crds_settle(w->registry, err) : 0;
}
