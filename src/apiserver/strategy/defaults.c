/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults: a walk over an object along its schema. At each struct of a named type the rows of
 * data/kubernetes/defaults.json are applied before its children are visited, so that what a default makes is completed
 * by the defaults of its own type. */
#include "apiserver/strategy/defaults.h"

#include "apiserver/strategy/traits.h"
#include "kube/schema/prune.h"

static int walk(struct defaulting *d, const struct schema *schema, struct value *value, struct err *err);

int defaults_merge(struct arena *a, struct value *target, const struct value *fallback, struct err *err) {
        VALUE_EACH_MEMBER(m, fallback) {
                struct value *have = value_getn(target, m->key, m->key_len);
                /* an empty text stands where Go's encoder leaves nothing out: it counts as absent, as in Go's defaults
                 */
                bool empty = value_is_null(have) || (have->type == VALUE_STRING && !have->len);
                if (!empty) {
                        if (value_is_map(have) && value_is_map(&m->value) &&
                            defaults_merge(a, have, &m->value, err) < 0)
                                return -1;
                        continue;
                }
                struct value copy;
                if (value_clone(a, &m->value, &copy, err) < 0)
                        return -1;
                if (!value_setn(a, target, m->key, m->key_len, copy))
                        return err_oom(err);
        }
        return 0;
}

/* A row's condition: every named field equals its value; null stands for "absent". */
static bool row_applies(const struct value *row, const struct value *object) {
        const struct value *when = value_get(row, "when");
        if (!value_is_map(when))
                return true;
        VALUE_EACH_MEMBER(m, when) {
                const struct value *have = value_getn(object, m->key, m->key_len);
                if (value_is_null(&m->value) ? !value_is_null(have) : !have || !value_equal(have, &m->value))
                        return false;
        }
        return true;
}

static int apply_rows(struct defaulting *d, const struct value *rows, struct value *object, struct err *err) {
        VALUE_EACH_ITEM(row, rows) {
                if (!row_applies(row, object))
                        continue;
                const struct value *set = value_get(row, "set");
                if (value_is_map(set) && defaults_merge(d->arena, object, set, err) < 0)
                        return -1;
                const char *call = value_get_str(row, "call");
                if (call && defaults_call(d, call, object, err) < 0)
                        return -1;
        }
        return 0;
}

/* Scalars that the published schema itself defaults to something (ports' protocol), not the zero values it lists. */
static bool worth_setting(const struct value *fallback) {
        switch (fallback->type) {
        case VALUE_STRING:
                return fallback->len > 0;
        case VALUE_INT:
                return fallback->i != 0;
        case VALUE_BOOL:
                return fallback->boolean;
        default:
                return false;
        }
}

static int walk_struct(struct defaulting *d, const struct schema *schema, struct value *object, struct err *err) {
        const struct value *rows = schema->name ? traits_defaults(schema->name) : NULL;
        if (value_is_list(rows) && apply_rows(d, rows, object, err) < 0)
                return -1;
        for (size_t i = 0; i < schema->n_fields; i++) {
                const struct schema_field *field = &schema->fields[i];
                struct value *child = value_get(object, field->name);
                if (value_is_null(child)) {
                        if (field->fallback && worth_setting(field->fallback) &&
                            !value_set(d->arena, object, field->name, *field->fallback))
                                return err_oom(err);
                        continue;
                }
                if (walk(d, field->schema, child, err) < 0)
                        return -1;
        }
        return 0;
}

static int walk(struct defaulting *d, const struct schema *schema, struct value *value, struct err *err) {
        if (schema->type == SCHEMA_STRUCT && value_is_map(value))
                return walk_struct(d, schema, value, err);
        if (schema->type == SCHEMA_LIST && value_is_list(value) && schema->element) {
                VALUE_EACH_ITEM(item, value)
                        if (walk(d, schema->element, item, err) < 0)
                                return -1;
        }
        if (schema->type == SCHEMA_MAP && value_is_map(value) && schema->element) {
                VALUE_EACH_MEMBER(m, value)
                        if (walk(d, schema->element, &m->value, err) < 0)
                                return -1;
        }
        return 0;
}

int strategy_default(struct strategy_context *c, struct value *object, struct err *err) {
        if (!c->kind->schema || !value_is_map(object))
                return 0;
        if (c->kind->custom)
                return prune_default(c->arena, c->kind->schema, object, err);
        struct defaulting d = {.arena = c->arena, .kind = c->kind};
        return walk(&d, c->kind->schema, object, err);
}
