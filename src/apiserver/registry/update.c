/* SPDX-License-Identifier: Apache-2.0 */
/* The writing calls of registry.h: create, update, patch, modify. */
#include "apiserver/registry/private.h"

#include "base/limits.h"

/* Somebody was faster and the client named no version. */
static int give_up(const struct write *w, struct err *err) {
        return err_set(err, ERR_CONFLICT,
                       "Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply your "
                       "changes to the latest version and try again",
                       kind_qualified(w->arena, w->kind), w->name);
}

static int check_create(struct write *w, struct err *err) {
        const struct registry_hooks *hooks = &w->registry->hooks;
        if (!hooks->check_create || !w->options->user)
                return 0;
        return hooks->check_create(hooks->context, w->arena, w->options->user, w->kind, w->namespace_, w->name, err);
}

int registry_create(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_,
                    const struct value *object, const struct registry_options *options, struct value *ret,
                    struct err *err) {
        _cleanup_write_ struct write w;
        struct value decoded;
        if (write_init(&w, r, a, k, namespace_, NULL, options, err) < 0 || write_decode(&w, object, &decoded, err) < 0)
                return -1;
        return write_create(&w, &decoded, ret, err);
}

/* The name in an object that came must be the URL's. What is applied may leave it out. */
static int check_name(const struct write *w, const struct value *object, struct err *err) {
        const char *name = value_path_str(object, "metadata", "name", NULL);
        const char *namespace_ = value_path_str(object, "metadata", "namespace", NULL);
        if ((!name || !*name) && !w->apply)
                return err_set(err, ERR_BAD_REQUEST, "name must be provided");
        if (name && *name && !streq(name, w->name))
                return err_set(err, ERR_BAD_REQUEST,
                               "the name of the object (%s) does not match the name on the URL (%s)", name, w->name);
        if (w->kind->namespaced && namespace_ && *namespace_ && !streq(namespace_, w->namespace_))
                return err_set(err, ERR_BAD_REQUEST,
                               "the namespace of the object (%s) does not match the namespace on the URL (%s)",
                               namespace_, w->namespace_);
        return 0;
}

static bool names_version(const struct value *object) {
        const char *version = value_path_str(object, "metadata", "resourceVersion", NULL);
        return version && *version && !streq(version, "0");
}

/* ---- update ---- */

static int update_missing(struct write *w, const struct value *object, struct value *ret, struct err *err) {
        if (w->subresource || !strategy_create_on_update(w->kind))
                return write_not_found(w, w->name, err);
        struct value copy;
        if (check_create(w, err) < 0 || value_clone(w->arena, object, &copy, err) < 0)
                return -1;
        return write_create(w, &copy, ret, err);
}

static int update_once(struct write *w, const struct value *object, struct value *ret, struct err *err) {
        _cleanup_object_ struct object *current = NULL;
        struct value old, copy;
        int found = write_load(w, &current, &old, err);
        if (found <= 0)
                return found < 0 ? -1 : update_missing(w, object, ret, err);
        if (value_clone(w->arena, object, &copy, err) < 0)
                return -1;
        return write_update(w, current, &old, &copy, ret, err);
}

int registry_update(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                    const struct value *object, const struct registry_options *options, struct value *ret,
                    struct err *err) {
        _cleanup_write_ struct write w;
        struct value decoded;
        if (write_init(&w, r, a, k, namespace_, name, options, err) < 0)
                return -1;
        if (w.subresource && streq(w.subresource, "scale"))
                return scale_update(&w, object, ret, err);
        if (write_decode(&w, object, &decoded, err) < 0 || check_name(&w, &decoded, err) < 0)
                return -1;
        w.conditional = names_version(&decoded);
        for (unsigned tries = 0; tries < LIMIT_WRITE_TRIES; tries++) {
                int status = update_once(&w, &decoded, ret, err);
                if (status != WRITE_AGAIN)
                        return status;
        }
        return give_up(&w, err);
}

/* ---- modify ---- */

