/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/resource/sort.h"

struct entry {
        struct resource *resource;
        struct resid id;
        long rank;            /* of the kind: negative first, positive last */
        const char *gvk_text; /* "group_version_kind" */
        const char *id_text;  /* "Gvk|ns|name" */
        size_t at;
};

static const char * or (const char *s, const char *fallback) {
        return *s ? s : fallback;
}

static int compare(const void *x, const void *y) {
        const struct entry *a = x, *b = y;
        if (!gvk_equal(&a->id.gvk, &b->id.gvk)) {
                if (a->rank != b->rank)
                        return a->rank < b->rank ? -1 : 1;
                int c = strcmp(a->gvk_text, b->gvk_text);
                bool namespaces = streq(a->id.gvk.kind, "Namespace") && streq(b->id.gvk.kind, "Namespace");
                /* The core Namespace goes before Namespaces of other groups. */
                if (namespaces && (!*a->id.gvk.group || !*b->id.gvk.group))
                        return -c;
                if (c)
                        return c;
        }
        int c = strcmp(a->id_text, b->id_text);
        return c ? c : (a->at < b->at ? -1 : a->at > b->at);
}

/* Ranks of kinds by name: the value is the rank as an offset from a base address. */
static int add_ranks(struct arena *a, struct strmap *ranks, const char *const *kinds, size_t n, long first) {
        for (size_t i = 0; i < n; i++) {
                long *rank = arena_make(a, long);
                if (!rank)
                        return -1;
                *rank = first + (long)i;
                if (strmap_set(ranks, kinds[i], strlen(kinds[i]), rank) < 0)
                        return -1;
        }
        return 0;
}

static int add_list(struct arena *a, struct strmap *ranks, const struct value *list, bool first) {
        if (!value_is_list(list))
                return 0;
        const char **kinds = arena_zalloc(a, list->len + 1, sizeof(*kinds));
        if (!kinds)
                return -1;
        for (size_t i = 0; i < list->len; i++)
                kinds[i] = list->items[i].str;
        return add_ranks(a, ranks, kinds, list->len, first ? -(long)list->len : 1);
}

static const char *const default_last[] = {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"};

static int sort_legacy(struct engine *e, struct resmap *m, const struct strmap *ranks, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct entry *entries = a ? arena_zalloc(a, m->len + 1, sizeof(*entries)) : NULL;
        if (!entries)
                return err_oom(err);
        for (size_t i = 0; i < m->len; i++) {
                struct entry *x = &entries[i];
                x->resource = m->items[i];
                x->at = i;
                if (resource_current_id(e->arena, &e->scopes, x->resource, &x->id) < 0)
                        return err_oom(err);
                const struct gvk *g = &x->id.gvk;
                const long *rank = strmap_get(ranks, g->kind, strlen(g->kind));
                x->rank = rank ? *rank : 0;
                x->gvk_text =
                        arena_concat(a, or (g->group, "~G"), "_", or (g->version, "~V"), "_", or (g->kind, "~K"), NULL);
                const char *gvk = gvk_string(a, g);
                x->id_text =
                        arena_concat(a, gvk ? gvk : "", "|", or (x->id.ns, "~X"), "|", or (x->id.name, "~N"), NULL);
                if (!x->gvk_text || !gvk || !x->id_text)
                        return err_oom(err);
        }
        qsort(entries, m->len, sizeof(*entries), compare);
        for (size_t i = 0; i < m->len; i++)
                m->items[i] = entries[i].resource;
        resmap_touch(m);
        return 0;
}

int sort_resources(struct engine *e, struct resmap *m, const struct value *options, struct err *err) {
        const char *order = options ? value_string_or(value_get(options, "order"), "") : "legacy";
        const struct value *legacy = value_get(options, "legacySortOptions");
        bool fifo = streq(order, "fifo");
        if (!fifo && !streq(order, "legacy"))
                return err_set(err, ERR_INVALID, "the field 'sortOptions.order' must be one of [fifo, legacy]");
        if (fifo && legacy)
                return err_set(
                        err, ERR_INVALID,
                        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', "
                        "not 'legacy'");
        if (fifo)
                return 0;
        _cleanup_strmap_ struct strmap ranks = STRMAP_INIT;
        struct arena *a = e->arena;
        int failed =
                legacy ? add_list(a, &ranks, value_get(legacy, "orderFirst"), true) < 0 ||
                                 add_list(a, &ranks, value_get(legacy, "orderLast"), false) < 0
                       : add_ranks(a, &ranks, resid_first_kinds, RESID_FIRST_KINDS, -(long)RESID_FIRST_KINDS) < 0 ||
                                 add_ranks(a, &ranks, default_last, ARRAY_LEN(default_last), 1) < 0;
        return failed ? err_oom(err) : sort_legacy(e, m, &ranks, err);
}
