/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of services, endpoints, ingresses and network policies. */
#include "apiserver/table/cells.h"

#define LIST_MAX 3 /* addresses and ports shown before "+ n more..." */

/* The addresses of a load balancer, sorted, each once. */
static void balancer_addresses(struct cell *c, const struct value *list) {
        const char *last = NULL;
        if (!value_is_list(list))
                return;
        for (;;) {
                const char *next = NULL;
                VALUE_EACH_ITEM(item, list) {
                        const char *ip = value_string_or(value_get(item, "ip"), "");
                        const char *text = ip[0] ? ip : value_string_or(value_get(item, "hostname"), "");
                        if (text[0] && (!last || strcmp(text, last) > 0) && (!next || strcmp(text, next) < 0))
                                next = text;
                }
                if (!next)
                        return;
                cell_item(c, next);
                last = next;
        }
}

static void balancer(struct cell *c) {
        balancer_addresses(c, cell_at(c->object, ".status.loadBalancer.ingress"));
}

static void external_ip(struct cell *c) {
        const char *type = value_string_or(cell_at(c->object, ".spec.type"), "");
        const struct value *external = cell_at(c->object, ".spec.externalIPs");
        bool is_balancer = streq(type, "LoadBalancer");
        if (streq(type, "ExternalName")) {
                buf_adds(&c->text, value_string_or(cell_at(c->object, ".spec.externalName"), ""));
                return;
        }
        if (is_balancer)
                balancer(c);
        if (value_is_list(external))
                VALUE_EACH_ITEM(item, external)
                        cell_item(c, value_string_or(item, ""));
        if (!c->text.len)
                buf_adds(&c->text, is_balancer ? "<pending>" : "<none>");
}

static void service_ports(struct cell *c) {
        const struct value *ports = cell_at(c->object, ".spec.ports");
        if (value_is_list(ports))
                VALUE_EACH_ITEM(port, ports) {
                        long long node = value_int_or(value_get(port, "nodePort"), 0);
                        buf_addf(&c->text, "%s%lld", c->text.len ? "," : "",
                                 (long long)value_int_or(value_get(port, "port"), 0));
                        if (node)
                                buf_addf(&c->text, ":%lld", node);
                        buf_addf(&c->text, "/%s", value_string_or(value_get(port, "protocol"), ""));
                }
        if (!c->text.len)
                buf_adds(&c->text, "<none>");
}

/* Counts an item and shows it while there is room. */
static void shown_item(struct cell *c, size_t *count, const char *text, const char *port) {
        bool v6 = port && strchr(text, ':');
        if ((*count)++ >= LIST_MAX)
                return;
        buf_addf(&c->text, "%s%s%s%s%s%s", c->text.len ? "," : "", v6 ? "[" : "", text, v6 ? "]" : "", port ? ":" : "",
                 port ? port : "");
}

static void shown_end(struct cell *c, size_t count, const char *empty) {
        if (!count)
                buf_adds(&c->text, empty);
        else if (count > LIST_MAX)
                buf_addf(&c->text, " + %zu more...", count - LIST_MAX);
}

static void endpoints(struct cell *c) {
        const struct value *subsets = cell_at(c->object, ".subsets");
        size_t count = 0;
        if (value_is_list(subsets))
                VALUE_EACH_ITEM(subset, subsets) {
                        const struct value *ports = value_get(subset, "ports"), *list = value_get(subset, "addresses");
                        size_t n_ports = value_is_list(ports) && ports->len ? ports->len : 0;
                        for (size_t p = 0; value_is_list(list) && p < (n_ports ? n_ports : 1); p++) {
                                char number[32];
                                if (n_ports)
                                        snprintf(number, sizeof(number), "%lld",
                                                 (long long)value_int_or(value_get(&ports->items[p], "port"), 0));
                                VALUE_EACH_ITEM(address, list)
                                        shown_item(c, &count, value_string_or(value_get(address, "ip"), ""),
                                                   n_ports ? number : NULL);
                        }
                }
        shown_end(c, count, "<none>");
}

