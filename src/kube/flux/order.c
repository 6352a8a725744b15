/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/order.h"

#include <strings.h>

/* Applied first, in this order: what others need before they can exist. */
static const char *const first_kinds[] = {
        "CustomResourceDefinition",
        "Namespace",
        "ClusterRole",
        "ClusterClass",
        "RuntimeClass",
        "PriorityClass",
        "StorageClass",
        "VolumeSnapshotClass",
        "IngressClass",
        "GatewayClass",
        "ClusterRoleBinding",
        "ResourceQuota",
        "ServiceAccount",
        "Role",
        "RoleBinding",
        "ConfigMap",
        "Secret",
        "Service",
        "LimitRange",
        "Deployment",
        "StatefulSet",
        "CronJob",
        "PodDisruptionBudget",
};

/* Applied last: once they exist they may refuse the rest. */
static const char *const last_kinds[] = {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"};

static const char *text_or_empty(const struct value *map, const char *key) {
        const char *s = value_get_str(map, key);
        return s ? s : "";
}

/* The part of an apiVersion before its slash: its length in bytes. */
static size_t group_len(const char *api_version) {
        const char *slash = strchr(api_version, '/');
        return slash ? (size_t)(slash - api_version) : 0;
}

static int rank(const char *kind) {
        for (size_t i = 0; i < ARRAY_LEN(first_kinds); i++)
                if (streq(kind, first_kinds[i]))
                        return (int)i - (int)ARRAY_LEN(first_kinds);
        for (size_t i = 0; i < ARRAY_LEN(last_kinds); i++)
                if (streq(kind, last_kinds[i]))
                        return (int)i + 1;
        return 0;
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len) {
        int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
        return order ? order : (a_len > b_len) - (a_len < b_len);
}

int order_compare(const struct value *a, const struct value *b) {
        const char *a_kind = text_or_empty(a, "kind"), *b_kind = text_or_empty(b, "kind");
        const char *a_version = text_or_empty(a, "apiVersion"), *b_version = text_or_empty(b, "apiVersion");
        const struct value *a_meta = value_get(a, "metadata"), *b_meta = value_get(b, "metadata");
        int order = rank(a_kind) - rank(b_kind);
        if (!order)
                order = compare_bytes(a_version, group_len(a_version), b_version, group_len(b_version));
        if (!order)
                order = strcmp(a_kind, b_kind);
        if (!order)
                order = strcmp(text_or_empty(a_meta, "namespace"), text_or_empty(b_meta, "namespace"));
        if (!order)
                order = strcmp(text_or_empty(a_meta, "name"), text_or_empty(b_meta, "name"));
        return order;
}

/* Merges the sorted halves [0, middle) and [middle, n) of from into to. sign: 1 or, backwards, -1. */
static void merge(const struct value *from, size_t middle, size_t n, int sign, struct value *to) {
        size_t i = 0, j = middle, at = 0;
        while (i < middle && j < n)
                to[at++] = sign * order_compare(&from[j], &from[i]) < 0 ? from[j++] : from[i++];
        while (i < middle)
                to[at++] = from[i++];
        while (j < n)
                to[at++] = from[j++];
}

static void merge_sort(struct value *items, size_t n, int sign, struct value *spare) {
        if (n < 2)
                return;
        size_t middle = n / 2;
        merge_sort(items, middle, sign, spare);
        merge_sort(items + middle, n - middle, sign, spare);
        memcpy(spare, items, n * sizeof(*items));
        merge(spare, middle, n, sign, items);
}

static int sort(struct arena *a, struct value *objects, int sign) {
        struct value *spare = arena_alloc(a, objects->len * sizeof(struct value));
        if (!spare)
                return -1;
        merge_sort(objects->items, objects->len, sign, spare);
        return 0;
}

int order_sort(struct arena *a, struct value *objects) {
        return sort(a, objects, 1);
}

int order_sort_backwards(struct arena *a, struct value *objects) {
        return sort(a, objects, -1);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int order_kinds_parse(struct arena *a, const char *text, struct order_kinds *ret, struct err *err) {
        size_t n = 0, max = 1;
        for (const char *p = text; *p; p++)
                max += *p == ',';
        const char **names = arena_alloc(a, max * sizeof(char *));
        char *copy = arena_strdup(a, text);
        if (!names || !copy)
                return err_oom(err);
        for (char *item; *text && (item = strsep(&copy, ","));) {
                item += strspn(item, " \t\r\n\v\f");
                for (size_t len = strlen(item); len && strchr(" \t\r\n\v\f", item[len - 1]); len--)
                        item[len - 1] = '\0';
                char *slash = strchr(item, '/');
                const char *kind = slash ? slash + 1 : item;
                const char *name = slash && slash > item ? arena_printf(a, "%s.%.*s", kind, (int)(slash - item), item)
                                                         : arena_strdup(a, kind);
                if (!name)
                        return err_oom(err);
                names[n++] = name;
        }
        qsort(names, n, sizeof(char *), compare_names);
        size_t unique = 0;
        for (size_t i = 0; i < n; i++)
                if (i == 0 || !streq(names[i], names[unique - 1]))
                        names[unique++] = names[i];
        *ret = (struct order_kinds){names, unique};
        return 0;
}

/* True when name is "Kind" or "Kind.group" for the kind and the group of an apiVersion. */
static bool names_kind(const char *name, const char *kind, const char *api_version) {
        size_t kind_len = strlen(kind), len = group_len(api_version);
        if (strncmp(name, kind, kind_len) != 0)
                return false;
        name += kind_len;
        if (!len)
                return !*name;
        return *name == '.' && strlen(name + 1) == len && memcmp(name + 1, api_version, len) == 0;
}

static bool is_definition(const char *kind, const char *api_version) {
        if (strcasecmp(kind, "CustomResourceDefinition") == 0)
                return str_has_prefix(api_version, "apiextensions.k8s.io/");
        if (strcasecmp(kind, "ClusterRole") == 0)
                return str_has_prefix(api_version, "rbac.authorization.k8s.io/");
        return strcasecmp(kind, "Namespace") == 0 && streq(api_version, "v1");
}

enum order_stage order_stage_of(const struct value *object, const struct order_kinds *custom) {
        const char *kind = text_or_empty(object, "kind"), *api_version = text_or_empty(object, "apiVersion");
        if (is_definition(kind, api_version))
                return ORDER_STAGE_DEFINITIONS;
        if (str_has_suffix(kind, "Class"))
                return ORDER_STAGE_CLASSES;
        for (size_t i = 0; custom && i < custom->n; i++)
                if (names_kind(custom->names[i], kind, api_version))
                        return ORDER_STAGE_CUSTOM;
        return ORDER_STAGE_REST;
}

unsigned order_stage(const struct value *object) {
        return order_stage_of(object, NULL);
}
