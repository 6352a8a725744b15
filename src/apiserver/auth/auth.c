/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/auth.h"

#include "apiserver/auth/auth_private.h"
#include "apiserver/auth/impersonate.h"
#include "kube/quote.h"

#define MESSAGE_MAX ((size_t)1 << 20)

/* ---- life ---- */

struct auth *auth_free(struct auth *x) {
        if (!x)
                return NULL;
        auth_follower_free(x->follower);
        rbac_index_unref(x->index);
        strmap_done(&x->static_tokens);
        pthread_mutex_destroy(&x->lock);
        arena_free(x->arena);
        free(x);
        return NULL;
}

static int init(struct auth *x, const struct auth_options *o, struct err *err) {
        if (o->unix_user) {
                if (rbac_user_copy(x->arena, o->unix_user, &x->unix_user, err) < 0)
                        return -1;
                x->options.unix_user = &x->unix_user;
        }
        return o->token_auth_file ? token_file_read(x, o->token_auth_file, err) : 0;
}

int auth_new(const struct auth_options *options, struct auth **ret, struct err *err) {
        struct auth *x = calloc(1, sizeof(*x));
        if (!x || !(x->arena = arena_new(0))) {
                free(x);
                return err_oom(err);
        }
        x->options = *options;
        pthread_mutex_init(&x->lock, NULL);
        if (init(x, options, err) < 0) {
                auth_free(x);
                return -1;
        }
        *ret = x;
        return 0;
}

int auth_follow(struct auth *x, struct registry *r, struct err *err) {
        return auth_follower_new(r, &x->follower, err);
}

void auth_use_index(struct auth *x, const struct rbac_index *index) {
        pthread_mutex_lock(&x->lock);
        const struct rbac_index *old = x->index;
        x->index = index ? rbac_index_ref(index) : NULL;
        pthread_mutex_unlock(&x->lock);
        rbac_index_unref(old);
}

int auth_index(struct auth *x, const struct rbac_index **ret, struct err *err) {
        pthread_mutex_lock(&x->lock);
        int r = 0;
        if (x->follower)
                r = auth_follower_index(x->follower, ret, err);
        else if (x->index)
                *ret = rbac_index_ref(x->index);
        else
                r = err_set(err, ERR_UNAVAILABLE, "roles have not been read yet");
        pthread_mutex_unlock(&x->lock);
        return r;
}

/* ---- decisions ---- */

bool auth_allows(struct auth *x, const struct rbac_attributes *q, struct arena *a, const char **ret_reason) {
        if (ret_reason)
                *ret_reason = "";
        if (rbac_user_in_group(q->user, "system:masters"))
                return true;
        _cleanup_rbac_index_ const struct rbac_index *index = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        if (auth_index(x, &index, &err) < 0) {
                const char *text = a ? arena_strdup(a, err_message(&err)) : NULL;
                if (ret_reason && text)
                        *ret_reason = text;
                return false;
        }
        return rbac_index_allows(index, q, a, ret_reason);
}

struct asker {
        struct auth *auth;
        struct arena *arena;
};

static bool asker_allows(void *context, const struct rbac_attributes *q, const char **ret_reason) {
        struct asker *k = context;
        return auth_allows(k->auth, q, k->arena, ret_reason);
}

static int refuse(struct arena *a, const struct err *err, struct value *ret_status) {
        if (err->class == ERR_BAD_REQUEST)
                auth_status(a, 400, "BadRequest", err_message(err), NULL, ret_status);
        else
                auth_status(a, 500, "InternalError", err_message(err), NULL, ret_status);
        return -1;
}

/* Puts the impersonated user into q. */
static int impersonate(struct auth *x, const struct http_request *r, struct rbac_attributes *q,
                       struct rbac_user *acting, struct value *ret_status) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct rbac_user wanted;
        int wants = impersonate_read(r->arena, r->headers, r->n_headers, &wanted, &err);
        if (wants <= 0)
                return wants < 0 ? refuse(r->arena, &err, ret_status) : 0;
        atomic_uchar *place = &x->mode_hints[str_hash(q->user->name, strlen(q->user->name)) % AUTH_MODE_HINTS];
        unsigned char known = atomic_load_explicit(place, memory_order_relaxed);
        enum impersonate_mode hint = known ? (enum impersonate_mode)(known - 1) : IMPERSONATE_MODES;
        struct asker k = {x, r->arena};
        struct impersonate_authorizer z = {asker_allows, &k};
        struct impersonate_refusal refusal;
        int refused = impersonate_check(r->arena, &z, q, &wanted, &hint, acting, &refusal, &err);
        if (refused < 0)
                return refuse(r->arena, &err, ret_status);
        if (refused) {
                auth_forbidden(r->arena, &refusal.attributes, refusal.reason, ret_status);
                return -1;
        }
        atomic_store_explicit(place, (unsigned char)(hint + 1), memory_order_relaxed);
        q->user = acting;
        return 0;
}

