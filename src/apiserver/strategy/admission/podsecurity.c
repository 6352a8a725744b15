/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/admission/podsecurity.h"

#define LABEL "pod-security.kubernetes.io/"
#define NAMES_MAX ((size_t)65536) /* bytes of one list of names in a message */

enum podsecurity_level podsecurity_of(struct arena *a, const struct value *namespace, const char *mode,
                                      const char **ret_text) {
        static const char *const names[] = {"privileged", "baseline", "restricted"};
        const struct value *labels = value_path(namespace, "metadata", "labels", NULL);
        const char *key = arena_printf(a, LABEL "%s", mode), *version_key = arena_printf(a, LABEL "%s-version", mode);
        const char *level = key ? value_string_or(value_get(labels, key), "privileged") : "privileged";
        const char *version = version_key ? value_string_or(value_get(labels, version_key), "latest") : "latest";
        for (size_t i = 0; i < 3; i++)
                if (streq(names[i], level)) {
                        if (ret_text)
                                *ret_text = arena_printf(a, "%s:%s", level, version);
                        return (enum podsecurity_level)i;
                }
        /* a level that nobody knows is the strictest */
        if (ret_text)
                *ret_text = arena_printf(a, "restricted:%s", version);
        return PODSECURITY_RESTRICTED;
}

/* One check: names of what breaks it. */
struct found {
        struct buf names;  /* "a", "b" */
        struct buf values; /* what they said, where the message tells */
        size_t n, n_values;
};

static void found_add(struct found *f, const char *name) {
        buf_addf(&f->names, "%s\"%s\"", f->n++ ? ", " : "", name);
}

static void found_value(struct found *f, const char *text, bool quoted) {
        buf_addf(&f->values, quoted ? "%s\"%s\"" : "%s%s", f->n_values++ ? ", " : "", text);
}

static void found_done(struct found *f) {
        buf_done(&f->names);
        buf_done(&f->values);
}

#define FOUND_INIT ((struct found){.names = BUF_INIT(NAMES_MAX), .values = BUF_INIT(NAMES_MAX)})
#define _cleanup_found_ _cleanup_(found_done)

/* Starts a violation: "reason (". */
static void open_violation(struct buf *b, const char *reason) {
        buf_addf(b, "%s%s (", b->len ? ", " : "", reason);
}

static const char *plural(const char *one, const char *many, size_t n) {
        return n == 1 ? one : many;
}

/* Containers of all sorts, one after the other. */
struct each {
        const struct value *spec;
        size_t list, item;
};

static const struct value *each_next(struct each *e) {
        static const char *const lists[] = {"initContainers", "containers", "ephemeralContainers"};
        for (; e->list < ARRAY_LEN(lists); e->list++, e->item = 0) {
                const struct value *list = value_get(e->spec, lists[e->list]);
                if (value_is_list(list) && e->item < list->len)
                        return &list->items[e->item++];
        }
        return NULL;
}

static const char *name_of(const struct value *item) {
        return value_string_or(value_get(item, "name"), "");
}

static void say_containers(struct buf *b, const char *reason, const struct found *f, const char *what) {
        if (!f->n)
                return;
        open_violation(b, reason);
        buf_addf(b, "%s %s %s)", plural("container", "containers", f->n), buf_str(&f->names), what);
}

static void check_privileged(struct buf *b, const struct value *spec) {
        _cleanup_found_ struct found f = FOUND_INIT;
        for (struct each e = {.spec = spec}; (spec = each_next(&e));)
                if (value_bool_or(value_path(spec, "securityContext", "privileged", NULL), false))
                        found_add(&f, name_of(spec));
        say_containers(b, "privileged", &f, "must not set securityContext.privileged=true");
}

static void check_host_namespaces(struct buf *b, const struct value *spec) {
        static const char *const fields[] = {"hostNetwork", "hostPID", "hostIPC"};
        size_t n = 0;
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                if (!value_bool_or(value_get(spec, fields[i]), false))
                        continue;
                if (!n++)
                        open_violation(b, "host namespaces");
                buf_addf(b, "%s%s=true", n > 1 ? ", " : "", fields[i]);
        }
        if (n)
                buf_addc(b, ')');
}

