/* SPDX-License-Identifier: Apache-2.0 */
/* Time: the wall clock and the monotonic one, RFC 3339 and Go durations.
 * Engines take times as arguments; only processes ask clocks. Tests that need a fixed time pass one. */
#pragma once

#include "base/err.h"

#include <pthread.h>

#define NSEC_PER_SEC INT64_C(1000000000)
#define NSEC_PER_MSEC INT64_C(1000000)

/* Room for "2026-11-21T10:15:30.123456Z" and a NUL. */
#define TIME_TEXT_MAX 40

/* Nanoseconds since 1970. */
int64_t clock_realtime_ns(void);

/* Nanoseconds of a clock that never goes back. */
int64_t clock_monotonic_ns(void);

/* pthread_cond_wait() that also returns, with false, once the monotonic clock is past until_ns; INT64_MAX waits for
 * ever. lock is held by the caller; c needs no attributes. */
bool cond_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_ns);

/* "2026-11-21T10:15:30Z" (metav1.Time) into text; answers text. seconds since 1970. */
char *time_format_rfc3339(char text[static TIME_TEXT_MAX], int64_t seconds);

/* "2026-11-21T10:15:30.123456Z" (metav1.MicroTime). */
char *time_format_rfc3339_micro(char text[static TIME_TEXT_MAX], int64_t ns);

/* Reads RFC 3339 with any offset and fraction into nanoseconds since 1970. ERR_SYNTAX. */
int time_parse_rfc3339(const char *text, int64_t *ret_ns, struct err *err);

/* Reads a Go duration ("1h30m", "500ms", "-1.5s", "0") as time.ParseDuration does. ERR_SYNTAX. */
int duration_parse(const char *text, int64_t *ret_ns, struct err *err);

/* Writes a duration as Go's Duration.String does: "1h30m0s", "500ms", "0s". */
char *duration_format(char text[static TIME_TEXT_MAX], int64_t ns);
