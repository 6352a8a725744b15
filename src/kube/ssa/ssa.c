/* SPDX-License-Identifier: Apache-2.0 */
/* kube-apiserver's chain around the managers of one object, from the outside to the inside: the patch's version,
 * kubectl's last-applied annotation, objects that nobody applied yet, the cap of update managers, and metadata that
 * nobody owns. */
#include "kube/ssa/ssa.h"

#include "base/limits.h"
#include "kube/ssa/ssa_internal.h"
#include "kube/ssa/ssa_typed.h"

/* ---- objects ---- */

static bool is_subresource(const struct ssa_request *r) {
        return r->subresource && *r->subresource;
}

static struct ssa_manager manager_of(const struct ssa_request *r, const char *name, bool applied) {
        return (struct ssa_manager){.name = name && *name ? name : "unknown",
                                    .subresource = r->subresource ? r->subresource : "",
                                    .api_version = r->api_version,
                                    .applied = applied};
}

/* The object with other managedFields; NULL: without them. Shares everything else. */
static int with_managed_fields(struct arena *a, const struct value *object, const struct value *fields,
                               struct value *ret, struct err *err) {
        struct value out = value_map(), meta = value_map();
        const struct value *old = value_get(object, "metadata");
        if (value_is_map(old)) {
                VALUE_EACH_MEMBER(m, old)
                        if (!streq(m->key, "managedFields") && !value_add(a, &meta, m->key, m->key_len, m->value))
                                return err_oom(err);
        }
        if (fields && fields->len && !value_add(a, &meta, "managedFields", 13, *fields))
                return err_oom(err);
        VALUE_EACH_MEMBER(m, object) {
                bool is_meta = streq(m->key, "metadata") && value_is_map(&m->value);
                if (!value_add(a, &out, m->key, m->key_len, is_meta ? meta : m->value))
                        return err_oom(err);
        }
        *ret = out;
        return 0;
}

/* An object of the kind that does not exist yet: what Go makes of no fields at all. */
static int empty_object(struct arena *a, const struct ssa_request *r, struct value *ret, struct err *err) {
        struct value out = value_map();
        if (!value_add(a, &out, "apiVersion", 10, value_str(r->api_version)) ||
            !value_add(a, &out, "kind", 4, value_str(r->kind)))
                return err_oom(err);
        *ret = out;
        return r->schema && r->schema->type == SCHEMA_STRUCT ? schema_fill(a, r->schema, ret, err) : 0;
}

/* live without managedFields, or the empty object. */
static int prepare_live(struct arena *a, const struct ssa_request *r, const struct value *live, struct value *ret,
                        struct err *err) {
        return value_is_map(live) ? with_managed_fields(a, live, NULL, ret, err) : empty_object(a, r, ret, err);
}

/* "ns/name; group/version, Kind=kind" for messages. */
static const char *describe(struct arena *a, const struct value *object) {
        const char *version = value_string_or(value_get(object, "apiVersion"), "");
        const char *namespace = value_string_or(value_path(object, "metadata", "namespace", NULL), "");
        const char *text = arena_printf(
                a, "%s/%s; %s%s, Kind=%s", namespace, value_string_or(value_path(object, "metadata", "name", NULL), ""),
                strchr(version, '/') ? "" : "/", version, value_string_or(value_get(object, "kind"), ""));
        return text ? text : "";
}

/* "metadata.labels" as a path. */
static int insert_dotted(struct arena *a, const char *dotted, struct fieldset *set, struct err *err) {
        struct fieldset_element path[16];
        size_t n = 0;
        for (const char *p = dotted; *p && n < ARRAY_LEN(path); n++) {
                size_t len = strcspn(p, ".");
                path[n] = fieldset_field(p, len);
                p += len + (p[len] == '.');
        }
        return fieldset_insert(a, set, path, n, err);
}

