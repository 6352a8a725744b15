/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/watch_event.h"

#include <inttypes.h>

#include "apiserver/handlers/show.h"
#include "apiserver/table/table.h"
#include "base/clock.h"
#include "data/json/json.h"

int watch_form_init(struct watch_form *f, struct call *c, const struct list_options *o, struct err *err) {
        enum table_include include;
        if (table_parse_include(call_query(c, "includeObject"), &include, err) < 0)
                return -1;
        *f = (struct watch_form){
                .call = c,
                .kind = c->kind,
                .namespace_ = c->kind->namespaced ? c->info.namespace_ : "",
                .options = *o,
                .accept = c->accept,
                .include = include,
                .scratch = arena_new(0),
        };
        if (!f->scratch)
                return err_oom(err);
        f->kinds = kind_set_ref(c->kinds);
        return 0;
}

void watch_form_done(struct watch_form *f) {
        kind_set_unref(f->kinds);
        f->scratch = arena_free(f->scratch);
        f->kinds = NULL;
}

/* ---- lines ---- */

static void begin_line(struct buf *out, const char *type) {
        buf_adds(out, "{\"type\":\"");
        buf_adds(out, type);
        buf_adds(out, "\",\"object\":");
}

/* The stored bytes with another version in the place of their own. */
static void add_restamped(struct buf *out, const struct object *o, uint64_t rv) {
        const char *rest = o->json + o->rv_offset;
        while (*rest >= '0' && *rest <= '9')
                rest++;
        buf_add(out, o->json, o->rv_offset);
        buf_addf(out, "%" PRIu64, rv);
        buf_add(out, rest, o->json_len - (size_t)(rest - o->json));
}

static int transform(struct watch_form *f, const struct value *tree, struct value *ret, struct err *err) {
        if (f->accept.transform == TRANSFORM_NONE) {
                *ret = *tree;
                return 0;
        }
        if (f->accept.transform == TRANSFORM_PARTIAL)
                return table_partial_metadata(f->scratch, tree, f->accept.version, ret, err);
        struct table_options options = {
                .include = (enum table_include)f->include,
                .headers = !f->headers_sent,
                .now_ns = clock_realtime_ns(),
                .version = f->accept.version,
        };
        f->headers_sent = true;
        return table_of(f->scratch, f->kind, tree, &options, ret, err);
}

static int write_tree(struct watch_form *f, const struct object *o, uint64_t rv, struct buf *out, struct err *err) {
        struct value tree, shown;
        if (show_tree(f->kinds, f->kind, f->scratch, o, &tree, err) < 0)
                return -1;
        if (rv != 0) {
                struct value text = value_strf(f->scratch, "%" PRIu64, rv);
                struct value *meta = value_obtain_map(f->scratch, &tree, "metadata");
                if (!meta || value_is_null(&text) || !value_set(f->scratch, meta, "resourceVersion", text))
                        return err_oom(err);
        }
        if (transform(f, &tree, &shown, err) < 0)
                return -1;
        json_write(out, &shown, JSON_HTML_ESCAPE);
        return 0;
}

int watch_write(struct watch_form *f, const char *type, const struct object *o, uint64_t rv, struct buf *out,
                struct err *err) {
        begin_line(out, type);
        if (f->accept.transform != TRANSFORM_NONE || !show_as_stored(f->kind, o)) {
                if (write_tree(f, o, rv, out, err) < 0)
                        return -1;
        } else if (rv != 0) {
                add_restamped(out, o, rv);
        } else {
                buf_add(out, o->json, o->json_len);
        }
        buf_adds(out, "}\n");
        return 0;
}

/* ---- selection ---- */

static bool selects(struct watch_form *f, const struct object *o) {
        if (!o || (*f->namespace_ && !streq(f->namespace_, o->namespace_)))
                return false;
        return options_select(f->call, f->scratch, &f->options, o);
}

int watch_write_event(struct watch_form *f, const struct ring_event *e, struct buf *out, struct err *err) {
        bool deleted = e->type == RING_DELETED;
        bool now = !deleted && selects(f, e->object), before = selects(f, e->previous);
        if (now && before)
                return watch_write(f, "MODIFIED", e->object, 0, out, err);
        if (now)
                return watch_write(f, "ADDED", e->object, 0, out, err);
        if (!before)
                return 0;
        /* Left the selection: its last selected state, with the version of the change. */
        if (deleted)
                return watch_write(f, "DELETED", e->object, 0, out, err);
        return watch_write(f, "DELETED", e->previous, e->rv, out, err);
}

/* ---- bookmarks ---- */

static int bookmark_tree(struct watch_form *f, uint64_t rv, bool initial, struct value *ret, struct err *err) {
        struct arena *a = f->scratch;
        const char *version =
                *f->kind->group ? arena_printf(a, "%s/%s", f->kind->group, f->kind->version) : f->kind->version;
        struct value meta = value_map(), notes = value_map(), text = value_strf(a, "%" PRIu64, rv);
        *ret = value_map();
        if (!version || value_is_null(&text) || !value_set(a, &meta, "resourceVersion", text))
                return err_oom(err);
        if (initial && (!value_set(a, &notes, "k8s.io/initial-events-end", value_str("true")) ||
                        !value_set(a, &meta, "annotations", notes)))
                return err_oom(err);
        if (!value_set(a, ret, "kind", value_str(f->kind->kind)) ||
            !value_set(a, ret, "apiVersion", value_str(version)) || !value_set(a, ret, "metadata", meta))
                return err_oom(err);
        return 0;
}

int watch_write_bookmark(struct watch_form *f, uint64_t rv, bool initial, struct buf *out, struct err *err) {
        struct value tree, shown;
        arena_reset(f->scratch);
        if (bookmark_tree(f, rv, initial, &tree, err) < 0 || transform(f, &tree, &shown, err) < 0)
                return -1;
        begin_line(out, "BOOKMARK");
        json_write(out, &shown, JSON_HTML_ESCAPE);
        buf_adds(out, "}\n");
        return 0;
}
