/* SPDX-License-Identifier: Apache-2.0 */
/* Events live for an hour after their last write (kube-apiserver --event-ttl), so that they do not fill the store. */
#include "apiserver/controllers/internal.h"
#include "base/clock.h"
#include "base/limits.h"

#define EVENT_TTL_NS (3600 * NSEC_PER_SEC)
#define EVENT_ROUND_NS (60 * NSEC_PER_SEC) /* between two looks at all events */
#define EVENTS_PER_ROUND 200

static void newer(int64_t *at, const struct value *time, int64_t now) {
        _cleanup_err_ struct err err = ERR_INIT;
        const char *text = value_string_or(time, "");
        int64_t ns;
        /* what claims to come from the future would never go */
        if (text[0] && time_parse_rfc3339(text, &ns, &err) == 0 && ns > *at && ns <= now)
                *at = ns;
}

/* When an event was written last. */
static int written(const struct object *o, int64_t now, int64_t *ret, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        struct value event;
        *ret = 0;
        if (!a)
                return err_oom(err);
        if (object_tree(o, a, &event, err) < 0)
                return -1;
        newer(ret, value_path(&event, "metadata", "creationTimestamp", NULL), now);
        const struct value *managers = value_path(&event, "metadata", "managedFields", NULL);
        for (size_t i = 0; value_is_list(managers) && i < managers->len; i++)
                newer(ret, value_get(&managers->items[i], "time"), now);
        return 0;
}

static int expire(struct controllers *c, const struct kind *k, const struct object *o, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        char version[24];
        snprintf(version, sizeof(version), "%llu", (unsigned long long)o->rv);
        const struct registry_delete how = {.uid = o->uid, .resource_version = version, .grace_seconds = -1};
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        if (!a)
                return err_oom(err);
        return registry_delete(c->registry, a, k, o->namespace_, o->name, &how, &options, NULL, err);
}

void events_expire(struct controllers *c) {
        int64_t now = clock_realtime_ns(), due = now + EVENT_TTL_NS;
        if (now < c->events_due)
                return;
        const struct kind_set *kinds = registry_kinds(c->registry);
        const struct kind *k = kind_by_resource(kinds, "", "v1", "events");
        _cleanup_registry_list_ struct registry_list list = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        int status = registry_list(c->registry, k, NULL, &list, &err);
        size_t gone = 0;
        for (size_t i = 0; status == 0 && i < list.n; i++) {
                int64_t at;
                status = written(list.items[i], now, &at, &err);
                if (status < 0)
                        break;
                if (at + EVENT_TTL_NS > now) {
                        due = at + EVENT_TTL_NS < due ? at + EVENT_TTL_NS : due;
                        continue;
                }
                if (gone++ == EVENTS_PER_ROUND) {
                        due = now; /* the rest in the next round: changes come first */
                        break;
                }
                _cleanup_err_ struct err why = ERR_INIT;
                if (expire(c, k, list.items[i], &why) < 0)
                        controllers_report("events", list.items[i]->namespace_, list.items[i]->name, &why);
        }
        if (status < 0)
                controllers_report("events", NULL, NULL, &err);
        if (due > now && due < now + EVENT_ROUND_NS)
                due = now + EVENT_ROUND_NS;
        c->events_due = due;
        kind_set_unref(kinds);
}