static int ignored_fields(struct arena *a, const struct ssa_request *r, struct fieldset *set,
                          const struct fieldset **ret, struct err *err) {
        *set = FIELDSET_EMPTY;
        *ret = NULL;
        for (const char *const *p = r->reset_fields; p && *p; p++) {
                if (insert_dotted(a, *p, set, err) < 0)
                        return -1;
                *ret = set;
        }
        return 0;
}

/* ---- what nobody owns ---- */

static int strip_meta(struct arena *a, struct ssa_managers *m, const struct ssa_manager *id, struct err *err) {
        static const char *const paths[] = {"apiVersion",
                                            "kind",
                                            "metadata",
                                            "metadata.name",
                                            "metadata.namespace",
                                            "metadata.creationTimestamp",
                                            "metadata.selfLink",
                                            "metadata.uid",
                                            "metadata.clusterName",
                                            "metadata.generation",
                                            "metadata.managedFields",
                                            "metadata.resourceVersion"};
        struct ssa_manager *one = ssa_managers_find(m, id);
        struct fieldset stripped = FIELDSET_EMPTY;
        if (!one)
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(paths); i++)
                if (insert_dotted(a, paths[i], &stripped, err) < 0)
                        return -1;
        if (fieldset_difference(a, &one->set, &stripped, &one->set, err) < 0)
                return -1;
        if (fieldset_is_empty(&one->set))
                ssa_managers_remove(m, id);
        return 0;
}

/* ---- updates ---- */

/* Oldest first; equal times by manager, version, subresource. */
static int compare_age(const void *x, const void *y) {
        const struct ssa_manager *p = *(const struct ssa_manager *const *)x, *q = *(const struct ssa_manager *const *)y;
        int64_t s = p->timed ? p->time : 0, t = q->timed ? q->time : 0;
        if (s != t)
                return s < t ? -1 : 1;
        int order = strcmp(p->name, q->name);
        if (order == 0)
                order = strcmp(p->api_version, q->api_version);
        return order ? order : strcmp(p->subresource, q->subresource);
}

static const struct ssa_manager *first_of_version(const struct ssa_manager *const *list, size_t n,
                                                  const char *version) {
        for (size_t i = 0; i < n; i++)
                if (streq(list[i]->api_version, version))
                        return list[i];
        return NULL;
}

/* Joins one of the oldest update managers into its version's bucket, once the bucket has a second one to join. */
static int join_ancient(struct arena *a, struct ssa_managers *m, const struct ssa_manager *one,
                        const struct ssa_manager *first, struct err *err) {
        struct ssa_manager bucket = {.name = SSA_ANCIENT_CHANGES, .subresource = "", .api_version = one->api_version};
        struct ssa_manager *old = ssa_managers_find(m, &bucket);
        bucket.set = old ? old->set : first->set;
        if (!old)
                ssa_managers_remove(m, first);
        bucket.timed = one->timed;
        bucket.time = one->time;
        if (fieldset_union(a, &one->set, &bucket.set, &bucket.set, err) < 0)
                return -1;
        ssa_managers_remove(m, one);
        return ssa_managers_put(a, m, &bucket) ? 0 : err_oom(err);
}

static int cap_managers(struct arena *a, struct ssa_managers *m, struct err *err) {
        struct ssa_managers copy;
        if (ssa_managers_copy(a, m, &copy, err) < 0)
                return -1;
        const struct ssa_manager **updaters = arena_zalloc(a, copy.n + 1, sizeof(*updaters));
        size_t n = 0;
        if (!updaters)
                return err_oom(err);
        for (size_t i = 0; i < copy.n; i++)
                if (!copy.items[i].applied)
                        updaters[n++] = &copy.items[i];
        qsort(updaters, n, sizeof(*updaters), compare_age);
        for (size_t i = 0, left = n; i < n && left > SSA_UPDATE_MANAGERS_MAX; i++) {
                const struct ssa_manager *first = first_of_version(updaters, i, updaters[i]->api_version);
                if (!first)
                        continue;
                if (join_ancient(a, m, updaters[i], first, err) < 0)
                        return -1;
                left--;
        }
        return 0;
}

