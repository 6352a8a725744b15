/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are answered rather than stored: tokens, reviews, and what concerns running pods. */
#include "apiserver/auth/reviews.h"
#include "apiserver/handlers/body.h"
#include "apiserver/handlers/options.h"
#include "apiserver/handlers/status.h"
#include "apiserver/handlers/verbs.h"
#include "base/clock.h"
#include "kube/ssa/ssa.h"
#include "kube/schema/strict.h"

#define TOKEN_SECONDS 3600 /* of a token whose request names no lifetime */

static struct review_request review_of(const struct call *c) {
        return (struct review_request){
                .user = &c->user,
                .namespace_ = c->info.namespace_,
                .now_ns = clock_realtime_ns(),
        };
}

/* Reads a body of this kind and drops what its schema does not know. */
static int read_body(struct call *c, const char *group, const char *version, const char *kind, struct value *ret,
                     struct err *err) {
        struct body_kind expected = {.group = group, .version = version, .kind = kind};
        struct value object, complaints;
        expected.schema = schema_of_kind(group, version, kind);
        if (body_read(c, &expected, &object, &complaints, err) < 0)
                return -1;
        if (!expected.schema) {
                *ret = object;
                return 0;
        }
        return strict_decode(c->arena, expected.schema, &object, ret, NULL, err);
}

/* Reviews and token requests are never stored, but kube-apiserver's field manager has seen them all the same. */
static int manage(struct call *c, const char *group, const char *kind, const char *subresource,
                  const struct registry_options *options, const struct value *object, struct value *answer,
                  struct err *err) {
        const struct ssa_request request = {
                .schema = schema_of_kind(group, "v1", kind),
                .api_version = arena_printf(c->arena, "%s/v1", group),
                .kind = kind,
                .manager = options->manager,
                .subresource = subresource,
                .now = clock_realtime_ns() / NSEC_PER_SEC,
        };
        struct value managed, none = value_null();
        if (!request.api_version)
                return err_oom(err);
        if (ssa_update(c->arena, &request, &none, object, &managed, err) < 0)
                return -1;
        const struct value *entries = value_path(&managed, "metadata", "managedFields", NULL);
        struct value *meta = value_obtain_map(c->arena, answer, "metadata");
        if (!meta || (entries && !value_set(c->arena, meta, "managedFields", *entries)))
                return err_oom(err);
        return 0;
}

static int review(struct call *c, struct err *err) {
        struct review_request request = review_of(c);
        struct registry_options options;
        struct value object, answer;
        if (options_write(c, "CreateOptions", false, &options, err) < 0 ||
            read_body(c, c->kind->group, c->kind->version, c->kind->kind, &object, err) < 0 ||
            review_create(c->server->auth, c->arena, &request, c->kind->group, c->kind->resource, &object, &answer,
                          err) < 0)
                return -1;
        /* The answer about one's own rules is made anew and shows nothing of what came. */
        if (!streq(c->kind->resource, "selfsubjectrulesreviews") &&
            manage(c, c->kind->group, c->kind->kind, NULL, &options, &object, &answer, err) < 0)
                return -1;
        call_object(c, 201, &answer);
        return 0;
}

static int default_lifetime(struct call *c, struct value *request, struct err *err) {
        struct value *spec = value_obtain_map(c->arena, request, "spec");
        if (spec && value_is_null(value_get(spec, "expirationSeconds")))
                return value_set(c->arena, spec, "expirationSeconds", value_int(TOKEN_SECONDS)) ? 0 : err_oom(err);
        return spec ? 0 : err_oom(err);
}

static int token(struct call *c, struct err *err) {
        static const char group[] = "authentication.k8s.io", kind[] = "TokenRequest";
        struct review_request request = review_of(c);
        struct registry_options options;
        struct value object, account, answer;
        _cleanup_object_ struct object *o = NULL;
        if (options_write(c, "CreateOptions", false, &options, err) < 0 ||
            read_body(c, group, "v1", kind, &object, err) < 0 || default_lifetime(c, &object, err) < 0 ||
            registry_get(c->server->registry, c->kind, c->info.namespace_, c->info.name, &o, err) < 0 ||
            object_tree(o, c->arena, &account, err) < 0 ||
            token_request_create(c->server->auth, c->arena, &request, &account, &object, &answer, err) < 0 ||
            manage(c, group, kind, "token", &options, &object, &answer, err) < 0)
                return -1;
        call_object(c, 201, &answer);
        return 0;
}

/* ---- pods ---- */

static int created(struct call *c, struct err *err) {
        struct value status;
        if (status_success(c->arena, NULL, NULL, NULL, NULL, 201, &status) < 0)
                return err_oom(err);
        call_object(c, 201, &status);
        return 0;
}

static int set_scheduled(struct arena *a, struct value *pod, struct err *err) {
        char *now = arena_alloc(a, TIME_TEXT_MAX);
        struct value condition = value_map();
        struct value *status = value_obtain_map(a, pod, "status");
        if (!now || !status)
                return err_oom(err);
        time_format_rfc3339(now, clock_realtime_ns() / NSEC_PER_SEC);
        struct value *conditions = value_get(status, "conditions");
        if (!value_is_list(conditions) && !(conditions = value_set(a, status, "conditions", value_list())))
                return err_oom(err);
        VALUE_EACH_ITEM(item, conditions)
                if (value_equals_str(value_get(item, "type"), "PodScheduled"))
                        return value_set(a, item, "status", value_str("True")) ? 0 : err_oom(err);
        if (!value_set(a, &condition, "type", value_str("PodScheduled")) ||
            !value_set(a, &condition, "status", value_str("True")) ||
            !value_set(a, &condition, "lastProbeTime", value_null()) ||
            !value_set(a, &condition, "lastTransitionTime", value_str(now)) || !value_append(a, conditions, condition))
                return err_oom(err);
        return 0;
}

