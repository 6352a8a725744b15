/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the YAML codec: what a scalar's text means, and floats in Go's words.
 * Source of the rules: go.yaml.in/yaml v2.4.3 and v3.0.4, recorded in corpus yaml/ (scalar-*). */
#pragma once

#include "base/buf.h"
#include "data/text/decimal.h"
#include "data/value.h"
#include "data/yaml/yaml.h"

#define YAML_TAG_PREFIX "tag:yaml.org,2002:"

enum yaml_scalar_type {
        YAML_SCALAR_STRING,
        YAML_SCALAR_NULL,
        YAML_SCALAR_BOOL,
        YAML_SCALAR_INT,
        YAML_SCALAR_UINT,
        YAML_SCALAR_FLOAT,
        YAML_SCALAR_TIMESTAMP, /* the text itself is kept */
        YAML_SCALAR_BINARY,    /* base64, not decoded yet */
};

struct yaml_scalar {
        enum yaml_scalar_type type;
        union {
                bool boolean;
                int64_t i;
                uint64_t u;
                double f;
        };
};

/* The meaning of a plain text without a tag. */
struct yaml_scalar yaml_scalar_resolve(const char *text, size_t n, enum yaml_dialect dialect);

/* The meaning of a text with a tag (long form, "tag:yaml.org,2002:int"; "" is none). -1: the text is not of that type
 * ("cannot decode !!str `a` as a !!int"). */
int yaml_scalar_resolve_tagged(const char *tag, const char *text, size_t n, enum yaml_dialect dialect,
                               struct yaml_scalar *ret, struct err *err);

/* True when that is what the plain text means, but the number, bool or timestamp would be written in another way. */
bool yaml_is_spelled(const struct yaml_scalar *s, const char *text, size_t n);

/* A YAML timestamp in one of go-yaml's four forms. True when it is one; with text_out (TIME_NANO_MAX bytes) it is
 * written again as time.RFC3339Nano. */
#define TIME_NANO_MAX 48
bool yaml_timestamp(const char *text, size_t n, char *text_out);

/* Appends a timestamp as Go's %#v shows a time.Time. */
void yaml_timestamp_go(struct buf *b, const char *text, size_t n);

/* Writes f as strconv.FormatFloat(f, 'g', -1, bits), bits 32 or 64; infinities and NaN as ".inf", "-.inf", ".nan".
 * Answers the bytes; a NUL follows. */
#define YAML_FLOAT_MAX DECIMAL_TEXT_MAX
size_t yaml_format_float(char to[static YAML_FLOAT_MAX], double f, unsigned bits);
