/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/artifact_server.h"

#include "base/clock.h"
#include "base/fs.h"
#include "http/http.h"

#include <errno.h>
#include <sys/stat.h>

#define PIECE 16384

struct artifact_server {
        struct http_server *http;
        int root;
};

/* ---- one download ---- */

struct download {
        int fd;
};

static int fill(void *source, struct buf *out) {
        struct download *d = source;
        char *to = buf_reserve(out, PIECE);
        ssize_t n = to ? read(d->fd, to, PIECE) : -1;
        if (n <= 0)
                return -1; /* the end, or an error: a consumer checks the digest */
        out->len += (size_t)n;
        return 1;
}

static void done(void *source) {
        struct download *d = source;
        close(d->fd);
        free(d);
}

static const struct http_stream_ops download_ops = {.fill = fill, .done = done};

static void refuse(struct http_request *r, int status, const char *text) {
        http_reply(r, &(struct http_response){
                              .status = status, .content_type = "text/plain", .body = text, .body_len = strlen(text)});
}

static void handle(struct http_request *r, void *context) {
        const struct artifact_server *s = context;
        if (!streq(r->method, "GET") && !streq(r->method, "HEAD")) {
                refuse(r, 405, "only GET and HEAD are served here\n");
                return;
        }
        const char *path = r->path + strspn(r->path, "/");
        _cleanup_close_ int fd = *path ? fs_open(s->root, path, O_RDONLY, 0, NULL) : -1;
        struct stat st;
        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                refuse(r, 404, "404 page not found\n");
                return;
        }
        struct download *d = malloc(sizeof(*d));
        if (!d) {
                refuse(r, 503, "out of memory\n");
                return;
        }
        d->fd = TAKE_FD(fd);
        struct http_response head = {
                .status = 200, .content_type = "application/octet-stream", .body_len = (size_t)st.st_size};
        http_reply_stream(r, &head, &download_ops, d, 0);
}

/* ---- life ---- */

static int split_address(const char *listen, char *host, size_t size, uint16_t *port, struct err *err) {
        const char *colon = strrchr(listen, ':');
        char *end = NULL;
        unsigned long p = colon ? strtoul(colon + 1, &end, 10) : 65536;
        if (!colon || *end || p > 65535 || (size_t)(colon - listen) >= size)
                return err_set(err, ERR_INVALID, "expected HOST:PORT, found \"%s\"", listen);
        snprintf(host, size, "%.*s", (int)(colon - listen), listen);
        *port = (uint16_t)p;
        return 0;
}

int artifact_server_start(const char *root, const char *listen, char *ret_address, size_t size,
                          struct artifact_server **ret, struct err *err) {
        char host[64];
        uint16_t port;
        if (split_address(listen, host, sizeof(host), &port, err) < 0)
                return -1;
        struct artifact_server *s = calloc(1, sizeof(*s));
        if (!s)
                return err_oom(err);
        s->root = fs_open_dir(AT_FDCWD, root, err);
        struct http_options options = {
                .max_body = 0,
                .max_connections = 1024,
                .max_per_peer = 256,
                .loops = 1,
                .hooks = {.handle = handle, .context = s},
        };
        if (s->root < 0 || http_server_new(&options, &s->http, err) < 0 ||
            http_listen_tcp(s->http, *host ? host : "0.0.0.0", &port, NULL, err) < 0 ||
            http_server_start(s->http, err) < 0) {
                artifact_server_stop(s);
                return -1;
        }
        snprintf(ret_address, size, "%s:%u", *host ? host : "localhost", port);
        *ret = s;
        return 0;
}

struct artifact_server *artifact_server_stop(struct artifact_server *s) {
        if (!s)
                return NULL;
        if (s->http)
                http_server_stop(s->http, NSEC_PER_SEC);
        close_fd(&s->root);
        free(s);
        return NULL;
}
