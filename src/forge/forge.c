/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/forge.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/limits.h"
#include "forge/answers.h"
#include "forge/cgi.h"
#include "forge/repository.h"
#include "http/http.h"

#include <errno.h>
#include <pthread.h>
#include <strings.h>
#include <sys/eventfd.h>

#define PREFIX "/git"

/* Requests wait here for one of the forge's threads. A request lives until it is answered, so a pointer is enough. */
struct forge {
        struct forge_options options;
        char *root;      /* DIR/git; owned */
        char *port_file; /* DIR/port; owned */
        struct http_server *server;
        uint16_t port;
        int cancel_fd; /* readable once the forge stops */
        struct answers *answers;
        pthread_t threads[LIMIT_FORGE_THREADS];
        size_t n_threads;

        pthread_mutex_t lock; /* guards what follows */
        pthread_cond_t wake;
        struct http_request *queue[LIMIT_FORGE_QUEUE];
        size_t first;
        size_t n;
        bool stopping;
};

/* ---- what is served ---- */

/* The three requests of git's smart protocol, and nothing else of a repository's files. */
static bool is_served(const struct http_request *r, const char *action) {
        if (streq(r->method, "GET"))
                return streq(action, "/info/refs") &&
                       (streq(r->query, "service=git-upload-pack") || streq(r->query, "service=git-receive-pack"));
        return streq(r->method, "POST") && (streq(action, "/git-upload-pack") || streq(action, "/git-receive-pack"));
}

/* Splits "/git/NAME.git/ACTION". */
static bool split_path(const char *path, const char **ret_name, size_t *ret_len, const char **ret_action) {
        if (!str_has_prefix(path, PREFIX "/"))
                return false;
        const char *name = path + strlen(PREFIX "/");
        const char *end = strstr(name, ".git/");
        if (!end || !repository_name_is_valid(name, (size_t)(end - name)))
                return false;
        *ret_name = name;
        *ret_len = (size_t)(end - name);
        *ret_action = end + strlen(".git");
        return true;
}

/* A page in the user's browser may send requests to loopback, but under its own site's name. */
static bool host_is_loopback(const char *host) {
        static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
        for (size_t i = 0; host && i < ARRAY_LEN(names); i++) {
                size_t n = strlen(names[i]);
                if (strncasecmp(host, names[i], n) == 0 && (host[n] == '\0' || host[n] == ':'))
                        return true;
        }
        return false;
}

static struct http_response text_response(int status, const char *text) {
        return (struct http_response){
                .status = status, .content_type = "text/plain; charset=utf-8", .body = text, .body_len = strlen(text)};
}

/* ---- answering, on a forge thread ---- */

static void respond_error(struct forge *f, struct http_request *r, const struct err *err) {
        int status = err->class == ERR_TIMEOUT       ? 504
                     : err->class == ERR_TOO_LARGE   ? 413
                     : err->class == ERR_UNAVAILABLE ? 503
                                                     : 500;
        struct http_response response = text_response(status, err_message(err));
        http_respond(f->server, r->id, &response);
}

/* Clones may be large: the bytes are handed over, not copied. Drops the reference. */
static void respond(struct forge *f, struct http_request *r, struct kept_answer *answer) {
        static const struct http_header no_cache = {.name = "Cache-Control", .value = "no-cache"};
        struct http_response response = {
                .status = answer->status,
                .content_type = answer->content_type[0] ? answer->content_type : NULL,
                .headers = &no_cache,
                .n_headers = 1,
                .shared = answer->bytes,
        };
        http_respond(f->server, r->id, &response);
        answer->bytes = http_shared_unref(answer->bytes);
}

static int ask_git(struct http_request *r, const struct cgi_request *request, struct kept_answer *ret, size_t *ret_len,
                   struct err *err) {
        struct cgi_response answer = {0};
        if (cgi_run(r->arena, request, &answer, err) < 0)
                return -1;
        memmove(answer.data, answer.body, answer.body_len);
        *ret = (struct kept_answer){.status = answer.status};
        snprintf(ret->content_type, sizeof(ret->content_type), "%s", answer.content_type ? answer.content_type : "");
        *ret_len = answer.body_len;
        ret->bytes = http_shared_new(answer.data, answer.body_len);
        return ret->bytes ? 0 : err_oom(err);
}