/* What changed from live to object goes to the manager; its time is now if anything did. */
static int track_update(struct arena *a, const struct ssa_request *r, const char *name, const struct value *live,
                        const struct value *object, struct ssa_managers *m, struct err *err) {
        /* No name of a client's: it is taken off again before anyone sees it. */
        struct ssa_manager self = manager_of(r, "\001current-operation", false), id = manager_of(r, name, false);
        struct fieldset set;
        const struct fieldset *ignored;
        if (ignored_fields(a, r, &set, &ignored, err) < 0 || ssa_validate(a, r->schema, object, true, err) < 0 ||
            ssa_validate(a, r->schema, live, true, err) < 0 ||
            ssa_managers_update(a, r->schema, live, object, ignored, &self, m, err) < 0 ||
            strip_meta(a, m, &self, err) < 0)
                return -1;
        const struct ssa_manager *changed = ssa_managers_find(m, &self);
        if (changed) {
                id.set = changed->set;
                ssa_managers_remove(m, &self);
                const struct ssa_manager *before = ssa_managers_find(m, &id);
                if (before && fieldset_union(a, &id.set, &before->set, &id.set, err) < 0)
                        return -1;
                id.timed = true;
                id.time = r->now;
                if (!ssa_managers_put(a, m, &id))
                        return err_oom(err);
        }
        return cap_managers(a, m, err);
}

/* [] and [{}] say: forget who owned what. */
static bool is_reset(const struct value *entries) {
        if (!value_is_list(entries))
                return false;
        return !entries->len || (entries->len == 1 && value_is_map(&entries->items[0]) && !entries->items[0].len);
}

/* The managers before an update: the client's, when it sent valid ones; else those of the live object. */
static int managers_before(struct arena *a, const struct ssa_request *r, const struct value *live,
                           const struct value *object, struct ssa_managers *ret, struct err *err) {
        const struct value *sent = value_path(object, "metadata", "managedFields", NULL);
        const struct value *stored = value_path(live, "metadata", "managedFields", NULL);
        *ret = (struct ssa_managers){0};
        if (!is_subresource(r)) {
                if (is_reset(sent))
                        return 0;
                if (ssa_managers_decode(a, sent, ret, err) == 0 && ret->n)
                        return 0;
                if (err && err->class == ERR_MEMORY)
                        return -1;
                err_done(err);
        }
        if (ssa_managers_decode(a, stored, ret, err) < 0) {
                if (err && err->class == ERR_MEMORY)
                        return -1;
                err_done(err);
                *ret = (struct ssa_managers){0};
        }
        return 0;
}

int ssa_update(struct arena *a, const struct ssa_request *r, const struct value *live_or_null,
               const struct value *object, struct value *ret, struct err *err) {
        _cleanup_err_ struct err inner = ERR_INIT;
        struct ssa_managers m;
        struct value live, new, entries;
        bool creating = !*value_string_or(value_path(live_or_null, "metadata", "uid", NULL), "");
        if (managers_before(a, r, live_or_null, object, &m, &inner) < 0)
                return err_move(err, &inner);
        if (with_managed_fields(a, object, NULL, &new, err) < 0 || prepare_live(a, r, live_or_null, &live, err) < 0)
                return -1;
        /* An object whose managers were forgotten stays untracked until someone applies it. */
        if ((m.n || creating) && track_update(a, r, r->manager, &live, &new, &m, &inner) < 0) {
                if (inner.class == ERR_MEMORY)
                        return err_move(err, &inner);
                m.n = 0; /* better no managers than wrong ones */
        }
        if (ssa_managers_encode(a, &m, &entries, err) < 0)
                return -1;
        return with_managed_fields(a, object, &entries, ret, err);
}

/* ---- applies ---- */

