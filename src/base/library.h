/* SPDX-License-Identifier: Apache-2.0 */
/* Shared libraries that few commands need, opened when they are needed. Linked the usual way, libcurl and libarchive
 * bring 40 libraries along, whose loading takes longer than `weir build` of a small tree (bench/kustomize). */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct library_function {
        const char *name;
        void *to; /* where its address goes: a pointer to a function pointer */
};

/* Opens a library by its soname, for the rest of the process, and looks its functions up. ERR_UNAVAILABLE when it or
 * one of them is not there; then no address can be trusted. To be called before the process is confined. */
int library_open(const char *soname, const struct library_function *functions, size_t n, struct err *err);
