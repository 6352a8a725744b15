/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/resource/resid.h"

#include "build/kustomize/config/table.h"

int gvk_split(struct arena *a, const char *api_version, const char **ret_group, const char **ret_version) {
        const char *slash = strchr(api_version, '/');
        if (!slash) {
                *ret_group = "";
                *ret_version = api_version;
                return 0;
        }
        char *group = arena_strndup(a, api_version, (size_t)(slash - api_version));
        if (!group)
                return -1;
        *ret_group = group;
        *ret_version = slash + 1;
        return 0;
}

bool gvk_selected(const struct gvk *gvk, const struct gvk *selector) {
        return (!*selector->kind || streq(gvk->kind, selector->kind)) &&
               (!*selector->group || streq(gvk->group, selector->group)) &&
               (!*selector->version || streq(gvk->version, selector->version));
}

bool gvk_equal(const struct gvk *a, const struct gvk *b) {
        return streq(a->kind, b->kind) && streq(a->group, b->group) && streq(a->version, b->version);
}

static const char * or (const char *s, const char *fallback) {
        return *s ? s : fallback;
}

const char *gvk_string(struct arena *a, const struct gvk *gvk) {
        return arena_concat(a, or (gvk->kind, "[noKind]"), ".", or (gvk->version, "[noVer]"), ".",
                            or (gvk->group, "[noGrp]"), NULL);
}

const char *const resid_first_kinds[RESID_FIRST_KINDS] = {
        "Namespace",
        "ResourceQuota",
        "StorageClass",
        "CustomResourceDefinition",
        "ServiceAccount",
        "PodSecurityPolicy",
        "Role",
        "ClusterRole",
        "RoleBinding",
        "ClusterRoleBinding",
        "ConfigMap",
        "Secret",
        "Endpoints",
        "Service",
        "LimitRange",
        "PriorityClass",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Deployment",
        "StatefulSet",
        "CronJob",
        "PodDisruptionBudget",
};

static int kind_rank(const char *kind) {
        for (size_t i = 0; i < RESID_FIRST_KINDS; i++)
                if (kind[0] == resid_first_kinds[i][0] && streq(kind, resid_first_kinds[i]))
                        return (int)i - (int)RESID_FIRST_KINDS;
        if (streq(kind, "MutatingWebhookConfiguration"))
                return 1;
        return streq(kind, "ValidatingWebhookConfiguration") ? 2 : 0;
}

/* Compares "a1_a2_a3" with "b1_b2_b3" without building them. */
static int compare_joined(const char *const *a, const char *const *b, size_t n) {
        size_t i = 0, j = 0;
        const char *p = a[0], *q = b[0];
        for (;;) {
                int c = *p ? (uint8_t)*p : i + 1 < n ? '_' : -1;
                int d = *q ? (uint8_t)*q : j + 1 < n ? '_' : -1;
                if (c != d || c < 0)
                        return c - d;
                p = *p ? p + 1 : a[++i];
                q = *q ? q + 1 : b[++j];
        }
}

int gvk_compare(const struct gvk *a, const struct gvk *b) {
        int i = kind_rank(a->kind), j = kind_rank(b->kind);
        if (i != j)
                return i - j;
        const char *x[] = { or (a->group, "~G"), or (a->version, "~V"), or (a->kind, "~K")};
        const char *y[] = { or (b->group, "~G"), or (b->version, "~V"), or (b->kind, "~K")};
        return compare_joined(x, y, 3);
}

const char *resid_string(struct arena *a, const struct resid *id) {
        return arena_printf(a, "%s.%s.%s/%s.%s", or (id->gvk.kind, "[noKind]"), or (id->gvk.version, "[noVer]"),
                            or (id->gvk.group, "[noGrp]"), or (id->name, "[noName]"), or (id->ns, "[noNs]"));
}

const char *resid_effective_ns(const struct resid *id) {
        if (id->cluster_scoped)
                return RESID_NO_NAMESPACE;
        return or (id->ns, "default");
}

const char *resid_key(struct arena *a, const struct resid *id, size_t *ret_len) {
        /* A unit separator cannot stand in a name that Kubernetes accepts; in others a clash only means "equal". */
        const char *parts[] = {id->gvk.kind, id->gvk.group, id->gvk.version, id->name, resid_effective_ns(id)};
        size_t lens[ARRAY_LEN(parts)], n = 0;
        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
                n += (lens[i] = strlen(parts[i])) + 1;
        char *key = arena_alloc(a, n + 1);
        if (!key)
                return NULL;
        char *to = key;
        for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
                memcpy(to, parts[i], lens[i]);
                to += lens[i];
                *to++ = '\x1f';
        }
        *to = 0;
        *ret_len = n;
        return key;
}

/* ---- scopes ---- */

static char cluster_mark, namespaced_mark;

int scopes_set(struct arena *a, struct scopes *s, const char *api_version, const char *kind, bool cluster,
               struct err *err) {
        char *key = arena_printf(a, "%s %s", api_version, kind);
        if (!key || strmap_set(&s->map, key, strlen(key), cluster ? &cluster_mark : &namespaced_mark) < 0)
                return err_oom(err);
        return 0;
}

int scopes_init(struct arena *a, struct scopes *s, struct err *err) {
        struct table t = TABLE(kustomize_scopes);
        const char *column[3];
        while (table_next(&t, a, column, 3))
                if (scopes_set(a, s, column[0], column[1], streq(column[2], "cluster"), err) < 0)
                        return -1;
        return 0;
}

static const char *look_up(const struct scopes *s, const char *api_version, const char *kind) {
        char key[512];
        int n = snprintf(key, sizeof(key), "%s %s", api_version, kind);
        /* No known kind has so long a name. */
        return n > 0 && (size_t)n < sizeof(key) ? strmap_get(&s->map, key, (size_t)n) : NULL;
}

bool scopes_is_cluster(const struct scopes *s, const char *api_version, const char *kind) {
        return look_up(s, api_version, kind) == &cluster_mark;
}

bool scopes_knows(const struct scopes *s, const char *api_version, const char *kind) {
        return look_up(s, api_version, kind) != NULL;
}

void scopes_done(struct scopes *s) {
        strmap_done(&s->map);
}
