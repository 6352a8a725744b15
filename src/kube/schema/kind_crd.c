/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of CustomResourceDefinitions. The API server checked the CRD when it was written; here a broken one gives
 * ERR_INVALID, never a crash. */
#include "kube/schema/kind_internal.h"

#define ALL_VERBS                                                                                                      \
        (VERB_GET | VERB_LIST | VERB_WATCH | VERB_CREATE | VERB_UPDATE | VERB_PATCH | VERB_DELETE |                    \
         VERB_DELETE_COLLECTION)

bool kind_crd_established(const struct value *crd) {
        const struct value *conditions = value_path(crd, "status", "conditions", NULL);
        if (!value_is_list(conditions))
                return false;
        VALUE_EACH_ITEM(c, conditions)
                if (value_equals_str(value_get(c, "type"), "Established") &&
                    value_equals_str(value_get(c, "status"), "True"))
                        return true;
        return false;
}

/* v10beta2 is {10, beta, 2}; rank 2: GA, 1: beta, 0: alpha, -1: no Kubernetes version. */
struct version {
        int rank;
        unsigned long major, minor;
};

static bool read_number(const char **at, unsigned long *ret) {
        if (**at < '1' || **at > '9')
                return false;
        char *end;
        *ret = strtoul(*at, &end, 10);
        *at = end;
        return true;
}

static struct version version_of(const char *text) {
        struct version v = {.rank = -1};
        const char *p = text + 1;
        if (*text != 'v' || !read_number(&p, &v.major))
                return v;
        if (!*p) {
                v.rank = 2;
                return v;
        }
        int rank = str_has_prefix(p, "alpha") ? 0 : str_has_prefix(p, "beta") ? 1 : -1;
        if (rank < 0)
                return v;
        p += rank ? 4 : 5;
        if (read_number(&p, &v.minor) && !*p)
                v.rank = rank;
        return v;
}

int kind_compare_versions(const char *x, const char *y) {
        struct version a = version_of(x), b = version_of(y);
        if (a.rank < 0 && b.rank < 0)
                return strcmp(x, y);
        if (a.rank != b.rank)
                return a.rank > b.rank ? -1 : 1;
        if (a.major != b.major)
                return a.major > b.major ? -1 : 1;
        if (a.minor != b.minor)
                return a.minor > b.minor ? -1 : 1;
        return 0;
}

/* The strings of a list as a NULL-terminated array. */
static const char *const *strings_of(struct arena *a, const struct value *list) {
        size_t n = 0, max = value_is_list(list) ? list->len : 0;
        const char **out = arena_zalloc(a, max + 1, sizeof(*out));
        for (size_t i = 0; out && i < max; i++)
                if (value_is_string(&list->items[i]))
                        out[n++] = list->items[i].str;
        return out;
}

static int add_subresources(struct arena *a, const struct value *version, struct kind *k, struct err *err) {
        const struct value *subresources = value_get(version, "subresources");
        struct kind_subresource *out = arena_zalloc(a, 2, sizeof(*out));
        if (!out)
                return err_oom(err);
        k->subresources = out;
        if (!value_is_null(value_get(subresources, "scale")))
                out[k->n_subresources++] = (struct kind_subresource){.name = "scale",
                                                                     .group = "autoscaling",
                                                                     .version = "v1",
                                                                     .kind = "Scale",
                                                                     .verbs = VERB_GET | VERB_UPDATE | VERB_PATCH};
        if (!value_is_null(value_get(subresources, "status")))
                out[k->n_subresources++] = (struct kind_subresource){.name = "status",
                                                                     .group = k->group,
                                                                     .version = k->version,
                                                                     .kind = k->kind,
                                                                     .verbs = VERB_GET | VERB_UPDATE | VERB_PATCH};
        return 0;
}

/* Names: what was accepted, else what was asked for. */
static int fill_names(struct arena *a, const struct value *crd, struct kind *k, struct err *err) {
        const struct value *names = value_path(crd, "spec", "names", NULL);
        const struct value *accepted = value_path(crd, "status", "acceptedNames", NULL);
        if (*value_string_or(value_get(accepted, "plural"), ""))
                names = accepted;
        k->kind = value_get_str(names, "kind");
        k->resource = value_get_str(names, "plural");
        k->singular = value_string_or(value_get(names, "singular"), "");
        k->list_kind = value_get_str(names, "listKind");
        k->short_names = strings_of(a, value_get(names, "shortNames"));
        k->categories = strings_of(a, value_get(names, "categories"));
        if (k->kind && !k->list_kind)
                k->list_kind = arena_printf(a, "%sList", k->kind);
        if (!k->short_names || !k->categories)
                return err_oom(err);
        return 0;
}

static int load_version(struct kind_set *set, const struct value *crd, const struct value *version, struct kind *k,
                        struct err *err) {
        struct arena *a = set->arena;
        *k = (struct kind){.group = value_path_str(crd, "spec", "group", NULL),
                           .version = value_get_str(version, "name"),
                           .verbs = ALL_VERBS,
                           .namespaced = value_equals_str(value_path(crd, "spec", "scope", NULL), "Namespaced"),
                           .custom = true,
                           .storage_version = value_bool_or(value_get(version, "storage"), false),
                           .crd_version = version};
        struct value *kept = arena_memdup(a, crd, sizeof(*crd));
        if (!kept)
                return err_oom(err);
        k->crd = kept;
        if (fill_names(a, crd, k, err) < 0)
                return -1;
        if (!k->group || !k->version || !k->kind || !k->resource || !k->list_kind)
                return err_set(err, ERR_INVALID, "a CustomResourceDefinition without group, version or names");
        if (add_subresources(a, version, k, err) < 0 ||
            schema_from_crd(a, value_path(version, "schema", "openAPIV3Schema", NULL), &k->schema, err) < 0)
                return -1;
        if (!value_bool_or(value_get(version, "served"), false))
                return 0;
        set->kinds[set->n_kinds++] = k;
        return kind_index(set, k, err);
}

int kind_crd_load(struct kind_set *set, const struct value *crd, struct err *err) {
        const struct value *versions = value_path(crd, "spec", "versions", NULL);
        if (!value_is_list(versions) || !versions->len)
                return err_set(err, ERR_INVALID, "a CustomResourceDefinition without versions");
        struct kind *kinds = arena_zalloc(set->arena, versions->len, sizeof(*kinds));
        if (!kinds)
                return err_oom(err);
        const struct kind *storage = &kinds[0];
        for (size_t i = 0; i < versions->len; i++) {
                if (load_version(set, crd, &versions->items[i], &kinds[i], err) < 0)
                        return -1;
                if (kinds[i].storage_version)
                        storage = &kinds[i];
        }
        for (size_t i = 0; i < versions->len; i++)
                kinds[i].storage = storage;
        return 0;
}