static int bind_pod(void *context, struct arena *a, struct value *pod, struct err *err) {
        const char *node = context, *name = value_path_str(pod, "metadata", "name", NULL);
        const char *assigned = value_path_str(pod, "spec", "nodeName", NULL);
        struct value *spec = value_obtain_map(a, pod, "spec");
        if (assigned && *assigned)
                return err_set(err, ERR_CONFLICT,
                               "Operation cannot be fulfilled on pods/binding \"%s\": pod %s is already assigned to "
                               "node \"%s\"",
                               name, name, assigned);
        if (!spec || !value_set(a, spec, "nodeName", value_str(node)))
                return err_oom(err);
        return set_scheduled(a, pod, err);
}

static int binding(struct call *c, const char *name, struct err *err) {
        struct registry_options options;
        struct value object;
        if (options_write(c, "CreateOptions", false, &options, err) < 0 ||
            read_body(c, "", "v1", "Binding", &object, err) < 0)
                return -1;
        const char *node = value_path_str(&object, "target", "name", NULL);
        const struct kind *pods = kind_by_resource(c->kinds, "", "v1", "pods");
        options.subresource = "binding";
        if (!name)
                name = value_path_str(&object, "metadata", "name", NULL);
        if (!node || !*node || !name || !pods) {
                err_set(err, ERR_INVALID, "Binding \"%s\" is invalid: target.name: Required value", name ? name : "");
                return err_add_cause(err, "FieldValueRequired", "target.name", "Required value");
        }
        if (registry_modify(c->server->registry, c->arena, pods, c->info.namespace_, name, &options, bind_pod,
                            (void *)node, NULL, err) < 0)
                return -1;
        return created(c, err);
}

static int eviction(struct call *c, struct err *err) {
        struct registry_options options;
        struct value object;
        if (options_write(c, "CreateOptions", false, &options, err) < 0 ||
            read_body(c, "policy", "v1", "Eviction", &object, err) < 0)
                return -1;
        const struct value *how = value_get(&object, "deleteOptions");
        struct registry_delete delete = {
                .uid = value_path_str(how, "preconditions", "uid", NULL),
                .resource_version = value_path_str(how, "preconditions", "resourceVersion", NULL),
                .grace_seconds = value_int_or(value_get(how, "gracePeriodSeconds"), -1),
        };
        options.subresource = NULL;
        if (registry_delete(c->server->registry, c->arena, c->kind, c->info.namespace_, c->info.name, &delete, &options,
                            NULL, err) < 0)
                return -1;
        return created(c, err);
}

/* No node runs anything here: what is asked of a container is refused as by a server whose nodes are away. */
static int pod_log(struct call *c, struct err *err) {
        _cleanup_object_ struct object *o = NULL;
        struct value pod;
        if (registry_get(c->server->registry, c->kind, c->info.namespace_, c->info.name, &o, err) < 0 ||
            object_tree(o, c->arena, &pod, err) < 0)
                return -1;
        const struct value *containers = value_path(&pod, "spec", "containers", NULL);
        const char *container = call_query(c, "container"), *node = value_path_str(&pod, "spec", "nodeName", NULL);
        if ((!container || !*container) && value_is_list(containers) && containers->len > 1) {
                _cleanup_buf_ struct buf names = BUF_INIT(65536);
                for (size_t i = 0; i < containers->len; i++)
                        buf_addf(&names, "%s%s", i ? " " : "",
                                 value_string_or(value_get(&containers->items[i], "name"), ""));
                return err_set(err, ERR_BAD_REQUEST,
                               "a container name must be specified for pod %s, choose one of: [%s]", c->info.name,
                               buf_str(&names));
        }
        if (!node || !*node) {
                call_body(c, 200, "text/plain", NULL, 0, "", 0);
                return 0;
        }
        return err_set(err, ERR_UNAVAILABLE, "node \"%s\" has no agent that could be asked", node);
}

static int pod_stream(struct call *c, struct err *err) {
        _cleanup_object_ struct object *o = NULL;
        struct value pod;
        if (registry_get(c->server->registry, c->kind, c->info.namespace_, c->info.name, &o, err) < 0 ||
            object_tree(o, c->arena, &pod, err) < 0)
                return -1;
        const char *node = value_path_str(&pod, "spec", "nodeName", NULL);
        if (!node || !*node)
                return err_set(err, ERR_BAD_REQUEST, "pod %s does not have a host assigned", c->info.name);
        if (!http_header(c->http, "upgrade"))
                return err_set(err, ERR_BAD_REQUEST, "Upgrade request required");
        return err_set(err, ERR_UNAVAILABLE, "no node runs pod \"%s\"", c->info.name);
}

static int handle(struct call *c, struct err *err) {
        const char *sub = c->info.subresource;
        if (review_serves(c->kind->group, c->kind->resource))
                return review(c, err);
        if (streq(c->kind->resource, "bindings"))
                return binding(c, NULL, err);
        if (streq(sub, "token"))
                return token(c, err);
        if (streq(sub, "binding"))
                return binding(c, c->info.name, err);
        if (streq(sub, "eviction"))
                return eviction(c, err);
        if (streq(sub, "log"))
                return pod_log(c, err);
        if (streq(sub, "exec") || streq(sub, "attach") || streq(sub, "portforward"))
                return pod_stream(c, err);
        return err_set(err, ERR_UNAVAILABLE, "nothing runs behind %s/%s", c->kind->resource, sub);
}

void subresource_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (handle(c, &err) < 0)
                call_fail(c, &err);
}
