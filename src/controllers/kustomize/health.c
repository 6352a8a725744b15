/* SPDX-License-Identifier: Apache-2.0 */
/* Health checks: is what was applied ready? A check that must go on is kept in the memory of the Kustomization and
 * looked at again after a while that doubles; no thread waits. */
#include "controllers/kustomize/reconcile.h"

#include "base/clock.h"
#include "kube/inventory.h"
#include "kube/kstatus.h"

#define POLL_MAX (2 * NSEC_PER_SEC)
#define NAMED_MAX 20 /* objects named in a message */

bool health_is_wanted(const struct reconcile *r) {
        const struct value *checks = value_get(r->spec, "healthChecks");
        return value_bool_or(value_get(r->spec, "wait"), false) || (value_is_list(checks) && checks->len);
}

/* ---- what to wait for ---- */

static int add_ref(struct memory *m, const char *api_version, const char *kind, const char *namespace_,
                   const char *name) {
        struct value ref = value_map(), meta = value_map();
        const char *const texts[] = {api_version, kind, namespace_, name};
        char *copies[4];
        for (size_t i = 0; i < 4; i++)
                if (!(copies[i] = arena_strdup(m->wait_arena, texts[i] ? texts[i] : "")))
                        return -1;
        bool ok = value_set(m->wait_arena, &ref, "apiVersion", value_str(copies[0])) &&
                  value_set(m->wait_arena, &ref, "kind", value_str(copies[1])) &&
                  (!*copies[2] || value_set(m->wait_arena, &meta, "namespace", value_str(copies[2]))) &&
                  value_set(m->wait_arena, &meta, "name", value_str(copies[3])) &&
                  value_set(m->wait_arena, &ref, "metadata", meta) && value_append(m->wait_arena, &m->wait_for, ref);
        return ok ? 0 : -1;
}

/* Everything applied that was not ready then; what annotations exclude is not in the list. */
static int add_applied(struct reconcile *r, struct err *err) {
        VALUE_EACH_ITEM(o, &r->unready)
                if (add_ref(r->memory, value_get_str(o, "apiVersion"), value_get_str(o, "kind"),
                            value_path_str(o, "metadata", "namespace", NULL),
                            value_path_str(o, "metadata", "name", NULL)) < 0)
                        return err_oom(err);
        return 0;
}

static int add_named(struct reconcile *r, struct err *err) {
        const struct value *checks = value_get(r->spec, "healthChecks");
        if (value_is_list(checks))
                VALUE_EACH_ITEM(c, checks)
                        if (add_ref(r->memory, value_string_or(value_get(c, "apiVersion"), "apps/v1"),
                                    value_get_str(c, "kind"), value_get_str(c, "namespace"),
                                    value_get_str(c, "name")) < 0)
                                return err_oom(err);
        return 0;
}

static int begin(struct reconcile *r, struct err *err) {
        int64_t interval = manager_duration(value_get(r->spec, "interval"), 60 * NSEC_PER_SEC);
        int64_t timeout = manager_duration(value_get(r->spec, "timeout"), interval - 30 * NSEC_PER_SEC);
        if (timeout < 30 * NSEC_PER_SEC && !value_get(r->spec, "timeout"))
                timeout = 30 * NSEC_PER_SEC;
        if (memory_begin_wait(r->memory, r->revision, r->generation, clock_monotonic_ns(), timeout) < 0)
                return err_oom(err);
        return value_bool_or(value_get(r->spec, "wait"), false) ? add_applied(r, err) : add_named(r, err);
}

/* ---- looking ---- */

static int look(struct reconcile *r, const struct value *ref, struct arena *a, struct kstatus_result *ret,
                struct err *err) {
        struct value live;
        if (client_get(r->k->manager->client, a, r->as_or_self, value_get_str(ref, "apiVersion"),
                       value_get_str(ref, "kind"), value_path_str(ref, "metadata", "namespace", NULL),
                       value_path_str(ref, "metadata", "name", NULL), &live, err) < 0) {
                if (err->class != ERR_NOT_FOUND)
                        return -1;
                err_done(err);
                *ret = (struct kstatus_result){.status = KSTATUS_NOT_FOUND};
                return 0;
        }
        return kstatus_compute_flux(a, &live, r->now, ret, err);
}

static void add_unready(struct buf *list, size_t *named, const char *subject, enum kstatus status) {
        if (++*named <= NAMED_MAX)
                buf_addf(list, "%s%s status: '%s'", *named > 1 ? ", " : "", subject, kstatus_name(status));
}

/* Looks at everything that was not ready; the ready ones leave the list. *ret_failed: one will not get ready. */
static int look_at_all(struct reconcile *r, struct buf *unready, bool *ret_failed, struct err *err) {
        struct memory *m = r->memory;
        size_t kept = 0, named = 0;
        *ret_failed = false;
        for (uint32_t i = 0; i < m->wait_for.len; i++) {
                _cleanup_arena_ struct arena *a = arena_new(0);
                struct value ref = m->wait_for.items[i];
                struct kstatus_result status;
                if (!a)
                        return err_oom(err);
                if (look(r, &ref, a, &status, err) < 0)
                        return -1;
                if (status.status == KSTATUS_CURRENT)
                        continue;
                add_unready(unready, &named, inventory_subject(r->a, &ref), status.status);
                *ret_failed = *ret_failed || status.status == KSTATUS_FAILED;
                m->wait_for.items[kept++] = ref;
        }
        m->wait_for.len = (uint32_t)kept;
        if (named > NAMED_MAX)
                buf_addf(unready, " and %zu more", named - NAMED_MAX);
        return 0;
}

int health_check(struct reconcile *r, struct err *err) {
        struct memory *m = r->memory;
        _cleanup_buf_ struct buf unready = BUF_INIT(1 << 16);
        bool failed;
        if (!m->waiting) {
                if (begin(r, err) < 0)
                        return -1;
                if (value_bool_or(value_get(r->spec, "wait"), false)) /* the apply has just looked */
                        return m->wait_for.len > 0;
        }
        if (look_at_all(r, &unready, &failed, err) < 0) {
                err_wrap(err, "health check failed");
                snprintf(err->reason, sizeof(err->reason), "HealthCheckFailed");
                return -1;
        }
        int64_t now = clock_monotonic_ns();
        char after[TIME_TEXT_MAX];
        if (m->wait_for.len == 0)
                return 0;
        if (failed)
                return err_set_reason(err, ERR_INTERNAL, "HealthCheckFailed",
                                      "health check failed after %s: failed early due to stalled resources: [%s]",
                                      duration_format(after, now - m->wait_started), buf_str(&unready));
        if (now >= m->wait_deadline)
                return err_set_reason(err, ERR_TIMEOUT, "HealthCheckFailed",
                                      "health check failed after %s: timeout waiting for: [%s]",
                                      duration_format(after, now - m->wait_started), buf_str(&unready));
        m->next_poll = m->next_poll * 2 > POLL_MAX ? POLL_MAX : m->next_poll * 2;
        return 1;
}
