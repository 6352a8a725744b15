/* SPDX-License-Identifier: Apache-2.0 */
/* The one error type.
 *
 * A function that can fail answers 0 or -1 and takes `struct err *err` last. The error is made once with err_set(),
 * gains context on the way up with err_wrap(), and is consumed in exactly one place. err may be NULL: the caller does
 * not want the text. A class is a named result the caller may handle; everything else is forwarded untouched.
 * The owner initialises with ERR_INIT and declares it `_cleanup_err_`; err_done() frees the texts. */
#pragma once

#include "base/util.h"

enum err_class {
        ERR_NONE = 0,
        ERR_INTERNAL,          /* a bug or a broken invariant of ours */
        ERR_MEMORY,            /* an arena's maximum or the system's memory */
        ERR_IO,                /* a system call failed; the text names it */
        ERR_SYNTAX,            /* bytes that do not parse; line and column are set when known */
        ERR_BAD_REQUEST,       /* 400 */
        ERR_UNAUTHORIZED,      /* 401 */
        ERR_FORBIDDEN,         /* 403 */
        ERR_NOT_FOUND,         /* 404 */
        ERR_METHOD,            /* 405 */
        ERR_NOT_ACCEPTABLE,    /* 406 */
        ERR_EXISTS,            /* 409 AlreadyExists */
        ERR_CONFLICT,          /* 409 Conflict */
        ERR_GONE,              /* 410 Gone or Expired */
        ERR_TOO_LARGE,         /* 413, and every limit of size, depth or count */
        ERR_UNSUPPORTED_MEDIA, /* 415 */
        ERR_INVALID,           /* 422; causes name the fields */
        ERR_TOO_MANY,          /* 429 */
        ERR_TIMEOUT,           /* a deadline passed (504) */
        ERR_UNAVAILABLE,       /* a peer is away or says so (503): try again */
        ERR_UNSUPPORTED,       /* not built, said plainly */
        ERR_ACCESS_DENIED,     /* tenancy: lockdown or a missing grant */
};

/* One field of an invalid object, as in a Status's details.causes. All three are owned by the error. */
struct err_cause {
        char *reason; /* FieldValueInvalid, FieldManagerConflict, ... */
        char *message;
        char *field; /* path, "spec.replicas"; may be empty */
};

struct err {
        enum err_class class;
        char reason[64];          /* Kubernetes or Flux reason; empty: the class's own */
        char *message;            /* for the user; owned */
        char *hint;               /* where the message's words are not ours: what it leaves open; owned, may be NULL */
        struct err_cause *causes; /* owned */
        size_t n_causes;
        unsigned line;   /* 1-based, 0: unknown */
        unsigned column; /* 1-based, 0: unknown */
};

#define ERR_INIT ((struct err){0})

/* Sets class and text (an earlier content is freed). Always answers -1, so that failing is one line. */
int err_set(struct err *err, enum err_class class, const char *fmt, ...) _printf_(3, 4);

/* The same with a Kubernetes or Flux reason. */
int err_set_reason(struct err *err, enum err_class class, const char *reason, const char *fmt, ...) _printf_(4, 5);

/* ERR_IO with strerror(errno_value) after the text. */
int err_errno(struct err *err, int errno_value, const char *fmt, ...) _printf_(3, 4);

/* ERR_MEMORY: "out of memory". */
int err_oom(struct err *err);

/* Puts "context: " before the text; class, reason and causes stay. Answers -1. */
int err_wrap(struct err *err, const char *fmt, ...) _printf_(2, 3);

/* Says where the fault is, what was expected and what to do, beside a message that others compare with theirs. The
 * error must have been set. A second hint goes before the first, as err_wrap() does. Answers -1. */
int err_hint(struct err *err, const char *fmt, ...) _printf_(2, 3);

/* Adds one cause (copied). The error must have been set. Answers -1. */
int err_add_cause(struct err *err, const char *reason, const char *field, const char *fmt, ...) _printf_(4, 5);

/* Sets the place in the input. Answers -1. */
int err_at(struct err *err, unsigned line, unsigned column);

/* Moves src into dst (what dst held is freed; src becomes ERR_INIT). Answers -1. */
int err_move(struct err *dst, struct err *src);

/* The text, or the class's own text when there is none. Never NULL. */
const char *err_message(const struct err *err);

/* Frees the content and sets it back to ERR_INIT. Takes NULL. */
void err_done(struct err *err);

#define _cleanup_err_ _cleanup_(err_done)
