/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>

static char *format(const char *fmt, va_list ap) {
        char *s = NULL;
        return vasprintf(&s, fmt, ap) < 0 ? NULL : s;
}

static int set(struct err *err, enum err_class class, const char *reason, char *message) {
        if (!err) {
                free(message);
                return -1;
        }
        err_done(err);
        err->class = class;
        err->message = message;
        snprintf(err->reason, sizeof(err->reason), "%s", reason);
        return -1;
}

int err_set(struct err *err, enum err_class class, const char *fmt, ...) {
        if (!err)
                return -1;
        va_list ap;
        va_start(ap, fmt);
        char *message = format(fmt, ap);
        va_end(ap);
        return set(err, class, "", message);
}

int err_set_reason(struct err *err, enum err_class class, const char *reason, const char *fmt, ...) {
        if (!err)
                return -1;
        va_list ap;
        va_start(ap, fmt);
        char *message = format(fmt, ap);
        va_end(ap);
        return set(err, class, reason, message);
}

int err_errno(struct err *err, int errno_value, const char *fmt, ...) {
        if (!err)
                return -1;
        va_list ap;
        va_start(ap, fmt);
        _cleanup_free_ char *what = format(fmt, ap);
        va_end(ap);
        return err_set(err, ERR_IO, "%s: %s", what ? what : "", strerror(errno_value));
}

int err_oom(struct err *err) {
        return err_set(err, ERR_MEMORY, "out of memory");
}

/* *text gets what fmt says and a colon before it. */
static void prepend(char **text, const char *old, const char *fmt, va_list ap) {
        _cleanup_free_ char *context = format(fmt, ap);
        char *both = NULL;
        if (context && asprintf(&both, "%s: %s", context, old) >= 0) {
                free(*text);
                *text = both;
        }
}

int err_wrap(struct err *err, const char *fmt, ...) {
        if (!err || err->class == ERR_NONE)
                return -1;
        va_list ap;
        va_start(ap, fmt);
        prepend(&err->message, err_message(err), fmt, ap);
        va_end(ap);
        return -1;
}

int err_hint(struct err *err, const char *fmt, ...) {
        if (!err || err->class == ERR_NONE)
                return -1;
        va_list ap;
        va_start(ap, fmt);
        if (err->hint)
                prepend(&err->hint, err->hint, fmt, ap);
        else
                err->hint = format(fmt, ap);
        va_end(ap);
        return -1;
}

int err_add_cause(struct err *err, const char *reason, const char *field, const char *fmt, ...) {
        if (!err)
                return -1;
        struct err_cause *causes = reallocarray(err->causes, err->n_causes + 1, sizeof(*causes));
        if (!causes)
                return -1;
        err->causes = causes;
        va_list ap;
        va_start(ap, fmt);
        causes[err->n_causes++] = (struct err_cause){
                .reason = strdup(reason),
                .field = strdup(field),
                .message = format(fmt, ap),
        };
        va_end(ap);
        return -1;
}

int err_at(struct err *err, unsigned line, unsigned column) {
        if (err) {
                err->line = line;
                err->column = column;
        }
        return -1;
}

int err_move(struct err *dst, struct err *src) {
        if (dst) {
                err_done(dst);
                *dst = *src;
                *src = ERR_INIT;
        } else {
                err_done(src);
        }
        return -1;
}

const char *err_message(const struct err *err) {
        if (err->message)
                return err->message;
        return err->class == ERR_NONE ? "no error" : err->class == ERR_MEMORY ? "out of memory" : "unknown error";
}

void err_done(struct err *err) {
        if (!err)
                return;
        for (size_t i = 0; i < err->n_causes; i++) {
                free(err->causes[i].reason);
                free(err->causes[i].message);
                free(err->causes[i].field);
        }
        free(err->causes);
        free(err->message);
        free(err->hint);
        *err = ERR_INIT;
}