/* A request that only reads: several clients that ask the same at once are given one answer. */
static int read_answer(struct forge *f, struct http_request *r, const struct cgi_request *request, const char *dir,
                       struct kept_answer *ret, struct err *err) {
        char key[DIGEST_HEX_MAX];
        size_t len = 0;
        uint64_t ticket = 0;
        if (answers_key(request, dir, key, NULL) < 0)
                return ask_git(r, request, ret, &len, err); /* git says what is wrong with it */
        enum answers_found found = answers_find(f->answers, key, ret, &ticket);
        if (found == ANSWERS_KEPT)
                return 0;
        int asked = ask_git(r, request, ret, &len, err);
        if (found == ANSWERS_ASK)
                answers_settle(f->answers, key, ticket, asked == 0 && ret->status == 200 ? ret : NULL, len);
        return asked;
}

static int push_answer(struct forge *f, struct http_request *r, const struct cgi_request *request,
                       struct kept_answer *ret, struct err *err) {
        size_t len;
        answers_forget(f->answers);
        int asked = ask_git(r, request, ret, &len, err);
        answers_forget(f->answers);
        return asked;
}

static void tell_pushed(struct forge *f, const char *name, size_t n) {
        char copy[REPOSITORY_NAME_MAX + 1];
        snprintf(copy, sizeof(copy), "%.*s", (int)n, name);
        f->options.pushed(copy, f->options.ctx);
}

/* A push begins by asking for the refs it may change; that is when its repository can still be made. */
static bool wants_creation(const struct forge *f, const struct http_request *r, const char *action) {
        return f->options.create_on_push && streq(action, "/info/refs") && streq(r->query, "service=git-receive-pack");
}

static int create_for_push(struct forge *f, const char *name, size_t n, struct err *err) {
        char copy[REPOSITORY_NAME_MAX + 1];
        _cleanup_err_ struct err local = ERR_INIT;
        snprintf(copy, sizeof(copy), "%.*s", (int)n, name);
        if (repository_create(f->root, copy, &local) == 0 || local.class == ERR_EXISTS)
                return 0;
        return err_move(err, &local);
}

static void serve(struct forge *f, struct http_request *r) {
        const char *name, *action;
        size_t n;
        split_path(r->path, &name, &n, &action); /* the handler has seen that it works */
        struct cgi_request request = {
                .root = f->root,
                .path = r->path + strlen(PREFIX),
                .method = r->method,
                .query = r->query,
                .content_type = http_header(r, "content-type"),
                .content_encoding = http_header(r, "content-encoding"),
                .git_protocol = http_header(r, "git-protocol"),
                .body = r->body,
                .body_len = r->body_len,
                .cancel_fd = f->cancel_fd,
        };
        struct kept_answer answer = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        bool push = streq(action, "/git-receive-pack");
        const char *dir = arena_printf(r->arena, "%s/%.*s.git", f->root, (int)n, name);
        if ((wants_creation(f, r, action) && create_for_push(f, name, n, &err) < 0) || !dir ||
            (push ? push_answer(f, r, &request, &answer, &err) : read_answer(f, r, &request, dir, &answer, &err)) < 0) {
                respond_error(f, r, dir ? &err : (err_oom(&err), &err));
                return;
        }
        if (f->options.pushed && answer.status == 200 && push)
                tell_pushed(f, name, n);
        respond(f, r, &answer);
}

/* The next request; NULL when the forge stops. */
static struct http_request *take(struct forge *f, bool *ret_stopping) {
        struct http_request *r = NULL;
        pthread_mutex_lock(&f->lock);
        while (f->n == 0 && !f->stopping)
                pthread_cond_wait(&f->wake, &f->lock);
        if (f->n) {
                r = f->queue[f->first];
                f->first = (f->first + 1) % LIMIT_FORGE_QUEUE;
                f->n--;
        }
        *ret_stopping = f->stopping;
        pthread_mutex_unlock(&f->lock);
        return r;
}

static void *work(void *context) {
        struct forge *f = context;
        bool stopping;
        for (struct http_request *r; (r = take(f, &stopping));)
                serve(f, r); /* while stopping this ends at once with 503 */
        return NULL;
}

/* ---- the loop thread ---- */

static bool enqueue(struct forge *f, struct http_request *r) {
        pthread_mutex_lock(&f->lock);
        bool room = !f->stopping && f->n < LIMIT_FORGE_QUEUE;
        if (room) {
                f->queue[(f->first + f->n++) % LIMIT_FORGE_QUEUE] = r;
                pthread_cond_signal(&f->wake);
        }
        pthread_mutex_unlock(&f->lock);
        return room;
}

static int refuse(struct http_request *r, int status, const char *text) {
        struct http_response response = text_response(status, text);
        http_reply(r, &response);
        return -1;
}

