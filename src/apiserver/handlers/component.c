/* SPDX-License-Identifier: Apache-2.0 */
/* componentstatuses: nothing is stored, the parts of a control plane are asked when a client asks. The store is this
 * process; a scheduler and a controller manager may run beside it on their usual ports. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "apiserver/handlers/verbs.h"

static const struct component {
        const char *name;
        uint16_t port; /* on the loopback; 0: the store */
} components[] = {{"controller-manager", 10257}, {"etcd-0", 0}, {"scheduler", 10259}};

/* 0 when something listens there, else an errno. The loopback answers at once. */
static int probe(uint16_t port) {
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in to = {
                .sin_family = AF_INET,
                .sin_port = htons(port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        if (fd < 0)
                return errno;
        return connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

static int describe(struct arena *a, const struct component *part, bool item, struct value *ret, struct err *err) {
        int failed = part->port ? probe(part->port) : 0;
        struct value meta = value_map(), condition = value_map(), conditions = value_list();
        struct value message = value_str("ok");
        if (failed)
                message = value_strf(a,
                                     "Get \"https://127.0.0.1:%u/healthz\": dial tcp 127.0.0.1:%u: connect: connection "
                                     "refused",
                                     part->port, part->port);
        *ret = value_map();
        if (!item && (!value_set(a, ret, "kind", value_str("ComponentStatus")) ||
                      !value_set(a, ret, "apiVersion", value_str("v1"))))
                return err_oom(err);
        if (!value_set(a, &meta, "name", value_str(part->name)) ||
            !value_set(a, &condition, "type", value_str("Healthy")) ||
            !value_set(a, &condition, "status", value_str(failed ? "False" : "True")) ||
            !value_set(a, &condition, "message", message) || !value_append(a, &conditions, condition) ||
            !value_set(a, ret, "metadata", meta) || !value_set(a, ret, "conditions", conditions))
                return err_oom(err);
        return 0;
}

static int list(struct call *c, struct value *ret, struct err *err) {
        struct value items = value_list();
        *ret = value_map();
        for (size_t i = 0; i < ARRAY_LEN(components); i++) {
                struct value item;
                if (describe(c->arena, &components[i], true, &item, err) < 0)
                        return -1;
                if (!value_append(c->arena, &items, item))
                        return err_oom(err);
        }
        if (!value_set(c->arena, ret, "kind", value_str("ComponentStatusList")) ||
            !value_set(c->arena, ret, "apiVersion", value_str("v1")) ||
            !value_set(c->arena, ret, "metadata", value_map()) || !value_set(c->arena, ret, "items", items))
                return err_oom(err);
        return 0;
}

static int get(struct call *c, struct value *ret, struct err *err) {
        for (size_t i = 0; i < ARRAY_LEN(components); i++)
                if (streq(components[i].name, c->info.name))
                        return describe(c->arena, &components[i], false, ret, err);
        return err_set(err, ERR_NOT_FOUND, "componentstatuses \"%s\" not found", c->info.name);
}

void component_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value answer;
        if ((*c->info.name ? get(c, &answer, &err) : list(c, &answer, &err)) < 0)
                call_fail(c, &err);
        else
                call_object(c, 200, &answer);
}
