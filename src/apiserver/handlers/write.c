/* SPDX-License-Identifier: Apache-2.0 */
/* POST, PUT and PATCH of objects. */
#include "apiserver/handlers/body.h"
#include "apiserver/handlers/options.h"
#include "apiserver/handlers/show.h"
#include "apiserver/handlers/verbs.h"

/* What the body must be: the resource's kind, or the subresource's (Scale). */
static struct body_kind expected_kind(const struct call *c) {
        const struct kind_subresource *sub =
                *c->info.subresource ? kind_subresource(c->kind, c->info.subresource) : NULL;
        if (sub && sub->kind && *sub->kind && !streq(sub->kind, c->kind->kind))
                return (struct body_kind){
                        .group = sub->group && *sub->version ? sub->group : c->kind->group,
                        .version = sub->version && *sub->version ? sub->version : c->kind->version,
                        .kind = sub->kind,
                        .schema = schema_of_kind(sub->group, sub->version, sub->kind),
                };
        return (struct body_kind){
                .group = c->kind->group,
                .version = c->kind->version,
                .kind = c->kind->kind,
                .custom = c->kind->custom,
                .schema = c->kind->schema,
        };
}

static const char *namespace_of(const struct call *c) {
        return c->kind->namespaced ? c->info.namespace_ : "";
}

/* The stored bytes when they are what was asked for; they need no writing. */
static void answer(struct call *c, int status, const struct object *o, const struct value *tree) {
        bool plain = c->accept.transform == TRANSFORM_NONE && c->accept.media == MEDIA_JSON &&
                     !call_query(c, "pretty") && !streq(c->info.subresource, "scale");
        if (o && plain && show_as_stored(c->kind, o))
                call_body(c, status, "application/json", NULL, 0, o->json, o->json_len + 1);
        else
                call_object(c, status, tree);
}

static int create(struct call *c, struct err *err) {
        struct registry_options options;
        struct body_kind expected = expected_kind(c);
        struct value object, complaints, stored;
        if (options_write(c, "CreateOptions", false, &options, err) < 0 ||
            body_read(c, &expected, &object, &complaints, err) < 0)
                return -1;
        _cleanup_object_ struct object *o = NULL;
        options.subresource = NULL;
        options.complaints = &complaints;
        options.ret_object = &o;
        if (registry_create(c->server->registry, c->arena, c->kind, namespace_of(c), &object, &options, &stored, err) <
            0)
                return -1;
        answer(c, 201, o, &stored);
        return 0;
}

static int update(struct call *c, struct err *err) {
        struct registry_options options;
        struct body_kind expected = expected_kind(c);
        struct value object, complaints, stored;
        bool created = false;
        if (options_write(c, "UpdateOptions", false, &options, err) < 0 ||
            body_read(c, &expected, &object, &complaints, err) < 0)
                return -1;
        _cleanup_object_ struct object *o = NULL;
        options.complaints = &complaints;
        options.ret_created = &created;
        options.ret_object = &o;
        if (registry_update(c->server->registry, c->arena, c->kind, namespace_of(c), c->info.name, &object, &options,
                            &stored, err) < 0)
                return -1;
        answer(c, created ? 201 : 200, o, &stored);
        return 0;
}

static int patch(struct call *c, struct err *err) {
        struct registry_options options;
        enum registry_patch_type type;
        struct value tree, stored;
        bool created = false;
        if (body_read_patch(c, &type, &tree, err) < 0 ||
            options_write(c, "PatchOptions", type == REGISTRY_PATCH_APPLY, &options, err) < 0)
                return -1;
        _cleanup_object_ struct object *o = NULL;
        options.ret_created = &created;
        options.ret_object = &o;
        if (registry_patch(c->server->registry, c->arena, c->kind, namespace_of(c), c->info.name, type, &tree, &options,
                           &stored, err) < 0)
                return -1;
        answer(c, created ? 201 : 200, o, &stored);
        return 0;
}

void create_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (create(c, &err) < 0)
                call_fail(c, &err);
}

void update_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (update(c, &err) < 0)
                call_fail(c, &err);
}

void patch_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (patch(c, &err) < 0)
                call_fail(c, &err);
}
