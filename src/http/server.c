/* SPDX-License-Identifier: Apache-2.0 */
#include "http/internal.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/strmap.h"

#include <event2/thread.h>
#include <poll.h>
#include <signal.h>

static struct http_server *server_free(struct http_server *s) {
        for (unsigned i = 0; i < s->options.loops; i++)
                loop_done(&s->loops[i]);
        for (struct listener *l = s->listeners, *next; l; l = next) {
                next = l->next;
                close(l->fd);
                if (l->unix_path)
                        unlink(l->unix_path);
                free(l->unix_path);
                free(l);
        }
        if (s->peers)
                strmap_done(s->peers);
        free(s->peers);
        close_fd(&s->stop_fd);
        close_fd(&s->spare_fd);
        pthread_cond_destroy(&s->idle);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return NULL;
}

static void enable_threads(void) {
        evthread_use_pthreads(); /* libevent's few globals */
}

/* Puts in what the caller left open, and finds out how often deadlines have to be looked at. */
static void complete_options(struct http_server *s) {
        struct http_options *o = &s->options;
        if (o->loops < 1 || o->loops > HTTP_LOOPS_MAX)
                o->loops = 1;
        if (!o->max_connections)
                o->max_connections = LIMIT_HTTP_CONNECTIONS;
        if (!o->max_per_peer)
                o->max_per_peer = o->max_connections;
        struct {
                int64_t *set, fallback;
        } deadlines[] = {
                {&o->deadlines.handshake, LIMIT_HTTP_HANDSHAKE_NS}, {&o->deadlines.head, LIMIT_HTTP_HEAD_NS},
                {&o->deadlines.body, LIMIT_HTTP_BODY_NS},           {&o->deadlines.idle, LIMIT_HTTP_IDLE_NS},
                {&o->deadlines.write, LIMIT_HTTP_WRITE_NS},         {&o->deadlines.linger, LIMIT_HTTP_LINGER_NS},
        };
        int64_t interval = NSEC_PER_SEC;
        for (size_t i = 0; i < ARRAY_LEN(deadlines); i++) {
                if (*deadlines[i].set <= 0)
                        *deadlines[i].set = deadlines[i].fallback;
                if (*deadlines[i].set / 2 < interval)
                        interval = *deadlines[i].set / 2;
        }
        s->sweep = (struct timeval){.tv_sec = interval / NSEC_PER_SEC, .tv_usec = interval % NSEC_PER_SEC / 1000 + 1};
}

int http_server_new(const struct http_options *options, struct http_server **ret, struct err *err) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        pthread_once(&once, enable_threads);
        struct http_server *s = calloc(1, sizeof(*s));
        if (!s)
                return err_oom(err);
        s->options = *options;
        complete_options(s);
        s->stop_fd = s->spare_fd = -1;
        pthread_mutex_init(&s->lock, NULL);
        pthread_cond_init(&s->idle, NULL);
        s->peers = calloc(1, sizeof(*s->peers));
        int r = s->peers ? 0 : err_oom(err);
        for (unsigned i = 0; r == 0 && i < s->options.loops; i++)
                r = loop_init(&s->loops[i], s, i, err);
        if (r < 0) {
                server_free(s);
                return -1;
        }
        *ret = s;
        return 0;
}

int http_server_start(struct http_server *s, struct err *err) {
        signal(SIGPIPE, SIG_IGN); /* a client that has gone is an error of its write, not of the process */
        for (unsigned i = 0; i < s->options.loops; i++)
                if (loop_start(&s->loops[i], err) < 0)
                        return -1;
        return acceptor_start(s, err);
}

/* Sends one message to every loop. Waiting for memory is right here: the server cannot end without it. */
static void tell_loops(struct http_server *s, enum message_type type) {
        for (unsigned i = 0; i < s->options.loops; i++) {
                struct message *m;
                while (!(m = message_new(type)))
                        poll(NULL, 0, 10);
                loop_post(&s->loops[i], m);
        }
}

void http_server_drain(struct http_server *s, int64_t grace_ns) {
        acceptor_stop(s);
        tell_loops(s, MESSAGE_DRAIN);
        int64_t until = clock_monotonic_ns() + grace_ns;
        pthread_mutex_lock(&s->lock);
        while (s->n_conns > 0 && cond_wait_until(&s->idle, &s->lock, until))
                ;
        pthread_mutex_unlock(&s->lock);
}

struct http_server *http_server_stop(struct http_server *s, int64_t grace_ns) {
        if (!s)
                return NULL;
        if (s->loops[0].started) {
                http_server_drain(s, grace_ns);
                tell_loops(s, MESSAGE_STOP);
        }
        return server_free(s);
}
