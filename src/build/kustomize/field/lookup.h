/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of replacements and vars: "spec.containers.[name=web].ports.0", with creation of what is missing. */
#pragma once

#include "data/value.h"

struct path {
        const char *const *parts;
        size_t n;
};

/* Splits at dots; "\." keeps one, "[a.b]" is one name, "[key=value]" one element. */
int lookup_split(struct arena *a, const char *text, struct path *ret, struct err *err);

/* The one field at the path; *ret is NULL when there is none. ERR_INVALID when the path does not fit the object. */
int lookup_get(struct arena *a, struct value *object, const struct path *p, struct value **ret, struct err *err);

/* The same, but maps, lists and elements that are not there are made on the way, and "" in the end. *ret is NULL
 * where a place by number would have to be made, and behind a null. */
int lookup_obtain(struct arena *a, struct value *object, const struct path *p, struct value **ret, struct err *err);

/* The same from a text as vars write it ("ports[0].port" too), for callers that take a misfit for absence. */
const struct value *lookup_field(struct arena *a, struct value *object, const char *path);

struct matches {
        struct value **items;
        size_t len, cap;
};

/* All fields at the path ("*" and [key=pattern] may match several). create: a value of the kind to make at the end of
 * the path where nothing is, or NULL; a scalar is made as a null that is SCALAR_UNTYPED. */
int lookup_match(struct arena *a, struct value *object, const struct path *p, const struct value *create,
                 struct matches *ret, struct err *err);
