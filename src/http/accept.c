/* SPDX-License-Identifier: Apache-2.0 */
/* The accept thread: waits on all listeners, keeps the caps, deals connections out to the loops. */
#include "http/internal.h"

#include "base/strmap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Listeners that one server may have, and the pause when nothing can be accepted. */
#define LISTENERS_MAX 8
#define PAUSE_MS 20

/* Counts a connection. -1: over a cap. *ret_count stays NULL for a Unix socket. */
static int admit(struct http_server *s, const char *host, bool unix_socket, struct peer_count **ret_count) {
        int r = -1;
        struct peer_count *count = NULL;
        pthread_mutex_lock(&s->lock);
        if (s->n_conns < s->options.max_connections) {
                if (unix_socket) {
                        r = 0;
                } else if ((count = strmap_get(s->peers, host, strlen(host)))) {
                        r = count->n < s->options.max_per_peer ? 0 : -1;
                } else if ((count = calloc(1, sizeof(*count)))) {
                        snprintf(count->address, sizeof(count->address), "%s", host);
                        r = strmap_set(s->peers, count->address, strlen(count->address), count);
                        if (r < 0)
                                free(count);
                }
        }
        if (r == 0) {
                s->n_conns++;
                if (count)
                        count->n++;
                *ret_count = count;
        }
        pthread_mutex_unlock(&s->lock);
        return r;
}

void server_release_conn(struct http_server *s, struct peer_count *count) {
        pthread_mutex_lock(&s->lock);
        if (count && --count->n == 0) {
                strmap_remove(s->peers, count->address, strlen(count->address));
                free(count);
        }
        if (--s->n_conns == 0)
                pthread_cond_broadcast(&s->idle);
        pthread_mutex_unlock(&s->lock);
}

/* Descriptors are out: gives up the spare one to take the connection off the queue and close it, so that its client
 * learns at once and poll() does not spin. False: that did not help either. */
static bool shed(struct http_server *s, int listener) {
        close_fd(&s->spare_fd);
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
                close(fd);
        s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return fd >= 0 && s->spare_fd >= 0;
}

/* host without, address with the port. */
static void name_peer(const struct sockaddr_storage *from, char host[64], char address[64]) {
        char ip[INET6_ADDRSTRLEN] = "";
        unsigned port = 0;
        if (from->ss_family == AF_INET) {
                const struct sockaddr_in *in = (const struct sockaddr_in *)from;
                inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
                port = ntohs(in->sin_port);
        } else if (from->ss_family == AF_INET6) {
                const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
                inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
                port = ntohs(in6->sin6_port);
        }
        snprintf(host, 64, "%s", ip);
        snprintf(address, 64, from->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip, port);
}

/* True: took one, or there was none. False: wait a little. */
static bool accept_one(struct http_server *s, const struct listener *l) {
        struct sockaddr_storage from = {0};
        socklen_t n = sizeof(from);
        _cleanup_close_ int fd = accept4(l->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
                if (errno == EMFILE || errno == ENFILE)
                        return shed(s, l->fd);
                return errno != ENOBUFS && errno != ENOMEM;
        }
        bool is_unix = l->unix_path != NULL;
        char host[64] = "unix", address[64] = "unix";
        if (!is_unix) {
                name_peer(&from, host, address);
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        }
        struct peer_count *count = NULL;
        if (admit(s, host, is_unix, &count) < 0)
                return true;
        struct message *m = message_new(MESSAGE_ADOPT);
        if (!m) {
                server_release_conn(s, count);
                return false;
        }
        m->fd = TAKE_FD(fd);
        m->ssl_ctx = l->ssl_ctx;
        m->unix_socket = is_unix;
        m->count = count;
        memcpy(m->address, address, sizeof(address));
        loop_post(&s->loops[s->next_loop], m);
        s->next_loop = (s->next_loop + 1) % s->options.loops;
        return true;
}

static void *run(void *context) {
        struct http_server *s = context;
        struct pollfd fds[LISTENERS_MAX + 1] = {{.fd = s->stop_fd, .events = POLLIN}};
        const struct listener *listeners[LISTENERS_MAX + 1] = {NULL};
        nfds_t n = 1;
        for (const struct listener *l = s->listeners; l && n <= LISTENERS_MAX; l = l->next) {
                listeners[n] = l;
                fds[n++] = (struct pollfd){.fd = l->fd, .events = POLLIN};
        }
        bool pause = false;
        for (;;) {
                /* during a pause only the end is waited for */
                if (poll(fds, pause ? 1 : n, pause ? PAUSE_MS : -1) < 0 && errno != EINTR)
                        return NULL;
                if (fds[0].revents)
                        return NULL;
                bool was_pause = pause;
                pause = false;
                for (nfds_t i = 1; i < n && !was_pause; i++)
                        if (fds[i].revents && !accept_one(s, listeners[i]))
                                pause = true;
        }
}

int acceptor_start(struct http_server *s, struct err *err) {
        s->stop_fd = eventfd(0, EFD_CLOEXEC);
        s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (s->stop_fd < 0 || s->spare_fd < 0)
                return err_errno(err, errno, "eventfd");
        sigset_t all, old;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);
        int e = pthread_create(&s->acceptor, NULL, run, s);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        if (e)
                return err_errno(err, e, "start a thread");
        s->acceptor_started = true;
        return 0;
}

void acceptor_stop(struct http_server *s) {
        if (!s->acceptor_started)
                return;
        uint64_t one = 1;
        while (write(s->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
                ;
        pthread_join(s->acceptor, NULL);
        s->acceptor_started = false;
}
