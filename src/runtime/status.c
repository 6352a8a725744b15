/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/status.h"

#define FINALIZER "finalizers.fluxcd.io"

static int object_path(struct client *c, struct arena *a, const struct value *object, const char *subresource,
                       const char **ret, struct err *err) {
        struct client_resource r;
        if (client_resource_of(c, value_string_or(value_get(object, "apiVersion"), ""),
                               value_string_or(value_get(object, "kind"), ""), &r, err) < 0)
                return -1;
        *ret = client_path(a, &r, value_path_str(object, "metadata", "namespace", NULL),
                           value_string_or(value_path(object, "metadata", "name", NULL), ""), subresource);
        return *ret ? 0 : err_oom(err);
}

/* The merge patch from before to after, one level deep: status members are replaced whole. */
static int difference(struct arena *a, const struct value *before, const struct value *after, struct value *ret) {
        *ret = value_map();
        VALUE_EACH_MEMBER(m, after)
                if (!value_equal(&m->value, value_getn(before, m->key, m->key_len)) &&
                    !value_add(a, ret, m->key, m->key_len, m->value))
                        return -1;
        if (value_is_map(before))
                VALUE_EACH_MEMBER(m, before)
                        if (!value_getn(after, m->key, m->key_len) &&
                            !value_add(a, ret, m->key, m->key_len, value_null()))
                                return -1;
        return 0;
}

static int send_patch(struct client *c, struct arena *a, const char *path, const char *query, const struct value *patch,
                      const char **ret_version, struct err *err) {
        struct value answer;
        if (client_merge_patch(c, a, path, query, patch, ret_version ? &answer : NULL, err) < 0)
                return -1;
        if (ret_version)
                *ret_version = value_string_or(value_path(&answer, "metadata", "resourceVersion", NULL), "");
        return 0;
}

int status_write(struct client *c, struct arena *a, const struct value *object, const struct value *status,
                 const char *field_manager, const char **ret_version, struct err *err) {
        struct value changed, patch = value_map();
        if (difference(a, value_get(object, "status"), status, &changed) < 0)
                return err_oom(err);
        if (changed.len == 0)
                return 0;
        const char *path;
        if (object_path(c, a, object, "status", &path, err) < 0)
                return -1;
        char *query = arena_printf(a, "fieldManager=%s", field_manager);
        if (!query || !value_set(a, &patch, "status", changed))
                return err_oom(err);
        return send_patch(c, a, path, query, &patch, ret_version, err);
}

bool status_has_finalizer(const struct value *object) {
        const struct value *list = value_path(object, "metadata", "finalizers", NULL);
        if (value_is_list(list))
                VALUE_EACH_ITEM(f, list)
                        if (value_equals_str(f, FINALIZER))
                                return true;
        return false;
}

int status_set_finalizer(struct client *c, struct arena *a, const struct value *object, bool present,
                         const char *field_manager, const char **ret_version, struct err *err) {
        if (status_has_finalizer(object) == present)
                return 0;
        struct value finalizers = value_list(), meta = value_map(), patch = value_map();
        const struct value *list = value_path(object, "metadata", "finalizers", NULL);
        if (value_is_list(list))
                VALUE_EACH_ITEM(f, list)
                        if (!value_equals_str(f, FINALIZER) && !value_append(a, &finalizers, *f))
                                return err_oom(err);
        if (present && !value_append(a, &finalizers, value_str(FINALIZER)))
                return err_oom(err);
        const struct value *version = value_path(object, "metadata", "resourceVersion", NULL);
        const char *path;
        if (object_path(c, a, object, NULL, &path, err) < 0)
                return -1;
        char *query = arena_printf(a, "fieldManager=%s", field_manager);
        if (!query || !value_set(a, &meta, "finalizers", finalizers) ||
            (version && !value_set(a, &meta, "resourceVersion", *version)) || !value_set(a, &patch, "metadata", meta))
                return err_oom(err);
        return send_patch(c, a, path, query, &patch, ret_version, err);
}