static void slice_ports(struct cell *c) {
        const struct value *ports = cell_at(c->object, ".ports");
        size_t count = 0;
        if (value_is_list(ports))
                VALUE_EACH_ITEM(port, ports) {
                        const struct value *number = value_get(port, "port"), *name = value_get(port, "name");
                        char text[32];
                        snprintf(text, sizeof(text), "%lld", (long long)value_int_or(number, 0));
                        shown_item(c, &count, number ? text : value_string_or(name, "*"), NULL);
                }
        shown_end(c, count, "<unset>");
}

static void slice_endpoints(struct cell *c) {
        const struct value *list = cell_at(c->object, ".endpoints");
        size_t count = 0;
        if (value_is_list(list))
                VALUE_EACH_ITEM(endpoint, list) {
                        const struct value *addresses = value_get(endpoint, "addresses");
                        if (value_is_list(addresses))
                                VALUE_EACH_ITEM(address, addresses)
                                        shown_item(c, &count, value_string_or(address, ""), NULL);
                }
        shown_end(c, count, "<unset>");
}

static void ingress_class(struct cell *c) {
        const char *name = value_string_or(cell_at(c->object, ".spec.ingressClassName"), "");
        buf_adds(&c->text, name[0] ? name : "<none>");
}

static void ingress_hosts(struct cell *c) {
        const struct value *rules = cell_at(c->object, ".spec.rules");
        size_t shown = 0;
        bool more = false;
        if (value_is_list(rules))
                VALUE_EACH_ITEM(rule, rules) {
                        const char *host = value_string_or(value_get(rule, "host"), "");
                        more = more || shown == LIST_MAX;
                        if (!more && host[0]) {
                                cell_item(c, host);
                                shown++;
                        }
                }
        if (!shown)
                buf_adds(&c->text, "*");
        else if (more)
                buf_addf(&c->text, " + %u more...", rules->len - LIST_MAX);
}

static void ingress_ports(struct cell *c) {
        const struct value *tls = cell_at(c->object, ".spec.tls");
        buf_adds(&c->text, value_is_list(tls) && tls->len ? "80, 443" : "80");
}

static void ingress_class_name(struct cell *c) {
        const struct value *annotations = cell_at(c->object, ".metadata.annotations");
        buf_adds(&c->text, value_string_or(cell_at(c->object, ".metadata.name"), ""));
        if (value_equals_str(value_get(annotations, "ingressclass.kubernetes.io/is-default-class"), "true"))
                buf_adds(&c->text, " (default)");
}

static void class_parameters(struct cell *c) {
        const struct value *parameters = cell_at(c->object, ".spec.parameters");
        const char *group = value_string_or(value_get(parameters, "apiGroup"), "");
        if (!parameters) {
                buf_adds(&c->text, "<none>");
                return;
        }
        buf_addf(&c->text, "%s%s%s/%s", value_string_or(value_get(parameters, "kind"), ""), group[0] ? "." : "", group,
                 value_string_or(value_get(parameters, "name"), ""));
}

static void parent_ref(struct cell *c) {
        static const char *const parts[] = {"group", "resource", "namespace", "name"};
        const struct value *parent = cell_at(c->object, ".spec.parentRef");
        for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
                const char *text = value_string_or(value_get(parent, parts[i]), "");
                if (text[0])
                        buf_addf(&c->text, "%s%s", c->text.len ? "/" : "", text);
        }
}

static void cidrs(struct cell *c) {
        const struct value *list = cell_at(c->object, ".spec.cidrs");
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list)
                        cell_item(c, value_string_or(item, ""));
}

static void pod_selector(struct cell *c) {
        static const struct value empty = {.type = VALUE_MAP};
        const struct value *selector = cell_at(c->object, ".spec.podSelector");
        cell_selector(c, selector ? selector : &empty, false);
}

const struct cell_name cells_network[] = {
        {"balancer", balancer},
        {"external_ip", external_ip},
        {"service_ports", service_ports},
        {"endpoints", endpoints},
        {"slice_ports", slice_ports},
        {"slice_endpoints", slice_endpoints},
        {"ingress_class", ingress_class},
        {"ingress_hosts", ingress_hosts},
        {"ingress_ports", ingress_ports},
        {"ingress_class_name", ingress_class_name},
        {"class_parameters", class_parameters},
        {"parent_ref", parent_ref},
        {"cidrs", cidrs},
        {"pod_selector", pod_selector},
        {NULL, NULL},
};
