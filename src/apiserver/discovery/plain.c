/* SPDX-License-Identifier: Apache-2.0 */
/* Plain discovery: one document for each group and version. */
#include "apiserver/discovery/lists.h"

#include "data/base64.h"
#include "data/digest.h"

static int put(struct arena *a, struct value *map, const char *key, struct value v, struct err *err) {
        return value_set(a, map, key, v) ? 0 : err_oom(err);
}

int discovery_verbs(struct arena *a, unsigned verbs, bool custom, struct value *ret, struct err *err) {
        static const struct {
                unsigned verb;
                const char *name;
        } built_in[] = {{VERB_CREATE, "create"}, {VERB_DELETE, "delete"}, {VERB_DELETE_COLLECTION, "deletecollection"},
                        {VERB_GET, "get"},       {VERB_LIST, "list"},     {VERB_PATCH, "patch"},
                        {VERB_UPDATE, "update"}, {VERB_WATCH, "watch"}},
          of_crd[] = {{VERB_DELETE, "delete"}, {VERB_DELETE_COLLECTION, "deletecollection"},
                      {VERB_GET, "get"},       {VERB_LIST, "list"},
                      {VERB_PATCH, "patch"},   {VERB_CREATE, "create"},
                      {VERB_UPDATE, "update"}, {VERB_WATCH, "watch"}};
        *ret = value_list();
        for (size_t i = 0; i < ARRAY_LEN(built_in); i++) {
                unsigned verb = custom ? of_crd[i].verb : built_in[i].verb;
                if ((verbs & verb) && !value_append(a, ret, value_str(custom ? of_crd[i].name : built_in[i].name)))
                        return err_oom(err);
        }
        return 0;
}

int discovery_add_strings(struct arena *a, struct value *map, const char *key, const char *const *strings,
                          struct err *err) {
        struct value list = value_list();
        for (; strings && *strings; strings++)
                if (!value_append(a, &list, value_str(*strings)))
                        return err_oom(err);
        return list.len ? put(a, map, key, list, err) : 0;
}

int discovery_versions(struct arena *a, const char *server_address, struct value *ret, struct err *err) {
        struct value versions = value_list(), address = value_map(), addresses = value_list();
        *ret = value_map();
        if (!value_append(a, &versions, value_str("v1")) ||
            !value_set(a, &address, "clientCIDR", value_str("0.0.0.0/0")) ||
            !value_set(a, &address, "serverAddress", value_str(server_address)) ||
            !value_append(a, &addresses, address))
                return err_oom(err);
        if (put(a, ret, "kind", value_str("APIVersions"), err) < 0 || put(a, ret, "versions", versions, err) < 0)
                return -1;
        return put(a, ret, "serverAddressByClientCIDRs", addresses, err);
}

static int group_version(struct arena *a, const struct kind *k, struct value *ret, struct err *err) {
        struct value text = value_strf(a, "%s/%s", k->group, k->version);
        *ret = value_map();
        if (value_is_null(&text) || !value_set(a, ret, "groupVersion", text) ||
            !value_set(a, ret, "version", value_str(k->version)))
                return err_oom(err);
        return 0;
}

/* One APIGroup without kind and apiVersion, from the kinds that begin at `at`; *at moves behind them. */
static int group_at(struct arena *a, const struct kind_set *kinds, size_t *at, struct value *ret, struct err *err) {
        const char *group = kind_at(kinds, *at)->group, *last = "";
        struct value versions = value_list();
        for (; *at < kind_count(kinds) && streq(kind_at(kinds, *at)->group, group); (*at)++) {
                const struct kind *k = kind_at(kinds, *at);
                struct value version;
                if (streq(k->version, last))
                        continue;
                last = k->version;
                if (group_version(a, k, &version, err) < 0)
                        return -1;
                if (!value_append(a, &versions, version))
                        return err_oom(err);
        }
        *ret = value_map();
        if (put(a, ret, "name", value_str(group), err) < 0 || put(a, ret, "versions", versions, err) < 0)
                return -1;
        return put(a, ret, "preferredVersion", versions.items[0], err);
}

int discovery_groups(struct arena *a, const struct kind_set *kinds, struct value *ret, struct err *err) {
        struct value groups = value_list();
        for (size_t at = 0; at < kind_count(kinds);) {
                struct value group;
                bool core = !kind_at(kinds, at)->group[0];
                if (group_at(a, kinds, &at, &group, err) < 0)
                        return -1;
                if (!core && !value_append(a, &groups, group))
                        return err_oom(err);
        }
        *ret = value_map();
        if (put(a, ret, "kind", value_str("APIGroupList"), err) < 0 ||
            put(a, ret, "apiVersion", value_str("v1"), err) < 0)
                return -1;
        return put(a, ret, "groups", groups, err);
}

