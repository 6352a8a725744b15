/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdarg.h>

#define LINE_MAX_BYTES ((size_t)16384)

static const char *log_name = "weir";
static enum log_level log_minimum = LOG_INFO;
static bool log_json;

void log_init(const char *name, enum log_level level, bool json) {
        log_name = name;
        log_minimum = level;
        log_json = json;
}

bool log_enabled(enum log_level level) {
        return level >= log_minimum;
}

/* A JSON string, with everything outside printable ASCII and UTF-8 bytes escaped. */
static void add_quoted(struct buf *b, const char *s) {
        buf_addc(b, '"');
        for (; *s; s++) {
                unsigned char c = (unsigned char)*s;
                if (c == '"' || c == '\\')
                        buf_addf(b, "\\%c", c);
                else if (c == '\n')
                        buf_adds(b, "\\n");
                else if (c < 0x20 || c == 0x7f)
                        buf_addf(b, "\\u%04x", c);
                else
                        buf_addc(b, (char)c);
        }
        buf_addc(b, '"');
}

static void add_head(struct buf *b, enum log_level level, const char *message) {
        static const char *const names[] = {"trace", "debug", "info", "error"};
        char stamp[TIME_TEXT_MAX];
        time_format_rfc3339_micro(stamp, clock_realtime_ns());
        if (log_json) {
                buf_addf(b, "{\"level\":\"%s\",\"ts\":\"%s\",\"logger\":\"%s\",\"msg\":", names[level], stamp,
                         log_name);
                add_quoted(b, message);
        } else {
                buf_addf(b, "%s %-5s %s: %s", stamp, names[level], log_name, message);
        }
}

void log_write(enum log_level level, const char *message, ...) {
        if (!log_enabled(level))
                return;
        _cleanup_buf_ struct buf b = BUF_INIT(LINE_MAX_BYTES);
        add_head(&b, level, message);
        va_list ap;
        va_start(ap, message);
        for (const char *key; (key = va_arg(ap, const char *));) {
                const char *value = va_arg(ap, const char *);
                if (!value)
                        continue;
                buf_addf(&b, log_json ? ",\"%s\":" : " %s=", key);
                add_quoted(&b, value);
        }
        va_end(ap);
        buf_adds(&b, log_json ? "}\n" : "\n");
        /* One write per line keeps lines of threads and roles whole; nobody is left to tell when it fails. */
        ssize_t written = write(STDERR_FILENO, buf_str(&b), b.len);
        (void)written;
}
