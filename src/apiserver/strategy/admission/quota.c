/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/admission/quota.h"

#include "apiserver/strategy/admission/admit.h"
#include "apiserver/strategy/amount.h"
#include "base/buf.h"
#include "base/limits.h"

/* Core resources that quotas name without "count/". */
static const char *const plain[] = {
        "configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets",
        "services"};

static bool parse_count(struct arena *a, const char *text, struct quota_resource *ret) {
        const char *dot = strchr(text, '.');
        ret->resource = arena_strndup(a, text, dot ? (size_t)(dot - text) : strlen(text));
        ret->group = dot ? dot + 1 : "";
        return ret->resource != NULL;
}

bool quota_parse(struct arena *a, const char *key, struct quota_resource *ret) {
        static const char *const parts[] = {"requests", "limits"};
        *ret = (struct quota_resource){.group = "", .name = ""};
        if (str_has_prefix(key, "count/"))
                return parse_count(a, key + strlen("count/"), ret);
        for (size_t i = 0; i < ARRAY_LEN(plain); i++)
                if (streq(key, plain[i])) {
                        ret->resource = plain[i];
                        return true;
                }
        if (streq(key, "services.nodeports") || streq(key, "services.loadbalancers")) {
                ret->resource = "services";
                ret->service = key + strlen("services.");
                return true;
        }
        for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
                size_t n = strlen(parts[i]);
                if (strncmp(key, parts[i], n) == 0 && key[n] == '.') {
                        ret->part = parts[i];
                        ret->name = key + n + 1;
                        ret->resource = streq(ret->name, "storage") ? "persistentvolumeclaims" : "pods";
                        return true;
                }
        }
        bool compute = streq(key, "cpu") || streq(key, "memory") || streq(key, "ephemeral-storage");
        *ret = (struct quota_resource){.group = "", .resource = "pods", .part = "requests", .name = key};
        return compute;
}

static long double read_amount(const struct value *resources, const struct quota_resource *r) {
        long double n = 0;
        const char *text = value_string_or(value_path(resources, r->part, r->name, NULL), "");
        return amount_parse(text, &n) ? n : 0;
}

/* Containers run together, init containers one after the other before them. */
static long double pod_amount(const struct quota_resource *r, const struct value *pod) {
        const struct value *containers = value_path(pod, "spec", "containers", NULL);
        const struct value *init = value_path(pod, "spec", "initContainers", NULL);
        long double sum = 0, most = 0;
        if (value_is_list(containers))
                VALUE_EACH_ITEM(container, containers)
                        sum += read_amount(value_get(container, "resources"), r);
        if (value_is_list(init))
                VALUE_EACH_ITEM(container, init) {
                        long double n = read_amount(value_get(container, "resources"), r);
                        most = n > most ? n : most;
                }
        return sum > most ? sum : most;
}

static bool has_ended(const struct value *pod) {
        const struct value *phase = value_path(pod, "status", "phase", NULL);
        return value_equals_str(phase, "Succeeded") || value_equals_str(phase, "Failed");
}

static long double service_amount(const struct quota_resource *r, const struct value *service) {
        const struct value *type = value_path(service, "spec", "type", NULL);
        const struct value *ports = value_path(service, "spec", "ports", NULL);
        bool balancer = value_equals_str(type, "LoadBalancer"), node = balancer || value_equals_str(type, "NodePort");
        if (streq(r->service, "loadbalancers"))
                return balancer;
        return node && value_is_list(ports) ? ports->len : 0;
}

long double quota_amount(const struct quota_resource *r, const struct value *object) {
        bool pod = streq(r->resource, "pods") && !r->group[0];
        if (r->service)
                return service_amount(r, object);
        /* count/pods counts every pod there is, the resource `pods` those that may still run */
        if (pod && has_ended(object))
                return 0;
        if (!r->part)
                return 1;
        return pod ? pod_amount(r, object) : read_amount(value_path(object, "spec", "resources", NULL), r);
}