static void check_host_paths(struct buf *b, const struct value *spec) {
        _cleanup_found_ struct found f = FOUND_INIT;
        const struct value *volumes = value_get(spec, "volumes");
        if (value_is_list(volumes))
                VALUE_EACH_ITEM(volume, volumes)
                        if (value_get(volume, "hostPath"))
                                found_add(&f, name_of(volume));
        if (!f.n)
                return;
        open_violation(b, "hostPath volumes");
        buf_addf(b, "%s %s)", plural("volume", "volumes", f.n), buf_str(&f.names));
}

static void check_host_ports(struct buf *b, const struct value *spec) {
        _cleanup_found_ struct found f = FOUND_INIT;
        const struct value *container;
        for (struct each e = {.spec = spec}; (container = each_next(&e));) {
                const struct value *ports = value_get(container, "ports");
                bool uses = false;
                if (value_is_list(ports))
                        VALUE_EACH_ITEM(port, ports) {
                                long long number = value_int_or(value_get(port, "hostPort"), 0);
                                char text[32];
                                if (!number)
                                        continue;
                                snprintf(text, sizeof(text), "%lld", number);
                                found_value(&f, text, false);
                                uses = true;
                        }
                if (uses)
                        found_add(&f, name_of(container));
        }
        if (!f.n)
                return;
        open_violation(b, "hostPort");
        buf_addf(b, "%s %s %s %s %s)", plural("container", "containers", f.n), buf_str(&f.names),
                 plural("uses", "use", f.n), plural("hostPort", "hostPorts", f.n_values), buf_str(&f.values));
}

static bool listed(const char *const *list, size_t n, const char *text) {
        for (size_t i = 0; i < n; i++)
                if (streq(list[i], text))
                        return true;
        return false;
}

/* Containers that add a capability outside of the allowed ones. */
static void collect_added(struct found *f, const struct value *spec, const char *const *allowed, size_t n) {
        const struct value *container;
        for (struct each e = {.spec = spec}; (container = each_next(&e));) {
                const struct value *added = value_path(container, "securityContext", "capabilities", "add", NULL);
                bool bad = false;
                if (value_is_list(added))
                        VALUE_EACH_ITEM(item, added)
                                if (!listed(allowed, n, value_string_or(item, ""))) {
                                        found_value(f, value_string_or(item, ""), true);
                                        bad = true;
                                }
                if (bad)
                        found_add(f, name_of(container));
        }
}

static void say_added(struct buf *b, const struct found *f) {
        buf_addf(b, "%s %s must not include %s in securityContext.capabilities.add",
                 plural("container", "containers", f->n), buf_str(&f->names), buf_str(&f->values));
}

static void check_capabilities_baseline(struct buf *b, const struct value *spec) {
        static const char *const allowed[] = {"AUDIT_WRITE", "CHOWN",  "DAC_OVERRIDE",     "FOWNER",  "FSETID",
                                              "KILL",        "MKNOD",  "NET_BIND_SERVICE", "SETFCAP", "SETGID",
                                              "SETPCAP",     "SETUID", "SYS_CHROOT"};
        _cleanup_found_ struct found f = FOUND_INIT;
        collect_added(&f, spec, allowed, ARRAY_LEN(allowed));
        if (!f.n)
                return;
        open_violation(b, "non-default capabilities");
        say_added(b, &f);
        buf_addc(b, ')');
}

static void check_proc_mount(struct buf *b, const struct value *spec) {
        _cleanup_found_ struct found f = FOUND_INIT;
        const struct value *container;
        for (struct each e = {.spec = spec}; (container = each_next(&e));) {
                const struct value *mount = value_path(container, "securityContext", "procMount", NULL);
                if (!mount || value_equals_str(mount, "Default"))
                        continue;
                found_add(&f, name_of(container));
                found_value(&f, value_string_or(mount, ""), true);
        }
        if (!f.n)
                return;
        open_violation(b, "procMount");
        buf_addf(b, "%s %s must not set securityContext.procMount to %s)", plural("container", "containers", f.n),
                 buf_str(&f.names), buf_str(&f.values));
}