/* Before the body is read: what is not served never gets to send one. */
static int check(struct http_request *r, void *context) {
        const char *name, *action;
        size_t n;
        (void)context;
        if (!host_is_loopback(http_header(r, "host")) || http_header(r, "origin"))
                return refuse(r, 403, "the forge answers to git on this machine only\n");
        if (!split_path(r->path, &name, &n, &action) || !is_served(r, action))
                return refuse(r, 404, "not found\n");
        return 0;
}

static void handle(struct http_request *r, void *context) {
        if (!enqueue(context, r))
                refuse(r, 503, "the forge is busy\n");
}

/* ---- start and stop ---- */

/* 0 when there is none, or nothing sensible in it. */
static uint16_t remembered_port(const struct forge *f) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        if (fs_read(AT_FDCWD, f->port_file, 16, &text, &n, NULL) < 0)
                return 0;
        unsigned long port = strtoul(text, NULL, 10);
        return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static int listen_on(struct forge *f, struct err *err) {
        f->port = f->options.port ? f->options.port : remembered_port(f);
        if (!f->options.port && f->port && http_listen_tcp(f->server, "127.0.0.1", &f->port, NULL, NULL) == 0)
                return 0;
        f->port = f->options.port; /* the remembered one is taken by something else */
        if (http_listen_tcp(f->server, "127.0.0.1", &f->port, NULL, err) < 0)
                return -1;
        char text[16];
        int n = snprintf(text, sizeof(text), "%u\n", (unsigned)f->port);
        return fs_write_atomic(f->port_file, text, (size_t)n, 0600, err);
}

static int listen_and_serve(struct forge *f, struct err *err) {
        struct http_options options = {
                .max_body = LIMIT_FORGE_BODY,
                .loops = 1,
                .hooks = {.authenticate = check, .handle = handle, .context = f},
        };
        if (http_server_new(&options, &f->server, err) < 0 || listen_on(f, err) < 0)
                return -1;
        for (; f->n_threads < LIMIT_FORGE_THREADS; f->n_threads++) {
                int r = pthread_create(&f->threads[f->n_threads], NULL, work, f);
                if (r != 0)
                        return err_errno(err, r, "forge: thread");
        }
        return http_server_start(f->server, err);
}

static char *join(const char *dir, const char *name) {
        char *path = NULL;
        return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

int forge_start(const struct forge_options *options, struct forge **ret, struct err *err) {
        struct forge *f = calloc(1, sizeof(*f));
        if (!f)
                return err_oom(err);
        f->options = *options;
        f->options.dir = NULL; /* the caller's; root says it from here on */
        pthread_mutex_init(&f->lock, NULL);
        pthread_cond_init(&f->wake, NULL);
        f->cancel_fd = eventfd(0, EFD_CLOEXEC);
        int r = f->cancel_fd < 0 ? err_errno(err, errno, "forge: eventfd") : 0;
        f->root = join(options->dir, "git");
        f->port_file = join(options->dir, "port");
        f->answers = answers_new();
        if (r == 0 && (!f->root || !f->port_file || !f->answers))
                r = err_oom(err);
        if (r == 0)
                r = fs_mkdirs(f->root, 0700, err);
        if (r == 0)
                r = listen_and_serve(f, err);
        if (r < 0) {
                forge_stop(f);
                return err_wrap(err, "forge");
        }
        *ret = f;
        return 0;
}

struct forge *forge_stop(struct forge *f) {
        if (!f)
                return NULL;
        pthread_mutex_lock(&f->lock);
        f->stopping = true;
        pthread_cond_broadcast(&f->wake);
        pthread_mutex_unlock(&f->lock);
        if (f->cancel_fd >= 0)
                eventfd_write(f->cancel_fd, 1);
        for (size_t i = 0; i < f->n_threads; i++)
                pthread_join(f->threads[i], NULL);
        if (f->server)
                http_server_stop(f->server, NSEC_PER_SEC);
        close_fd(&f->cancel_fd);
        answers_free(f->answers);
        pthread_cond_destroy(&f->wake);
        pthread_mutex_destroy(&f->lock);
        free(f->root);
        free(f->port_file);
        free(f);
        return NULL;
}

uint16_t forge_port(const struct forge *f) {
        return f->port;
}

const char *forge_url(const struct forge *f, struct arena *a, const char *name) {
        return arena_printf(a, "http://127.0.0.1:%u" PREFIX "/%s.git", (unsigned)f->port, name);
}

int forge_create(struct forge *f, const char *name, struct err *err) {
        return repository_create(f->root, name, err);
}

int forge_delete(struct forge *f, const char *name, struct err *err) {
        return repository_delete(f->root, name, err);
}

int forge_list(struct forge *f, struct arena *a, struct value *ret, struct err *err) {
        return repository_list(a, f->root, ret, err);
}
