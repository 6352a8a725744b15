/* SPDX-License-Identifier: Apache-2.0 */
/* The controllers as their Deployment wants them. The control plane reads the Deployment; this side believes nothing
 * but a whole, checked order, and adds what is this machine's business: places, sockets, the user's own flags. */
#include "supervisor/internal.h"

#include "base/log.h"

#include <sys/socket.h>

/* The user's flags come last, so that nobody who writes the Deployment undoes them. */
static int plan_controllers(struct supervisor *s, struct err *err) {
        const char *kubeconfig = supervisor_in_dir(s, "run/controllers.kubeconfig");
        const char *sources = supervisor_in_dir(s, "sources"), *wake = supervisor_in_dir(s, "run/wake.sock");
        const char *arguments[6 + OWN_ARGUMENTS_MAX + 1] = {"--kubeconfig", kubeconfig,      "--data",
                                                            sources,        "--wake-socket", wake};
        arena_reset(s->order_arena);
        for (size_t i = 0; i < s->order.n_arguments; i++)
                if (!(arguments[6 + i] = arena_strdup(s->order_arena, s->order.arguments[i])))
                        return err_oom(err);
        if (!kubeconfig || !sources || !wake)
                return err_oom(err);
        return supervisor_set_arguments(s->order_arena, &s->roles[CONTROLLERS], arguments, s->options->controller_flags,
                                        err);
}

static void send_report(struct supervisor *s, const struct own_report *report) {
        int fd = s->roles[APISERVER].link_fd;
        if (fd >= 0 && send(fd, report, sizeof(*report), MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof(*report))
                log_error("cannot tell the control plane how its Deployment is");
}

void own_ask(struct supervisor *s) {
        send_report(s, &(struct own_report){.state = OWN_ASKS});
}

void own_report(struct supervisor *s) {
        struct own_report report = {.number = s->order.number,
                                    .state = s->roles[CONTROLLERS].ready ? OWN_READY
                                             : *s->failure               ? OWN_FAILING
                                                                         : OWN_STARTING};
        snprintf(report.text, sizeof(report.text), "%s", s->failure);
        if (s->ordered)
                send_report(s, &report);
}

static int follow(struct supervisor *s, struct err *err) {
        struct role *r = &s->roles[CONTROLLERS];
        s->failure[0] = '\0';
        r->wanted = s->order.run;
        r->delay = 0;
        r->retry_at = r->wanted && r->proc.pid <= 0 ? 1 : 0;
        r->ready = false;
        role_ask_to_end(r, SUPERVISOR_GRACE);
        return plan_controllers(s, err);
}

int own_obey(struct supervisor *s, struct err *err) {
        int *fd = &s->roles[APISERVER].link_fd;
        struct own_order order;
        char bytes[sizeof(order) + 1];
        _cleanup_err_ struct err refused = ERR_INIT;
        ssize_t n = recv(*fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n <= 0) {
                close_fd(fd); /* the control plane ends; the loop hears of that */
                return 0;
        }
        if (own_order_check(bytes, (size_t)n, &order, &refused) < 0) {
                log_error("refused what the control plane asked to run", "error", err_message(&refused));
                return 0;
        }
        bool same = s->ordered && own_order_equal(&order, &s->order);
        s->order = order;
        s->ordered = true;
        if (!same && follow(s, err) < 0)
                return -1;
        own_report(s);
        return 0;
}
