/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the look-ups: the kinds of parts that a path has beside names. */
#pragma once

#include "build/kustomize/field/lookup.h"

/* "12"; *ret is the number. */
bool lookup_is_index(const char *part, size_t *ret);

/* "[name=value]" or "[=value]". */
bool lookup_is_element(const char *part);

/* The two sides of an element. */
int lookup_split_element(struct arena *a, const char *part, const char **ret_name, const char **ret_value,
                         struct err *err);
