/* SPDX-License-Identifier: Apache-2.0 */
/* What commands that talk to a cluster share: their common flags, the connection, and the status lines on stderr. */
#pragma once

#include "cli/options.h"
#include "client/client.h"

struct session {
        const char *kubeconfig;
        const char *context;
        const char *namespace_; /* "flux-system" unless given, as the flux CLI */
        bool all_namespaces;
        int64_t timeout_ns;
        struct arena *arena;
        struct client *client;
};

#define SESSION_INIT ((struct session){.namespace_ = "flux-system", .timeout_ns = INT64_C(300) * 1000000000})

/* The options that every such command has; they end the command's own table. */
#define SESSION_OPTIONS(s)                                                                                             \
        {"kubeconfig", 0, OPTION_STRING, &(s).kubeconfig, "path to the kubeconfig file"},                              \
                {"context", 0, OPTION_STRING, &(s).context, "kubernetes context to use"},                              \
                {"namespace", 'n', OPTION_STRING, &(s).namespace_, "the namespace scope for the operation"},           \
                {"timeout", 0, OPTION_DURATION, &(s).timeout_ns, "timeout for this operation"}, {                      \
                0                                                                                                      \
        }

/* Connects; makes the arena unless there is one. */
int session_open(struct session *s, struct err *err);
void session_close(struct session *s);
#define _cleanup_session_ _cleanup_(session_close)

/* "✗ message" on stderr; answers 1, the exit status. */
int session_fail(const struct err *err);

/* One status line on stderr: "► ", "◎ ", "✔ " and the text. */
void say_action(const char *fmt, ...) _printf_(1, 2);
void say_waiting(const char *fmt, ...) _printf_(1, 2);
void say_success(const char *fmt, ...) _printf_(1, 2);
void say_failure(const char *fmt, ...) _printf_(1, 2);

/* The kinds that get, reconcile, suspend and resume know. */
struct session_kind {
        const char *names[4]; /* as typed after the verb: "kustomization", "ks"; "source git" */
        const char *api_version;
        const char *kind;
        const char *human; /* in messages: "kustomization", "source git" */
        const char *plural;
};

/* Finds the kind from the words and removes them from the list; plural forms too. NULL: unknown, a message was printed.
 */
const struct session_kind *session_kind_take(struct option_list *words, const char *verb);

/* Waits until the object's controller has handled requestedAt (or, NULL, its generation) and Ready is True; returns
 * the object. ERR_TIMEOUT; ERR_INTERNAL with the Ready message when it is False. */
int session_wait_ready(struct session *s, const struct session_kind *k, const char *name, const char *requested_at,
                       struct value *ret, struct err *err);
