/* SPDX-License-Identifier: Apache-2.0 */
/* libarchive, loaded by those who unpack. Callers use <archive.h> as usual; its functions are defined here and
 * forward. */
#pragma once

#include "base/err.h"

/* Loads libarchive, once in a process; must have succeeded before any of its functions is called. A confined worker
 * cannot: its broker's parent does it (artifact_unpack_prepare()). ERR_UNAVAILABLE. */
int archive_library_load(struct err *err);
