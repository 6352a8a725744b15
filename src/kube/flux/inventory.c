/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/inventory.h"

#include "base/buf.h"
#include "base/strmap.h"
#include "kube/flux/order.h"

/* The kinds whose names may hold ':'. */
static const char *const rbac_kinds[] = {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"};

static const char *text_or_empty(const struct value *map, const char *key) {
        const char *s = value_get_str(map, key);
        return s ? s : "";
}

int inventory_ref_of(struct arena *a, const struct value *object, struct inventory_ref *ret, struct err *err) {
        const char *api_version = text_or_empty(object, "apiVersion");
        const struct value *metadata = value_get(object, "metadata");
        const char *slash = strchr(api_version, '/');
        const char *group = slash ? arena_strndup(a, api_version, (size_t)(slash - api_version)) : "";
        if (!group)
                return err_oom(err);
        *ret = (struct inventory_ref){
                .namespace_ = text_or_empty(metadata, "namespace"),
                .name = text_or_empty(metadata, "name"),
                .group = group,
                .kind = text_or_empty(object, "kind"),
        };
        return 0;
}

static bool is_rbac(const struct inventory_ref *ref) {
        if (!streq(ref->group, "rbac.authorization.k8s.io"))
                return false;
        for (size_t i = 0; i < ARRAY_LEN(rbac_kinds); i++)
                if (streq(ref->kind, rbac_kinds[i]))
                        return true;
        return false;
}

/* A copy of s with every occurrence of from replaced by to. NULL: memory. */
static char *replace_all(struct arena *a, const char *s, const char *from, const char *to) {
        _cleanup_buf_ struct buf b = BUF_INIT(strlen(s) * strlen(to) + 1);
        for (const char *at; (at = strstr(s, from)); s = at + strlen(from)) {
                buf_add(&b, s, (size_t)(at - s));
                buf_adds(&b, to);
        }
        buf_adds(&b, s);
        return buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
}

int inventory_ref_id(struct arena *a, const struct inventory_ref *ref, const char **ret, struct err *err) {
        const char *name = ref->name;
        if (is_rbac(ref) && strchr(name, ':'))
                name = replace_all(a, name, ":", "__");
        const char *id = name ? arena_printf(a, "%s_%s_%s_%s", ref->namespace_, name, ref->group, ref->kind) : NULL;
        if (!id)
                return err_oom(err);
        *ret = id;
        return 0;
}

int inventory_id(struct arena *a, const struct value *object, const char **ret, struct err *err) {
        struct inventory_ref ref;
        if (inventory_ref_of(a, object, &ref, err) < 0)
                return -1;
        return inventory_ref_id(a, &ref, ret, err);
}

/* Cuts s at its last '_' and answers what stands behind it; NULL when there is none. */
static char *cut_last(char *s) {
        char *at = strrchr(s, '_');
        if (!at)
                return NULL;
        *at = '\0';
        return at + 1;
}

int inventory_parse(struct arena *a, const char *id, struct inventory_ref *ret, struct err *err) {
        char *s = arena_strdup(a, id);
        if (!s)
                return err_oom(err);
        char *rest = strchr(s, '_');
        if (rest)
                *rest++ = '\0';
        char *kind = rest ? cut_last(rest) : NULL;
        char *group = kind ? cut_last(rest) : NULL;
        if (!group) /* quoted as far as it has been taken apart, as there */
                return err_set(err, ERR_SYNTAX, "unable to parse stored object metadata: %s", rest ? rest : id);
        char *name = strstr(rest, "__") ? replace_all(a, rest, "__", ":") : rest;
        if (!name)
                return err_oom(err);
        *ret = (struct inventory_ref){.namespace_ = s, .name = name, .group = group, .kind = kind};
        return 0;
}

static const char *version_of(const struct value *object) {
        const char *api_version = text_or_empty(object, "apiVersion");
        const char *slash = strchr(api_version, '/');
        return slash ? slash + 1 : api_version;
}

int inventory_of(struct arena *a, const struct value *objects, struct value *ret_entries, struct err *err) {
        struct value entries = value_list();
        VALUE_EACH_ITEM(object, objects) {
                const char *id;
                struct value entry = value_map();
                if (inventory_id(a, object, &id, err) < 0)
                        return -1;
                if (!value_set(a, &entry, "id", value_str(id)) ||
                    !value_set(a, &entry, "v", value_str(version_of(object))) || !value_append(a, &entries, entry))
                        return err_oom(err);
        }
        *ret_entries = entries;
        return 0;
}

/* Appends the entries of from whose ids are not in seen, and notes them there. */
static int append_unseen(struct arena *a, struct strmap *seen, const struct value *from, struct value *to) {
        if (!value_is_list(from))
                return 0;
        VALUE_EACH_ITEM(entry, from) {
                const char *id = value_get_str(entry, "id");
                if (!id)
                        continue;
                int r = strmap_add(seen, id, strlen(id), entry, NULL);
                if (r < 0 || (r == 0 && !value_append(a, to, *entry)))
                        return -1;
        }
        return 0;
}

static int see(struct strmap *seen, const struct value *entries) {
        if (!value_is_list(entries))
                return 0;
        VALUE_EACH_ITEM(entry, entries) {
                const char *id = value_get_str(entry, "id");
                if (id && strmap_add(seen, id, strlen(id), entry, NULL) < 0)
                        return -1;
        }
        return 0;
}

int inventory_stale(struct arena *a, const struct value *old_entries, const struct value *new_entries,
                    struct value *ret_entries) {
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        struct value stale = value_list();
        if (see(&seen, new_entries) < 0 || append_unseen(a, &seen, old_entries, &stale) < 0)
                return -1;
        *ret_entries = stale;
        return 0;
}

int inventory_merge(struct arena *a, struct value *entries, const struct value *more) {
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        if (see(&seen, entries) < 0)
                return -1;
        return append_unseen(a, &seen, more, entries);
}

static int entry_object(struct arena *a, const struct value *entry, struct value *ret, struct err *err) {
        struct inventory_ref ref;
        const char *version = text_or_empty(entry, "v");
        if (inventory_parse(a, text_or_empty(entry, "id"), &ref, err) < 0)
                return -1;
        const char *api_version = *ref.group ? arena_printf(a, "%s/%s", ref.group, version) : version;
        struct value object = value_map(), metadata = value_map();
        if (!api_version || !value_set(a, &metadata, "name", value_str(ref.name)) ||
            (*ref.namespace_ && !value_set(a, &metadata, "namespace", value_str(ref.namespace_))) ||
            !value_set(a, &object, "apiVersion", value_str(api_version)) ||
            !value_set(a, &object, "kind", value_str(ref.kind)) || !value_set(a, &object, "metadata", metadata))
                return err_oom(err);
        *ret = object;
        return 0;
}

int inventory_objects(struct arena *a, const struct value *entries, struct value *ret_objects, struct err *err) {
        struct value objects = value_list();
        VALUE_EACH_ITEM(entry, entries) {
                struct value object;
                if (entry_object(a, entry, &object, err) < 0)
                        return -1;
                if (!value_append(a, &objects, object))
                        return err_oom(err);
        }
        if (order_sort(a, &objects) < 0)
                return err_oom(err);
        *ret_objects = objects;
        return 0;
}

const char *inventory_subject(struct arena *a, const struct value *object) {
        const struct value *metadata = value_get(object, "metadata");
        const char *namespace_ = text_or_empty(metadata, "namespace");
        return arena_printf(a, "%s/%s%s%s", text_or_empty(object, "kind"), namespace_, *namespace_ ? "/" : "",
                            text_or_empty(metadata, "name"));
}
