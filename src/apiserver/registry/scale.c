/* SPDX-License-Identifier: Apache-2.0 */
/* Writes through the scale subresource: the Scale is made from the live object, changed, and put back; the fields it
 * owns are kept under the subresource's name in the parent's managedFields. */
#include "apiserver/registry/private.h"

#include "base/limits.h"

#define SCALE_SCHEMA "autoscaling.v1.Scale"

/* ".spec.replicas" → "spec.replicas", as kube/ssa/ssa.h wants it. */
static const char *replicas_path(const struct kind *k) {
        const char *path = strategy_scale_path(k);
        return path && *path == '.' ? path + 1 : path ? path : "spec.replicas";
}

/* A Scale as clients see it has no managedFields; those it is merged with are the parent's of its field. */
static int manage_scale(struct write *w, const struct value *object, struct value *scale, struct err *err) {
        const struct value *entries = value_path(object, "metadata", "managedFields", NULL);
        struct value managed = value_list(), none = value_list();
        if (ssa_scale_to_subresource(w->arena, write_ssa(w).api_version, replicas_path(w->kind),
                                     entries ? entries : &none, &managed, err) < 0)
                return -1;
        struct value *meta = value_obtain_map(w->arena, scale, "metadata");
        if (!meta || (managed.len > 0 && !value_set(w->arena, meta, "managedFields", managed)))
                return err_oom(err);
        return 0;
}

static bool is_updated_scale(const struct value *entry) {
        return value_equals_str(value_get(entry, "subresource"), "scale") &&
               value_equals_str(value_get(entry, "operation"), "Update");
}

/* kube-apiserver records no time for what is updated through the subresource. Entries without a time come first among
 * the updates. */
static int drop_times(struct write *w, struct value *entries, struct err *err) {
        struct value sorted = value_list();
        for (int pass = 0; pass < 3; pass++) /* applied ones, then those without a time, then the rest */
                VALUE_EACH_ITEM(entry, entries) {
                        bool applied = value_equals_str(value_get(entry, "operation"), "Apply");
                        int place = applied ? 0 : is_updated_scale(entry) ? 1 : 2;
                        if (place == 1)
                                value_remove(entry, "time");
                        if (place == pass && !value_append(w->arena, &sorted, *entry))
                                return err_oom(err);
                }
        *entries = sorted;
        return 0;
}

static struct ssa_request scale_request(const struct write *w) {
        struct ssa_request request = write_ssa(w);
        request.schema = schema_builtin(SCALE_SCHEMA);
        request.api_version = "autoscaling/v1";
        request.kind = "Scale";
        request.reset_fields = NULL;
        return request;
}

/* Puts a changed Scale, whose managedFields are up to date, into the object and writes it. */
static int store_scale(struct write *w, struct object *current, const struct value *old, const struct value *scale,
                       struct value *ret, struct err *err) {
        struct value object, managed = value_list(), none = value_list();
        if (value_clone(w->arena, old, &object, err) < 0 || strategy_scale_set(&w->strategy, scale, &object, err) < 0)
                return -1;
        const struct value *parent = value_path(old, "metadata", "managedFields", NULL);
        const struct value *entries = value_path(scale, "metadata", "managedFields", NULL);
        if (ssa_scale_to_parent(w->arena, write_ssa(w).api_version, replicas_path(w->kind), parent ? parent : &none,
                                entries ? entries : &none, &managed, err) < 0)
                return -1;
        if (drop_times(w, &managed, err) < 0)
                return -1;
        struct value *meta = value_obtain_map(w->arena, &object, "metadata");
        if (!meta || !value_set(w->arena, meta, "managedFields", managed))
                return err_oom(err);
        const struct value *version = value_path(scale, "metadata", "resourceVersion", NULL);
        if (value_is_string(version) && version->len > 0 && !value_set(w->arena, meta, "resourceVersion", *version))
                return err_oom(err);
        struct value written;
        w->apply = true; /* managed fields are done */
        int status = write_update(w, current, old, &object, &written, err);
        return status != WRITE_DONE ? status : ret ? strategy_scale_get(&w->strategy, &written, ret, err) : 0;
}

