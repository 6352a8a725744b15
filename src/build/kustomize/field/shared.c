/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/field/shared.h"

#include "build/kustomize/field/scalar.h"

struct value shared_new(struct arena *a, const struct value *text) {
        if (text->type != VALUE_STRING)
                return *text;
        const char *copy = arena_strndup(a, text->str, text->len);
        if (!copy)
                return value_null();
        struct value v = value_strn(copy, text->len);
        v.style = text->style;
        if (scalar_needs_quotes(v.str, v.len))
                v.style = VALUE_STYLE_DOUBLE;
        v.flags = SCALAR_SHARED;
        return v;
}

static void replace(struct value *v, const char *was, const struct value *now) {
        if (scalar_is_shared(v) && v->str == was)
                *v = *now;
        if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        replace(item, was, now);
        if (v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        replace(&m->value, was, now);
}

int shared_spread(struct arena *a, struct value *tree, const struct value *was, const struct value *now,
                  struct err *err) {
        const struct value own = shared_new(a, now);
        if (now->type == VALUE_STRING && own.type != VALUE_STRING)
                return err_oom(err);
        replace(tree, was->str, &own);
        return 0;
}
