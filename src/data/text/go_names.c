/* SPDX-License-Identifier: Apache-2.0 */
#include "data/text/go_names.h"

const char *go_json_type(const struct value *v) {
        static const char *const names[] = {
                [VALUE_NULL] = "null",    [VALUE_BOOL] = "bool",     [VALUE_INT] = "number", [VALUE_UINT] = "number",
                [VALUE_FLOAT] = "number", [VALUE_STRING] = "string", [VALUE_LIST] = "array", [VALUE_MAP] = "object"};
        return names[v->type];
}

const char *go_type(const struct value *v) {
        static const char *const names[] = {[VALUE_NULL] = "<nil>",          [VALUE_BOOL] = "bool",
                                            [VALUE_INT] = "int64",           [VALUE_UINT] = "uint64",
                                            [VALUE_FLOAT] = "float64",       [VALUE_STRING] = "string",
                                            [VALUE_LIST] = "[]interface {}", [VALUE_MAP] = "map[string]interface {}"};
        return names[v->type];
}
