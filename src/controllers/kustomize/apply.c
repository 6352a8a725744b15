/* SPDX-License-Identifier: Apache-2.0 */
/* The effects: dry-run and apply, stage by stage, as the tenant's service account. A stage is applied only when all of
 * its dry-runs passed, so an object that is refused keeps its whole stage out of the cluster. */
#include "controllers/kustomize/reconcile.h"

#include "base/clock.h"
#include "data/json/json.h"
#include "kube/flux/drift.h"
#include "kube/flux/inventory.h"
#include "kube/flux/kstatus.h"
#include "kube/flux/owner.h"

#define STAGE_TIMEOUT (60 * NSEC_PER_SEC)
#define CHANGES_MAX 500 /* lines of the change log; the count goes on */

/* One object on its way. */
struct item {
        struct value *desired;
        const char *subject; /* "Deployment/ns/name" */
        const char *id;
        char form[DIGEST_HEX_MAX]; /* digest of the desired form */
        struct value answer;       /* of the dry-run, then of the apply */
        bool exists;
        bool apply;
        bool skip;
        bool current; /* ready, as of the answer */
};

/* ---- errors ---- */

/* Flux's words: "<subject> dry-run failed (<Reason>): <message>". */
static int describe(struct reconcile *r, const struct item *item, const char *what, struct err *err) {
        const char *reason = err->reason[0] ? err->reason : NULL;
        char *text =
                reason && !streq(reason, "NoKindMatch")
                        ? arena_printf(r->a, "%s %s failed (%s): %s", item->subject, what, reason, err_message(err))
                        : arena_printf(r->a, "%s %s failed: %s", item->subject, what, err_message(err));
        if (!text)
                return err_oom(err);
        return err_set_reason(err, err->class, "ReconciliationFailed", "%s", text);
}

static bool is_immutable_error(const struct err *err) {
        const char *text = err_message(err);
        return (err->class == ERR_INVALID || err->class == ERR_CONFLICT) &&
               (strstr(text, "is immutable") || strstr(text, "immutable field"));
}

/* ---- one object ---- */

static int digest_form(struct item *item, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(SIZE_MAX / 2);
        json_write(&b, item->desired, JSON_SORT_KEYS);
        if (buf_failed(&b))
                return err_oom(err);
        return digest_hex(DIGEST_SHA256, buf_str(&b), b.len, item->form, err);
}

static int send(struct reconcile *r, struct item *item, bool dry_run, struct err *err) {
        struct client_apply_options options = {.field_manager = KUSTOMIZE_MANAGER, .force = true, .dry_run = dry_run};
        return client_apply(r->k->manager->client, r->a, r->as_or_self, item->desired, &options, &item->answer, err);
}

static const char *version_of(const struct value *o) {
        return value_string_or(value_path(o, "metadata", "resourceVersion", NULL), "");
}

static int get_live(struct reconcile *r, const struct item *item, struct value *ret, struct err *err) {
        return client_get(r->k->manager->client, r->a, r->as_or_self, value_get_str(item->desired, "apiVersion"),
                          value_get_str(item->desired, "kind"),
                          value_path_str(item->desired, "metadata", "namespace", NULL),
                          value_path_str(item->desired, "metadata", "name", NULL), ret, err);
}

/* Deletes an object whose immutable field changes, so that the next round makes it anew. Answers 1: come back. */
static int recreate(struct reconcile *r, struct item *item, struct err *err) {
        if (client_delete(r->k->manager->client, r->a, r->as_or_self, value_get_str(item->desired, "apiVersion"),
                          value_get_str(item->desired, "kind"),
                          value_path_str(item->desired, "metadata", "namespace", NULL),
                          value_path_str(item->desired, "metadata", "name", NULL), NULL, err) < 0 &&
            err->class != ERR_NOT_FOUND)
                return err_wrap(err, "%s immutable field detected, failed to delete object", item->subject);
        memory_drop(r->memory, item->id);
        err_done(err);
        return 1;
}

/* Makes us heirs of what kubectl left in managedFields, so that fields it set can be removed. */
static int clean_managed_fields(struct reconcile *r, struct item *item, const struct value *live, struct err *err) {
        struct value patch;
        if (owner_cleanup_patch_for(r->a, item->desired, live, KUSTOMIZE_MANAGER, NULL, &patch, err) < 0)
                return -1;
        if (patch.len == 0)
                return 0;
        struct client_resource resource;
        if (client_resource_of(r->k->manager->client, value_get_str(item->desired, "apiVersion"),
                               value_get_str(item->desired, "kind"), &resource, err) < 0)
                return -1;
        _cleanup_buf_ struct buf b = BUF_INIT(SIZE_MAX / 2);
        json_write(&b, &patch, 0);
        char *path = client_path(r->a, &resource, value_path_str(item->desired, "metadata", "namespace", NULL),
                                 value_path_str(item->desired, "metadata", "name", NULL), NULL);
        if (!path || buf_failed(&b))
                return err_oom(err);
        struct client_request request = {.method = "PATCH",
                                         .path = path,
                                         .query = "fieldManager=" KUSTOMIZE_MANAGER,
                                         .content_type = "application/json-patch+json",
                                         .body = buf_str(&b),
                                         .body_len = b.len,
                                         .as = r->as_or_self};
        if (client_do(r->k->manager->client, r->a, &request, NULL, err) < 0)
                return err_wrap(err, "%s metadata.managedFields cleanup failed", item->subject);
        return 1;
}

