/* SPDX-License-Identifier: Apache-2.0 */
/* Watches: a streamed answer cut into lines, each line one event. */
#include "client/internal.h"

#include "base/clock.h"
#include "base/limits.h"
#include "data/json/json.h"

#define ASLEEP_MS (60 * 1000)

/* One line: {"type":...,"object":{...}}. False ends the watch. */
static bool deliver(struct watch_stream *s, const char *text, size_t n) {
        struct value event;
        arena_reset(s->arena);
        if (json_parse(s->arena, text, n, JSON_KUBERNETES, NULL, &event, &s->err) < 0) {
                err_wrap(&s->err, "watch event");
                s->failed = true;
                return false;
        }
        const char *type = value_string_or(value_get(&event, "type"), "");
        const struct value *object = value_get(&event, "object");
        if (streq(type, "ERROR") && object) {
                _cleanup_buf_ struct buf status = BUF_INIT(LIMIT_RESPONSE_BYTES);
                json_write(&status, object, 0);
                client_status_to_err((int)value_int_or(value_get(object, "code"), 500), buf_str(&status), status.len,
                                     &s->err);
                s->failed = true;
                return false;
        }
        s->ended = object && s->w->event(s->w->context, type, object) != 0;
        return !s->ended;
}

static size_t receive(char *data, size_t size, size_t count, void *context) {
        struct watch_stream *s = context;
        size_t n = size * count;
        long status = 0;
        curl_easy_getinfo(s->handle, CURLINFO_RESPONSE_CODE, &status);
        for (char *p = data, *end = data + n; p < end;) {
                char *newline = status == 200 ? memchr(p, '\n', (size_t)(end - p)) : NULL;
                buf_add(&s->line, p, (size_t)((newline ? newline : end) - p));
                if (buf_failed(&s->line))
                        return 0;
                if (!newline)
                        break;
                bool more = s->line.len == 0 || deliver(s, buf_str(&s->line), s->line.len);
                buf_clear(&s->line);
                if (!more)
                        return 0;
                p = newline + 1;
        }
        return n;
}

static char *watch_query(struct arena *a, const struct client_watch *w) {
        return arena_printf(
                a, "watch=true&allowWatchBookmarks=true%s%s%s%s", w->resource_version ? "&resourceVersion=" : "",
                w->resource_version ? w->resource_version : "", w->query ? "&" : "", w->query ? w->query : "");
}

int watch_stream_conclude(struct client *c, struct watch_stream *s, CURLcode code, struct err *err) {
        long status = 0;
        curl_easy_getinfo(s->handle, CURLINFO_RESPONSE_CODE, &status);
        if (s->failed)
                return err_move(err, &s->err);
        if (s->ended || code == CURLE_ABORTED_BY_CALLBACK)
                return 0;
        if (code != CURLE_OK)
                return client_curl_err(c, code, "watch", err);
        if (status != 200)
                return client_status_to_err((int)status, buf_str(&s->line), s->line.len, err);
        return 0;
}

int watch_stream_open(struct client *c, const struct client_watch *w, struct watch_stream *s, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        *s = (struct watch_stream){.w = w, .line = BUF_INIT(LIMIT_RESPONSE_BYTES), .arena = arena_new(0)};
        char *query = a ? watch_query(a, w) : NULL;
        char *url = query ? client_url(c, a, w->path, query) : NULL;
        s->handle = client_handle_take(c);
        s->headers = client_headers(c, &(struct client_request){.as = w->as});
        if (!s->arena || !s->handle || !s->headers || !url) {
                watch_stream_close(s);
                return err_oom(err);
        }
        curl_easy_setopt(s->handle, CURLOPT_URL, url);
        curl_easy_setopt(s->handle, CURLOPT_HTTPHEADER, s->headers);
        curl_easy_setopt(s->handle, CURLOPT_WRITEFUNCTION, receive);
        curl_easy_setopt(s->handle, CURLOPT_WRITEDATA, s);
        return 0;
}

void watch_stream_close(struct watch_stream *s) {
        if (s->handle)
                curl_easy_cleanup(s->handle);
        curl_slist_free_all(s->headers);
        arena_free(s->arena);
        buf_done(&s->line);
        err_done(&s->err);
        *s = (struct watch_stream){0};
}

/* Performs the transfer until it ends or the descriptor is readable. */
static CURLcode perform(CURL *h, const int *stop_fd) {
        CURLM *multi = curl_multi_init();
        CURLcode code = CURLE_OUT_OF_MEMORY;
        struct curl_waitfd stop = {.fd = stop_fd ? *stop_fd : -1, .events = CURL_WAIT_POLLIN};
        int running = 1, left;
        if (!multi || curl_multi_add_handle(multi, h) != CURLM_OK) {
                curl_multi_cleanup(multi);
                return code;
        }
        while (running && !stop.revents && curl_multi_perform(multi, &running) == CURLM_OK)
                if (running && curl_multi_poll(multi, &stop, stop_fd ? 1 : 0, ASLEEP_MS, NULL) != CURLM_OK)
                        break;
        CURLMsg *m = curl_multi_info_read(multi, &left);
        if (m && m->msg == CURLMSG_DONE)
                code = m->data.result;
        else if (stop.revents)
                code = CURLE_ABORTED_BY_CALLBACK;
        curl_multi_remove_handle(multi, h);
        curl_multi_cleanup(multi);
        return code;
}

int client_watch(struct client *c, const struct client_watch *w, struct err *err) {
        struct watch_stream s;
        if (watch_stream_open(c, w, &s, err) < 0)
                return -1;
        int r = watch_stream_conclude(c, &s, perform(s.handle, w->stop_fd), err);
        watch_stream_close(&s);
        return r;
}
