/* SPDX-License-Identifier: Apache-2.0 */
/* What may be a label's key and value, with kube-apiserver's sentences about what may not. */
#pragma once

#include "base/buf.h"

/* Appends what is wrong with it, joined with "; ". Nothing is appended to a good one. */
void label_key_problems(struct buf *b, const char *key);
void label_value_problems(struct buf *b, const char *value);
