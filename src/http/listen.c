/* SPDX-License-Identifier: Apache-2.0 */
#include "http/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 512

static int add_listener(struct http_server *s, int *fd, void *ssl_ctx, const char *unix_path, struct err *err) {
        struct listener *l = calloc(1, sizeof(*l));
        char *path = unix_path ? strdup(unix_path) : NULL;
        if (!l || (unix_path && !path)) {
                free(l);
                free(path);
                return err_oom(err);
        }
        *l = (struct listener){.fd = TAKE_FD(*fd), .ssl_ctx = ssl_ctx, .unix_path = path, .next = s->listeners};
        s->listeners = l;
        return 0;
}

/* An address without a name service: "127.0.0.1" or "::1". */
static socklen_t read_address(const char *address, uint16_t port, struct sockaddr_storage *ret) {
        struct sockaddr_in *in = (struct sockaddr_in *)ret;
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
        memset(ret, 0, sizeof(*ret));
        if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
                in->sin_family = AF_INET;
                in->sin_port = htons(port);
                return sizeof(*in);
        }
        if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
                in6->sin6_family = AF_INET6;
                in6->sin6_port = htons(port);
                return sizeof(*in6);
        }
        return 0;
}

int http_listen_tcp(struct http_server *s, const char *address, uint16_t *port, void *ssl_ctx, struct err *err) {
        struct sockaddr_storage at;
        socklen_t n = read_address(address, *port, &at);
        if (n == 0)
                return err_set(err, ERR_INVALID, "%s is not an IP address", address);
        _cleanup_close_ int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return err_errno(err, errno, "socket");
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
        if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, BACKLOG) < 0)
                return err_errno(err, errno, "listen on %s port %u", address, *port);
        n = sizeof(at);
        if (getsockname(fd, (struct sockaddr *)&at, &n) < 0)
                return err_errno(err, errno, "getsockname");
        *port = ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                              : ((struct sockaddr_in6 *)&at)->sin6_port);
        return add_listener(s, &fd, ssl_ctx, NULL, err);
}

/* Removes the socket that a killed process left behind. */
static int remove_stale(const struct sockaddr_un *at, struct err *err) {
        struct stat st;
        if (lstat(at->sun_path, &st) < 0)
                return 0;
        if (!S_ISSOCK(st.st_mode))
                return err_set(err, ERR_EXISTS, "%s exists and is not a socket", at->sun_path);
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return err_errno(err, errno, "socket");
        if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0)
                return err_set(err, ERR_EXISTS, "%s is in use by another process", at->sun_path);
        return unlink(at->sun_path) < 0 && errno != ENOENT ? err_errno(err, errno, "remove %s", at->sun_path) : 0;
}

int http_listen_unix(struct http_server *s, const char *path, struct err *err) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        if (strlen(path) >= sizeof(at.sun_path))
                return err_set(err, ERR_INVALID, "%s: a socket's path may have at most %zu bytes", path,
                               sizeof(at.sun_path) - 1);
        memcpy(at.sun_path, path, strlen(path) + 1);
        if (remove_stale(&at, err) < 0)
                return -1;
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return err_errno(err, errno, "socket");
        /* the mode of the descriptor is the mode of the file that bind() makes: never open to others */
        if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || chmod(path, 0600) < 0 ||
            listen(fd, BACKLOG) < 0)
                return err_errno(err, errno, "listen on %s", path);
        return add_listener(s, &fd, NULL, path, err);
}
