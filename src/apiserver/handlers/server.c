/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatch: who calls, what is asked, may they, and which verb answers. */
#include "apiserver/handlers/server.h"

#include "apiserver/auth/reviews.h"
#include "apiserver/handlers/call.h"
#include "apiserver/handlers/negotiate.h"
#include "apiserver/handlers/status.h"
#include "apiserver/handlers/verbs.h"
#include "apiserver/strategy/strategy.h"
#include "base/random.h"

/* A call on its way to a worker. */
struct job {
        struct work work; /* first: workers know only this */
        struct call *call;
        void (*handle)(struct call *c);
};

/* The call may be gone as soon as it was answered: what is dropped afterwards is remembered here. */
static void run_call(struct call *c, void (*handle)(struct call *c)) {
        const struct kind_set *kinds = c->kinds;
        handle(c);
        kind_set_unref(kinds);
}

static void run_job(struct work *work) {
        struct job *job = (struct job *)work;
        run_call(job->call, job->handle);
}

/* ---- which verb ---- */

static const struct verb {
        const char *name;
        unsigned bit; /* enum kind_verb */
        bool named;   /* works on one object */
        void (*handle)(struct call *c);
} verbs[] = {
        {"get", VERB_GET, true, get_handle},
        {"list", VERB_LIST, false, list_handle},
        {"watch", VERB_WATCH, false, watch_handle},
        {"create", VERB_CREATE, false, create_handle},
        {"update", VERB_UPDATE, true, update_handle},
        {"patch", VERB_PATCH, true, patch_handle},
        {"delete", VERB_DELETE, true, delete_handle},
        {"deletecollection", VERB_DELETE_COLLECTION, false, delete_collection_handle},
};

static const struct verb *find_verb(const char *name) {
        for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
                if (streq(verbs[i].name, name))
                        return &verbs[i];
        return NULL;
}

/* Subresources that are other views of the stored object; the rest is answered by subresource_handle(). */
static bool is_view(const char *subresource) {
        static const char *const views[] = {"status", "scale", "finalize", "approval", "ephemeralcontainers", "resize"};
        for (size_t i = 0; i < ARRAY_LEN(views); i++)
                if (streq(views[i], subresource))
                        return true;
        return false;
}

static bool is_builtin_group(const char *group) {
        const struct kind_set *set = kind_set_builtin();
        for (size_t i = 0; i < kind_count(set); i++)
                if (streq(kind_at(set, i)->group, group))
                        return true;
        return false;
}

/* What a built-in group does not serve is answered with a Status, what no group serves like any unknown path. */
static int find_kind(struct call *c, struct err *err) {
        const struct request_info *i = &c->info;
        c->kind = kind_by_resource(c->kinds, i->group, i->version, i->resource);
        if (!c->kind)
                return status_no_resource(err);
        bool namespaces = !*c->kind->group && streq(c->kind->resource, "namespaces");
        if (!c->kind->namespaced && *i->namespace_ && !namespaces)
                return status_no_resource(err);
        if (c->kind->namespaced && *i->name && !*i->namespace_)
                return status_no_resource(err);
        return 0;
}

static int find_handler(struct call *c, void (**ret)(struct call *c), struct err *err) {
        const struct request_info *i = &c->info;
        const struct kind_subresource *sub = NULL;
        if (find_kind(c, err) < 0) {
                if (c->kind || is_builtin_group(i->group))
                        return -1;
                *ret = not_found_handle;
                return 0;
        }
        if (*i->subresource && !(sub = kind_subresource(c->kind, i->subresource)))
                return status_no_resource(err);
        const struct verb *verb = find_verb(i->verb);
        unsigned offered = sub ? sub->verbs : c->kind->verbs;
        if (!verb || !(offered & verb->bit))
                return status_no_method(err);
        bool named = *i->name != '\0', creates = streq(i->verb, "create");
        if (!sub && (verb->named != named) && !(named && (streq(i->verb, "watch") || streq(i->verb, "list"))))
                return status_no_method(err);
        if (creates && !sub && c->kind->namespaced && !*i->namespace_)
                return status_no_method(err);
        bool answered = review_serves(c->kind->group, c->kind->resource) ||
                        (creates && streq(c->kind->resource, "bindings") && !*c->kind->group);
        if (!*c->kind->group && streq(c->kind->resource, "componentstatuses")) {
                *ret = component_handle;
                return 0;
        }
        *ret = answered || (sub && !is_view(i->subresource)) ? subresource_handle : verb->handle;
        return 0;
}

/* ---- hooks ---- */

