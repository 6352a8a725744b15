/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"

/* A text as Go's %q prints it. NULL: memory. */
const char *quote_text(struct arena *a, const char *text);
