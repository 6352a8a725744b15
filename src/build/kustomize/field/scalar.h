/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars as kyaml sees them: a text and a type. kustomize compares and joins texts ("port 8080" is "8080"), and a text
 * that it writes without a tag is typed anew when the document is printed. */
#pragma once

#include "data/value.h"

static inline bool scalar_is(const struct value *v) {
        return v && v->type != VALUE_LIST && v->type != VALUE_MAP;
}

/* The text of a scalar; "" for null, absent, lists and maps. Never NULL: "" too when memory is out. */
const char *scalar_text(struct arena *a, const struct value *v);

/* The same with a null's own text ("null", "~"): what kyaml has in the node. */
static inline const char *scalar_node_text(struct arena *a, const struct value *v) {
        return v && v->type == VALUE_NULL && v->len ? v->str : scalar_text(a, v);
}

/* True for a string, as kyaml types the text. */
static inline bool scalar_is_string(const struct value *v) {
        return v->type == VALUE_STRING && v->style != VALUE_STYLE_SPELLED;
}

/* True when it was written in quotes or as a block: whatever text takes its place is a string too. */
static inline bool scalar_is_quoted(const struct value *v) {
        return scalar_is_string(v) && v->style != VALUE_STYLE_PLAIN && v->style != VALUE_STYLE_ANY;
}

/* A mark in value.flags: kustomize made this scalar without a tag. It is what its text says when it is printed; until
 * then it takes any text, and vars take it for a string. */
#define SCALAR_UNTYPED 1

/* A mark in value.flags of a map: some of its keys stand there twice. */
#define SCALAR_KEYS_TWICE 8

/* The value of a plain (unquoted, untagged) text: a number, a bool, null or a string. It is SCALAR_UNTYPED. The text is
 * borrowed. */
struct value scalar_plain(const char *text);

/* True when YAML 1.1 reads the text, a line, as something else than a string: kustomize puts quotes around what it
 * makes a field of then, and they stay when another text takes its place. */
bool scalar_needs_quotes(const char *text, size_t n);

/* A string (borrowed) as kustomize makes one for a new field: in such quotes, or a block when it has several lines. */
struct value scalar_new_string(const char *text, size_t n);

/* The value when text takes the place of old and keeps old's style: a string when old was quoted. */
struct value scalar_styled(const struct value *old, const char *text);

/* `now` is written where `was` stood, and as `was` was: where there were quotes a number becomes a string, and a string
 * where there were none has none that would stay for what comes after it. */
int scalar_keep_quotes(struct arena *a, const struct value *was, struct value *now, struct err *err);

/* The value when text takes the place of old and keeps old's type (kyaml: node.Value = text). ret may be old.
 * ERR_INVALID when it cannot be read as that type. */
int scalar_retyped(const struct value *old, const char *text, struct value *ret, struct err *err);

/* The same, but a text that cannot be read as that type stays until scalar_settle() comes to it, as in kustomize, which
 * decodes nodes when it prints them: by then it may be gone or replaced. ERR_INVALID for lists and maps. */
int scalar_retyped_late(const struct value *old, const char *text, struct value *ret, struct err *err);

/* Once, when a tree of a build is printed: what kustomize's way through text makes of it, as yaml_settle() and
 * yaml_refold(). ERR_SYNTAX for what scalar_retyped_late() left and for keys that stand there twice. */
int scalar_settle(struct arena *a, struct value *v, struct err *err);

/* What a tree (settled: see yaml_settle()) is after kustomize has taken it through Go's encoding/json: no scalar is
 * untyped or shared, nulls are "null". Read from JSON's text, strings stay in double quotes and numbers have the text
 * that they have there; decoded, as after a JSON patch, numbers are doubles and strings have the quotes they need. */
int scalar_through_json(struct arena *a, struct value *v, bool decoded, struct err *err);

/* kustomize writes keys that it adds without quotes: one like 1 or << is no string when it is read again. ERR_INVALID
 * in the words of that reading. */
int scalar_check_key(const char *key, struct err *err);

/* "MappingNode", "SequenceNode", "ScalarNode": for messages. */
const char *scalar_node_kind(const struct value *v);

/* ERR_INVALID "wrong node kind: expected X but got Y: node contents:\n..." */
int scalar_wrong_kind(const char *expected, const struct value *got, struct err *err);
