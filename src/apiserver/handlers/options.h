/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of requests: what ListOptions, CreateOptions, ... say in the query or body, checked and refused in
 * kube-apiserver's words. */
#pragma once

#include "apiserver/handlers/call.h"
#include "kube/select/selector.h"

struct list_options {
        struct label_selector labels;
        struct field_selector fields; /* canonical field names */
        int64_t limit;                /* 0: none */
        const char *continue_;        /* NULL: none */
        const char *resource_version; /* NULL: unset */
        bool exact, not_older;        /* resourceVersionMatch */
        bool watch;
        bool bookmarks;
        bool has_send_initial, send_initial;
        int64_t timeout_seconds; /* 0: the server's choice */
};

/* Of a list or watch (or deletecollection: then watch is refused silently). */
int options_list(struct call *c, bool watch, struct list_options *ret, struct err *err);

/* A resourceVersion: *ret 0 for NULL, "" and "0". ERR_BAD_REQUEST. */
int options_version(const char *text, uint64_t *ret, struct err *err);

/* Waits for a version that is not there yet, at most three seconds as kube-apiserver does. ERR_TIMEOUT with its cause;
 * at once when LIMIT_API_VERSION_WAITERS requests wait already, so that they cannot hold all workers. */
int options_wait_version(struct call *c, uint64_t rv, struct err *err);

/* fieldManager, dryRun, fieldValidation, force of a write. options_kind: "CreateOptions", "UpdateOptions",
 * "PatchOptions". apply: a manager is demanded. The result borrows from the call. */
int options_write(struct call *c, const char *options_kind, bool apply, struct registry_options *ret, struct err *err);

/* DeleteOptions from the query and the body. */
int options_delete(struct call *c, struct registry_delete *ret, struct registry_options *ret_options, struct err *err);

/* Whether an object is selected. A field that is not metadata's name or namespace is looked up in the object's tree,
 * parsed into the arena; an object that cannot be parsed has no fields. */
bool options_select(struct call *c, struct arena *a, const struct list_options *o, const struct object *object);
