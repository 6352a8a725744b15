/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of services, ingresses and network policies. */
#include "apiserver/strategy/names.h"
#include "apiserver/strategy/rules/rules.h"

static void check_service_ports(struct rules *r, const struct value *ports) {
        size_t i = 0;
        VALUE_EACH_ITEM(port, ports) {
                const char *at = fields_item(r->fields, "spec.ports", i);
                const struct value *name = value_get(port, "name"), *number = value_get(port, "port");
                if (ports->len > 1 && rules_is_empty(name))
                        fields_required(r->fields, fields_path(r->fields, at, "name"), NULL);
                if (!number) {
                        struct value zero = value_int(0);
                        fields_invalid(r->fields, fields_path(r->fields, at, "port"), &zero,
                                       "must be between 1 and 65535, inclusive");
                }
                /* at most 65535 ports are of use: the square is bounded by the request's size */
                for (size_t j = 0; j < i && j < 1000; j++) {
                        const struct value *other = &ports->items[j];
                        const struct value *other_name = value_get(other, "name");
                        if (!rules_is_empty(name) && other_name && value_equal(name, other_name))
                                fields_duplicate(r->fields, fields_path(r->fields, at, "name"), name);
                        const struct value *protocol = value_get(port, "protocol");
                        const struct value *other_protocol = value_get(other, "protocol");
                        const struct value *other_number = value_get(other, "port");
                        if (number && other_number && value_equal(number, other_number) && protocol && other_protocol &&
                            value_equal(protocol, other_protocol))
                                fields_duplicate(r->fields, at, port);
                }
                i++;
        }
}

static void check_external_name(struct rules *r, const struct value *spec) {
        static const char *const unset[] = {"clusterIPs", "ipFamilies", "ipFamilyPolicy"};
        for (size_t i = 0; i < ARRAY_LEN(unset); i++)
                if (!rules_is_empty(value_get(spec, unset[i])))
                        fields_forbidden(r->fields, fields_path(r->fields, "spec", "%s", unset[i]),
                                         "may not be set for ExternalName services");
        char *name = arena_strdup(r->fields->arena, value_string_or(value_get(spec, "externalName"), ""));
        if (!name) {
                r->fields->oom = true;
                return;
        }
        size_t n = strlen(name);
        if (n && name[n - 1] == '.')
                name[n - 1] = '\0';
        if (name[0])
                names_check(r->fields, "spec.externalName", name, NAME_SUBDOMAIN, false);
        else
                fields_required(r->fields, "spec.externalName", NULL);
}

/* An address once given stays while the service keeps a type that has one. */
static void check_address_change(struct rules *r, const struct value *spec, const struct value *old) {
        const struct value *now = value_get(spec, "clusterIP"), *was = value_path(old, "spec", "clusterIP", NULL);
        bool named = value_equals_str(value_get(spec, "type"), "ExternalName") ||
                     value_equals_str(value_path(old, "spec", "type", NULL), "ExternalName");
        if (named || rules_is_empty(was) || (now && value_equal(now, was)))
                return;
        const struct value *addresses = value_get(spec, "clusterIPs");
        fields_invalid(r->fields, "spec.clusterIPs[0]", addresses, "may not change once set");
}

static void service(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *spec = value_get(object, "spec"), *ports = value_get(spec, "ports");
        const char *type = value_string_or(value_get(spec, "type"), "");
        const struct value *address = value_get(spec, "clusterIP");
        bool headless = value_equals_str(address, "None");
        if (rules_is_empty(ports) && !headless && !streq(type, "ExternalName"))
                fields_required(r->fields, "spec.ports", NULL);
        if (headless && (streq(type, "LoadBalancer") || streq(type, "NodePort")))
                fields_invalid(r->fields, "spec.clusterIPs[0]", address, "may not be set to 'None' for %s services",
                               type);
        if (streq(type, "ExternalName"))
                check_external_name(r, spec);
        if (value_is_list(ports))
                check_service_ports(r, ports);
        size_t i = 0;
        if (streq(type, "ClusterIP") && value_is_list(ports))
                VALUE_EACH_ITEM(port, ports) {
                        if (value_int_or(value_get(port, "nodePort"), 0))
                                fields_forbidden(r->fields, fields_path(r->fields, "spec", "ports[%zu].nodePort", i),
                                                 "may not be used when `type` is 'ClusterIP'");
                        i++;
                }
        if (!streq(type, "LoadBalancer") && value_get(spec, "allocateLoadBalancerNodePorts"))
                fields_forbidden(r->fields, "spec.allocateLoadBalancerNodePorts",
                                 "may only be used when `type` is 'LoadBalancer'");
        if (old)
                check_address_change(r, spec, old);
}