/* Decides from the dry-run's answer whether the object must be written. A version that is known to hold this very form
 * needs no further look, nor does one that our last apply left with another form; otherwise the live object is read and
 * compared. */
static int decide(struct reconcile *r, struct item *item, struct err *err) {
        item->exists = *version_of(&item->answer) != '\0';
        if (!item->exists) {
                item->apply = true;
                return 0;
        }
        if (owner_apply_action(item->desired, &item->answer) == OWNER_SKIP) {
                item->skip = true;
                return 0;
        }
        if (memory_knows(r->memory, item->id, item->form, version_of(&item->answer)))
                return 0;
        if (memory_left(r->memory, item->id, version_of(&item->answer))) {
                item->apply = true; /* ours alone, and the desired form is another: no need to compare */
                return 0;
        }
        struct value live;
        if (get_live(r, item, &live, err) < 0)
                return err->class == ERR_NOT_FOUND ? (err_done(err), item->apply = true, 0) : -1;
        if (!owner_merges(item->desired, &live)) {
                int cleaned = clean_managed_fields(r, item, &live, err);
                if (cleaned < 0 || (cleaned > 0 && send(r, item, true, err) < 0))
                        return -1;
                item->apply = cleaned > 0;
        }
        item->apply = item->apply || drift_differs(&live, &item->answer);
        if (!item->apply)
                memory_remember(r->memory, item->id, item->form, version_of(&live));
        return 0;
}

/* The dry-run of one object. 1: it was deleted to be made anew. */
static int try_one(struct reconcile *r, struct item *item, struct err *err) {
        item->subject = inventory_subject(r->a, item->desired);
        if (!item->subject || inventory_id(r->a, item->desired, &item->id, err) < 0)
                return err_oom(err);
        if (owner_apply_action(item->desired, NULL) == OWNER_SKIP) {
                item->skip = true;
                return 0;
        }
        if (digest_form(item, err) < 0)
                return -1;
        if (send(r, item, true, err) < 0) {
                bool force = value_bool_or(value_get(r->spec, "force"), false) || owner_force(item->desired, NULL);
                if (force && is_immutable_error(err))
                        return recreate(r, item, err);
                return describe(r, item, "dry-run", err);
        }
        return decide(r, item, err) < 0 ? describe(r, item, "dry-run", err) : 0;
}

static int note_change(struct reconcile *r, const struct item *item, const char *what, struct err *err) {
        r->memory->changed = true;
        if (r->changes.len >= CHANGES_MAX)
                return 0;
        struct value line = value_strf(r->a, "%s %s", item->subject, what);
        return line.type == VALUE_STRING && value_append(r->a, &r->changes, line) ? 0 : err_oom(err);
}

/* The answer of the last request says whether the object is ready: only those that are not have to be looked at again.
 * The Kustomization itself is not waited for. */
static int note_readiness(struct reconcile *r, struct item *item, struct err *err) {
        struct kstatus_result status;
        if (kstatus_compute_flux(r->a, &item->answer, r->now, &status, err) < 0)
                return -1;
        item->current = status.status == KSTATUS_CURRENT;
        bool self = streq(value_get_str(item->desired, "kind"), "Kustomization") &&
                    streq(value_get_str(item->desired, "apiVersion"), KUSTOMIZATION_API) &&
                    value_equals_str(value_path(item->desired, "metadata", "name", NULL), r->name) &&
                    value_equals_str(value_path(item->desired, "metadata", "namespace", NULL), r->namespace_);
        if (item->current || self)
                return 0;
        return value_append(r->a, &r->unready, item->answer) ? 0 : err_oom(err);
}

static int write_one(struct reconcile *r, struct item *item, struct err *err) {
        if (item->skip)
                return 0;
        if (!item->apply)
                return note_readiness(r, item, err);
        if (send(r, item, false, err) < 0) {
                describe(r, item, "apply", err);
                return -1;
        }
        memory_remember(r->memory, item->id, item->form, version_of(&item->answer));
        if (note_readiness(r, item, err) < 0)
                return -1;
        return note_change(r, item, item->exists ? "configured" : "created", err);
}

