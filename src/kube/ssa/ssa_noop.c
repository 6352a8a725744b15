/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ssa/ssa.h"

typedef bool same(const struct value *x, const struct value *y);

/* Equal maps, but for the member key, which compare compares. */
static bool equal_but(const struct value *x, const struct value *y, const char *key, same *compare) {
        if (!value_is_map(x) || !value_is_map(y) || x->len != y->len)
                return false;
        VALUE_EACH_MEMBER(m, x) {
                const struct value *other = value_getn(y, m->key, m->key_len);
                if (!other)
                        return false;
                if (!(streq(m->key, key) ? compare(&m->value, other) : value_equal(&m->value, other)))
                        return false;
        }
        return true;
}

static bool any(const struct value *x, const struct value *y) {
        return true;
}

static bool same_entries(const struct value *x, const struct value *y) {
        if (!value_is_list(x) || !value_is_list(y) || x->len != y->len)
                return false;
        for (size_t i = 0; i < x->len; i++)
                if (!equal_but(&x->items[i], &y->items[i], "time", any))
                        return false;
        return true;
}

static bool same_meta(const struct value *x, const struct value *y) {
        return equal_but(x, y, "managedFields", same_entries);
}

bool ssa_is_noop(const struct value *live, const struct value *object) {
        return equal_but(live, object, "metadata", same_meta);
}
