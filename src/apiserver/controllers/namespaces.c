/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a namespace: everything in it is deleted; when nothing is left, its own finalizer goes and with it the
 * namespace. What stays because of finalizers is told in its conditions. */
#include "apiserver/controllers/internal.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"

struct remains {
        struct buf resources;     /* "configmaps. has 1 resource instances, ..." */
        struct strmap finalizers; /* name to count (as a pointer) */
        size_t n;
};

static void count_finalizers(struct remains *r, const struct object *o) {
        for (size_t i = 0; i < o->n_finalizers; i++) {
                const char *name = o->finalizers[i];
                char *key = strdup(name);
                uintptr_t n = (uintptr_t)strmap_get(&r->finalizers, name, strlen(name));
                /* the key of the first entry stays in the map and is freed at the end */
                if (!key || strmap_set(&r->finalizers, n ? name : key, strlen(name), (void *)(n + 1)) < 0 || n)
                        free(key);
        }
}

/* Deletes what is there of one kind and counts what stays. */
static int clear_kind(struct controllers *c, const struct kind *k, const char *name, struct remains *r,
                      struct err *err) {
        _cleanup_registry_list_ struct registry_list list = {0}, left = {0};
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        if (registry_list(c->registry, k, name, &list, err) < 0)
                return -1;
        for (size_t i = 0; i < list.n; i++) {
                _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
                _cleanup_err_ struct err why = ERR_INIT;
                const struct registry_delete how = {.propagation = REGISTRY_BACKGROUND, .grace_seconds = -1};
                if (list.items[i]->deleting)
                        continue;
                if (!a)
                        return err_oom(err);
                if (registry_delete(c->registry, a, k, name, list.items[i]->name, &how, &options, NULL, &why) < 0 &&
                    why.class != ERR_NOT_FOUND)
                        return err_move(err, &why);
        }
        if (!list.n || registry_list(c->registry, k, name, &left, err) < 0)
                return list.n ? -1 : 0;
        if (left.n)
                buf_addf(&r->resources, "%s%s.%s has %zu resource instances", r->n ? ", " : "", k->resource, k->group,
                         left.n);
        for (size_t i = 0; i < left.n; i++)
                count_finalizers(r, left.items[i]);
        r->n += left.n;
        return 0;
}

static int clear(struct controllers *c, const char *name, struct remains *r, struct err *err) {
        const struct kind_set *kinds = registry_kinds(c->registry);
        int status = 0;
        for (size_t i = 0; status == 0 && i < kind_count(kinds); i++) {
                const struct kind *k = kind_at(kinds, i);
                if (k->namespaced && k->storage == k && (k->verbs & VERB_DELETE) && (k->verbs & VERB_LIST))
                        status = clear_kind(c, k, name, r, err);
        }
        kind_set_unref(kinds);
        return status;
}

struct condition_row {
        const char *type, *status, *reason, *message;
};

static int put_condition(struct arena *a, struct value *list, const struct condition_row *row, int64_t now,
                         bool *changed, struct err *err) {
        char text[TIME_TEXT_MAX];
        struct value *condition = NULL;
        VALUE_EACH_ITEM(item, list)
                if (value_equals_str(value_get(item, "type"), row->type))
                        condition = item;
        if (condition && value_equals_str(value_get(condition, "status"), row->status) &&
            value_equals_str(value_get(condition, "message"), row->message))
                return 0;
        if (!condition)
                condition = value_append(a, list, value_map());
        struct value since = value_strf(a, "%s", time_format_rfc3339(text, now));
        const char *message = arena_strdup(a, row->message);
        *changed = true;
        return condition && message && !value_is_null(&since) &&
                               value_set(a, condition, "type", value_str(row->type)) &&
                               value_set(a, condition, "status", value_str(row->status)) &&
                               value_set(a, condition, "lastTransitionTime", since) &&
                               value_set(a, condition, "reason", value_str(row->reason)) &&
                               value_set(a, condition, "message", value_str(message))
                       ? 0
                       : err_oom(err);
}

