/* SPDX-License-Identifier: Apache-2.0 */
#include "data/jsonpath/jsonpath_node.h"

/* 1, 2, 3, 4 for bool, integer, float, string; 0 for what cannot be compared. */
static int basic_kind(const struct value *v) {
        switch ((enum value_type)v->type) {
        case VALUE_BOOL:
                return 1;
        case VALUE_INT:
        case VALUE_UINT: /* only bytes of strings, which fit */
                return 2;
        case VALUE_FLOAT:
                return 3;
        case VALUE_STRING:
                return 4;
        default:
                return 0;
        }
}

static int order_strings(const struct value *x, const struct value *y) {
        int order = memcmp(x->str, y->str, x->len < y->len ? x->len : y->len);
        return order ? order : (x->len > y->len) - (x->len < y->len);
}

int jsonpath_compare(const char *op, const struct value *x, const struct value *y, struct err *err) {
        bool equality = streq(op, "==") || streq(op, "!=");
        if (!equality && !streq(op, "<") && !streq(op, "<=") && !streq(op, ">") && !streq(op, ">="))
                return err_set(err, ERR_BAD_REQUEST, "unrecognized filter operator %s", op);
        int kind = x ? basic_kind(x) : 0, other = y ? basic_kind(y) : 0;
        if (!kind || !other || (kind == other && kind == 1 && !equality))
                return err_set(err, ERR_BAD_REQUEST, "invalid type for comparison");
        if (kind != other)
                return err_set(err, ERR_BAD_REQUEST, "incompatible types for comparison");
        int order = kind == 1   ? x->boolean != y->boolean
                    : kind == 2 ? (x->i > y->i) - (x->i < y->i)
                    : kind == 3 ? (x->f > y->f) - (x->f < y->f)
                                : order_strings(x, y);
        if (equality)
                return (order == 0) == (*op == '=');
        bool or_equal = op[1] == '=';
        return (*op == '<' ? order < 0 : order > 0) || (or_equal && order == 0);
}
