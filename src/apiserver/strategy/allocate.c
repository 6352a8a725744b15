/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of services: cluster IPs and node ports, taken from the server's ranges after everything else was found
 * right. A dry run shows what it would look like and takes nothing. */
#include "apiserver/strategy/fields.h"
#include "apiserver/strategy/strategy.h"

static int refuse(struct strategy_context *c, const struct value *object, const char *path, const struct value *value,
                  const struct err *why, struct err *err) {
        struct fields f = FIELDS_INIT(c->arena);
        fields_invalid(&f, path, value, "%s", err_message(why));
        return fields_finish(&f, c->kind->group, c->kind->kind,
                             value_string_or(value_path(object, "metadata", "name", NULL), ""), err);
}

static int take(struct strategy_context *c, const struct value *object, enum strategy_address what, const char *path,
                const struct value *wanted, const char *wanted_text, char text[64], struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        if (!c->callbacks.allocate)
                return err_set(err, ERR_INTERNAL, "this server has no addresses to give to services");
        if (c->callbacks.allocate(c->callbacks.user, what, wanted_text, c->dry_run, text, &why) == 0)
                return 0;
        if (why.class != ERR_INVALID)
                return err_move(err, &why);
        return refuse(c, object, path, wanted, &why, err);
}

static bool same(const struct value *a, const struct value *b) {
        return a && b && value_equal(a, b);
}

static int set_address(struct strategy_context *c, struct value *spec, const char *text, struct err *err) {
        struct value address = value_strf(c->arena, "%s", text), list = value_list();
        if (value_is_null(&address) || !value_append(c->arena, &list, address) ||
            !value_set(c->arena, spec, "clusterIP", address) || !value_set(c->arena, spec, "clusterIPs", list))
                return err_oom(err);
        return 0;
}

static int set_families(struct strategy_context *c, struct value *spec, struct err *err) {
        const struct value *selector = value_get(spec, "selector");
        /* a headless service without selector is the business of whoever writes its endpoints: any family */
        bool both =
                value_equals_str(value_get(spec, "clusterIP"), "None") && (!value_is_map(selector) || !selector->len);
        struct value families = value_list();
        if (!value_get(spec, "ipFamilies")) {
                if (!value_append(c->arena, &families, value_str("IPv4")) ||
                    (both && !value_append(c->arena, &families, value_str("IPv6"))) ||
                    !value_set(c->arena, spec, "ipFamilies", families))
                        return err_oom(err);
        }
        if (!value_get(spec, "ipFamilyPolicy") &&
            !value_set(c->arena, spec, "ipFamilyPolicy", value_str(both ? "RequireDualStack" : "SingleStack")))
                return err_oom(err);
        return 0;
}

static int allocate_address(struct strategy_context *c, struct value *object, struct value *spec,
                            const struct value *old, struct err *err) {
        const struct value *wanted = value_get(spec, "clusterIP");
        const char *text = value_string_or(wanted, "");
        char given[64];
        if (!streq(text, "None") && !same(wanted, value_path(old, "spec", "clusterIP", NULL))) {
                if (take(c, object, STRATEGY_CLUSTER_IP, "spec.clusterIPs", value_get(spec, "clusterIPs"),
                         text[0] ? text : NULL, given, err) < 0)
                        return -1;
                if (set_address(c, spec, given, err) < 0)
                        return -1;
        } else if (streq(text, "None") && set_address(c, spec, "None", err) < 0) {
                return -1;
        }
        return set_families(c, spec, err);
}

/* The node port that the old service had already. */
static bool held(const struct value *old, int64_t port) {
        const struct value *ports = value_path(old, "spec", "ports", NULL);
        if (value_is_list(ports))
                VALUE_EACH_ITEM(item, ports)
                        if (value_int_or(value_get(item, "nodePort"), 0) == port)
                                return true;
        return false;
}

static int allocate_ports(struct strategy_context *c, struct value *object, struct value *spec, const struct value *old,
                          struct err *err) {
        struct value *ports = value_get(spec, "ports");
        size_t i = 0;
        if (!value_is_list(ports))
                return 0;
        VALUE_EACH_ITEM(port, ports) {
                const struct value *wanted = value_get(port, "nodePort");
                int64_t number = value_int_or(wanted, 0);
                char path[64], asked[32], given[64];
                snprintf(path, sizeof(path), "spec.ports[%zu].nodePort", i++);
                snprintf(asked, sizeof(asked), "%lld", (long long)number);
                if (number && held(old, number))
                        continue;
                if (take(c, object, STRATEGY_NODE_PORT, path, wanted, number ? asked : NULL, given, err) < 0)
                        return -1;
                if (!value_set(c->arena, port, "nodePort", value_int(strtol(given, NULL, 10))))
                        return err_oom(err);
        }
        return 0;
}

int strategy_allocate(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        if (c->subresource || c->kind->group[0] || !streq(c->kind->resource, "services"))
                return 0;
        struct value *spec = value_get(object, "spec");
        const char *type = value_string_or(value_get(spec, "type"), "ClusterIP");
        if (!value_is_map(spec) || streq(type, "ExternalName"))
                return 0;
        if (allocate_address(c, object, spec, old, err) < 0)
                return -1;
        bool balancer =
                streq(type, "LoadBalancer") && value_bool_or(value_get(spec, "allocateLoadBalancerNodePorts"), true);
        if (!streq(type, "NodePort") && !balancer)
                return 0;
        if (allocate_ports(c, object, spec, old, err) < 0)
                return -1;
        /* the port on which a balancer asks a node whether it has pods of the service */
        if (!streq(type, "LoadBalancer") || !value_equals_str(value_get(spec, "externalTrafficPolicy"), "Local") ||
            value_int_or(value_get(spec, "healthCheckNodePort"), 0))
                return 0;
        char given[64];
        if (take(c, object, STRATEGY_NODE_PORT, "spec.healthCheckNodePort", NULL, NULL, given, err) < 0)
                return -1;
        return value_set(c->arena, spec, "healthCheckNodePort", value_int(strtol(given, NULL, 10))) ? 0 : err_oom(err);
}