static int tell(void *context, struct arena *a, struct value *object, struct err *err) {
        const struct condition_row *rows = context;
        struct value *status = value_obtain_map(a, object, "status");
        bool changed = false;
        if (!status)
                return err_oom(err);
        struct value *list = value_get(status, "conditions");
        if (!value_is_list(list))
                list = value_set(a, status, "conditions", value_list());
        if (!list)
                return err_oom(err);
        for (; rows->type; rows++)
                if (put_condition(a, list, rows, clock_realtime_ns() / NSEC_PER_SEC, &changed, err) < 0)
                        return -1;
        return changed ? 0 : 1;
}

/* What still stands, for people who wait. */
static int tell_remains(struct controllers *c, const struct kind *k, const char *name, struct remains *r,
                        struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        _cleanup_buf_ struct buf finalizers = BUF_INIT(1 << 20);
        const struct registry_options options = {.manager = CONTROLLER_MANAGER, .subresource = "status"};
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&r->finalizers, &at));)
                buf_addf(&finalizers, "%s%s in %zu resource instances", finalizers.len ? ", " : "", e->key,
                         (size_t)(uintptr_t)e->value);
        const char *left = a ? arena_printf(a, "Some resources are remaining: %s", buf_str(&r->resources)) : NULL;
        const char *held =
                a ? arena_printf(a, "Some content in the namespace has finalizers remaining: %s", buf_str(&finalizers))
                  : NULL;
        if (!left || !held)
                return err_oom(err);
        struct condition_row rows[] = {
                {"NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered",
                 "All resources successfully discovered"},
                {"NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
                 "All legacy kube types successfully parsed"},
                {"NamespaceDeletionContentFailure", "False", "ContentDeleted",
                 "All content successfully deleted, may be waiting on finalization"},
                {"NamespaceContentRemaining", "True", "SomeResourcesRemain", left},
                {"NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", held},
                {NULL, NULL, NULL, NULL},
        };
        if (!finalizers.len)
                rows[4] = (struct condition_row){"NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers",
                                                 "All content-preserving finalizers finished"};
        return registry_modify(c->registry, a, k, "", name, &options, tell, rows, NULL, err);
}

static int finalize(void *context, struct arena *a, struct value *object, struct err *err) {
        struct value *spec = value_get(object, "spec"), *list = value_get(spec, "finalizers");
        if (!value_is_list(list))
                return 1;
        for (size_t i = 0; i < list->len; i++)
                if (value_equals_str(&list->items[i], "kubernetes")) {
                        value_remove_at(list, i);
                        return 0;
                }
        return 1;
}

static int remember(struct controllers *c, const char *name, struct err *err) {
        if (strmap_get(&c->terminating, name, strlen(name)))
                return 0;
        char *copy = strdup(name);
        if (!copy || strmap_set(&c->terminating, copy, strlen(copy), copy) < 0) {
                free(copy);
                return err_oom(err);
        }
        return 0;
}

static int sync_namespace(struct controllers *c, const struct kind *k, const char *name, struct remains *r,
                          struct err *err) {
        const struct registry_options options = {.manager = CONTROLLER_MANAGER, .subresource = "finalize"};
        const struct registry_options plain = {.manager = CONTROLLER_MANAGER};
        if (remember(c, name, err) < 0 || clear(c, name, r, err) < 0)
                return -1;
        if (r->n)
                return tell_remains(c, k, name, r, err);
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        if (!a)
                return err_oom(err);
        if (registry_modify(c->registry, a, k, "", name, &options, finalize, NULL, NULL, err) < 0)
                return -1;
        /* one that had no finalizers goes now; one that lost its last with that write is gone already */
        _cleanup_err_ struct err gone = ERR_INIT;
        if (registry_delete(c->registry, a, k, "", name, NULL, &plain, NULL, &gone) < 0 &&
            gone.class != ERR_NOT_FOUND && gone.class != ERR_CONFLICT)
                return err_move(err, &gone);
        return 0;
}

void namespaces_sync(struct controllers *c, const char *name) {
        const struct kind_set *kinds = registry_kinds(c->registry);
        const struct kind *k = kind_by_resource(kinds, "", "v1", "namespaces");
        struct remains r = {.resources = BUF_INIT(1 << 20)};
        _cleanup_err_ struct err err = ERR_INIT;
        if (k && sync_namespace(c, k, name, &r, &err) < 0)
                controllers_report("namespaces", NULL, name, &err);
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&r.finalizers, &at));)
                free((char *)e->key);
        strmap_done(&r.finalizers);
        buf_done(&r.resources);
        kind_set_unref(kinds);
}
