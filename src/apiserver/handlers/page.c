/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/page.h"

#include <inttypes.h>

#include "data/base64.h"
#include "data/json/json.h"

#define CHUNK 1000 /* objects looked at between two looks at the limit, when there are selectors */

void page_done(struct page *p) {
        for (size_t i = 0; i < p->n; i++)
                object_unref(p->items[i]);
        free(p->items);
        *p = (struct page){0};
}

/* ---- continue tokens: base64url of {"v":"meta.k8s.io/v1","rv":613,"start":"NAMESPACE/NAME\u0000"} ---- */

#define TOKEN_BASE64 (BASE64_URL | BASE64_NO_PADDING)

static const char *encode_token(struct arena *a, int64_t rv, const char *start) {
        _cleanup_buf_ struct buf b = BUF_INIT(4096);
        size_t n;
        buf_addf(&b, "{\"v\":\"meta.k8s.io/v1\",\"rv\":%" PRId64 ",\"start\":\"%s\\u0000\"}", rv, start);
        return buf_failed(&b) ? NULL : base64_encode_as(a, TOKEN_BASE64, b.data, b.len, &n);
}

static const char *make_token(struct call *c, uint64_t rv, const struct object *last) {
        bool all = c->kind->namespaced && !*c->info.namespace_;
        const char *start = arena_printf(c->arena, "%s%s%s", all ? last->namespace_ : "", all ? "/" : "", last->name);
        return start ? encode_token(c->arena, (int64_t)rv, start) : NULL;
}

static int bad_token(struct err *err, const char *why) {
        return err_set(err, ERR_BAD_REQUEST, "invalid continue token: continue key is not valid: %s", why);
}