static void check_sysctls(struct buf *b, const struct value *spec) {
        static const char *const allowed[] = {"kernel.shm_rmid_forced",
                                              "net.ipv4.ip_local_port_range",
                                              "net.ipv4.tcp_syncookies",
                                              "net.ipv4.ping_group_range",
                                              "net.ipv4.ip_unprivileged_port_start",
                                              "net.ipv4.ip_local_reserved_ports",
                                              "net.ipv4.tcp_keepalive_time",
                                              "net.ipv4.tcp_fin_timeout",
                                              "net.ipv4.tcp_keepalive_intvl",
                                              "net.ipv4.tcp_keepalive_probes",
                                              "net.ipv4.tcp_rmem",
                                              "net.ipv4.tcp_wmem"};
        const struct value *sysctls = value_path(spec, "securityContext", "sysctls", NULL);
        size_t n = 0;
        if (!value_is_list(sysctls))
                return;
        VALUE_EACH_ITEM(item, sysctls) {
                if (listed(allowed, ARRAY_LEN(allowed), name_of(item)))
                        continue;
                if (!n++)
                        open_violation(b, "forbidden sysctls");
                buf_addf(b, "%s%s", n > 1 ? ", " : "", name_of(item));
        }
        if (n)
                buf_addc(b, ')');
}

static void check_escalation(struct buf *b, const struct value *spec) {
        _cleanup_found_ struct found f = FOUND_INIT;
        const struct value *container;
        for (struct each e = {.spec = spec}; (container = each_next(&e));)
                if (value_bool_or(value_path(container, "securityContext", "allowPrivilegeEscalation", NULL), true))
                        found_add(&f, name_of(container));
        say_containers(b, "allowPrivilegeEscalation != false", &f,
                       "must set securityContext.allowPrivilegeEscalation=false");
}

static bool drops_all(const struct value *container) {
        return value_list_has(value_path(container, "securityContext", "capabilities", "drop", NULL), "ALL");
}

static void check_capabilities_restricted(struct buf *b, const struct value *spec) {
        static const char *const allowed[] = {"NET_BIND_SERVICE"};
        _cleanup_found_ struct found kept = FOUND_INIT, added = FOUND_INIT;
        const struct value *container;
        for (struct each e = {.spec = spec}; (container = each_next(&e));)
                if (!drops_all(container))
                        found_add(&kept, name_of(container));
        collect_added(&added, spec, allowed, ARRAY_LEN(allowed));
        if (!kept.n && !added.n)
                return;
        open_violation(b, "unrestricted capabilities");
        if (kept.n)
                buf_addf(b, "%s %s must set securityContext.capabilities.drop=[\"ALL\"]",
                         plural("container", "containers", kept.n), buf_str(&kept.names));
        if (kept.n && added.n)
                buf_adds(b, "; ");
        if (added.n)
                say_added(b, &added);
        buf_addc(b, ')');
}

static void check_volumes(struct buf *b, const struct value *spec) {
        static const char *const allowed[] = {"configMap", "csi",   "downwardAPI", "emptyDir",
                                              "ephemeral", "image", "projected",   "persistentVolumeClaim",
                                              "secret",    "name"};
        _cleanup_found_ struct found f = FOUND_INIT;
        const struct value *volumes = value_get(spec, "volumes");
        if (value_is_list(volumes))
                VALUE_EACH_ITEM(volume, volumes)
                        VALUE_EACH_MEMBER(m, volume)
                                if (!listed(allowed, ARRAY_LEN(allowed), m->key)) {
                                        found_add(&f, name_of(volume));
                                        found_value(&f, m->key, true);
                                }
        if (!f.n)
                return;
        open_violation(b, "restricted volume types");
        buf_addf(b, "%s %s %s restricted volume %s %s)", plural("volume", "volumes", f.n), buf_str(&f.names),
                 plural("uses", "use", f.n), plural("type", "types", f.n_values), buf_str(&f.values));
}