static int check_patch(struct arena *a, const struct ssa_request *r, const struct value *patch, struct err *err) {
        const char *version = value_string_or(value_get(patch, "apiVersion"), "");
        const char *kind = value_string_or(value_get(patch, "kind"), "");
        if (!streq(version, r->api_version) || !streq(kind, r->kind))
                return err_set(err, ERR_BAD_REQUEST, "invalid object type: %s%s, Kind=%s",
                               strchr(version, '/') ? "" : "/", version, kind);
        if (!value_is_null(value_path(patch, "metadata", "managedFields", NULL)))
                return err_set(err, ERR_BAD_REQUEST, "metadata.managedFields must be nil");
        if (ssa_validate(a, r->schema, patch, false, err) < 0)
                return err_wrap(err, "failed to create typed patch object (%s)", describe(a, patch));
        return 0;
}

static int apply_once(struct arena *a, const struct ssa_request *r, const struct value *live, const struct value *patch,
                      bool force, struct ssa_managers *m, struct value *ret, struct ssa_conflicts *conflicts,
                      struct err *err) {
        struct ssa_manager id = manager_of(r, r->manager, true);
        struct fieldset set;
        const struct fieldset *ignored;
        if (ignored_fields(a, r, &set, &ignored, err) < 0)
                return -1;
        int changed = ssa_managers_apply(a, r->schema, live, patch, ignored, &id, force, m, ret, conflicts, err);
        if (changed < 0 || strip_meta(a, m, &id, err) < 0)
                return -1;
        if (!changed)
                *ret = *live;
        struct ssa_manager *one = ssa_managers_find(m, &id);
        if (changed && one) {
                one->timed = true;
                one->time = r->now;
        }
        return 0;
}

/* kubectl, which used to keep its own annotation: fields that hold what it says may be taken without force. */
static int apply_as_kubectl(struct arena *a, const struct ssa_request *r, const struct value *live,
                            const struct value *patch, struct ssa_managers *m, struct value *ret, struct err *err) {
        struct ssa_managers before;
        struct ssa_conflicts conflicts = {0};
        bool kubectl = streq(r->manager ? r->manager : "", "kubectl");
        if (ssa_managers_copy(a, m, &before, err) < 0)
                return -1;
        if (apply_once(a, r, live, patch, r->force, m, ret, &conflicts, err) == 0)
                return 0;
        if (!kubectl || !conflicts.n)
                return -1;
        bool allowed;
        if (ssa_kubectl_allows(a, r, live, &conflicts, &allowed, err) < 0 || !allowed)
                return -1;
        err_done(err);
        *m = before;
        return apply_once(a, r, live, patch, true, m, ret, &conflicts, err);
}

int ssa_apply(struct arena *a, const struct ssa_request *r, const struct value *live_or_null, const struct value *patch,
              struct value *ret, struct err *err) {
        _cleanup_err_ struct err inner = ERR_INIT;
        struct ssa_managers m;
        struct value live, merged, entries;
        if (check_patch(a, r, patch, err) < 0)
                return -1;
        if (ssa_managers_decode(a, value_path(live_or_null, "metadata", "managedFields", NULL), &m, &inner) < 0) {
                err_move(err, &inner);
                return err_wrap(err, "failed to decode managed fields");
        }
        if (prepare_live(a, r, live_or_null, &live, err) < 0)
                return -1;
        if (value_is_map(live_or_null) && ssa_validate(a, r->schema, &live, true, err) < 0)
                return err_wrap(err, "failed to create typed live object (%s)", describe(a, &live));
        if (!m.n) {
                /* The first apply: what is there already belongs to whoever wrote it before. */
                struct value nothing;
                if (empty_object(a, r, &nothing, err) < 0 ||
                    track_update(a, r, SSA_BEFORE_FIRST_APPLY, &nothing, &live, &m, err) < 0)
                        return -1;
        }
        if (apply_as_kubectl(a, r, &live, patch, &m, &merged, &inner) < 0)
                return err_move(err, &inner);
        if (streq(r->manager ? r->manager : "", "kubectl") && ssa_kubectl_annotate(a, patch, &merged, err) < 0)
                return -1;
        if (ssa_managers_encode(a, &m, &entries, err) < 0)
                return -1;
        return with_managed_fields(a, &merged, &entries, ret, err);
}
