/* SPDX-License-Identifier: Apache-2.0 */
/* weir's own Deployment: what it asks for is told to the supervisor, what the supervisor reports becomes its status.
 *
 * Two threads meet here. The thread of the built-in controllers sees the Deployment change; a thread of its own hears
 * the supervisor. Either reads the Deployment afresh before it tells, one at a time, so that the newest order is sent
 * last. */
#include "apiserver/controllers/internal.h"
#include "apiserver/controllers/settled.h"
#include "base/limits.h"
#include "base/log.h"
#include "kube/own_deployment.h"

#include <errno.h>
#include <sys/socket.h>

struct own {
        struct controllers *controllers;
        int fd;
        pthread_t thread;
        pthread_mutex_t telling; /* held while the Deployment is read and the order sent */
        pthread_mutex_t lock;    /* guards what follows; never held in a call of the registry */
        bool asked;              /* the supervisor is ready for orders */
        bool told;               /* order has been sent since it asked */
        struct own_order order;
        struct own_report report; /* about order */
        char refusal[512];        /* why the present spec did not become an order; "" when it did */
};

static struct object *get_deployment(struct own *own, const struct kind_set *kinds) {
        struct object *o = NULL;
        const struct kind *k = kind_by_name(kinds, "apps", "v1", "Deployment");
        return k && registry_get(own->controllers->registry, k, OWN_NAMESPACE, OWN_NAME, &o, NULL) == 0 ? o : NULL;
}

/* What the Deployment asks for now. A refused one: err says why. */
static int read_order(struct own *own, struct own_order *ret, struct err *err) {
        const struct kind_set *kinds = registry_kinds(own->controllers->registry);
        _cleanup_object_ struct object *o = get_deployment(own, kinds);
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        struct value tree;
        int r = 0;
        if (o && !a)
                r = err_oom(err);
        else if (o && !o->deleting) {
                r = object_tree(o, a, &tree, err);
                if (r == 0 && own_deployment_is(&tree))
                        r = own_deployment_read(&tree, ret, err);
        }
        kind_set_unref(kinds);
        return r;
}

/* Keeps what was read; true when it is an order to be sent. A refused spec leaves what runs alone, as a rollout whose
 * pods cannot be made does; where nothing has been said yet, nothing runs. */
static bool keep(struct own *own, struct own_order *order, const char *refusal) {
        pthread_mutex_lock(&own->lock);
        snprintf(own->refusal, sizeof(own->refusal), "%s", refusal);
        bool send = own->asked && (!own->told || (!*refusal && !own_order_equal(order, &own->order)));
        if (send) {
                order->number = own->order.number + 1;
                own->order = *order;
                own->report = (struct own_report){.number = order->number, .state = OWN_STARTING};
                own->told = true;
        }
        pthread_mutex_unlock(&own->lock);
        return send;
}

static void tell(struct own *own) {
        struct own_order order = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        pthread_mutex_lock(&own->telling);
        bool refused = read_order(own, &order, &err) < 0;
        if (keep(own, &order, refused ? err_message(&err) : "") &&
            send(own->fd, &order, sizeof(order), MSG_NOSIGNAL) != (ssize_t)sizeof(order))
                log_error("cannot tell the supervisor what its Deployment asks for", "error", strerror(errno));
        pthread_mutex_unlock(&own->telling);
}

void own_changed(struct controllers *c, const struct object *o) {
        if (c->own && streq(o->namespace_, OWN_NAMESPACE) && streq(o->name, OWN_NAME))
                tell(c->own);
}

/* ---- what the supervisor says ---- */

static void take_report(struct own *own, const struct own_report *report) {
        pthread_mutex_lock(&own->lock);
        if (report->state == OWN_ASKS) {
                own->asked = true;
                own->told = false;
        } else if (own->told && report->number == own->order.number) {
                own->report = *report;
                own->report.text[sizeof(own->report.text) - 1] = '\0';
        }
        pthread_mutex_unlock(&own->lock);
        if (report->state == OWN_ASKS)
                tell(own);
        const struct kind_set *kinds = registry_kinds(own->controllers->registry);
        _cleanup_object_ struct object *o = get_deployment(own, kinds);
        if (o && !o->deleting)
                settle(own->controllers, kinds, o);
        kind_set_unref(kinds);
}

static void *hear(void *context) {
        struct own *own = context;
        struct own_report report;
        for (;;) {
                ssize_t n = recv(own->fd, &report, sizeof(report), 0);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return NULL;
                if (n == (ssize_t)sizeof(report) && report.state < OWN_STATES)
                        take_report(own, &report);
        }
}

bool own_describe(struct own *own, struct settled *out) {
        if (!own || !own_deployment_is(out->object))
                return false;
        pthread_mutex_lock(&own->lock);
        struct own_report report = own->report;
        bool runs = own->order.run || !own->told;
        const char *refusal = arena_strdup(out->arena, own->refusal); /* the status borrows both texts */
        const char *text = arena_strdup(out->arena, report.text);
        pthread_mutex_unlock(&own->lock);
        out->oom = out->oom || !refusal || !text;
        if (!refusal || !text || (!runs && !*refusal))
                return false;
        settled_by_process(out, &(struct settled_process){.ready = runs && report.state == OWN_READY,
                                                          .failing = report.state == OWN_FAILING,
                                                          .text = text,
                                                          .refusal = refusal});
        return true;
}

/* ---- life ---- */

int own_start(struct controllers *c, int fd, struct err *err) {
        struct own *own = calloc(1, sizeof(*own));
        if (!own)
                return err_oom(err);
        own->controllers = c;
        own->fd = fd;
        own->report.state = OWN_STARTING;
        pthread_mutex_init(&own->telling, NULL);
        pthread_mutex_init(&own->lock, NULL);
        c->own = own;
        int failed = pthread_create(&own->thread, NULL, hear, own);
        if (failed) {
                c->own = NULL;
                free(own);
                return err_errno(err, failed, "starting the thread that hears the supervisor");
        }
        return 0;
}

void own_stop(struct controllers *c) {
        struct own *own = c->own;
        if (!own)
                return;
        shutdown(own->fd, SHUT_RDWR);
        pthread_join(own->thread, NULL);
        pthread_mutex_destroy(&own->telling);
        pthread_mutex_destroy(&own->lock);
        close_fd(&own->fd);
        c->own = NULL;
        free(own);
}
