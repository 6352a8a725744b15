/* SPDX-License-Identifier: Apache-2.0 */
/* Field errors: what is wrong with an object, collected field by field and turned into one ERR_INVALID whose texts and
 * reasons are those of k8s.io/apimachinery's field package (golden/errors). */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "data/value.h"

/* Errors of one object. The first failure to allocate sticks and shows in fields_finish(). */
struct fields {
        struct arena *arena;
        struct field_error *items;
        size_t n;
        size_t cap;
        bool oom;
};

struct field_error {
        const char *path;
        const char *reason; /* FieldValueInvalid, ... */
        const char *text;   /* without the path */
};

#define FIELDS_INIT(a) ((struct fields){.arena = (a)})

/* A path beneath another: fields_path(f, "spec", "ports[%d]", i) gives "spec.ports[0]". A format that begins with '['
 * is added without a dot. Never NULL. */
const char *fields_path(struct fields *f, const char *parent, const char *fmt, ...) _printf_(3, 4);

/* The same for one member or one item, without the cost of a format: what the walk over every object makes. */
const char *fields_member(struct fields *f, const char *parent, const char *name);
const char *fields_item(struct fields *f, const char *parent, size_t i);

/* Adds one error. value NULL prints as null; strings are quoted, everything else is JSON. */
void fields_invalid(struct fields *f, const char *path, const struct value *value, const char *fmt, ...) _printf_(4, 5);
void fields_required(struct fields *f, const char *path, const char *detail);
/* supported: NULL-terminated. */
void fields_unsupported(struct fields *f, const char *path, const struct value *value, const char *const *supported);
void fields_forbidden(struct fields *f, const char *path, const char *fmt, ...) _printf_(3, 4);
void fields_duplicate(struct fields *f, const char *path, const struct value *value);
void fields_not_found(struct fields *f, const char *path, const struct value *value);
void fields_too_long(struct fields *f, const char *path, size_t max);
void fields_too_many(struct fields *f, const char *path, size_t actual, size_t max);
/* Any reason and text. */
void fields_add(struct fields *f, const char *path, const char *reason, const char *fmt, ...) _printf_(4, 5);

/* 0 when there are none; else ERR_INVALID: 'Deployment.apps "x" is invalid: ...'. group "" is core. Repeated sentences
 * are said once; causes stay as they are. */
int fields_finish(struct fields *f, const char *group, const char *kind, const char *name, struct err *err);
