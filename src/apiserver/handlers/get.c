/* SPDX-License-Identifier: Apache-2.0 */
/* GET of one object. */
#include "apiserver/handlers/options.h"
#include "apiserver/handlers/show.h"
#include "apiserver/handlers/verbs.h"

static int wait_version(struct call *c, struct err *err) {
        uint64_t rv = 0;
        if (options_version(call_query(c, "resourceVersion"), &rv, err) < 0)
                return err_wrap(err, "invalid resource version");
        return options_wait_version(c, rv, err);
}

static int get(struct call *c, struct err *err) {
        _cleanup_object_ struct object *o = NULL;
        struct registry *r = c->server->registry;
        if (wait_version(c, err) < 0)
                return -1;
        if (streq(c->info.subresource, "scale")) {
                struct value scale;
                if (registry_scale(r, c->arena, c->kind, c->info.namespace_, c->info.name, &scale, err) < 0)
                        return -1;
                call_object(c, 200, &scale);
                return 0;
        }
        const char *namespace_ = c->kind->namespaced ? c->info.namespace_ : "";
        if (registry_get(r, c->kind, namespace_, c->info.name, &o, err) < 0)
                return -1;
        if (c->accept.transform == TRANSFORM_NONE && c->accept.media == MEDIA_JSON && show_as_stored(c->kind, o) &&
            !call_query(c, "pretty")) {
                call_body(c, 200, "application/json", NULL, 0, o->json, o->json_len + 1);
                return 0;
        }
        struct value tree;
        if (show_tree(c->kinds, c->kind, c->arena, o, &tree, err) < 0)
                return -1;
        call_object(c, 200, &tree);
        return 0;
}

void get_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (get(c, &err) < 0)
                call_fail(c, &err);
}