const char *quota_text(struct arena *a, const struct quota_resource *r, long double amount) {
        static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
        bool bytes = r->part && !streq(r->name, "cpu");
        long long milli = (long long)(amount * 1000 + 0.5L), whole = milli / 1000;
        size_t power = 0;
        if (milli % 1000)
                return arena_printf(a, "%lldm", milli);
        while (bytes && whole && whole % 1024 == 0 && power + 1 < ARRAY_LEN(suffixes)) {
                whole /= 1024;
                power++;
        }
        return arena_printf(a, "%lld%s", whole, suffixes[power]);
}

bool quota_is_scoped(const struct value *quota) {
        const struct value *scopes = value_path(quota, "spec", "scopes", NULL);
        return (value_is_list(scopes) && scopes->len) || value_path(quota, "spec", "scopeSelector", NULL) != NULL;
}

static long double used_so_far(const struct quota_resource *r, const struct value *live) {
        long double sum = 0;
        VALUE_EACH_ITEM(item, live)
                sum += quota_amount(r, item);
        return sum;
}

/* The three lists of a refusal: "a=1,b=2". */
struct excess {
        struct buf requested, used, limited;
};

static void excess_add(struct buf *b, const char *key, const char *text) {
        buf_addf(b, "%s%s=%s", b->len ? "," : "", key, text ? text : "");
}

/* live: the objects of this kind in the namespace. */
static void check_resource(struct strategy_context *c, const struct value *object, const char *key,
                           const struct value *hard, const struct value *live, struct excess *e) {
        struct quota_resource r;
        long double limit;
        if (!quota_parse(c->arena, key, &r) || !streq(r.resource, c->kind->resource) ||
            !streq(r.group, c->kind->group) || !amount_parse(value_string_or(hard, ""), &limit))
                return;
        long double wanted = quota_amount(&r, object);
        long double used = wanted > 0 ? used_so_far(&r, live) : 0;
        if (wanted <= 0 || used + wanted <= limit)
                return;
        excess_add(&e->requested, key, quota_text(c->arena, &r, wanted));
        excess_add(&e->used, key, quota_text(c->arena, &r, used));
        excess_add(&e->limited, key, value_string_or(hard, ""));
}

static int check_quota(struct strategy_context *c, const struct value *object, const struct value *quota,
                       const struct value *live, struct err *err) {
        const struct value *hard = value_path(quota, "spec", "hard", NULL);
        struct excess e = {BUF_INIT(LIMIT_REQUEST_BODY), BUF_INIT(LIMIT_REQUEST_BODY), BUF_INIT(LIMIT_REQUEST_BODY)};
        int status = 0;
        if (!value_is_map(hard) || quota_is_scoped(quota))
                return 0;
        VALUE_EACH_MEMBER(m, hard)
                check_resource(c, object, m->key, &m->value, live, &e);
        if (e.requested.len)
                status = admit_forbid(c, object, err, "exceeded quota: %s, requested: %s, used: %s, limited: %s",
                                      value_string_or(value_path(quota, "metadata", "name", NULL), ""),
                                      buf_str(&e.requested), buf_str(&e.used), buf_str(&e.limited));
        buf_done(&e.requested);
        buf_done(&e.used);
        buf_done(&e.limited);
        return status;
}

int quota_admit(struct strategy_context *c, const struct value *object, struct err *err) {
        struct value quotas, live;
        if (!c->callbacks.list || !c->kind->namespaced || c->subresource)
                return 0;
        if (c->callbacks.list(c->callbacks.user, c->arena, "", "resourcequotas", c->namespace, &quotas, err) < 0)
                return -1;
        if (quotas.len && c->callbacks.list(c->callbacks.user, c->arena, c->kind->group, c->kind->resource,
                                            c->namespace, &live, err) < 0)
                return -1;
        VALUE_EACH_ITEM(quota, &quotas)
                if (check_quota(c, object, quota, &live, err) < 0)
                        return -1;
        return 0;
}
