/* SPDX-License-Identifier: Apache-2.0 */
/* The managers of a Scale are those of its parent that own the number of replicas. */
#include "kube/ssa/ssa.h"

#include "kube/ssa/ssa_managers.h"

#define SCALE_VERSION "autoscaling/v1"
#define SCALE_REPLICAS "spec.replicas"

static size_t split(const char *dotted, struct fieldset_element path[static 16]) {
        size_t n = 0;
        for (const char *p = *dotted == '.' ? dotted + 1 : dotted; *p && n < 16; n++) {
                size_t len = strcspn(p, ".");
                path[n] = fieldset_field(p, len);
                p += len + (p[len] == '.');
        }
        return n;
}

static int only(struct arena *a, const char *dotted, struct fieldset *ret, struct err *err) {
        struct fieldset_element path[16];
        size_t n = split(dotted, path);
        *ret = FIELDSET_EMPTY;
        return fieldset_insert(a, ret, path, n, err);
}

int ssa_scale_to_subresource(struct arena *a, const char *parent_api_version, const char *replicas_path,
                             const struct value *parent_entries, struct value *ret, struct err *err) {
        struct ssa_managers parent, scale = {0};
        struct fieldset_element path[16];
        size_t n = split(replicas_path, path);
        struct fieldset replicas;
        if (ssa_managers_decode(a, parent_entries, &parent, err) < 0 || only(a, SCALE_REPLICAS, &replicas, err) < 0)
                return -1;
        for (size_t i = 0; i < parent.n; i++) {
                struct ssa_manager one = parent.items[i];
                if (!streq(one.api_version, parent_api_version) || !fieldset_has(&one.set, path, n))
                        continue;
                one.set = replicas;
                one.api_version = SCALE_VERSION;
                if (!ssa_managers_put(a, &scale, &one))
                        return err_oom(err);
        }
        return ssa_managers_encode(a, &scale, ret, err);
}

/* In the entries of a Scale a manager of its parent has the Scale's version. */
static struct ssa_manager *find_in_scale(struct ssa_managers *scale, const struct ssa_manager *parent) {
        struct ssa_manager id = *parent;
        id.api_version = SCALE_VERSION;
        return ssa_managers_find(scale, &id);
}

int ssa_scale_to_parent(struct arena *a, const char *parent_api_version, const char *replicas_path,
                        const struct value *parent_entries, const struct value *scale_entries, struct value *ret,
                        struct err *err) {
        struct ssa_managers parent, scale, out = {0};
        struct fieldset_element path[16], in_scale[16];
        size_t n = split(replicas_path, path), n_scale = split(SCALE_REPLICAS, in_scale);
        struct fieldset replicas;
        if (ssa_managers_decode(a, parent_entries, &parent, err) < 0 ||
            ssa_managers_decode(a, scale_entries, &scale, err) < 0 || only(a, replicas_path, &replicas, err) < 0)
                return -1;
        for (size_t i = 0; i < parent.n; i++) {
                struct ssa_manager one = parent.items[i];
                if (fieldset_has(&one.set, path, n)) {
                        struct ssa_manager *kept = find_in_scale(&scale, &one);
                        if (kept)
                                ssa_managers_remove(&scale, &(struct ssa_manager){.name = one.name,
                                                                                  .subresource = one.subresource,
                                                                                  .api_version = SCALE_VERSION,
                                                                                  .applied = one.applied});
                        else if (fieldset_difference(a, &one.set, &replicas, &one.set, err) < 0)
                                return -1;
                }
                if (!fieldset_is_empty(&one.set) && !ssa_managers_put(a, &out, &one))
                        return err_oom(err);
        }
        for (size_t i = 0; i < scale.n; i++) {
                struct ssa_manager one = scale.items[i];
                if (!fieldset_has(&one.set, in_scale, n_scale))
                        continue;
                one.set = replicas;
                one.api_version = parent_api_version;
                if (!ssa_managers_put(a, &out, &one))
                        return err_oom(err);
        }
        return ssa_managers_encode(a, &out, ret, err);
}
