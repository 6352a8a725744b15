/* SPDX-License-Identifier: Apache-2.0 */
/* Aggregated discovery (apidiscovery.k8s.io/v2): everything in two documents. */
#include "apiserver/discovery/lists.h"

static int put(struct arena *a, struct value *map, const char *key, struct value v, struct err *err) {
        return value_set(a, map, key, v) ? 0 : err_oom(err);
}

/* Empty group and version mean those of the document around. */
static int response_kind(struct arena *a, const char *group, const char *version, const char *kind, struct value *ret,
                         struct err *err) {
        *ret = value_map();
        if (put(a, ret, "group", value_str(group), err) < 0 || put(a, ret, "version", value_str(version), err) < 0)
                return -1;
        return put(a, ret, "kind", value_str(kind), err);
}

static int subresource_entry(struct arena *a, const struct kind *k, const struct kind_subresource *s, struct value *ret,
                             struct err *err) {
        bool foreign = k->custom || !streq(s->group, k->group) || !streq(s->version, k->version);
        struct value kind, verbs;
        if (response_kind(a, foreign ? s->group : "", foreign ? s->version : "", s->kind, &kind, err) < 0 ||
            discovery_verbs(a, s->verbs, false, &verbs, err) < 0)
                return -1;
        *ret = value_map();
        if (put(a, ret, "subresource", value_str(s->name), err) < 0 || put(a, ret, "responseKind", kind, err) < 0)
                return -1;
        return put(a, ret, "verbs", verbs, err);
}

static int resource_entry(struct arena *a, const struct kind *k, struct value *ret, struct err *err) {
        struct value kind, verbs, subresources = value_list();
        if (response_kind(a, k->custom ? k->group : "", k->custom ? k->version : "", k->kind, &kind, err) < 0 ||
            discovery_verbs(a, k->verbs, k->custom, &verbs, err) < 0)
                return -1;
        *ret = value_map();
        if (put(a, ret, "resource", value_str(k->resource), err) < 0 || put(a, ret, "responseKind", kind, err) < 0 ||
            put(a, ret, "scope", value_str(k->namespaced ? "Namespaced" : "Cluster"), err) < 0 ||
            put(a, ret, "singularResource", value_str(k->singular), err) < 0 || put(a, ret, "verbs", verbs, err) < 0 ||
            discovery_add_strings(a, ret, "shortNames", k->short_names, err) < 0 ||
            discovery_add_strings(a, ret, "categories", k->categories, err) < 0)
                return -1;
        for (size_t i = 0; i < k->n_subresources; i++) {
                struct value entry;
                if (subresource_entry(a, k, &k->subresources[i], &entry, err) < 0)
                        return -1;
                if (!value_append(a, &subresources, entry))
                        return err_oom(err);
        }
        return subresources.len ? put(a, ret, "subresources", subresources, err) : 0;
}

/* The kinds of one group and version from *at on. */
static int version_at(struct arena *a, const struct kind_set *kinds, size_t *at, struct value *ret, struct err *err) {
        const struct kind *first = kind_at(kinds, *at);
        struct value resources = value_list();
        for (; *at < kind_count(kinds); (*at)++) {
                const struct kind *k = kind_at(kinds, *at);
                struct value entry;
                if (!streq(k->group, first->group) || !streq(k->version, first->version))
                        break;
                if (resource_entry(a, k, &entry, err) < 0)
                        return -1;
                if (!value_append(a, &resources, entry))
                        return err_oom(err);
        }
        *ret = value_map();
        if (put(a, ret, "version", value_str(first->version), err) < 0 || put(a, ret, "resources", resources, err) < 0)
                return -1;
        return put(a, ret, "freshness", value_str("Current"), err);
}

static int group_at(struct arena *a, const struct kind_set *kinds, size_t *at, struct value *ret, struct err *err) {
        const char *group = kind_at(kinds, *at)->group;
        struct value versions = value_list(), metadata = value_map();
        if (group[0] && put(a, &metadata, "name", value_str(group), err) < 0)
                return -1;
        while (*at < kind_count(kinds) && streq(kind_at(kinds, *at)->group, group)) {
                struct value version;
                if (version_at(a, kinds, at, &version, err) < 0)
                        return -1;
                if (!value_append(a, &versions, version))
                        return err_oom(err);
        }
        *ret = value_map();
        return put(a, ret, "metadata", metadata, err) < 0 ? -1 : put(a, ret, "versions", versions, err);
}

int discovery_aggregated(struct arena *a, const struct kind_set *kinds, bool core, struct value *ret, struct err *err) {
        struct value items = value_list();
        for (size_t at = 0; at < kind_count(kinds);) {
                struct value group;
                bool is_core = !kind_at(kinds, at)->group[0];
                if (group_at(a, kinds, &at, &group, err) < 0)
                        return -1;
                if (is_core == core && !value_append(a, &items, group))
                        return err_oom(err);
        }
        *ret = value_map();
        if (put(a, ret, "kind", value_str("APIGroupDiscoveryList"), err) < 0 ||
            put(a, ret, "apiVersion", value_str("apidiscovery.k8s.io/v2"), err) < 0 ||
            put(a, ret, "metadata", value_map(), err) < 0)
                return -1;
        return put(a, ret, "items", items, err);
}
