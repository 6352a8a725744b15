/* SPDX-License-Identifier: Apache-2.0 */
/* Watches: a cursor into the ring of committed events, read when the connection has drained (measured-choices 1).
 *
 * A watch goes through three phases: what is there (when no version was given), the bookmark that ends it (WatchList),
 * what happens from then on. It is owned by its connection's loop thread. */
#include "apiserver/handlers/watch_event.h"

#include "apiserver/handlers/page.h"
#include "apiserver/handlers/status.h"
#include "apiserver/handlers/verbs.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "data/json/json.h"

#include <inttypes.h>

#define EVENTS_AT_ONCE 32
/* kube-apiserver watches Events without its cache, and says this in etcd's words. */
#define EVENTS_TOO_OLD "The resourceVersion for the provided watch is too old."
#define BOOKMARK_EVERY_NS (60 * NSEC_PER_SEC)
#define MIN_TIMEOUT_S 1800 /* as kube-apiserver: 30 to 60 minutes when the client names none */

/* The state of one watch; lives in the request's arena. */
struct watch {
        struct watch_form form;
        struct server *server;
        struct store *store;
        struct store_cursor cursor;
        struct page initial; /* what is there, to be sent first */
        size_t sent;         /* of it */
        bool initial_bookmark;
        bool bookmarks;
        int64_t next_bookmark;
};

static void done(void *source) {
        struct watch *w = source;
        page_done(&w->initial);
        watch_form_done(&w->form);
        atomic_fetch_sub(&w->server->watches, 1);
}

/* The last event of a watch that fails. */
static int fail(struct watch *w, const struct err *err, struct buf *out) {
        struct value status;
        arena_reset(w->form.scratch);
        if (status_from_err(w->form.scratch, err, &status) == 0) {
                buf_adds(out, "{\"type\":\"ERROR\",\"object\":");
                json_write(out, &status, JSON_HTML_ESCAPE);
                buf_adds(out, "}\n");
        }
        return -1;
}

static int fill_initial(struct watch *w, struct buf *out, struct err *err) {
        while (w->sent < w->initial.n && out->len < LIMIT_WATCH_FILL) {
                arena_reset(w->form.scratch);
                if (watch_write(&w->form, "ADDED", w->initial.items[w->sent], 0, out, err) < 0)
                        return -1;
                w->sent++;
        }
        if (w->sent < w->initial.n)
                return 1;
        page_done(&w->initial);
        w->sent = 0;
        if (w->initial_bookmark && watch_write_bookmark(&w->form, w->cursor.rv, true, out, err) < 0)
                return -1;
        w->initial_bookmark = false;
        return 0;
}

static int fill_live(struct watch *w, struct buf *out, struct err *err) {
        struct ring_event events[EVENTS_AT_ONCE];
        while (out->len < LIMIT_WATCH_FILL) {
                int n = store_next(w->store, &w->cursor, events, EVENTS_AT_ONCE, err);
                if (n < 0 && streq(w->form.kind->resource, "events"))
                        return err_set_reason(err, ERR_GONE, "Expired", EVENTS_TOO_OLD);
                if (n <= 0)
                        return n;
                int status = 0;
                for (int i = 0; i < n; i++) {
                        arena_reset(w->form.scratch);
                        if (status == 0)
                                status = watch_write_event(&w->form, &events[i], out, err);
                        store_event_done(&events[i]);
                }
                if (status < 0)
                        return -1;
        }
        return 1;
}

static int fill_bookmark(struct watch *w, struct buf *out, struct err *err) {
        int64_t now = w->bookmarks ? clock_monotonic_ns() : 0;
        if (!w->bookmarks || now < w->next_bookmark)
                return 0;
        w->next_bookmark = now + BOOKMARK_EVERY_NS;
        return watch_write_bookmark(&w->form, w->cursor.rv, false, out, err);
}

static int fill(void *source, struct buf *out) {
        struct watch *w = source;
        _cleanup_err_ struct err err = ERR_INIT;
        int more = 0;
        if (w->initial.n > w->sent || w->initial_bookmark)
                more = fill_initial(w, out, &err);
        if (more == 0)
                more = fill_live(w, out, &err);
        if (more == 0 && fill_bookmark(w, out, &err) < 0)
                more = -1;
        if (more < 0)
                return fail(w, &err, out);
        return more;
}

/* ---- opening ---- */

static int64_t timeout_ns(const struct list_options *o) {
        uint32_t jitter;
        if (o->timeout_seconds > 0 && o->timeout_seconds < INT64_C(1) << 30)
                return o->timeout_seconds * NSEC_PER_SEC;
        random_bytes(&jitter, sizeof(jitter));
        return (MIN_TIMEOUT_S + (int64_t)(jitter % MIN_TIMEOUT_S)) * NSEC_PER_SEC;
}

/* Without a version (or with "0") a watch begins with what is there; with sendInitialEvents too. */
static int begin(struct call *c, struct watch *w, const struct list_options *o, struct err *err) {
        uint64_t rv = 0;
        _cleanup_err_ struct err bad = ERR_INIT;
        if (options_version(o->resource_version, &rv, &bad) < 0) /* a failure of the server's, as recorded */
                return err_set(err, ERR_INTERNAL, "%s", err_message(&bad));
        bool initial = o->has_send_initial ? o->send_initial : rv == 0;
        w->cursor.resource = registry_resource(c->server->registry, c->kind, err);
        if (!w->cursor.resource)
                return -1;
        w->cursor.rv = rv ? rv : store_rv(w->store);
        if (!initial)
                return 0;
        struct list_options list = *o;
        list.limit = 0;
        list.watch = false;
        list.exact = false;
        if (page_read(c, &list, &w->initial, err) < 0)
                return -1;
        w->cursor.rv = w->initial.rv;
        w->initial_bookmark = o->has_send_initial && o->bookmarks;
        return 0;
}

static int watch(struct call *c, struct err *err) {
        static const struct http_stream_ops ops = {.fill = fill, .done = done};
        struct list_options o;
        struct watch *w = arena_make(c->arena, struct watch);
        if (!w)
                return err_oom(err);
        w->server = c->server;
        w->store = registry_store(c->server->registry);
        if (options_list(c, true, &o, err) < 0)
                return -1;
        w->bookmarks = o.bookmarks;
        w->next_bookmark = clock_monotonic_ns() + BOOKMARK_EVERY_NS;
        if (begin(c, w, &o, err) < 0 || watch_form_init(&w->form, c, &o, err) < 0) {
                page_done(&w->initial);
                return -1;
        }
        atomic_fetch_add(&c->server->watches, 1); /* before the first fill(), so that no event goes unnoticed */
        call_stream(c, &ops, w, 0, timeout_ns(&o));
        return 0;
}

void watch_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (watch(c, &err) < 0)
                call_fail(c, &err);
}
