/* SPDX-License-Identifier: Apache-2.0 */
/* Variable substitution in text, as Flux's envsubst does it: ${var}, ${var:=default}, ${var//a/b} and the rest
 * (corpus envsubst). */
#pragma once

#include "base/buf.h"
#include "data/value.h"

struct envsubst_options {
        bool strict;      /* a variable that is not there and has no default is an error */
        size_t max_bytes; /* of the output; 0: LIMIT_YAML_BYTES */
};

/* Replaces in n bytes of text; variables is a map of strings. The output is appended. ERR_SYNTAX ("missing closing
 * brace"), ERR_NOT_FOUND for a strict variable (its text names it), ERR_TOO_LARGE. */
int envsubst_eval(const char *text, size_t n, const struct value *variables, const struct envsubst_options *options,
                  struct buf *out, struct err *err);

/* The name rule of Flux's postBuild.substitute: ^[_[:alpha:]][_[:alpha:][:digit:]]*$ */
bool envsubst_name_ok(const char *name, size_t n);
