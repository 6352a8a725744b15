/* SPDX-License-Identifier: Apache-2.0 */
/* What Go calls the types of values: Kubernetes' error texts hold these names. */
#pragma once

#include "data/value.h"

/* As encoding/json names a value that does not fit: "null", "bool", "number", "string", "array", "object". */
const char *go_json_type(const struct value *v);

/* The type of a decoded value as fmt's %T prints it: "<nil>", "bool", "int64", "uint64", "float64", "string",
 * "[]interface {}", "map[string]interface {}". */
const char *go_type(const struct value *v);
