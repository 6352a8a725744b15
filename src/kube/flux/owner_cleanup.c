/* SPDX-License-Identifier: Apache-2.0 */
/* Inheriting what kubectl and older controllers left in metadata. */
#include "kube/ssa/fieldset.h"
#include "kube/flux/owner.h"

/* What kubectl's and Flux's earlier versions wrote and nobody reads any more. */
static const char *const old_annotations[] = {
        "kubectl.kubernetes.io/last-applied-configuration",
        "kustomize.toolkit.fluxcd.io/checksum",
        "fluxcd.io/sync-checksum",
};
static const char *const old_labels[] = {"fluxcd.io/sync-gc-mark"};

/* The heir and whom he inherits from. */
struct heir {
        struct arena *a;
        const char *manager;
        const struct value *disallowed;
        struct err *err;
};

/* Appends {op, path[, value]}. */
static int add_operation(struct arena *a, struct value *patch, const char *op, const char *path,
                         const struct value *v) {
        struct value o = value_map();
        if (!value_set(a, &o, "op", value_str(op)) || !value_set(a, &o, "path", value_str(path)) ||
            (v && !value_set(a, &o, "value", *v)) || !value_append(a, patch, o))
                return -1;
        return 0;
}

/* A removal of /metadata/WHERE/KEY when the key is there; '/' in it is written "~1". */
static int remove_key(struct arena *a, const struct value *live, const char *where, const char *key,
                      struct value *patch) {
        if (!value_get(value_path(live, "metadata", where, NULL), key))
                return 0;
        const char *slash = strchr(key, '/');
        const char *path = arena_printf(a, "/metadata/%s/%.*s~1%s", where, (int)(slash - key), key, slash + 1);
        return path ? add_operation(a, patch, "remove", path, NULL) : -1;
}

static bool is_entry(const struct value *entry, const char *operation) {
        return value_equals_str(value_get(entry, "operation"), operation) &&
               !*value_string_or(value_get(entry, "subresource"), "");
}

static bool has_prefix(const struct value *entry, const char *prefix) {
        return str_has_prefix(value_string_or(value_get(entry, "manager"), ""), prefix);
}

/* Is this an entry to inherit? Managers are named by prefix. */
static bool inherits(const struct heir *h, const struct value *entry) {
        bool update = is_entry(entry, "Update"), apply = is_entry(entry, "Apply");
        if (!update && !apply)
                return false;
        if (has_prefix(entry, "kubectl") ||
            (update && (has_prefix(entry, "before-first-apply") || has_prefix(entry, h->manager))))
                return true;
        if (!value_is_list(h->disallowed))
                return false;
        VALUE_EACH_ITEM(manager, h->disallowed)
                if (value_is_string(manager) && has_prefix(entry, manager->str))
                        return true;
        return false;
}

/* Unites the fields of entry with those of ours. */
static int unite(struct heir *h, struct value *ours, const struct value *entry) {
        const struct value *x = value_get(ours, "fieldsV1"), *y = value_get(entry, "fieldsV1");
        struct fieldset xs, ys, both;
        struct value fields;
        if (!y)
                return 0;
        if (!x)
                return value_set(h->a, ours, "fieldsV1", *y) ? 0 : err_oom(h->err);
        if (fieldset_parse(h->a, x, &xs, h->err) < 0 || fieldset_parse(h->a, y, &ys, h->err) < 0 ||
            fieldset_union(h->a, &xs, &ys, &both, h->err) < 0 || fieldset_format(h->a, &both, &fields, h->err) < 0)
                return err_wrap(h->err, "unable to merge managed fields");
        return value_set(h->a, ours, "fieldsV1", fields) ? 0 : err_oom(h->err);
}