static struct call *make_call(struct server *s, struct http_request *r) {
        struct call *c = arena_make(r->arena, struct call);
        if (!c)
                return NULL;
        c->server = s;
        c->http = r;
        c->arena = r->arena;
        c->warnings = value_list();
        const char *id = http_header(r, "audit-id");
        if (id && *id && strlen(id) < sizeof(c->audit_id))
                memcpy(c->audit_id, id, strlen(id) + 1);
        else
                random_uuid(c->audit_id);
        return c;
}

static void out_of_memory(struct http_request *r) {
        struct http_response response = {.status = 500,
                                         .content_type = "text/plain",
                                         .body = "out of memory\n",
                                         .body_len = strlen("out of memory\n")};
        http_reply(r, &response);
}

static int authenticate(struct http_request *r, void *context) {
        struct server *s = context;
        struct rbac_user *user = arena_make(r->arena, struct rbac_user);
        struct value status;
        if (!user) {
                out_of_memory(r);
                return -1;
        }
        if (auth_authenticate(s->auth, r, user, &status) == 0) {
                r->user = user;
                return 0;
        }
        struct call *c = make_call(s, r);
        if (c)
                call_status(c, &status);
        else
                out_of_memory(r);
        return -1;
}

static bool is_quick(const struct call *c, void (*handle)(struct call *c)) {
        if (handle == get_handle)
                return c->accept.transform == TRANSFORM_NONE && !*c->info.subresource &&
                       !http_query_get(c->http, "resourceVersion");
        return false;
}

static void submit(struct call *c, void (*handle)(struct call *c)) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct job *job = is_quick(c, handle) ? NULL : arena_make(c->arena, struct job);
        if (!job) {
                run_call(c, handle);
                return;
        }
        *job = (struct job){.work.run = run_job, .call = c, .handle = handle};
        c->on_worker = true;
        if (workers_submit(c->server->workers, c->user.name, &job->work, &err) == 0)
                return;
        c->on_worker = false;
        call_fail(c, &err);
        kind_set_unref(c->kinds);
}

/* A deprecated version says so with every answer; that of a custom kind when its definition wants it. */
static int warn_deprecated(struct call *c, struct err *err) {
        const struct kind *k = c->kind;
        const char *text = k && !k->custom ? strategy_deprecation(k) : NULL;
        if (k && k->custom && value_bool_or(value_get(k->crd_version, "deprecated"), false)) {
                text = value_get_str(k->crd_version, "deprecationWarning");
                if (!text)
                        text = arena_printf(c->arena, "%s/%s %s is deprecated", k->group, k->version, k->kind);
                if (!text)
                        return err_oom(err);
        }
        return !text || value_append(c->arena, &c->warnings, value_str(text)) ? 0 : err_oom(err);
}

static int prepare(struct call *c, void (**ret)(struct call *c), struct err *err) {
        const struct request_info *i = &c->info;
        if (!i->is_resource) {
                *ret = document_handle;
                return 0;
        }
        bool watch = streq(i->verb, "watch");
        if (find_handler(c, ret, err) < 0 || warn_deprecated(c, err) < 0)
                return -1;
        return negotiate_accept(c->arena, http_header(c->http, "accept"), watch || streq(i->verb, "list"), watch,
                                &c->accept, err);
}

static void handle(struct http_request *r, void *context) {
        struct server *s = context;
        struct call *c = make_call(s, r);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value refused;
        void (*handler)(struct call * call) = NULL;
        if (!c) {
                out_of_memory(r);
                return;
        }
        if (request_info_parse(c->arena, r->method, r->path, r->query, &c->info, &err) < 0) {
                call_fail(c, &err);
                return;
        }
        if (auth_admit(s->auth, r, &c->info, r->user, &c->user, &refused) < 0) {
                c->refused = true;
                call_status(c, &refused);
                return;
        }
        c->kinds = registry_kinds(s->registry);
        if (prepare(c, &handler, &err) < 0) {
                const struct kind_set *kinds = c->kinds;
                call_fail(c, &err);
                kind_set_unref(kinds);
                return;
        }
        submit(c, handler);
}

/* What the HTTP server refuses by itself is answered as a Status, too. */
static void refuse(struct http_request *r, int status, const char *message, void *context) {
        struct call *c = make_call(context, r);
        _cleanup_err_ struct err err = ERR_INIT;
        if (!c) {
                out_of_memory(r);
                return;
        }
        if (status == 413)
                err_set(&err, ERR_TOO_LARGE, "Request entity too large: limit is 3145728");
        else
                err_set(&err, ERR_BAD_REQUEST, "%s", message);
        call_fail(c, &err);
}

struct http_hooks server_hooks(struct server *s) {
        return (struct http_hooks){.authenticate = authenticate, .handle = handle, .refuse = refuse, .context = s};
}
