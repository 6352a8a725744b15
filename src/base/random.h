/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the kernel, and the identifiers Kubernetes makes of them. */
#pragma once

#include "base/util.h"

#define UUID_TEXT_MAX 37

/* Fills n bytes. Never fails: getrandom() without flags cannot once the kernel's pool is up. */
void random_bytes(void *p, size_t n);

/* A version 4 UUID in lower case. Answers text. */
char *random_uuid(char text[static UUID_TEXT_MAX]);

/* n characters of the alphabet that generateName uses (bcdfghjklmnpqrstvwxz2456789), and a NUL. */
void random_suffix(char *text, size_t n);
