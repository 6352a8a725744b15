/* SPDX-License-Identifier: Apache-2.0 */
/* Settling: nothing runs workloads here, so their status is set as if they had rolled out. What waits for a rollout
 * (kstatus, kubectl rollout status, helm --wait) then sees it done. weir's own Deployment is run, and its status is
 * what became of the process. */
#include "apiserver/controllers/internal.h"
#include "apiserver/controllers/settled.h"
#include "base/clock.h"
#include "base/limits.h"

struct settling {
        struct own *own;
        settled_status fill;
        int64_t now;
};

static int change(void *context, struct arena *a, struct value *object, struct err *err) {
        const struct settling *s = context;
        const struct value *have = value_get(object, "status");
        struct settled out = {.arena = a, .object = object, .now = s->now};
        if (!value_is_null(value_path(object, "metadata", "deletionTimestamp", NULL)))
                return 1;
        if (value_is_map(have)) {
                if (value_clone(a, have, &out.status, err) < 0)
                        return -1;
        } else {
                out.status = value_map();
        }
        if (!own_describe(s->own, &out))
                s->fill(&out);
        if (out.oom)
                return err_oom(err);
        if (have && value_equal(have, &out.status))
                return 1;
        return value_set(a, object, "status", out.status) ? 0 : err_oom(err);
}

void settle(struct controllers *c, const struct kind_set *kinds, const struct object *o) {
        const struct kind *k = controllers_kind(kinds, o->api_version, o->kind);
        settled_status fill = k && !k->custom ? settled_of(k->group, k->kind) : NULL;
        const struct registry_options options = {.manager = CONTROLLER_MANAGER, .subresource = "status"};
        _cleanup_err_ struct err err = ERR_INIT;
        if (!fill)
                return;
        struct settling s = {.own = c->own, .fill = fill, .now = clock_realtime_ns() / NSEC_PER_SEC};
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        if (a && registry_modify(c->registry, a, k, o->namespace_, o->name, &options, change, &s, NULL, &err) < 0)
                controllers_report("settling", o->namespace_, o->name, &err);
}