/* Our own Apply entry; of several the last, as there. NULL: none. */
static const struct value *own_entry(const struct heir *h, const struct value *entries) {
        const struct value *found = NULL;
        VALUE_EACH_ITEM(entry, entries)
                if (value_equals_str(value_get(entry, "manager"), h->manager) &&
                    value_equals_str(value_get(entry, "operation"), "Apply"))
                        found = entry;
        return found;
}

/* The first entry that we inherit becomes ours when we have none yet. */
static int take_over(struct heir *h, const struct value *entry, struct value *ours) {
        if (value_clone(h->a, entry, ours, h->err) < 0)
                return -1;
        if (!value_set(h->a, ours, "manager", value_str(h->manager)) ||
            !value_set(h->a, ours, "operation", value_str("Apply")))
                return err_oom(h->err);
        return 0;
}

/* The entries after inheriting, our own last. *ret_changed: whether anything was inherited. */
static int inherit(struct heir *h, const struct value *entries, struct value *ret, bool *ret_changed) {
        const struct value *own = own_entry(h, entries);
        struct value rest = value_list(), ours = value_null();
        *ret_changed = false;
        if (own && value_clone(h->a, own, &ours, h->err) < 0)
                return -1;
        VALUE_EACH_ITEM(entry, entries) {
                if (entry == own)
                        continue;
                if (!inherits(h, entry)) {
                        if (!value_append(h->a, &rest, *entry))
                                return err_oom(h->err);
                        continue;
                }
                *ret_changed = true;
                if ((value_is_null(&ours) ? take_over(h, entry, &ours) : unite(h, &ours, entry)) < 0)
                        return -1;
        }
        if (*ret_changed && !value_append(h->a, &rest, ours))
                return err_oom(h->err);
        *ret = rest;
        return 0;
}

int owner_cleanup_patch_for(struct arena *a, const struct value *desired, const struct value *live, const char *manager,
                            const struct value *disallowed, struct value *ret_json_patch, struct err *err) {
        struct heir h = {a, manager, disallowed, err};
        struct value patch = value_list(), entries;
        const struct value *managed = value_path(live, "metadata", "managedFields", NULL);
        bool changed = false;
        *ret_json_patch = patch;
        if (owner_merges(desired, live))
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(old_annotations); i++)
                if (remove_key(a, live, "annotations", old_annotations[i], &patch) < 0)
                        return err_oom(err);
        for (size_t i = 0; i < ARRAY_LEN(old_labels); i++)
                if (remove_key(a, live, "labels", old_labels[i], &patch) < 0)
                        return err_oom(err);
        if (value_is_list(managed) && inherit(&h, managed, &entries, &changed) < 0)
                return -1;
        if (changed && add_operation(a, &patch, "replace", "/metadata/managedFields", &entries) < 0)
                return err_oom(err);
        *ret_json_patch = patch;
        return 0;
}

int owner_cleanup_patch(struct arena *a, const struct value *live, const char *manager, struct value *ret_json_patch) {
        return owner_cleanup_patch_for(a, NULL, live, manager, NULL, ret_json_patch, NULL);
}

int owner_migrate_patch(struct arena *a, const struct value *live, const char *api_version,
                        struct value *ret_json_patch) {
        const struct value *managed = value_path(live, "metadata", "managedFields", NULL);
        struct value patch = value_list(), entries = value_list();
        bool changed = false;
        *ret_json_patch = patch;
        if (!value_is_list(managed))
                return 0;
        VALUE_EACH_ITEM(entry, managed) {
                struct value copy;
                if (value_clone(a, entry, &copy, NULL) < 0)
                        return -1;
                if (value_is_map(&copy) && !value_equals_str(value_get(&copy, "apiVersion"), api_version)) {
                        changed = true;
                        if (!value_set(a, &copy, "apiVersion", value_str(api_version)))
                                return -1;
                }
                if (!value_append(a, &entries, copy))
                        return -1;
        }
        if (changed && add_operation(a, &patch, "replace", "/metadata/managedFields", &entries) < 0)
                return -1;
        *ret_json_patch = patch;
        return 0;
}
