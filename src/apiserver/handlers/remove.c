/* SPDX-License-Identifier: Apache-2.0 */
/* DELETE of an object and of a collection. */
#include "apiserver/handlers/page.h"
#include "apiserver/handlers/status.h"
#include "apiserver/handlers/verbs.h"

#include <inttypes.h>

static const char *namespace_of(const struct call *c) {
        return c->kind->namespaced ? c->info.namespace_ : "";
}

static int delete_one(struct call *c, struct err *err) {
        struct registry_delete how;
        struct registry_options options;
        struct value object, status;
        bool gone = false;
        if (options_delete(c, &how, &options, err) < 0)
                return -1;
        how.ret_gone = &gone;
        if (registry_delete(c->server->registry, c->arena, c->kind, namespace_of(c), c->info.name, &how, &options,
                            &object, err) < 0)
                return -1;
        /* A namespace answers with itself even when nothing holds it. */
        if (!gone || (!*c->kind->group && streq(c->kind->resource, "namespaces"))) {
                call_object(c, 200, &object);
                return 0;
        }
        if (status_success(c->arena, c->info.name, c->kind->group, c->kind->resource,
                           value_path_str(&object, "metadata", "uid", NULL), 0, &status) < 0)
                return err_oom(err);
        call_object(c, 200, &status);
        return 0;
}

/* The answer: the list of what was deleted, as it was. */
static int deleted_list(struct call *c, const struct page *page, const struct value *items, struct value *ret,
                        struct err *err) {
        struct arena *a = c->arena;
        struct value meta = value_map(), rv = value_strf(a, "%" PRIu64, page->rv);
        const char *version =
                *c->kind->group ? arena_printf(a, "%s/%s", c->kind->group, c->kind->version) : c->kind->version;
        *ret = value_map();
        if (!version || value_is_null(&rv) || !value_set(a, &meta, "resourceVersion", rv) ||
            !value_set(a, ret, "kind", value_str(c->kind->list_kind)) ||
            !value_set(a, ret, "apiVersion", value_str(version)) || !value_set(a, ret, "metadata", meta) ||
            !value_set(a, ret, "items", *items))
                return err_oom(err);
        return 0;
}

static int delete_collection(struct call *c, struct err *err) {
        struct registry_delete how;
        struct registry_options options;
        struct list_options o;
        _cleanup_page_ struct page page = {0};
        struct value items = value_list(), list;
        if (options_delete(c, &how, &options, err) < 0 || options_list(c, false, &o, err) < 0 ||
            page_read(c, &o, &page, err) < 0)
                return -1;
        for (size_t i = 0; i < page.n; i++) {
                _cleanup_err_ struct err mine = ERR_INIT;
                struct value object;
                const struct object *item = page.items[i];
                if (registry_delete(c->server->registry, c->arena, c->kind, item->namespace_, item->name, &how,
                                    &options, &object, &mine) < 0) {
                        if (mine.class == ERR_NOT_FOUND)
                                continue;
                        return err_move(err, &mine);
                }
                if (!c->kind->custom) {
                        value_remove(&object, "kind");
                        value_remove(&object, "apiVersion");
                }
                if (!value_append(c->arena, &items, object))
                        return err_oom(err);
        }
        if (deleted_list(c, &page, &items, &list, err) < 0)
                return -1;
        call_object(c, 200, &list);
        return 0;
}

void delete_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (delete_one(c, &err) < 0)
                call_fail(c, &err);
}

void delete_collection_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (delete_collection(c, &err) < 0)
                call_fail(c, &err);
}