int discovery_group(struct arena *a, const struct kind_set *kinds, const char *group, struct value *ret,
                    struct err *err) {
        for (size_t at = 0; at < kind_count(kinds); at++) {
                struct value content;
                if (!group[0] || !streq(kind_at(kinds, at)->group, group))
                        continue;
                if (group_at(a, kinds, &at, &content, err) < 0)
                        return -1;
                *ret = value_map();
                if (put(a, ret, "kind", value_str("APIGroup"), err) < 0 ||
                    put(a, ret, "apiVersion", value_str("v1"), err) < 0)
                        return -1;
                VALUE_EACH_MEMBER(m, &content)
                        if (put(a, ret, m->key, m->value, err) < 0)
                                return -1;
                return 1;
        }
        return 0;
}

/* Kinds that kube-apiserver 1.36 still stores in another version than it serves. */
static const char *stored_version(const struct kind *k) {
        static const char *const beta[] = {"customresourcedefinitions", "mutatingadmissionpolicies",
                                           "mutatingadmissionpolicybindings"};
        for (size_t i = 0; !k->custom && i < ARRAY_LEN(beta); i++)
                if (streq(k->resource, beta[i]))
                        return "v1beta1";
        return k->version;
}

/* The first eight bytes of the digest of what an object is stored as: clients see by it that the storage changed. */
static int add_storage_hash(struct arena *a, const struct kind *k, struct value *entry, struct err *err) {
        const struct kind *stored = k->storage ? k->storage : k;
        uint8_t digest[DIGEST_MAX];
        char text[512];
        if (!(k->verbs & VERB_WATCH))
                return 0;
        int n = snprintf(text, sizeof(text), "%s/%s/%s", stored->group, stored_version(stored), stored->kind);
        if (n < 0 || (size_t)n >= sizeof(text))
                return 0;
        if (digest_raw(DIGEST_SHA256, text, (size_t)n, digest, err) < 0)
                return -1;
        const char *hash = base64_encode(a, digest, 8, NULL);
        return hash ? put(a, entry, "storageVersionHash", value_str(hash), err) : err_oom(err);
}

static int resource_entry(struct arena *a, const struct kind *k, struct value *ret, struct err *err) {
        struct value verbs;
        *ret = value_map();
        if (discovery_verbs(a, k->verbs, k->custom, &verbs, err) < 0 ||
            put(a, ret, "name", value_str(k->resource), err) < 0 ||
            put(a, ret, "singularName", value_str(k->singular), err) < 0 ||
            put(a, ret, "namespaced", value_bool(k->namespaced), err) < 0 ||
            put(a, ret, "kind", value_str(k->kind), err) < 0 || put(a, ret, "verbs", verbs, err) < 0 ||
            discovery_add_strings(a, ret, "shortNames", k->short_names, err) < 0 ||
            discovery_add_strings(a, ret, "categories", k->categories, err) < 0)
                return -1;
        return add_storage_hash(a, k, ret, err);
}

static int subresource_entry(struct arena *a, const struct kind *k, const struct kind_subresource *s, struct value *ret,
                             struct err *err) {
        struct value verbs, name = value_strf(a, "%s/%s", k->resource, s->name);
        bool foreign = !streq(s->group, k->group) || !streq(s->version, k->version);
        *ret = value_map();
        if (value_is_null(&name))
                return err_oom(err);
        if (discovery_verbs(a, s->verbs, false, &verbs, err) < 0 || put(a, ret, "name", name, err) < 0 ||
            put(a, ret, "singularName", value_str(""), err) < 0 ||
            put(a, ret, "namespaced", value_bool(k->namespaced), err) < 0)
                return -1;
        if (foreign && (put(a, ret, "group", value_str(s->group), err) < 0 ||
                        put(a, ret, "version", value_str(s->version), err) < 0))
                return -1;
        return put(a, ret, "kind", value_str(s->kind), err) < 0 ? -1 : put(a, ret, "verbs", verbs, err);
}

int discovery_resources(struct arena *a, const struct kind_set *kinds, const char *group, const char *version,
                        struct value *ret, struct err *err) {
        struct value resources = value_list();
        for (size_t at = 0; at < kind_count(kinds); at++) {
                const struct kind *k = kind_at(kinds, at);
                struct value entry;
                if (!streq(k->group, group) || !streq(k->version, version))
                        continue;
                if (resource_entry(a, k, &entry, err) < 0)
                        return -1;
                if (!value_append(a, &resources, entry))
                        return err_oom(err);
                for (size_t i = 0; i < k->n_subresources; i++) {
                        if (subresource_entry(a, k, &k->subresources[i], &entry, err) < 0)
                                return -1;
                        if (!value_append(a, &resources, entry))
                                return err_oom(err);
                }
        }
        if (!resources.len)
                return 0;
        struct value name = value_strf(a, "%s%s%s", group, group[0] ? "/" : "", version);
        *ret = value_map();
        if (value_is_null(&name))
                return err_oom(err);
        if (put(a, ret, "kind", value_str("APIResourceList"), err) < 0)
                return -1;
        /* the core list has no apiVersion of its own in kube-apiserver */
        if (group[0] && put(a, ret, "apiVersion", value_str("v1"), err) < 0)
                return -1;
        if (put(a, ret, "groupVersion", name, err) < 0 || put(a, ret, "resources", resources, err) < 0)
                return -1;
        return 1;
}
