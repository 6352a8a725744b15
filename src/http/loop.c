/* SPDX-License-Identifier: Apache-2.0 */
/* A loop thread: an event base, its connections, and a queue through which other threads speak to it. */
#include "http/internal.h"

#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>

struct message *message_new(enum message_type type) {
        struct message *m = calloc(1, sizeof(*m));
        if (m) {
                m->type = type;
                m->fd = -1;
        }
        return m;
}

struct message *message_free(struct message *m) {
        if (m) {
                http_shared_unref(m->response.shared);
                arena_free(m->arena);
                free(m);
        }
        return NULL;
}

static void ring(struct loop *l) {
        uint64_t one = 1;
        while (write(l->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
                ;
}

void loop_post(struct loop *l, struct message *m) {
        pthread_mutex_lock(&l->lock);
        bool empty = !l->first;
        if (empty)
                l->first = m;
        else
                l->last->next = m;
        l->last = m;
        pthread_mutex_unlock(&l->lock);
        if (empty)
                ring(l);
}

void http_stream_wake(struct http_server *s) {
        for (unsigned i = 0; i < s->options.loops; i++)
                if (!atomic_exchange(&s->loops[i].wake_streams, true))
                        ring(&s->loops[i]);
}

const char *loop_date(struct loop *l) {
        time_t now = (time_t)(clock_realtime_ns() / NSEC_PER_SEC);
        if (now != l->date_at) {
                struct tm tm;
                gmtime_r(&now, &tm);
                strftime(l->date, sizeof(l->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
                l->date_at = now;
        }
        return l->date;
}

/* ---- the dead: freed outside of every callback that may still look at them ---- */

void loop_bury(struct loop *l, struct conn *c) {
        round_leave(l, c);
        if (c->prev)
                c->prev->next = c->next;
        else
                l->conns = c->next;
        if (c->next)
                c->next->prev = c->prev;
        if (!l->conns)
                event_del(l->sweep);
        c->next = l->dead;
        l->dead = c;
        event_active(l->reap, EV_TIMEOUT, 0);
}

static void reap(struct loop *l) {
        while (l->dead) {
                struct conn *c = l->dead;
                l->dead = c->next;
                struct peer_count *count = c->peer->count;
                bufferevent_free(c->bev);
                request_free(c->request);
                peer_unref(c->peer);
                free(c);
                server_release_conn(l->server, count);
        }
}

static void on_reap(evutil_socket_t fd, short what, void *context) {
        reap(context);
}

/* ---- messages ---- */

static void answer(struct loop *l, struct message *m) {
        struct request *r = request_find(l, m->id);
        if (!r || r->answered) {
                if (m->type == MESSAGE_STREAM)
                        m->ops->done(m->source);
                return;
        }
        bool gone = !r->conn;
        if (m->type == MESSAGE_STREAM)
                stream_begin(r, &m->response, m->ops, m->source, m->deadline_ns);
        else
                http_reply(&r->public, &m->response);
        if (gone)
                request_free(r);
}

static void stop(struct loop *l) {
        while (l->conns)
                conn_close(l->conns);
        reap(l);
        for (size_t i = 0; i < l->n_slots; i++)
                request_free(l->slots[i].request);
        event_base_loopbreak(l->base);
}

static void drain(struct loop *l) {
        l->draining = true;
        for (struct conn *c = l->conns, *next; c; c = next) {
                next = c->next;
                conn_drain(c);
        }
}

static void handle(struct loop *l, struct message *m) {
        switch (m->type) {
        case MESSAGE_ADOPT:
                conn_adopt(l, m);
                break;
        case MESSAGE_RESPOND:
        case MESSAGE_STREAM:
                answer(l, m);
                break;
        case MESSAGE_DRAIN:
                drain(l);
                break;
        case MESSAGE_STOP:
                stop(l);
                break;
        }
}

static struct message *take_messages(struct loop *l) {
        pthread_mutex_lock(&l->lock);
        struct message *m = l->first;
        l->first = l->last = NULL;
        pthread_mutex_unlock(&l->lock);
        return m;
}

static void on_wake(evutil_socket_t fd, short what, void *context) {
        struct loop *l = context;
        uint64_t n;
        while (read(fd, &n, sizeof(n)) < 0 && errno == EINTR)
                ;
        bool streams = atomic_exchange(&l->wake_streams, false);
        for (struct message *m = take_messages(l), *next; m; m = next) {
                next = m->next;
                handle(l, m);
                message_free(m);
        }
        if (streams)
                round_want(l);
}

static void on_sweep(evutil_socket_t fd, short what, void *context) {
        struct loop *l = context;
        int64_t now = clock_monotonic_ns();
        for (struct conn *c = l->conns, *next; c; c = next) {
                next = c->next;
                conn_sweep(c, now);
        }
}

/* ---- life ---- */

int loop_init(struct loop *l, struct http_server *s, unsigned index, struct err *err) {
        l->server = s;
        l->index = index;
        l->piece = BUF_INIT(LIMIT_HTTP_STREAM_BYTES);
        pthread_mutex_init(&l->lock, NULL);
        l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (l->wake_fd < 0)
                return err_errno(err, errno, "eventfd");
        struct event_config *config = event_config_new();
        if (config && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
                l->base = event_base_new_with_config(config); /* one thread only: others ring the eventfd */
        if (config)
                event_config_free(config);
        if (!l->base)
                return err_oom(err);
        l->wake_event = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
        l->sweep = event_new(l->base, -1, EV_PERSIST, on_sweep, l);
        l->reap = event_new(l->base, -1, 0, on_reap, l);
        if (!l->wake_event || !l->sweep || !l->reap || round_init(l) < 0 || event_add(l->wake_event, NULL) < 0)
                return err_oom(err);
        return 0;
}

static void *run(void *context) {
        struct loop *l = context;
        event_base_dispatch(l->base);
        return NULL;
}

int loop_start(struct loop *l, struct err *err) {
        sigset_t all, old;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the main thread's matter */
        int e = pthread_create(&l->thread, NULL, run, l);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        if (e)
                return err_errno(err, e, "start a thread");
        l->started = true;
        return 0;
}

void loop_done(struct loop *l) {
        if (!l->server)
                return;
        if (l->started)
                pthread_join(l->thread, NULL);
        for (struct message *m = l->first, *next; m; m = next) {
                next = m->next;
                if (m->type == MESSAGE_ADOPT) {
                        close(m->fd);
                        server_release_conn(l->server, m->count);
                } else if (m->type == MESSAGE_STREAM) {
                        m->ops->done(m->source);
                }
                message_free(m);
        }
        struct event *events[] = {l->wake_event, l->sweep, l->reap};
        for (size_t i = 0; i < ARRAY_LEN(events); i++)
                if (events[i])
                        event_free(events[i]);
        round_done(l);
        if (l->base)
                event_base_free(l->base);
        buf_done(&l->piece);
        close_fd(&l->wake_fd);
        pthread_mutex_destroy(&l->lock);
        free(l->slots);
}
