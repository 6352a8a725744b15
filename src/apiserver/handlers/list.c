/* SPDX-License-Identifier: Apache-2.0 */
/* GET of a collection: selection, pages, and the bytes of the list. */
#include "apiserver/handlers/page.h"
#include "apiserver/handlers/show.h"
#include "apiserver/handlers/status.h"
#include "apiserver/handlers/verbs.h"
#include "base/limits.h"
#include "data/json/json.h"

#include <inttypes.h>

#define LIST_PIECE ((size_t)64 << 10) /* bytes of a large list written at a time */

static const char *api_version(struct call *c) {
        return *c->kind->group ? arena_printf(c->arena, "%s/%s", c->kind->group, c->kind->version) : c->kind->version;
}

/* Lists of custom objects have the member even when there is no next page, other forms of them have not. */
static const char *continue_of(const struct call *c, const struct page *p) {
        bool always = c->kind->custom && c->accept.transform == TRANSFORM_NONE;
        return p->continue_ ? p->continue_ : always ? "" : NULL;
}

static void write_head(struct call *c, struct buf *b, const struct page *p) {
        buf_addf(b, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{\"resourceVersion\":\"%" PRIu64 "\"",
                 c->kind->list_kind, api_version(c), p->rv);
        if (continue_of(c, p))
                buf_addf(b, ",\"continue\":\"%s\"", continue_of(c, p));
        if (p->remaining > 0)
                buf_addf(b, ",\"remainingItemCount\":%zu", p->remaining);
        buf_adds(b, "},\"items\":[");
}

/* ---- large lists of stored objects: nothing is made of them but pieces of the answer ---- */

/* Lives in the request's arena. */
struct stored_list {
        struct page page;
        size_t next;
        bool items; /* of a built-in kind */
        struct buf head;
};

static const char list_end[] = "]}\n";

static int fill(void *source, struct buf *out) {
        struct stored_list *l = source;
        buf_reserve(out, LIST_PIECE);
        if (l->next == 0)
                buf_add(out, l->head.data, l->head.len);
        while (l->next < l->page.n && out->len < LIST_PIECE) {
                if (l->next > 0)
                        buf_addc(out, ',');
                show_stored(l->page.items[l->next++], l->items, out);
        }
        if (l->next < l->page.n)
                return 1;
        buf_adds(out, list_end);
        return -1;
}

static void done(void *source) {
        struct stored_list *l = source;
        page_done(&l->page);
        buf_done(&l->head);
}

/* The length of a list whose objects are shown as they are stored and that is worth a stream; 0: it is no such list. */
static size_t stored_length(struct call *c, const struct page *p) {
        size_t n = p->n > 0 ? p->n - 1 : 0;
        for (size_t i = 0; i < p->n; i++) {
                if (!show_as_stored(c->kind, p->items[i]))
                        return 0;
                n += show_stored_len(p->items[i], !c->kind->custom);
        }
        return n < LIST_PIECE || call_wants_gzip(c, n) ? 0 : n;
}

/* Takes the page over. */
static int stream_stored(struct call *c, struct page *p, size_t length, struct err *err) {
        static const struct http_stream_ops ops = {.fill = fill, .done = done};
        struct stored_list *l = arena_make(c->arena, struct stored_list);
        if (!l)
                return err_oom(err);
        *l = (struct stored_list){.items = !c->kind->custom, .head = BUF_INIT(LIMIT_LIST_BYTES)};
        write_head(c, &l->head, p);
        if (buf_failed(&l->head)) {
                buf_done(&l->head);
                return err_oom(err);
        }
        l->page = *p;
        *p = (struct page){0};
        call_stream(c, &ops, l, l->head.len + length + strlen(list_end), 0);
        return 0;
}

/* ---- other lists ---- */

/* The whole list as bytes; objects are copied, not parsed, whenever their stored form is what is asked for. */
static int send_bytes(struct call *c, const struct page *p, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_LIST_BYTES);
        write_head(c, &b, p);
        for (size_t i = 0; i < p->n; i++) {
                if (i > 0)
                        buf_addc(&b, ',');
                if (show_json(c->kinds, c->kind, c->arena, p->items[i], true, &b, err) < 0)
                        return -1;
        }
        buf_adds(&b, list_end);
        if (buf_failed(&b))
                return err_oom(err);
        size_t n = b.len;
        call_json(c, 200, buf_take(&b), n);
        return 0;
}

static int send_json(struct call *c, struct page *p, struct err *err) {
        size_t length = stored_length(c, p);
        return length ? stream_stored(c, p, length, err) : send_bytes(c, p, err);
}

static int make_tree(struct call *c, const struct page *p, struct value *ret, struct err *err) {
        struct value meta = value_map(), items = value_list(), rv = value_strf(c->arena, "%" PRIu64, p->rv);
        struct arena *a = c->arena;
        *ret = value_map();
        if (!value_set(a, &meta, "resourceVersion", rv) ||
            (continue_of(c, p) && !value_set(a, &meta, "continue", value_str(continue_of(c, p)))) ||
            (p->remaining > 0 && !value_set(a, &meta, "remainingItemCount", value_int((int64_t)p->remaining))))
                return err_oom(err);
        for (size_t i = 0; i < p->n; i++) {
                struct value tree;
                if (show_tree(c->kinds, c->kind, a, p->items[i], &tree, err) < 0)
                        return -1;
                if (!value_append(a, &items, tree))
                        return err_oom(err);
        }
        const char *version = api_version(c);
        if (!version || !value_set(a, ret, "kind", value_str(c->kind->list_kind)) ||
            !value_set(a, ret, "apiVersion", value_str(version)) || !value_set(a, ret, "metadata", meta) ||
            !value_set(a, ret, "items", items))
                return err_oom(err);
        return 0;
}

static int list(struct call *c, struct err *err) {
        struct list_options options;
        _cleanup_page_ struct page page = {0};
        if (options_list(c, false, &options, err) < 0 || page_read(c, &options, &page, err) < 0)
                return -1;
        if (c->accept.transform == TRANSFORM_NONE && c->accept.media == MEDIA_JSON && !call_query(c, "pretty"))
                return send_json(c, &page, err);
        struct value tree;
        if (make_tree(c, &page, &tree, err) < 0)
                return -1;
        call_object(c, 200, &tree);
        return 0;
}

/* A page whose moment is forgotten: the Status offers a token with which the client may go on all the same. */
static void send_expired(struct call *c, const struct err *err) {
        struct value status;
        const char *token = page_inconsistent_token(c, call_query(c, "continue"));
        struct value *meta =
                token && status_from_err(c->arena, err, &status) == 0 ? value_get(&status, "metadata") : NULL;
        if (meta && value_set(c->arena, meta, "continue", value_str(token)))
                call_status(c, &status);
        else
                call_fail(c, err);
}

void list_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (list(c, &err) == 0)
                return;
        if (err.class == ERR_GONE && call_query(c, "continue"))
                send_expired(c, &err);
        else
                call_fail(c, &err);
}
