/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, loaded by the first client. Callers use <curl/curl.h> as usual; its functions are defined here and forward.
 */
#pragma once

#include "base/err.h"

/* Loads and initialises libcurl, once in a process; must have succeeded before any of its functions is called.
 * ERR_UNAVAILABLE. */
int curl_library_load(struct err *err);
