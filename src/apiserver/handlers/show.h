/* SPDX-License-Identifier: Apache-2.0 */
/* Stored objects as the request's version shows them. */
#pragma once

#include "apiserver/handlers/call.h"

/* True when the stored bytes are what this version shows: then nothing needs to be parsed. */
bool show_as_stored(const struct kind *k, const struct object *o);

/* The tree in the request's version. */
int show_tree(const struct kind_set *kinds, const struct kind *k, struct arena *a, const struct object *o,
              struct value *ret, struct err *err);

/* The bytes of an object that is shown as stored, and how many they are. item: in a built-in kind's list, which leaves
 * kind and apiVersion out. */
void show_stored(const struct object *o, bool item, struct buf *b);
size_t show_stored_len(const struct object *o, bool item);

/* Appends the JSON of an object. Items of a built-in kind's list leave kind and apiVersion out. */
int show_json(const struct kind_set *kinds, const struct kind *k, struct arena *a, const struct object *o, bool item,
              struct buf *b, struct err *err);