int auth_admit(struct auth *x, const struct http_request *r, const struct request_info *info,
               const struct rbac_user *caller, struct rbac_user *ret, struct value *ret_status) {
        struct rbac_user acting = *caller;
        struct rbac_attributes q = {
                .user = caller,
                .verb = info->verb,
                .resource_request = info->is_resource,
                .group = info->group,
                .version = info->version,
                .resource = info->resource,
                .subresource = info->subresource,
                .name = info->name,
                .namespace_ = info->namespace_,
                .path = info->path,
        };
        if (impersonate(x, r, &q, &acting, ret_status) < 0)
                return -1;
        const char *reason;
        if (!auth_allows(x, &q, r->arena, &reason)) {
                auth_forbidden(r->arena, &q, reason, ret_status);
                return -1;
        }
        *ret = acting;
        return 0;
}

/* ---- answers ---- */

int auth_status(struct arena *a, int code, const char *reason, const char *message, const struct value *details,
                struct value *ret) {
        struct value s = value_map();
        char *text = arena_strdup(a, message);
        *ret = s;
        if (!text || !value_set(a, &s, "kind", value_str("Status")) ||
            !value_set(a, &s, "apiVersion", value_str("v1")) || !value_set(a, &s, "metadata", value_map()) ||
            !value_set(a, &s, "status", value_str("Failure")) || !value_set(a, &s, "message", value_str(text)) ||
            !value_set(a, &s, "reason", value_str(reason)) || (details && !value_set(a, &s, "details", *details)) ||
            !value_set(a, &s, "code", value_int(code)))
                return -1;
        *ret = s;
        return 0;
}

/* Quotes, and keeps browsers from seeing HTML in it. */
static void add_safe(struct buf *b, const char *text) {
        for (; *text; text++) {
                if (*text == '&')
                        buf_adds(b, "&amp;");
                else if (*text == '<')
                        buf_adds(b, "&lt;");
                else if (*text == '>')
                        buf_adds(b, "&gt;");
                else
                        buf_addc(b, *text);
        }
}

static void describe(struct buf *b, const struct rbac_attributes *q) {
        buf_adds(b, "User ");
        quote_go(b, q->user->name);
        buf_addf(b, " cannot %s ", q->verb);
        if (!q->resource_request) {
                buf_adds(b, "path ");
                quote_go(b, q->path);
                return;
        }
        _cleanup_buf_ struct buf resource = BUF_INIT(MESSAGE_MAX);
        buf_addf(&resource, "%s%s%s", q->resource, q->subresource[0] ? "/" : "", q->subresource);
        buf_adds(b, "resource ");
        quote_go(b, buf_str(&resource));
        buf_adds(b, " in API group ");
        quote_go(b, q->group);
        buf_adds(b, q->namespace_[0] ? " in the namespace " : " at the cluster scope");
        if (q->namespace_[0])
                quote_go(b, q->namespace_);
}

int auth_forbidden(struct arena *a, const struct rbac_attributes *q, const char *reason, struct value *ret_status) {
        _cleanup_buf_ struct buf what = BUF_INIT(MESSAGE_MAX), b = BUF_INIT(MESSAGE_MAX * 6);
        describe(&what, q);
        const char *resource = q->resource_request ? q->resource : "", *group = q->resource_request ? q->group : "";
        const char *name = q->resource_request ? q->name : "";
        buf_addf(&b, "%s%s%s", resource, group[0] ? "." : "", group);
        if (b.len && name[0]) {
                buf_addc(&b, ' ');
                quote_go(&b, name);
        }
        buf_adds(&b, b.len ? " is forbidden: " : "forbidden: ");
        add_safe(&b, buf_str(&what));
        if (reason && reason[0])
                buf_addf(&b, ": %s", reason);
        struct value details = value_map();
        if ((name[0] && !value_set(a, &details, "name", value_str(name))) ||
            (group[0] && !value_set(a, &details, "group", value_str(group))) ||
            (resource[0] && !value_set(a, &details, "kind", value_str(resource))))
                details = value_map();
        return auth_status(a, 403, "Forbidden", buf_str(&b), &details, ret_status);
}
