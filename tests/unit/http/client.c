/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TIMEOUT_MS 5000

static struct client with_fd(int fd) {
        return (struct client){.fd = fd, .pending = BUF_INIT((size_t)256 << 20)};
}

struct client client_unix(const char *path) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
                perror("connect");
                abort();
        }
        return with_fd(fd);
}

struct client client_tcp(uint16_t port) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
                perror("connect");
                abort();
        }
        return with_fd(fd);
}

struct client client_tls(uint16_t port, void *ssl_ctx) {
        struct client c = client_tcp(port);
        SSL *ssl = SSL_new(ssl_ctx);
        SSL_set_fd(ssl, c.fd);
        if (SSL_connect(ssl) != 1) {
                SSL_free(ssl);
                close_fd(&c.fd);
                return c;
        }
        c.ssl = ssl;
        return c;
}

void client_send(struct client *c, const char *bytes, size_t n) {
        while (n) {
                ssize_t done = c->ssl ? SSL_write(c->ssl, bytes, (int)n) : send(c->fd, bytes, n, MSG_NOSIGNAL);
                if (done <= 0)
                        return;
                bytes += done;
                n -= (size_t)done;
        }
}

void client_sends(struct client *c, const char *text) {
        client_send(c, text, strlen(text));
}

static bool readable(struct client *c, int timeout_ms) {
        if (c->ssl && SSL_pending(c->ssl) > 0)
                return true;
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        return poll(&p, 1, timeout_ms) > 0;
}

/* Reads what is there. False: end, error, or nothing came in time. */
static bool read_more(struct client *c, int timeout_ms) {
        if (!readable(c, timeout_ms))
                return false;
        char *to = buf_reserve(&c->pending, 65536);
        ssize_t n = c->ssl ? SSL_read(c->ssl, to, 65536) : read(c->fd, to, 65536);
        if (n <= 0)
                return false;
        c->pending.len += (size_t)n;
        c->pending.data[c->pending.len] = '\0';
        return true;
}

static void consume(struct client *c, size_t n) {
        memmove(c->pending.data, c->pending.data + n, c->pending.len - n + 1);
        c->pending.len -= n;
}

static bool need(struct client *c, size_t n) {
        while (c->pending.len < n)
                if (!read_more(c, TIMEOUT_MS))
                        return false;
        return true;
}

static bool read_line(struct client *c, char line[64]) {
        const char *end;
        while (!(end = c->pending.len ? strstr(c->pending.data, "\r\n") : NULL))
                if (!read_more(c, TIMEOUT_MS))
                        return false;
        size_t n = (size_t)(end - c->pending.data);
        snprintf(line, 64, "%.*s", (int)n, c->pending.data);
        consume(c, n + 2);
        return true;
}

static bool read_chunks(struct client *c, struct buf *body) {
        char line[64];
        while (read_line(c, line)) {
                size_t n = strtoul(line, NULL, 16);
                if (!need(c, n + 2))
                        return false;
                buf_add(body, c->pending.data, n);
                consume(c, n + 2);
                if (n == 0)
                        return true;
        }
        return false;
}

static bool answer(struct client *c, struct answer *ret, bool head_only) {
        const char *end;
        while (!(end = c->pending.len ? strstr(c->pending.data, "\r\n\r\n") : NULL))
                if (!read_more(c, TIMEOUT_MS))
                        return false;
        size_t n = (size_t)(end - c->pending.data) + 4;
        *ret = (struct answer){.head = strndup(c->pending.data, n)};
        consume(c, n);
        ret->status = (int)strtol(ret->head + strlen("HTTP/1.1 "), NULL, 10);
        ret->chunked = strcasestr(ret->head, "transfer-encoding: chunked") != NULL;
        const char *length = strcasestr(ret->head, "content-length: ");
        struct buf body = BUF_INIT((size_t)256 << 20);
        bool ok = true;
        if (head_only || ret->status == 100) {
                ok = true;
        } else if (ret->chunked) {
                ok = read_chunks(c, &body);
        } else if (length) {
                size_t want = strtoul(length + strlen("content-length: "), NULL, 10);
                ok = need(c, want);
                if (ok && want) {
                        buf_add(&body, c->pending.data, want);
                        consume(c, want);
                }
        } else {
                while (read_more(c, TIMEOUT_MS))
                        ;
                buf_add(&body, c->pending.data, c->pending.len);
        }
        ret->body_len = body.len;
        ret->body = buf_take(&body);
        if (!ok)
                answer_done(ret);
        return ok;
}

bool client_answer(struct client *c, struct answer *ret) {
        return answer(c, ret, false);
}

bool client_answer_head(struct client *c, struct answer *ret) {
        return answer(c, ret, true);
}

bool client_wait_for(struct client *c, const char *text) {
        while (!c->pending.len || !strstr(c->pending.data, text))
                if (!read_more(c, TIMEOUT_MS))
                        return false;
        return true;
}

bool client_closed(struct client *c) {
        while (readable(c, 4000))
                if (!read_more(c, 4000))
                        return true;
        return false;
}

void answer_done(struct answer *a) {
        free(a->head);
        free(a->body);
        *a = (struct answer){0};
}

void client_done(struct client *c) {
        if (c->ssl) {
                SSL_shutdown(c->ssl); /* without it a session cannot be resumed */
                SSL_free(c->ssl);
        }
        close_fd(&c->fd);
        buf_done(&c->pending);
}