static int read_token(struct call *c, const char *token, struct store_range *range, struct err *err) {
        _cleanup_err_ struct err mine = ERR_INIT;
        char *text;
        size_t n;
        struct value tree;
        if (base64_decode_as(c->arena, TOKEN_BASE64, token, strlen(token), &text, &n, &mine) < 0 ||
            json_parse(c->arena, text, n, JSON_KUBERNETES, NULL, &tree, &mine) < 0)
                return bad_token(err, err_message(&mine));
        const char *version = value_get_str(&tree, "v"), *start = value_get_str(&tree, "start");
        int64_t rv = value_int_or(value_get(&tree, "rv"), 0);
        if (!version || !streq(version, "meta.k8s.io/v1"))
                return bad_token(err, "server does not recognize this encoded version");
        if (rv == 0)
                return bad_token(err, "incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
        if (!start || !*start)
                return bad_token(err, "encoded start key empty (version meta.k8s.io/v1)");
        range->rv = rv > 0 ? (uint64_t)rv : 0; /* -1: go on with what is there now */
        range->after = start;
        if (c->kind->namespaced && *c->info.namespace_ && !strchr(start, '/'))
                range->after = arena_printf(c->arena, "%s/%s", c->info.namespace_, start);
        return range->after ? 0 : err_oom(err);
}

const char *page_inconsistent_token(struct call *c, const char *token) {
        struct store_range range = {0};
        if (read_token(c, token, &range, NULL) < 0)
                return NULL;
        bool all = c->kind->namespaced && !*c->info.namespace_;
        const char *slash = strchr(range.after, '/');
        return encode_token(c->arena, -1, slash && !all ? slash + 1 : range.after);
}

/* ---- which moment ---- */

static int resolve(struct call *c, const struct list_options *o, struct store_range *range, struct err *err) {
        uint64_t rv = 0;
        if (o->continue_) {
                if (o->resource_version && !streq(o->resource_version, "0"))
                        return err_set(err, ERR_BAD_REQUEST,
                                       "specifying resource version is not allowed when using continue");
                return read_token(c, o->continue_, range, err);
        }
        if (options_version(o->resource_version, &rv, err) < 0)
                return err_wrap(err, "invalid resource version");
        if (options_wait_version(c, rv, err) < 0)
                return -1;
        if (o->exact)
                range->rv = rv;
        return 0;
}

/* ---- reading ---- */

static int add(struct page *p, size_t *cap, struct object *o, struct err *err) {
        if (p->n == *cap) {
                size_t more = *cap ? *cap * 2 : 64;
                struct object **items = realloc(p->items, more * sizeof(*items));
                if (!items)
                        return err_oom(err);
                p->items = items;
                *cap = more;
        }
        p->items[p->n++] = object_ref(o);
        return 0;
}

static int read_selected(struct call *c, const struct list_options *o, struct store_resource *r,
                         struct store_range *range, size_t limit, struct page *p, bool *ret_more, struct err *err) {
        size_t cap = 0;
        _cleanup_arena_ struct arena *scratch = arena_new(0);
        if (!scratch)
                return err_oom(err);
        for (bool end = false; !end;) {
                _cleanup_store_list_ struct store_list chunk = {0};
                range->limit = limit ? CHUNK : 0;
                if (store_list(registry_store(c->server->registry), r, range, &chunk, err) < 0)
                        return -1;
                p->rv = range->rv = chunk.rv;
                end = chunk.remaining == 0;
                for (size_t i = 0; i < chunk.n; i++) {
                        arena_reset(scratch);
                        bool selected = options_select(c, scratch, o, chunk.items[i]);
                        if (selected && limit && p->n == limit) {
                                *ret_more = true;
                                return 0;
                        }
                        if (selected && add(p, &cap, chunk.items[i], err) < 0)
                                return -1;
                }
                if (!end) {
                        const struct object *last = chunk.items[chunk.n - 1];
                        range->after = arena_printf(c->arena, "%s%s%s", last->namespace_, *last->namespace_ ? "/" : "",
                                                    last->name);
                        if (!range->after)
                                return err_oom(err);
                }
        }
        return 0;
}

/* A selector of one name in a known namespace needs no walk. */
static int read_one(struct call *c, const struct list_options *o, struct store_resource *r, const char *name,
                    struct page *p, struct err *err) {
        struct store *s = registry_store(c->server->registry);
        p->rv = store_rv(s);
        _cleanup_object_ struct object *object = store_get(s, r, c->info.namespace_, name);
        size_t cap = 0;
        if (!object)
                return 0;
        if (object->rv > p->rv)
                p->rv = object->rv;
        return options_select(c, c->arena, o, object) ? add(p, &cap, object, err) : 0;
}

static int read_page(struct call *c, const struct list_options *o, struct page *p, struct err *err) {
        struct store_resource *r = registry_resource(c->server->registry, c->kind, err);
        struct store_range range = {.namespace_ = c->kind->namespaced ? c->info.namespace_ : ""};
        /* From the cache ("0") a list comes whole, whatever the limit. */
        bool whole = o->resource_version && streq(o->resource_version, "0") && !o->continue_;
        size_t limit = o->limit > 0 && !whole ? (size_t)o->limit : 0;
        bool selective = o->labels.n > 0 || o->labels.nothing || o->fields.n > 0, more = false;
        if (!r || resolve(c, o, &range, err) < 0)
                return -1;
        const char *name = field_selector_exact(&o->fields, "metadata.name");
        if (name && !range.rv && !range.after && (!c->kind->namespaced || *c->info.namespace_))
                return read_one(c, o, r, name, p, err);
        if (selective) {
                if (read_selected(c, o, r, &range, limit, p, &more, err) < 0)
                        return -1;
        } else {
                struct store_list list = {0};
                range.limit = limit;
                if (store_list(registry_store(c->server->registry), r, &range, &list, err) < 0)
                        return -1;
                *p = (struct page){.items = list.items, .n = list.n, .rv = list.rv, .remaining = list.remaining};
                more = list.remaining > 0;
        }
        if (more && p->n > 0 && !(p->continue_ = make_token(c, p->rv, p->items[p->n - 1])))
                return err_oom(err);
        return 0;
}

int page_read(struct call *c, const struct list_options *o, struct page *ret, struct err *err) {
        _cleanup_page_ struct page page = {0};
        if (read_page(c, o, &page, err) < 0) {
                if (err && err->class == ERR_GONE && o->continue_)
                        return err_set_reason(err, ERR_GONE, "Expired",
                                              "The provided continue parameter is too old to display a consistent list "
                                              "result. You can start a new list without the continue parameter, or use "
                                              "the continue token in this response to retrieve the remainder of the "
                                              "results. Continuing with the provided token results in an inconsistent "
                                              "list - objects that were created, modified, or deleted between the time "
                                              "the first chunk was returned and now may show up in the list.");
                return -1;
        }
        *ret = page;
        page = (struct page){0};
        return 0;
}