static void ingress(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *rules = value_get(object, "rules");
        if (rules_is_empty(rules) && !value_get(object, "defaultBackend"))
                fields_invalid(r->fields, path, rules, "either `defaultBackend` or `rules` must be specified");
}

static void ingress_backend(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *resource = value_get(object, "resource"), *target = value_get(object, "service");
        struct value empty = value_str("");
        if (resource && target) {
                fields_invalid(r->fields, path, &empty, "cannot set both resource and service backends");
                return;
        }
        if (!resource && !target)
                fields_invalid(r->fields, path, &empty, "resource or service backend is required");
        if (!target)
                return;
        const char *name = value_string_or(value_get(target, "name"), "");
        if (!name[0])
                fields_required(r->fields, fields_path(r->fields, path, "service.name"), NULL);
        else
                names_check(r->fields, fields_path(r->fields, path, "service.name"), name, NAME_LABEL_1035, false);
        const struct value *port_name = value_path(target, "port", "name", NULL);
        const struct value *number = value_path(target, "port", "number", NULL);
        if (!rules_is_empty(port_name) && value_int_or(number, 0))
                fields_invalid(r->fields, path, &empty, "cannot set both port name & port number");
        else if (!rules_is_empty(port_name))
                rules_port_or_name(r, fields_path(r->fields, path, "service.port.name"), port_name);
        else if (value_int_or(number, 0))
                rules_port_or_name(r, fields_path(r->fields, path, "service.port.number"), number);
        else
                fields_required(r->fields, path, "port name or number is required");
}

static void ingress_path(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        static const char *const sequences[] = {"//", "/./", "/../", "%2f", "%2F"};
        static const char *const endings[] = {"/..", "/."};
        const struct value *where = value_get(object, "path"), *type = value_get(object, "pathType");
        const char *text = value_string_or(where, "");
        const char *at = fields_path(r->fields, path, "path");
        struct value empty = value_str("");
        bool exact = value_equals_str(type, "Exact") || value_equals_str(type, "Prefix");
        if (!type)
                return;
        if (text[0] != '/' && (exact || text[0]))
                fields_invalid(r->fields, at, where ? where : &empty, "must be an absolute path");
        for (size_t i = 0; exact && i < ARRAY_LEN(sequences); i++)
                if (strstr(text, sequences[i]))
                        fields_invalid(r->fields, at, where, "must not contain '%s'", sequences[i]);
        for (size_t i = 0; exact && i < ARRAY_LEN(endings); i++)
                if (str_has_suffix(text, endings[i]))
                        fields_invalid(r->fields, at, where, "cannot end with '%s'", endings[i]);
}

static void network_peer(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        bool selector = value_get(object, "podSelector") || value_get(object, "namespaceSelector");
        bool block = value_get(object, "ipBlock") != NULL;
        if (!selector && !block)
                fields_required(r->fields, path, "must specify a peer");
        else if (selector && block)
                fields_forbidden(r->fields, path, "may not specify both ipBlock and another peer");
}

const struct rule_name rules_network[] = {
        {"service", service},           {"ingress", ingress},           {"ingress_backend", ingress_backend},
        {"ingress_path", ingress_path}, {"network_peer", network_peer}, {NULL, NULL},
};