int registry_modify(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                    const struct registry_options *options,
                    int (*change)(void *context, struct arena *a, struct value *object, struct err *err), void *context,
                    struct value *ret, struct err *err) {
        _cleanup_write_ struct write w;
        if (write_init(&w, r, a, k, namespace_, name, options, err) < 0)
                return -1;
        for (unsigned tries = 0; tries < LIMIT_WRITE_TRIES; tries++) {
                _cleanup_object_ struct object *current = NULL;
                struct value old, object;
                int found = write_load(&w, &current, &old, err);
                if (found <= 0)
                        return found < 0 ? -1 : write_not_found(&w, name, err);
                if (value_clone(a, &old, &object, err) < 0)
                        return -1;
                int status = change(context, a, &object, err);
                if (status < 0)
                        return -1;
                if (status > 0) {
                        if (ret)
                                *ret = old;
                        return 0;
                }
                _cleanup_err_ struct err mine = ERR_INIT;
                status = write_update(&w, current, &old, &object, ret, &mine);
                if (status == 0)
                        return 0;
                if (status < 0 && mine.class != ERR_CONFLICT)
                        return err_move(err, &mine);
        }
        return give_up(&w, err);
}

/* ---- patch ---- */

static int apply_missing(struct write *w, const struct value *patch, struct value *ret, struct err *err) {
        if (w->subresource)
                return write_not_found(w, w->name, err);
        const char *uid = value_path_str(patch, "metadata", "uid", NULL);
        if (uid && *uid)
                return err_set(
                        err, ERR_CONFLICT,
                        "Operation cannot be fulfilled on %s \"%s\": uid mismatch: the provided object specified "
                        "uid %s, and no existing object was found",
                        kind_qualified(w->arena, w->kind), w->name, uid);
        if (check_create(w, err) < 0)
                return -1;
        struct ssa_request request = write_ssa(w);
        struct value merged, decoded, none = value_null();
        if (ssa_apply(w->arena, &request, &none, patch, &merged, err) < 0 || check_name(w, patch, err) < 0 ||
            write_decode(w, &merged, &decoded, err) < 0)
                return -1;
        struct value *meta = value_get(&decoded, "metadata");
        if (!value_get_str(meta, "name") && !value_set(w->arena, meta, "name", value_str(w->name)))
                return err_oom(err);
        return write_create(w, &decoded, ret, err);
}

static int apply_once(struct write *w, const struct value *patch, struct value *ret, struct err *err) {
        _cleanup_object_ struct object *current = NULL;
        struct value old, merged, decoded;
        int found = write_load(w, &current, &old, err);
        if (found <= 0)
                return found < 0 ? -1 : apply_missing(w, patch, ret, err);
        struct ssa_request request = write_ssa(w);
        if (ssa_apply(w->arena, &request, &old, patch, &merged, err) < 0 || check_name(w, patch, err) < 0 ||
            write_decode(w, &merged, &decoded, err) < 0)
                return -1;
        return write_update(w, current, &old, &decoded, ret, err);
}

static int patch_once(struct write *w, enum registry_patch_type type, const struct value *patch, struct value *ret,
                      struct err *err) {
        _cleanup_object_ struct object *current = NULL;
        struct value old, patched, decoded;
        int found = write_load(w, &current, &old, err);
        if (found <= 0)
                return found < 0 ? -1 : write_not_found(w, w->name, err);
        if (patch_apply(w->arena, type, w->kind->schema, &old, patch, &patched, err) < 0 ||
            write_decode(w, &patched, &decoded, err) < 0 || check_name(w, &decoded, err) < 0)
                return -1;
        return write_update(w, current, &old, &decoded, ret, err);
}

int registry_patch(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                   enum registry_patch_type type, const struct value *patch, const struct registry_options *options,
                   struct value *ret, struct err *err) {
        _cleanup_write_ struct write w;
        if (write_init(&w, r, a, k, namespace_, name, options, err) < 0)
                return -1;
        if (w.subresource && streq(w.subresource, "scale"))
                return scale_patch(&w, type, patch, ret, err);
        w.conditional = names_version(patch);
        w.apply = type == REGISTRY_PATCH_APPLY;
        w.patch = !w.apply;
        for (unsigned tries = 0; tries < LIMIT_WRITE_TRIES; tries++) {
                int status = type == REGISTRY_PATCH_APPLY ? apply_once(&w, patch, ret, err)
                                                          : patch_once(&w, type, patch, ret, err);
                if (status != WRITE_AGAIN)
                        return status;
        }
        return give_up(&w, err);
}
