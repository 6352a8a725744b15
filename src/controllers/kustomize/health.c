/* SPDX-License-Identifier: Apache-2.0 */
/* Health checks: is what was applied ready? A check that must go on is kept in the memory of the Kustomization, and
 * watches wake it (runtime/readiness); what nobody watches is looked at again after a while that doubles. No thread
 * waits. */
#include "controllers/kustomize/reconcile.h"

#include "base/clock.h"
#include "kube/flux/inventory.h"
#include "kube/flux/kstatus.h"

#define POLL_MAX (2 * NSEC_PER_SEC)
#define POLL_WATCHED (10 * NSEC_PER_SEC) /* a watch may be silent because its connection is dead */
#define NAMED_MAX 20                     /* objects named in a message */

bool health_is_wanted(const struct reconcile *r) {
        const struct value *checks = value_get(r->spec, "healthChecks");
        return value_bool_or(value_get(r->spec, "wait"), false) || (value_is_list(checks) && checks->len);
}

/* ---- what to wait for ---- */

/* version: as which it was seen and was not ready; NULL: not seen yet. */
static int add_ref(struct memory *m, const char *api_version, const char *kind, const char *namespace_,
                   const char *name, const char *version) {
        struct value ref = value_map(), meta = value_map();
        const char *const texts[] = {api_version, kind, namespace_, name, version};
        char *copies[ARRAY_LEN(texts)];
        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
                if (!(copies[i] = arena_strdup(m->wait_arena, texts[i] ? texts[i] : "")))
                        return -1;
        bool ok = value_set(m->wait_arena, &ref, "apiVersion", value_str(copies[0])) &&
                  value_set(m->wait_arena, &ref, "kind", value_str(copies[1])) &&
                  (!*copies[2] || value_set(m->wait_arena, &meta, "namespace", value_str(copies[2]))) &&
                  value_set(m->wait_arena, &meta, "name", value_str(copies[3])) &&
                  (!*copies[4] || value_set(m->wait_arena, &meta, "resourceVersion", value_str(copies[4]))) &&
                  value_set(m->wait_arena, &ref, "metadata", meta) &&
                  value_set(m->wait_arena, &ref, "at", value_int(m->wait_for.len)) &&
                  value_append(m->wait_arena, &m->wait_for, ref);
        return ok ? 0 : -1;
}

/* Everything applied that was not ready then; what annotations exclude is not in the list. */
static int add_applied(struct reconcile *r, struct err *err) {
        VALUE_EACH_ITEM(o, &r->unready)
                if (add_ref(r->memory, value_get_str(o, "apiVersion"), value_get_str(o, "kind"),
                            value_path_str(o, "metadata", "namespace", NULL),
                            value_path_str(o, "metadata", "name", NULL),
                            value_path_str(o, "metadata", "resourceVersion", NULL)) < 0)
                        return err_oom(err);
        return 0;
}

static int add_named(struct reconcile *r, struct err *err) {
        const struct value *checks = value_get(r->spec, "healthChecks");
        if (value_is_list(checks))
                VALUE_EACH_ITEM(c, checks)
                        if (add_ref(r->memory, value_string_or(value_get(c, "apiVersion"), "apps/v1"),
                                    value_get_str(c, "kind"), value_get_str(c, "namespace"), value_get_str(c, "name"),
                                    NULL) < 0)
                                return err_oom(err);
        return 0;
}

static int begin(struct reconcile *r, struct err *err) {
        int64_t interval = manager_duration(value_get(r->spec, "interval"), 60 * NSEC_PER_SEC);
        int64_t timeout = manager_duration(value_get(r->spec, "timeout"), interval - 30 * NSEC_PER_SEC);
        if (timeout < 30 * NSEC_PER_SEC && !value_get(r->spec, "timeout"))
                timeout = 30 * NSEC_PER_SEC;
        const char *requested = manager_requested_at(&r->object);
        if (memory_begin_wait(r->memory, r->revision, requested ? requested : "", r->generation, clock_monotonic_ns(),
                              timeout) < 0)
                return err_oom(err);
        if ((value_bool_or(value_get(r->spec, "wait"), false) ? add_applied(r, err) : add_named(r, err)) < 0)
                return -1;
        const struct value *inventory = value_get(&r->status, "inventory");
        if (inventory && value_copy(r->memory->wait_arena, inventory, &r->memory->wait_inventory, err) < 0)
                return -1;
        r->memory->follow = readiness_begin(r->k->readiness, r->namespace_, r->memory->key, r->memory->wait_for.len);
        return 0;
}

/* ---- looking ---- */

static int ask(struct reconcile *r, const struct value *ref, struct arena *a, enum kstatus *ret,
               const char **ret_version, struct err *err) {
        struct value live;
        struct kstatus_result result;
        *ret_version = NULL;
        if (client_get(r->k->manager->client, a, r->as_or_self, value_get_str(ref, "apiVersion"),
                       value_get_str(ref, "kind"), value_path_str(ref, "metadata", "namespace", NULL),
                       value_path_str(ref, "metadata", "name", NULL), &live, err) < 0) {
                if (err->class != ERR_NOT_FOUND)
                        return -1;
                err_done(err);
                *ret = KSTATUS_NOT_FOUND;
                return 0;
        }
        if (kstatus_compute_flux(a, &live, r->now, &result, err) < 0)
                return -1;
        *ret = result.status;
        *ret_version = value_path_str(&live, "metadata", "resourceVersion", NULL);
        return 0;
}

