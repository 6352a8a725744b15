/* SPDX-License-Identifier: Apache-2.0 */
/* Bare repositories as files: no git program is needed to make, list or remove one. */
#pragma once

#include "base/err.h"
#include "data/value.h"

#define REPOSITORY_NAME_MAX 63

/* Lower-case letters, digits, '-', '_' and '.'; at most REPOSITORY_NAME_MAX bytes; begins with a letter or digit; no
 * ".git" at its end. */
bool repository_name_is_valid(const char *name, size_t n);

/* Makes ROOT/NAME.git with HEAD at refs/heads/main; whole or not at all. ERR_INVALID, ERR_EXISTS. */
int repository_create(const char *root, const char *name, struct err *err);

/* ERR_INVALID, ERR_NOT_FOUND. */
int repository_delete(const char *root, const char *name, struct err *err);

/* The names, sorted. */
int repository_list(struct arena *a, const char *root, struct value *ret, struct err *err);
