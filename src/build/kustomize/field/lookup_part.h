/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of parts that a path has beside names. */
#pragma once

#include "build/kustomize/field/lookup.h"

/* "12" or "+12"; *ret is the number. */
bool lookup_is_index(const char *part, size_t *ret);

/* "[name=value]" or "[=value]". */
bool lookup_is_element(const char *part);

/* ERR_INVALID for what is no part of a path to one field: "*" and "-12". */
int lookup_check_part(const char *part, struct err *err);

/* What is made where a path goes on with this part and nothing is there: a list or a map. */
struct value lookup_made_for(const char *part);

/* White space around a part does not count. NULL: memory. */
const char *lookup_trim(struct arena *a, const char *part);

/* The two sides of an element. */
int lookup_split_element(struct arena *a, const char *part, const char **ret_name, const char **ret_value,
                         struct err *err);
