/* SPDX-License-Identifier: Apache-2.0 */
/* Strings as Go's %q prints them, for messages that tools compare. */
#pragma once

#include "base/buf.h"

/* Appends s in double quotes, with \n, \", \u2028 and so on escaped as strconv.Quote does. */
void quote_go(struct buf *b, const char *s);

/* Appends ["a" "b"] as %q prints a list of strings. */
void quote_go_list(struct buf *b, const char *const *list);