static void check_non_root(struct buf *b, const struct value *spec) {
        const struct value *pod = value_path(spec, "securityContext", "runAsNonRoot", NULL), *container;
        _cleanup_found_ struct found unset = FOUND_INIT, bad = FOUND_INIT;
        bool pod_bad = pod && !value_bool_or(pod, true);
        for (struct each e = {.spec = spec}; (container = each_next(&e));) {
                const struct value *own = value_path(container, "securityContext", "runAsNonRoot", NULL);
                if (own && !value_bool_or(own, true))
                        found_add(&bad, name_of(container));
                else if (!own && !value_bool_or(pod, false))
                        found_add(&unset, name_of(container));
        }
        if (pod_bad || bad.n) {
                open_violation(b, "runAsNonRoot != true");
                if (pod_bad)
                        buf_addf(b, "pod%s", bad.n ? " and " : "");
                if (bad.n)
                        buf_addf(b, "%s %s", plural("container", "containers", bad.n), buf_str(&bad.names));
                buf_adds(b, " must not set securityContext.runAsNonRoot=false)");
        } else if (unset.n) {
                open_violation(b, "runAsNonRoot != true");
                buf_addf(b, "pod or %s %s must set securityContext.runAsNonRoot=true)",
                         plural("container", "containers", unset.n), buf_str(&unset.names));
        }
}

static bool is_root(const struct value *context) {
        const struct value *user = value_get(context, "runAsUser");
        return user && value_int_or(user, 1) == 0;
}

static void check_user(struct buf *b, const struct value *spec) {
        _cleanup_found_ struct found f = FOUND_INIT;
        const struct value *container;
        bool pod = is_root(value_get(spec, "securityContext"));
        for (struct each e = {.spec = spec}; (container = each_next(&e));)
                if (is_root(value_get(container, "securityContext")))
                        found_add(&f, name_of(container));
        if (!pod && !f.n)
                return;
        open_violation(b, "runAsUser=0");
        buf_adds(b, pod && f.n ? "pod and " : pod ? "pod" : "");
        if (f.n)
                buf_addf(b, "%s %s", plural("container", "containers", f.n), buf_str(&f.names));
        buf_adds(b, " must not set runAsUser=0)");
}

static bool good_seccomp(const struct value *type) {
        return value_equals_str(type, "RuntimeDefault") || value_equals_str(type, "Localhost");
}

/* Baseline forbids Unconfined; restricted wants one of the others said. */
static void check_seccomp(struct buf *b, const struct value *spec, bool restricted) {
        const struct value *pod = value_path(spec, "securityContext", "seccompProfile", "type", NULL), *container;
        _cleanup_found_ struct found unset = FOUND_INIT, bad = FOUND_INIT;
        bool pod_bad = pod && !good_seccomp(pod);
        for (struct each e = {.spec = spec}; (container = each_next(&e));) {
                const struct value *own = value_path(container, "securityContext", "seccompProfile", "type", NULL);
                if (own && !good_seccomp(own))
                        found_add(&bad, name_of(container));
                else if (!own && !pod)
                        found_add(&unset, name_of(container));
        }
        if (pod_bad || bad.n) {
                open_violation(b, "seccompProfile");
                buf_adds(b, pod_bad && bad.n ? "pod and " : pod_bad ? "pod" : "");
                if (bad.n)
                        buf_addf(b, "%s %s", plural("container", "containers", bad.n), buf_str(&bad.names));
                buf_adds(b, " must not set securityContext.seccompProfile.type to \"Unconfined\")");
        } else if (restricted && unset.n) {
                open_violation(b, "seccompProfile");
                buf_addf(b,
                         "pod or %s %s must set securityContext.seccompProfile.type to \"RuntimeDefault\" or "
                         "\"Localhost\")",
                         plural("container", "containers", unset.n), buf_str(&unset.names));
        }
}

void podsecurity_check(struct buf *b, const struct value *pod_spec, enum podsecurity_level level) {
        bool restricted = level == PODSECURITY_RESTRICTED;
        if (level == PODSECURITY_PRIVILEGED)
                return;
        if (!restricted)
                check_capabilities_baseline(b, pod_spec);
        check_host_namespaces(b, pod_spec);
        if (!restricted)
                check_host_paths(b, pod_spec);
        check_host_ports(b, pod_spec);
        check_privileged(b, pod_spec);
        check_proc_mount(b, pod_spec);
        if (!restricted)
                check_seccomp(b, pod_spec, false);
        check_sysctls(b, pod_spec);
        if (!restricted)
                return;
        check_escalation(b, pod_spec);
        check_capabilities_restricted(b, pod_spec);
        check_volumes(b, pod_spec);
        check_non_root(b, pod_spec);
        check_user(b, pod_spec);
        check_seccomp(b, pod_spec, true);
}
