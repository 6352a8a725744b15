/* SPDX-License-Identifier: Apache-2.0 */
/* The guard of the embedded control plane: who calls (authn), as whom (impersonation), and whether they may (authz), in
 * one call per request. Safe from any thread.
 *
 * Order of a request, as in kube-apiserver 1.36: auth_authenticate() in the HTTP server's hook, before the body; then
 * auth_admit(), which impersonates and authorises. Both answer with a ready Status object when they refuse. */
#pragma once

#include "http/http.h"
#include "kube/rbac/rbac_index.h"
#include "kube/rbac/requestinfo.h"

struct pki;
struct registry;

/* How authentication asks for live objects (service accounts, pods, secrets, nodes). ERR_NOT_FOUND when there is none.
 */
struct auth_lookup {
        int (*get)(void *context, struct arena *a, const char *resource, const char *namespace_, const char *name,
                   struct value *ret, struct err *err);
        void *context;
};

struct auth_options {
        const char *token_auth_file;       /* CSV "token,user,uid,groups" as --token-auth-file, or NULL */
        const struct rbac_user *unix_user; /* who a peer of the Unix socket with our own uid is; NULL: nobody */
        const struct pki *pki;             /* the service account key; borrowed for the life of auth */
        struct auth_lookup lookup;
        bool no_anonymous; /* --anonymous-auth=false */
};

struct auth;

int auth_new(const struct auth_options *options, struct auth **ret, struct err *err);
struct auth *auth_free(struct auth *x);

/* Reads roles and bindings from the registry from now on. They are looked at before every decision, so that a role
 * counts from the moment its write was answered. Call once, before the first request; the registry must outlive auth.
 */
int auth_follow(struct auth *x, struct registry *r, struct err *err);

/* Takes a fixed snapshot instead of a registry (NULL: none): for tests. Adds a reference of its own. */
void auth_use_index(struct auth *x, const struct rbac_index *index);

/* The caller, in the request's arena, or -1 with a Status (401) in *ret_status. */
int auth_authenticate(struct auth *x, const struct http_request *r, struct rbac_user *ret, struct value *ret_status);

/* Applies the impersonation headers and authorises. *ret is the user who acts (the caller, or the impersonated one, in
 * the request's arena). -1: *ret_status is the Status to answer; its "code" is the HTTP status. The refusal goes with
 * header X-Content-Type-Options: nosniff, as recorded. */
int auth_admit(struct auth *x, const struct http_request *r, const struct request_info *info,
               const struct rbac_user *caller, struct rbac_user *ret, struct value *ret_status);

/* True when allowed (superusers of system:masters included). *ret_reason as in rbac_index_allows(); a and ret_reason
 * may both be NULL. */
bool auth_allows(struct auth *x, const struct rbac_attributes *q, struct arena *a, const char **ret_reason);

/* The current snapshot; one reference is the caller's. ERR_UNAVAILABLE when the registry cannot be read. */
int auth_index(struct auth *x, const struct rbac_index **ret, struct err *err);

/* The Status that says "pods is forbidden: User "bob" cannot list resource ...", with HTML escaped. -1: memory. */
int auth_forbidden(struct arena *a, const struct rbac_attributes *q, const char *reason, struct value *ret_status);

/* {"kind": "Status", ...}; message is copied, details may be NULL. -1 (and an empty map): memory. */
int auth_status(struct arena *a, int code, const char *reason, const char *message, const struct value *details,
                struct value *ret);
