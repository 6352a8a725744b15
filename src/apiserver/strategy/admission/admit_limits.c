/* SPDX-License-Identifier: Apache-2.0 */
/* LimitRanger: the LimitRanges of a namespace give containers defaults and bounds. */
#include "apiserver/strategy/admission/admit.h"
#include "apiserver/strategy/amount.h"
#include "base/buf.h"
#include "base/limits.h"

#define ANNOTATION "kubernetes.io/limit-ranger"

/* Adds what target lacks of `from`; names of what was added go to b, separated. Answers how many, or -1. */
static int fill(struct arena *a, struct value *target, const struct value *from, struct buf *b, struct err *err) {
        int added = 0;
        if (!value_is_map(from))
                return 0;
        VALUE_EACH_MEMBER(m, from) {
                if (value_getn(target, m->key, m->key_len))
                        continue;
                if (!value_setn(a, target, m->key, m->key_len, m->value))
                        return err_oom(err);
                buf_addf(b, "%s%s", added++ ? ", " : "", m->key);
        }
        return added;
}

static int default_container(struct strategy_context *c, const struct value *limit, struct value *container,
                             const char *what, struct buf *note, struct err *err) {
        static const char *const parts[][3] = {{"requests", "defaultRequest", "request"},
                                               {"limits", "default", "limit"}};
        struct value *resources = value_obtain_map(c->arena, container, "resources");
        if (!resources)
                return err_oom(err);
        for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
                const struct value *from = value_get(limit, parts[i][1]);
                if (!value_is_map(from) || !from->len)
                        continue;
                struct value *target = value_obtain_map(c->arena, resources, parts[i][0]);
                _cleanup_buf_ struct buf names = BUF_INIT(65536);
                if (!target)
                        return err_oom(err);
                int added = fill(c->arena, target, from, &names, err);
                if (added < 0)
                        return -1;
                if (added)
                        buf_addf(note, "%s%s %s for %s %s", note->len ? "; " : "", buf_str(&names), parts[i][2], what,
                                 value_string_or(value_get(container, "name"), ""));
        }
        return 0;
}

static int default_containers(struct strategy_context *c, const struct value *limit, struct value *list,
                              const char *what, struct buf *note, struct err *err) {
        if (!value_is_list(list))
                return 0;
        VALUE_EACH_ITEM(container, list)
                if (default_container(c, limit, container, what, note, err) < 0)
                        return -1;
        return 0;
}

/* One bound of one resource. limit_name: "maximum" compares limits, "minimum" requests. */
static int check_bound(struct strategy_context *c, const struct value *object, const struct value *resources,
                       const char *type, const char *resource, const char *bound, bool maximum, struct err *err) {
        const char *part = maximum ? "limits" : "requests";
        const char *have = value_string_or(value_path(resources, part, resource, NULL), NULL);
        long double edge, amount;
        if (!have && maximum)
                return admit_forbid(c, object, err, "maximum %s usage per %s is %s.  No limit is specified", resource,
                                    type, bound);
        if (!have)
                return admit_forbid(c, object, err, "minimum %s usage per %s is %s.  No request is specified", resource,
                                    type, bound);
        if (!amount_parse(bound, &edge) || !amount_parse(have, &amount))
                return 0;
        if (maximum && amount > edge)
                return admit_forbid(c, object, err, "maximum %s usage per %s is %s, but limit is %s", resource, type,
                                    bound, have);
        if (!maximum && amount < edge)
                return admit_forbid(c, object, err, "minimum %s usage per %s is %s, but request is %s", resource, type,
                                    bound, have);
        return 0;
}

static int check_item(struct strategy_context *c, const struct value *object, const struct value *limit,
                      const struct value *resources, const char *type, struct err *err) {
        static const char *const bounds[] = {"min", "max"};
        for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
                const struct value *map = value_get(limit, bounds[i]);
                if (value_is_map(map))
                        VALUE_EACH_MEMBER(m, map)
                                if (check_bound(c, object, resources, type, m->key, value_string_or(&m->value, "0"),
                                                i == 1, err) < 0)
                                        return -1;
        }
        return 0;
}

static int apply_to_pod(struct strategy_context *c, struct value *pod, const struct value *limit, struct buf *note,
                        struct err *err) {
        struct value *spec = value_get(pod, "spec");
        static const char *const lists[] = {"initContainers", "containers"};
        if (!value_equals_str(value_get(limit, "type"), "Container") || !value_is_map(spec))
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
                struct value *list = value_get(spec, lists[i]);
                if (default_containers(c, limit, list, i ? "container" : "init container", note, err) < 0)
                        return -1;
                if (value_is_list(list))
                        VALUE_EACH_ITEM(container, list)
                                if (check_item(c, pod, limit, value_get(container, "resources"), "Container", err) < 0)
                                        return -1;
        }
        return 0;
}

static int apply(struct strategy_context *c, struct value *object, const struct value *range, struct buf *note,
                 struct err *err) {
        const struct value *limits = value_path(range, "spec", "limits", NULL);
        bool pod = streq(c->kind->resource, "pods");
        if (!value_is_list(limits))
                return 0;
        VALUE_EACH_ITEM(limit, limits) {
                if (pod && apply_to_pod(c, object, limit, note, err) < 0)
                        return -1;
                const struct value *requests = value_path(object, "spec", "resources", NULL);
                if (!pod && value_equals_str(value_get(limit, "type"), "PersistentVolumeClaim") &&
                    check_item(c, object, limit, requests, "PersistentVolumeClaim", err) < 0)
                        return -1;
        }
        return 0;
}

int admit_limits(struct strategy_context *c, struct value *object, struct err *err) {
        struct value ranges;
        if (!c->callbacks.list)
                return 0;
        if (c->callbacks.list(c->callbacks.user, c->arena, "", "limitranges", c->namespace, &ranges, err) < 0)
                return -1;
        _cleanup_buf_ struct buf note = BUF_INIT(LIMIT_REQUEST_BODY);
        VALUE_EACH_ITEM(range, &ranges)
                if (apply(c, object, range, &note, err) < 0)
                        return -1;
        if (!note.len)
                return 0;
        struct value *metadata = value_obtain_map(c->arena, object, "metadata");
        struct value *annotations = metadata ? value_obtain_map(c->arena, metadata, "annotations") : NULL;
        struct value text = value_strf(c->arena, "LimitRanger plugin set: %s", buf_str(&note));
        return annotations && !value_is_null(&text) && value_set(c->arena, annotations, ANNOTATION, text)
                       ? 0
                       : err_oom(err);
}
