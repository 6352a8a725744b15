/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the YAML writer: where the pen stands. */
#pragma once

#include "data/yaml/yaml_text.h"

/* Longer keys get a "? " line of their own. */
#define YAML_SIMPLE_KEY_MAX 128

struct yaml_emitter {
        struct buf *out;
        enum yaml_dialect dialect;
        int indent; /* -1 before the first collection */
        int column;
        int width;       /* lines are folded after this column */
        bool styled;     /* values keep the style in which they were read */
        int flow;        /* flow collections around the pen */
        bool whitespace; /* the last character was a space or nothing was written yet */
        bool indention;  /* only indentation and indicators stand on this line */
};

/* Begins a line at the current indentation unless the pen stands there already. */
void yaml_emit_indent(struct yaml_emitter *e);

/* Writes an indicator such as "-", with a space before it where one is needed. */
void yaml_emit_indicator(struct yaml_emitter *e, const char *text, bool need_space, bool is_space, bool is_indention);

/* Where a scalar stands. */
enum yaml_place { YAML_PLACE_VALUE, YAML_PLACE_SIMPLE_KEY };

/* Writes a string in a style that can hold it: the one asked for where the writer keeps styles (VALUE_STYLE_ANY: none),
 * else the one go-yaml chooses. */
void yaml_emit_string(struct yaml_emitter *e, const char *s, size_t n, enum yaml_place place, enum value_style style);

/* Writes a value or a simple key that any style would leave as it is. False: it is not such a text, nothing is written.
 * A shortcut before yaml_emit_string() where the writer keeps no styles; most of what Kubernetes objects hold takes it.
 */
bool yaml_emit_word(struct yaml_emitter *e, const char *s, size_t n);

/* Writes a text that needs no quotes: a number, true, null. */
void yaml_emit_plain(struct yaml_emitter *e, const char *s, size_t n, enum yaml_place place);

/* True when the key fits before its colon on one line. */
bool yaml_key_is_simple(const char *s, size_t n, enum yaml_dialect dialect);