static enum readiness_follow follow(struct reconcile *r, const struct value *ref, const char *version) {
        size_t at = (size_t)value_int_or(value_get(ref, "at"), 0);
        struct readiness_object o = {
                .api_version = value_get_str(ref, "apiVersion"),
                .kind = value_get_str(ref, "kind"),
                .namespace_ = value_path_str(ref, "metadata", "namespace", NULL),
                .name = value_path_str(ref, "metadata", "name", NULL),
                .version = version,
        };
        return r->memory->follow ? readiness_follow(r->memory->follow, at, r->as_or_self, &o) : READINESS_UNWATCHED;
}

/* What its watch shows, or what the object itself shows; then it is watched. everything: ask although it is watched. */
static int look(struct reconcile *r, struct value *ref, bool everything, struct arena *a, enum kstatus *ret,
                bool *ret_watched, struct err *err) {
        struct memory *m = r->memory;
        size_t at = (size_t)value_int_or(value_get(ref, "at"), 0);
        const char *version;
        *ret = KSTATUS_IN_PROGRESS;
        *ret_watched = m->follow && readiness_status(m->follow, at, ret);
        if (*ret_watched)
                return everything ? ask(r, ref, a, ret, &version, err) : 0;
        const char *seen = value_path_str(ref, "metadata", "resourceVersion", NULL);
        if (seen) /* the apply has just looked */
                value_remove(value_get(ref, "metadata"), "resourceVersion");
        else if (ask(r, ref, a, ret, &seen, err) < 0 || *ret == KSTATUS_CURRENT)
                return *ret == KSTATUS_CURRENT ? 0 : -1;
        enum readiness_follow followed = follow(r, ref, seen);
        *ret_watched = followed != READINESS_UNWATCHED;
        return followed == READINESS_JOINED ? ask(r, ref, a, ret, &version, err) : 0;
}

static void add_unready(struct buf *list, size_t *named, const char *subject, enum kstatus status) {
        if (++*named <= NAMED_MAX)
                buf_addf(list, "%s%s status: '%s'", *named > 1 ? ", " : "", subject, kstatus_name(status));
}

/* Looks at everything that was not ready; the ready ones leave the list. */
struct view {
        struct buf unready; /* named for the message */
        bool failed;        /* one will not get ready */
        bool watched;       /* all that is left */
};

static int look_at_all(struct reconcile *r, bool everything, struct view *ret, struct err *err) {
        struct memory *m = r->memory;
        size_t kept = 0, named = 0;
        ret->watched = true;
        for (uint32_t i = 0; i < m->wait_for.len; i++) {
                _cleanup_arena_ struct arena *a = arena_new(0);
                struct value ref = m->wait_for.items[i];
                enum kstatus status;
                bool watched;
                if (!a)
                        return err_oom(err);
                if (look(r, &ref, everything, a, &status, &watched, err) < 0)
                        return -1;
                if (status == KSTATUS_CURRENT) {
                        if (m->follow)
                                readiness_drop(m->follow, (size_t)value_int_or(value_get(&ref, "at"), 0));
                        continue;
                }
                add_unready(&ret->unready, &named, inventory_subject(r->a, &ref), status);
                ret->failed = ret->failed || status == KSTATUS_FAILED;
                ret->watched = ret->watched && watched;
                m->wait_for.items[kept++] = ref;
        }
        m->wait_for.len = (uint32_t)kept;
        if (named > NAMED_MAX)
                buf_addf(&ret->unready, " and %zu more", named - NAMED_MAX);
        return 0;
}

/* When to look again if no watch wakes us. */
static int64_t next_look(struct memory *m, bool watched, int64_t now) {
        int64_t next = POLL_WATCHED;
        if (!watched) {
                next = m->next_poll;
                m->next_poll = next * 2 > POLL_MAX ? POLL_MAX : next * 2;
        }
        int64_t left = m->wait_deadline - now;
        return left < next ? left : next;
}

static int judge(struct reconcile *r, struct view *v, int64_t *ret_next_ns, struct err *err) {
        struct memory *m = r->memory;
        int64_t now = clock_monotonic_ns();
        char after[TIME_TEXT_MAX];
        if (m->wait_for.len == 0)
                return 0;
        if (v->failed)
                return err_set_reason(err, ERR_INTERNAL, "HealthCheckFailed",
                                      "health check failed after %s: failed early due to stalled resources: [%s]",
                                      duration_format(after, now - m->wait_started), buf_str(&v->unready));
        if (now >= m->wait_deadline)
                return err_set_reason(err, ERR_TIMEOUT, "HealthCheckFailed",
                                      "health check failed after %s: timeout waiting for: [%s]",
                                      duration_format(after, now - m->wait_started), buf_str(&v->unready));
        *ret_next_ns = next_look(m, v->watched, now);
        return 1;
}

int health_check(struct reconcile *r, int64_t *ret_next_ns, struct err *err) {
        struct memory *m = r->memory;
        struct view v = {.unready = BUF_INIT(1 << 16)};
        if (!m->waiting && begin(r, err) < 0)
                return -1;
        int64_t now = clock_monotonic_ns();
        bool everything = now - m->asked_at >= POLL_WATCHED || now >= m->wait_deadline;
        if (everything)
                m->asked_at = now;
        int judged = look_at_all(r, everything, &v, err);
        if (judged < 0) {
                err_wrap(err, "health check failed");
                snprintf(err->reason, sizeof(err->reason), "HealthCheckFailed");
        } else {
                judged = judge(r, &v, ret_next_ns, err);
        }
        buf_done(&v.unready);
        return judged;
}
