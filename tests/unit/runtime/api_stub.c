/* SPDX-License-Identifier: Apache-2.0 */
#include "api_stub.h"

#include "base/clock.h"
#include "base/fs.h"

struct stream {
        struct api_stub *stub;
        size_t said;
};

static int fill(void *source, struct buf *out) {
        struct stream *w = source;
        struct api_stub *s = w->stub;
        pthread_mutex_lock(&s->lock);
        buf_add(out, buf_str(&s->lines) + w->said, s->lines.len - w->said);
        w->said = s->lines.len;
        int more = s->hang_up ? -1 : 0;
        pthread_mutex_unlock(&s->lock);
        return more;
}

static void done(void *source) {
        struct stream *w = source;
        pthread_mutex_lock(&w->stub->lock);
        w->stub->open--;
        pthread_cond_broadcast(&w->stub->change);
        pthread_mutex_unlock(&w->stub->lock);
        free(w);
}

static void reply(struct http_request *r, int status, const char *body) {
        http_reply(r, &(struct http_response){.status = status,
                                              .content_type = "application/json",
                                              .body = body,
                                              .body_len = strlen(body)});
}

static bool note_watch(struct api_stub *s, struct http_request *r) {
        const char *user = http_header(r, "impersonate-user"), *version = http_query_get(r, "resourceVersion");
        pthread_mutex_lock(&s->lock);
        bool refused = s->refuse;
        s->opened++;
        s->open += !refused;
        snprintf(s->user, sizeof(s->user), "%s", user ? user : "");
        snprintf(s->version, sizeof(s->version), "%s", version ? version : "");
        pthread_cond_broadcast(&s->change);
        pthread_mutex_unlock(&s->lock);
        return !refused;
}

static void handle(struct http_request *r, void *context) {
        static const struct http_stream_ops ops = {fill, done};
        struct api_stub *s = context;
        if (streq(r->path, "/apis/apps/v1")) {
                reply(r, 200,
                      "{\"groupVersion\":\"apps/v1\",\"resources\":[{\"name\":\"deployments\",\"kind\":\"Deployment\","
                      "\"namespaced\":true}]}");
        } else if (!http_query_get(r, "watch")) {
                reply(r, 200, "{\"kind\":\"DeploymentList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}");
        } else if (!note_watch(s, r)) {
                reply(r, 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403}");
        } else {
                struct stream *w = calloc(1, sizeof(*w));
                w->stub = s;
                http_reply_stream(r, &(struct http_response){.status = 200, .content_type = "application/json"}, &ops,
                                  w, 0);
        }
}

void api_stub_start(struct api_stub *s) {
        *s = (struct api_stub){.dir = "/tmp/weir-stub-XXXXXX", .lines = BUF_INIT(1 << 20)};
        pthread_mutex_init(&s->lock, NULL);
        pthread_cond_init(&s->change, NULL);
        assert_non_null(mkdtemp(s->dir));
        snprintf(s->socket, sizeof(s->socket), "%s/s", s->dir);
        struct http_options options = {.max_body = 1 << 20, .loops = 1, .hooks = {.handle = handle, .context = s}};
        assert_int_equal(http_server_new(&options, &s->server, NULL), 0);
        assert_int_equal(http_listen_unix(s->server, s->socket, NULL), 0);
        assert_int_equal(http_server_start(s->server, NULL), 0);
        struct client_config config = {.server = "http://localhost", .unix_socket = s->socket};
        assert_int_equal(client_new(&config, &s->client, NULL), 0);
}

void api_stub_stop(struct api_stub *s) {
        client_free(s->client);
        http_server_stop(s->server, NSEC_PER_SEC);
        buf_done(&s->lines);
        pthread_mutex_destroy(&s->lock);
        pthread_cond_destroy(&s->change);
        assert_int_equal(fs_remove_tree(s->dir, NULL), 0);
}

void api_stub_say(struct api_stub *s, const char *type, const char *object) {
        pthread_mutex_lock(&s->lock);
        buf_addf(&s->lines, "{\"type\":\"%s\",\"object\":%s}\n", type, object);
        pthread_mutex_unlock(&s->lock);
        http_stream_wake(s->server);
}

void api_stub_hang_up(struct api_stub *s) {
        pthread_mutex_lock(&s->lock);
        s->hang_up = true;
        pthread_mutex_unlock(&s->lock);
        http_stream_wake(s->server);
}

void api_stub_refuse(struct api_stub *s) {
        pthread_mutex_lock(&s->lock);
        s->refuse = true;
        pthread_mutex_unlock(&s->lock);
}

static void await(struct api_stub *s, const size_t *figure, size_t n) {
        int64_t until = clock_monotonic_ns() + 20 * NSEC_PER_SEC;
        pthread_mutex_lock(&s->lock);
        while (*figure != n && clock_monotonic_ns() < until)
                cond_wait_until(&s->change, &s->lock, until);
        assert_int_equal(*figure, n);
        pthread_mutex_unlock(&s->lock);
}

void api_stub_await_opened(struct api_stub *s, size_t n) {
        await(s, &s->opened, n);
}

void api_stub_await_open(struct api_stub *s, size_t n) {
        await(s, &s->open, n);
}
