/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/schema/kind_internal.h"

#include <pthread.h>

#define KEY_MAX 512

extern const char kube_kinds_tsv[], kube_kinds_tsv_end[];

static struct kind_set builtin; /* read once, lives as long as the process */
static pthread_once_t builtin_once = PTHREAD_ONCE_INIT;

static void builtin_load(void) {
        _cleanup_err_ struct err err = ERR_INIT;
        builtin.arena = arena_new(0);
        if (builtin.arena &&
            kind_table_load(&builtin, kube_kinds_tsv, (size_t)(kube_kinds_tsv_end - kube_kinds_tsv), &err) == 0)
                return;
        /* Without memory at start no kind is known and every request is answered with 404. */
        arena_free(builtin.arena);
        strmap_done(&builtin.by_resource);
        strmap_done(&builtin.by_name);
        builtin = (struct kind_set){0};
}

const struct kind_set *kind_set_builtin(void) {
        pthread_once(&builtin_once, builtin_load);
        return &builtin;
}

static void set_free(struct kind_set *set) {
        strmap_done(&set->by_resource);
        strmap_done(&set->by_name);
        arena_free(set->arena);
        free(set);
}

static void set_freep(struct kind_set **set) {
        if (*set)
                set_free(*set);
}

static int compare_kinds(const void *x, const void *y) {
        const struct kind *a = *(const struct kind *const *)x, *b = *(const struct kind *const *)y;
        int order = strcmp(a->group, b->group);
        if (order == 0)
                order = kind_compare_versions(a->version, b->version);
        return order ? order : strcmp(a->resource, b->resource);
}

int kind_set_new(const struct value *crds, struct kind_set **ret, struct err *err) {
        const struct kind_set *base = kind_set_builtin();
        __attribute__((__cleanup__(set_freep))) struct kind_set *set = calloc(1, sizeof(*set));
        if (!set || !(set->arena = arena_new(0)))
                return err_oom(err);
        atomic_init(&set->references, 1);
        size_t capacity = base->n_kinds;
        if (value_is_list(crds)) {
                VALUE_EACH_ITEM(crd, crds) {
                        const struct value *versions = value_path(crd, "spec", "versions", NULL);
                        capacity += value_is_list(versions) ? versions->len : 0;
                }
        }
        set->kinds = arena_zalloc(set->arena, capacity + 1, sizeof(struct kind *));
        if (!set->kinds)
                return err_oom(err);
        if (base->n_kinds)
                memcpy(set->kinds, base->kinds, base->n_kinds * sizeof(struct kind *));
        set->n_kinds = base->n_kinds;
        if (value_is_list(crds)) {
                VALUE_EACH_ITEM(crd, crds) {
                        struct value copy;
                        if (!kind_crd_established(crd))
                                continue;
                        if (value_copy(set->arena, crd, &copy, err) < 0 || kind_crd_load(set, &copy, err) < 0)
                                return -1;
                }
        }
        qsort(set->kinds + base->n_kinds, set->n_kinds - base->n_kinds, sizeof(struct kind *), compare_kinds);
        *ret = TAKE_PTR(set);
        return 0;
}

const struct kind_set *kind_set_ref(const struct kind_set *set) {
        if (set && set != &builtin)
                atomic_fetch_add_explicit(&((struct kind_set *)set)->references, 1, memory_order_relaxed);
        return set;
}

const struct kind_set *kind_set_unref(const struct kind_set *set) {
        struct kind_set *s = (struct kind_set *)set;
        if (!s || s == &builtin)
                return NULL;
        if (atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) == 1)
                set_free(s);
        return NULL;
}

/* "group/version/name" in text; 0 when it does not fit, which no key in a map can be. */
static size_t make_key(char text[static KEY_MAX], const char *group, const char *version, const char *name) {
        int n = snprintf(text, KEY_MAX, "%s/%s/%s", group, version, name);
        return n > 0 && n < KEY_MAX ? (size_t)n : 0;
}

int kind_index(struct kind_set *set, const struct kind *k, struct err *err) {
        char text[KEY_MAX];
        size_t n = make_key(text, k->group, k->version, k->resource);
        const char *resource = arena_strndup(set->arena, text, n);
        if (!n)
                return err_set(err, ERR_INVALID, "the name of %s is too long", k->kind);
        if (!resource || strmap_set(&set->by_resource, resource, n, (void *)k) < 0)
                return err_oom(err);
        n = make_key(text, k->group, k->version, k->kind);
        const char *name = arena_strndup(set->arena, text, n);
        if (!n)
                return err_set(err, ERR_INVALID, "the name of %s is too long", k->kind);
        if (!name || strmap_set(&set->by_name, name, n, (void *)k) < 0)
                return err_oom(err);
        return 0;
}

const struct kind *kind_by_resource(const struct kind_set *set, const char *group, const char *version,
                                    const char *resource) {
        char text[KEY_MAX];
        size_t n = make_key(text, group, version, resource);
        if (!n)
                return NULL;
        const struct kind *k = strmap_get(&kind_set_builtin()->by_resource, text, n);
        return k ? k : strmap_get(&set->by_resource, text, n);
}

const struct kind *kind_by_name(const struct kind_set *set, const char *group, const char *version, const char *kind) {
        char text[KEY_MAX];
        size_t n = make_key(text, group, version, kind);
        if (!n)
                return NULL;
        const struct kind *k = strmap_get(&kind_set_builtin()->by_name, text, n);
        return k ? k : strmap_get(&set->by_name, text, n);
}

const struct kind *kind_storage(const struct kind_set *set, const struct kind *k) {
        return k->storage;
}

size_t kind_count(const struct kind_set *set) {
        return set->n_kinds;
}

const struct kind *kind_at(const struct kind_set *set, size_t index) {
        return index < set->n_kinds ? set->kinds[index] : NULL;
}

const struct kind_subresource *kind_subresource(const struct kind *k, const char *name) {
        for (size_t i = 0; i < k->n_subresources; i++)
                if (streq(k->subresources[i].name, name))
                        return &k->subresources[i];
        return NULL;
}

int kind_split_api_version(struct arena *a, const char *api_version, const char **ret_group, const char **ret_version,
                           struct err *err) {
        const char *slash = strchr(api_version, '/');
        if (slash && strchr(slash + 1, '/'))
                return err_set(err, ERR_BAD_REQUEST, "unexpected GroupVersion string: %s", api_version);
        const char *group = slash ? arena_strndup(a, api_version, (size_t)(slash - api_version)) : "";
        const char *version = arena_strdup(a, slash ? slash + 1 : api_version);
        if (!group || !version)
                return err_oom(err);
        *ret_group = group;
        *ret_version = version;
        return 0;
}