static int manage(struct write *w, const struct value *live, struct value *scale, struct err *err) {
        struct ssa_request request = scale_request(w);
        struct value managed;
        if (ssa_update(w->arena, &request, live, scale, &managed, err) < 0)
                return -1;
        *scale = managed;
        return 0;
}

static int load(struct write *w, struct object **ret, struct value *ret_old, struct value *ret_scale, struct err *err) {
        int found = write_load(w, ret, ret_old, err);
        if (found <= 0)
                return found < 0 ? -1 : write_not_found(w, w->name, err);
        return strategy_scale_get(&w->strategy, ret_old, ret_scale, err);
}

static int update_once(struct write *w, const struct value *scale, struct value *ret, struct err *err) {
        _cleanup_object_ struct object *current = NULL;
        struct value old, live, changed;
        if (load(w, &current, &old, &live, err) < 0 || manage_scale(w, &old, &live, err) < 0 ||
            value_clone(w->arena, scale, &changed, err) < 0)
                return -1;
        const char *name = value_path_str(scale, "metadata", "name", NULL);
        if (name && *name && !streq(name, w->name))
                return err_set(err, ERR_BAD_REQUEST,
                               "the name of the object (%s) does not match the name on the URL (%s)", name, w->name);
        if (manage(w, &live, &changed, err) < 0)
                return -1;
        return store_scale(w, current, &old, &changed, ret, err);
}

static int patch_once(struct write *w, enum registry_patch_type type, const struct value *patch, struct value *ret,
                      struct err *err) {
        _cleanup_object_ struct object *current = NULL;
        struct value old, live, changed;
        if (load(w, &current, &old, &live, err) < 0 || manage_scale(w, &old, &live, err) < 0)
                return -1;
        if (type == REGISTRY_PATCH_APPLY) {
                struct ssa_request request = scale_request(w);
                if (ssa_apply(w->arena, &request, &live, patch, &changed, err) < 0)
                        return -1;
        } else {
                struct ssa_request request = scale_request(w);
                if (patch_apply(w->arena, type, request.schema, &live, patch, &changed, err) < 0 ||
                    manage(w, &live, &changed, err) < 0)
                        return -1;
        }
        struct value copy;
        if (value_clone(w->arena, &changed, &copy, err) < 0)
                return -1;
        return store_scale(w, current, &old, &copy, ret, err);
}

static bool names_version(const struct value *scale) {
        const char *version = value_path_str(scale, "metadata", "resourceVersion", NULL);
        return version && *version;
}

int scale_update(struct write *w, const struct value *scale, struct value *ret, struct err *err) {
        w->conditional = names_version(scale);
        for (unsigned tries = 0; tries < LIMIT_WRITE_TRIES; tries++) {
                int status = update_once(w, scale, ret, err);
                if (status != WRITE_AGAIN)
                        return status;
        }
        return err_set(err, ERR_CONFLICT, "%s \"%s\" is written too often", kind_qualified(w->arena, w->kind), w->name);
}

int scale_patch(struct write *w, enum registry_patch_type type, const struct value *patch, struct value *ret,
                struct err *err) {
        w->conditional = names_version(patch);
        for (unsigned tries = 0; tries < LIMIT_WRITE_TRIES; tries++) {
                int status = patch_once(w, type, patch, ret, err);
                if (status != WRITE_AGAIN)
                        return status;
        }
        return err_set(err, ERR_CONFLICT, "%s \"%s\" is written too often", kind_qualified(w->arena, w->kind), w->name);
}

int registry_scale(struct registry *r, struct arena *a, const struct kind *k, const char *namespace_, const char *name,
                   struct value *ret, struct err *err) {
        static const struct registry_options options = {.subresource = "scale"};
        _cleanup_write_ struct write w;
        _cleanup_object_ struct object *current = NULL;
        struct value old;
        if (write_init(&w, r, a, k, namespace_, name, &options, err) < 0)
                return -1;
        return load(&w, &current, &old, ret, err);
}
