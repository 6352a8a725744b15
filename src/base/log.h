/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one line per event on standard error, as Flux's controllers write it with --log-encoding=json or as
 * console text. Library code never logs: it returns errors. Only roles (processes) log, once per event. */
#pragma once

#include "base/util.h"

enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_ERROR };

/* Set once at start, before threads. name: the role ("apiserver", "controllers"). json: one JSON object a line. */
void log_init(const char *name, enum log_level level, bool json);

bool log_enabled(enum log_level level);

/* message: a fixed sentence. The rest are pairs of const char *key, const char *value, ended by NULL; a NULL value
 * is left out. Control characters are escaped, so tenants cannot forge lines. Safe from any thread. */
void log_write(enum log_level level, const char *message, ...) __attribute__((__sentinel__));

#define log_info(...) log_write(LOG_INFO, __VA_ARGS__, NULL)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__, NULL)
#define log_debug(...) (log_enabled(LOG_DEBUG) ? log_write(LOG_DEBUG, __VA_ARGS__, NULL) : (void)0)
