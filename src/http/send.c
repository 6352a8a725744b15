/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to a connection. Most answers fit into the socket's buffer: they are written at once, and only what the
 * socket does not take is left to libevent, which would need two calls of epoll_ctl and a turn of the loop for each. */
#include "http/internal.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

/* One TLS record. A record that the socket did not take has to be offered again as the beginning of what follows; it is
 * then the beginning of the output, because nothing is sent past a filled output. */
#define RECORD_BYTES ((size_t)16384)
/* A fast reader of much may not hold up the loop: the rest goes through libevent. */
#define AT_ONCE_BYTES ((size_t)256 << 10)
/* Lent bytes are written in parts, so that a slow reader's progress shows in the length of the output. */
#define LENT_BYTES ((size_t)256 << 10)

static size_t send_tls(SSL *ssl, const char *bytes, size_t n) {
        size_t sent = 0, part;
        ERR_clear_error();
        while (sent < n &&
               SSL_write_ex(ssl, bytes + sent, n - sent < RECORD_BYTES ? n - sent : RECORD_BYTES, &part) == 1)
                sent += part;
        ERR_clear_error();
        return sent;
}

static size_t send_clear(int fd, const char *bytes, size_t n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        return sent > 0 ? (size_t)sent : 0;
}

/* What the socket takes now. Failures are left to libevent, which meets them again and reports them. */
static size_t send_now(struct conn *c, const char *bytes, size_t n) {
        if (evbuffer_get_length(bufferevent_get_output(c->bev)) > 0)
                return 0;
        if (n > AT_ONCE_BYTES)
                n = AT_ONCE_BYTES;
        SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
        return ssl ? send_tls(ssl, bytes, n) : send_clear(bufferevent_getfd(c->bev), bytes, n);
}

int conn_send(struct conn *c, const char *bytes, size_t n) {
        struct evbuffer *out = bufferevent_get_output(c->bev);
        size_t sent = send_now(c, bytes, n);
        if (sent == n)
                return 0;
        return evbuffer_expand(out, n - sent) < 0 ? -1 : evbuffer_add(out, bytes + sent, n - sent);
}

static void release_shared(const void *data, size_t n, void *shared) {
        http_shared_unref(shared);
}

int conn_lend(struct conn *c, struct http_shared *s) {
        struct evbuffer *out = bufferevent_get_output(c->bev);
        for (size_t at = send_now(c, s->data, s->len), n; at < s->len; at += n) {
                n = s->len - at < LENT_BYTES ? s->len - at : LENT_BYTES;
                if (evbuffer_add_reference(out, s->data + at, n, release_shared, http_shared_ref(s)) < 0) {
                        http_shared_unref(s);
                        return -1;
                }
        }
        return 0;
}
