/* SPDX-License-Identifier: Apache-2.0 */
/* The Kubernetes client: one connection pool (libcurl) to one API server, over TLS or the embedded plane's Unix socket.
 * Used by every controller and CLI command. Impersonation is two headers on a request, not another client.
 * Safe to share between threads. */
#pragma once

#include "data/value.h"

struct client;

/* Where and as whom. Strings are borrowed during client_new() only. */
struct client_config {
        const char *server;                      /* https://127.0.0.1:6443, or http://localhost with unix_socket */
        const char *unix_socket;                 /* path, or NULL */
        const char *ca_pem, *cert_pem, *key_pem; /* PEM text, or NULL */
        const char *token;                       /* bearer token, or NULL */
        const char *token_file;                  /* re-read when it changes (in-cluster), or NULL */
        const char *tls_server_name;
        bool insecure_skip_verify;
        const char *default_namespace; /* of the kubeconfig's context; "default" when unset */
};

/* A kubeconfig file (NULL: $KUBECONFIG, ~/.kube/config, then in-cluster) and context (NULL: the current one).
 * Strings live in the arena. ERR_NOT_FOUND, ERR_INVALID with file and field. Exec plugins are refused with a reason. */
int client_config_load(struct arena *a, const char *file, const char *context, struct client_config *ret,
                       struct err *err);

int client_new(const struct client_config *config, struct client **ret, struct err *err);
struct client *client_free(struct client *c);

/* Acting as somebody: NULL as_user acts as the client itself. */
struct client_as {
        const char *user;          /* "system:serviceaccount:tenant-a:default" */
        const char *const *groups; /* NULL-terminated, or NULL */
};

struct client_request {
        const char *method;       /* GET, POST, PUT, PATCH, DELETE */
        const char *path;         /* /apis/apps/v1/namespaces/x/deployments/y */
        const char *query;        /* "fieldManager=...&force=true", or NULL */
        const char *content_type; /* of the body; NULL: application/json */
        const char *accept;       /* NULL: application/json */
        const char *body;
        size_t body_len;
        const struct client_as *as;
        int64_t timeout_ns; /* 0: 30 s */
};

/* One request; the answer's JSON in *ret (may be NULL). A Status failure becomes an err of the same class, reason,
 * message and causes. ERR_UNAVAILABLE: no connection; ERR_TIMEOUT. */
int client_do(struct client *c, struct arena *a, const struct client_request *r, struct value *ret, struct err *err);

/* The same, with the raw bytes and HTTP status. */
int client_do_raw(struct client *c, struct arena *a, const struct client_request *r, int *ret_status, char **ret_body,
                  size_t *ret_len, struct err *err);

/* The resource of an apiVersion and kind, from cached discovery (asked again, at most once a second, when unknown). */
struct client_resource {
        const char *group, *version, *kind, *resource; /* live as long as the client */
        bool namespaced;
};
int client_resource_of(struct client *c, const char *api_version, const char *kind, struct client_resource *ret,
                       struct err *err);

/* The path of an object or, with name NULL, of the collection; namespace_ NULL or "" for all or cluster scope. */
char *client_path(struct arena *a, const struct client_resource *r, const char *namespace_, const char *name,
                  const char *subresource);

int client_get(struct client *c, struct arena *a, const struct client_as *as, const char *api_version, const char *kind,
               const char *namespace_, const char *name, struct value *ret, struct err *err);

/* Server-side apply of object. */
struct client_apply_options {
        const char *field_manager;
        const char *subresource; /* "status" or NULL */
        bool force;
        bool dry_run;
};
int client_apply(struct client *c, struct arena *a, const struct client_as *as, const struct value *object,
                 const struct client_apply_options *options, struct value *ret, struct err *err);

/* Deletes with background propagation; uid (or NULL) is a precondition. ERR_NOT_FOUND when already gone. */
int client_delete(struct client *c, struct arena *a, const struct client_as *as, const char *api_version,
                  const char *kind, const char *namespace_, const char *name, const char *uid, struct err *err);

/* Create and the two patches controllers need. body is written as JSON; ret may be NULL. */
int client_create(struct client *c, struct arena *a, const struct client_as *as, const struct value *object,
                  const char *field_manager, struct value *ret, struct err *err);
int client_merge_patch(struct client *c, struct arena *a, const char *path, const char *query,
                       const struct value *patch, struct value *ret, struct err *err);

/* A watch from resource_version on a thread of the caller's: calls event() for each until it answers non-zero, the
 * server ends it (0) or it fails. event runs on the calling thread; object lives until it returns. */
struct client_watch {
        const char *path;
        const char *query; /* label selectors and so on, or NULL */
        const char *resource_version;
        const struct client_as *as; /* or NULL */
        int (*event)(void *context, const char *type, const struct value *object);
        void *context;
        const int *stop_fd; /* becomes readable to end it at once; NULL: never */
};
int client_watch(struct client *c, const struct client_watch *w, struct err *err);
