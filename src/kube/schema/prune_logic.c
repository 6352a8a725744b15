/* SPDX-License-Identifier: Apache-2.0 */
/* allOf, anyOf, oneOf and not. */
#include "kube/schema/prune_check.h"

static bool is_satisfied(struct check *c, const struct value *schema, const struct value *v) {
        bool quiet = c->quiet, blocking = c->blocking;
        unsigned found = c->found;
        c->quiet = true;
        check_value(c, schema, v);
        bool good = c->found == found;
        c->found = found;
        c->quiet = quiet;
        c->blocking = blocking;
        return good;
}

static unsigned satisfied(struct check *c, const struct value *schemas, const struct value *v) {
        unsigned n = 0;
        VALUE_EACH_ITEM(s, schemas)
                n += value_is_map(s) && is_satisfied(c, s, v);
        return n;
}

static bool has_schemas(const struct value *list) {
        return value_is_list(list) && list->len;
}

/* Tells why, by the first schema's own errors. Only at the top: inside another question a verdict is enough, and
 * asking twice on each level would take time exponential in the nesting. */
static void explain(struct check *c, const struct value *schema, const struct value *v) {
        if (!c->quiet && value_is_map(schema))
                check_value(c, schema, v);
}

static void check_any_of(struct check *c, const struct value *any, const struct value *v) {
        if (satisfied(c, any, v))
                return;
        check_add_fieldless(c, "Invalid value: \"\": \"%s\" must validate at least one schema (anyOf)",
                            buf_str(&c->path));
        explain(c, &any->items[0], v);
}

static void check_one_of(struct check *c, const struct value *one, const struct value *v) {
        unsigned n = satisfied(c, one, v);
        if (n == 0)
                check_add_fieldless(
                        c,
                        "Invalid value: \"\": \"%s\" must validate one and only one schema (oneOf). Found none valid",
                        buf_str(&c->path));
        if (n > 1)
                check_add_fieldless(c,
                                    "Invalid value: \"\": \"%s\" must validate one and only one schema (oneOf). Found "
                                    "%u valid alternatives",
                                    buf_str(&c->path), n);
        if (n == 0)
                explain(c, &one->items[0], v);
}

static void check_all_of(struct check *c, const struct value *all, const struct value *v) {
        unsigned n = satisfied(c, all, v);
        if (n == all->len)
                return;
        VALUE_EACH_ITEM(s, all)
                explain(c, s, v);
        check_add_fieldless(c, "Invalid value: \"\": \"%s\" must validate all the schemas (allOf)%s", buf_str(&c->path),
                            n ? "" : ". None validated");
}

void check_logic(struct check *c, const struct value *props, const struct value *v) {
        const struct value *all = value_get(props, "allOf"), *any = value_get(props, "anyOf");
        const struct value *one = value_get(props, "oneOf"), *not = value_get(props, "not");
        if (has_schemas(any))
                check_any_of(c, any, v);
        if (has_schemas(one))
                check_one_of(c, one, v);
        if (has_schemas(all))
                check_all_of(c, all, v);
        if (value_is_map(not ) && is_satisfied(c, not, v))
                check_add_fieldless(c, "Invalid value: \"\": \"%s\" must not validate the schema (not)",
                                    buf_str(&c->path));
}