/* ---- a stage ---- */

/* Are the definitions of a stage in force? 0 yes, 1 not yet. */
static int await_stage(struct reconcile *r, struct item *items, size_t n, struct err *err) {
        for (size_t i = 0; i < n; i++) {
                struct kstatus_result status;
                if (items[i].skip || items[i].current)
                        continue;
                if (kstatus_compute_flux(r->a, &items[i].answer, r->now, &status, err) < 0)
                        return -1;
                int64_t now = clock_monotonic_ns();
                if (!r->memory->stage_started)
                        r->memory->stage_started = now;
                if (now - r->memory->stage_started < STAGE_TIMEOUT)
                        return 1;
                r->memory->stage_started = 0;
                return err_set_reason(err, ERR_TIMEOUT, "ReconciliationFailed",
                                      "timeout waiting for: [%s status: '%s']", items[i].subject,
                                      kstatus_name(status.status));
        }
        return 0;
}

static int apply_stage(struct reconcile *r, struct item *items, size_t n, bool await, struct err *err) {
        bool again = false;
        for (size_t i = 0; i < n; i++) {
                int tried = try_one(r, &items[i], err);
                if (tried < 0)
                        return -1;
                again = again || tried > 0;
        }
        if (again)
                return 1;
        for (size_t i = 0; i < n; i++)
                if (write_one(r, &items[i], err) < 0)
                        return -1;
        return await ? await_stage(r, items, n, err) : 0;
}

int apply_run(struct reconcile *r, struct err *err) {
        struct item *items = arena_zalloc(r->a, r->objects.len ? r->objects.len : 1, sizeof(*items));
        r->changes = value_list();
        r->unready = value_list();
        if (!items)
                return err_oom(err);
        for (unsigned stage = 0; stage < ORDER_STAGES; stage++) {
                size_t n = 0;
                VALUE_EACH_ITEM(o, &r->objects)
                        if (order_stage(o) == stage)
                                items[n++] = (struct item){.desired = o};
                int done = n ? apply_stage(r, items, n, stage <= ORDER_STAGE_CLASSES, err) : 0;
                if (done != 0)
                        return done;
        }
        r->memory->stage_started = 0;
        return 0;
}

/* ---- prune ---- */

/* Deletes one object if it is still ours. 1: it went. */
static int prune_one(struct reconcile *r, const struct value *stub, struct err *err) {
        struct item item = {.desired = (struct value *)stub, .subject = inventory_subject(r->a, stub)};
        struct value live;
        if (get_live(r, &item, &live, err) < 0) {
                if (err->class != ERR_NOT_FOUND)
                        return err_wrap(err, "%s query failed", item.subject);
                err_done(err); /* it is gone, or its kind is */
                return 0;
        }
        if (!owner_matches(&live, KUSTOMIZATION_GROUP, r->name, r->namespace_) || owner_prune_disabled(&live) ||
            value_path(&live, "metadata", "deletionTimestamp", NULL))
                return 0;
        if (client_delete(r->k->manager->client, r->a, r->as_or_self, value_get_str(stub, "apiVersion"),
                          value_get_str(stub, "kind"), value_path_str(stub, "metadata", "namespace", NULL),
                          value_path_str(stub, "metadata", "name", NULL),
                          value_path_str(&live, "metadata", "uid", NULL), err) < 0) {
                if (err->class != ERR_NOT_FOUND)
                        return err_wrap(err, "%s delete failed", item.subject);
                err_done(err);
        }
        return note_change(r, &item, "deleted", err) < 0 ? -1 : 1;
}

int apply_prune(struct reconcile *r, const struct value *stale, struct value *ret_survivors, struct err *err) {
        struct value objects;
        *ret_survivors = value_list();
        if (inventory_objects(r->a, stale, &objects, err) < 0)
                return -1;
        _cleanup_err_ struct err first = ERR_INIT;
        for (uint32_t i = objects.len; i-- > 0;) { /* backwards: what was applied last goes first */
                const char *id;
                _cleanup_err_ struct err why = ERR_INIT;
                if (prune_one(r, &objects.items[i], &why) >= 0) {
                        if (inventory_id(r->a, &objects.items[i], &id, NULL) == 0)
                                memory_drop(r->memory, id);
                        continue;
                }
                struct value one = value_list(), entries;
                if (!value_append(r->a, &one, objects.items[i]) || inventory_of(r->a, &one, &entries, err) < 0 ||
                    !value_append(r->a, ret_survivors, entries.items[0]))
                        return err_oom(err);
                if (first.class == ERR_NONE)
                        err_move(&first, &why);
        }
        if (first.class == ERR_NONE)
                return 0;
        err_move(err, &first);
        snprintf(err->reason, sizeof(err->reason), "PruneFailed");
        return -1;
}
