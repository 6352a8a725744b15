/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ssa/ssa_typed.h"

#include "base/strmap.h"

/* Anything, each member of a map owned on its own; and anything, owned as a whole. */
static const struct schema deduced = {.type = SCHEMA_ANY, .topology = SCHEMA_GRANULAR, .preserve_unknown = true};
static const struct schema untyped = {.type = SCHEMA_ANY, .topology = SCHEMA_ATOMIC, .preserve_unknown = true};

struct ssa_atom ssa_resolve(const struct schema *schema, const struct value *v) {
        if (!schema)
                schema = &deduced;
        struct ssa_atom atom = {.kind = SSA_SCALAR, .atomic = schema->topology == SCHEMA_ATOMIC, .schema = schema};
        switch (schema->type) {
        case SCHEMA_STRUCT:
        case SCHEMA_MAP:
                atom.kind = SSA_MAP;
                break;
        case SCHEMA_LIST:
                atom.kind = SSA_LIST;
                atom.atomic |= schema->topology == SCHEMA_GRANULAR;
                break;
        case SCHEMA_ANY:
                if (!v || v->type == VALUE_NULL || v->type == VALUE_MAP)
                        atom.kind = SSA_MAP;
                if (v && v->type == VALUE_LIST) {
                        atom.kind = SSA_LIST;
                        atom.atomic = true;
                }
                break;
        default:
                break;
        }
        return atom;
}

const struct schema *ssa_member_schema(const struct ssa_atom *map, const char *key, size_t n, bool *ret_named) {
        const struct schema *s = map->schema;
        *ret_named = false;
        if (s->type == SCHEMA_STRUCT) {
                const struct schema_field *f = schema_field(s, key, n);
                *ret_named = f;
                if (f)
                        return f->schema;
                if (s->element)
                        return s->element;
                /* An object about which nothing is said may hold anything. */
                return s->preserve_unknown || !s->n_fields ? &deduced : NULL;
        }
        if (s->type == SCHEMA_MAP)
                return s->element;
        return s->topology == SCHEMA_ATOMIC ? &untyped : &deduced;
}

const struct schema *ssa_item_schema(const struct ssa_atom *list) {
        return list->schema->type == SCHEMA_LIST && list->schema->element ? list->schema->element : &untyped;
}

/* Maps of more members differ when a number in them changed from 1 to 1.0; searching them would be quadratic. */
#define LOOSE_MEMBERS_MAX 64

static bool equal_numbers(const struct value *x, const struct value *y) {
        bool equal = x->len == y->len;
        if (value_is_number(x) || value_is_number(y))
                return value_is_number(x) && value_is_number(y) && fieldset_compare_values(x, y) == 0;
        if (x->type == VALUE_LIST && y->type == VALUE_LIST) {
                for (size_t i = 0; equal && i < x->len; i++)
                        equal = equal_numbers(&x->items[i], &y->items[i]);
                return equal;
        }
        if (x->type != VALUE_MAP || y->type != VALUE_MAP || x->len > LOOSE_MEMBERS_MAX)
                return value_equal(x, y);
        for (size_t i = 0; equal && i < x->len; i++) {
                const struct value *other = value_getn(y, x->members[i].key, x->members[i].key_len);
                equal = other && equal_numbers(&x->members[i].value, other);
        }
        return equal;
}

bool ssa_equal(const struct value *x, const struct value *y) {
        return value_equal(x, y) || equal_numbers(x, y);
}

/* ---- items ---- */

static const struct value *key_value(const struct schema *item, const struct value *v, const char *key) {
        const struct value *found = value_get(v, key);
        if (found || item->type != SCHEMA_STRUCT)
                return found;
        const struct schema_field *f = schema_field(item, key, strlen(key));
        return f ? f->fallback : NULL;
}

static int compare_members(const void *x, const void *y) {
        return strcmp(((const struct member *)x)->key, ((const struct member *)y)->key);
}

static const char *keys_text(struct arena *a, const char *const *keys) {
        _cleanup_buf_ struct buf b = BUF_INIT(4096);
        for (size_t i = 0; keys[i]; i++)
                buf_addf(&b, "%s\"%s\"", i ? " " : "", keys[i]);
        const char *text = arena_strndup(a, buf_str(&b), b.len);
        return text ? text : "";
}

static int keyed_element(struct arena *a, const struct ssa_atom *list, const struct value *item,
                         struct fieldset_element *ret, struct err *err) {
        const struct schema *schema = ssa_item_schema(list);
        struct value key = value_map();
        if (value_is_null(item))
                return err_set(err, ERR_INTERNAL, "associative list with keys may not have a null element");
        if (!value_is_map(item))
                return err_set(err, ERR_INTERNAL, "associative list with keys may not have non-map elements");
        for (const char *const *k = list->schema->keys; *k; k++) {
                const struct value *v = key_value(schema, item, *k);
                if (v && !value_add(a, &key, *k, strlen(*k), *v))
                        return err_oom(err);
        }
        if (!key.len)
                return err_set(err, ERR_INTERNAL,
                               "associative list with keys has an element that omits all key fields [%s] (and doesn't "
                               "have default values for any key fields)",
                               keys_text(a, list->schema->keys));
        qsort(key.members, key.len, sizeof(*key.members), compare_members);
        *ret = (struct fieldset_element){.kind = FIELDSET_KEY, .value = key};
        return 0;
}

int ssa_item_element(struct arena *a, const struct ssa_atom *list, const struct value *item,
                     struct fieldset_element *ret, struct err *err) {
        if (list->schema->topology == SCHEMA_KEYED)
                return keyed_element(a, list, item, ret, err);
        if (value_is_map(item))
                return err_set(err, ERR_INTERNAL, "associative list without keys has an element that's a map type");
        if (value_is_list(item))
                return err_set(err, ERR_INTERNAL, "not supported: associative list with lists as elements");
        if (value_is_null(item))
                return err_set(err, ERR_INTERNAL,
                               "associative list without keys has an element that's an explicit null");
        *ret = (struct fieldset_element){.kind = FIELDSET_VALUE, .value = *item};
        return 0;
}

/* Equal elements hash alike: numbers by their value, composite values by nothing. */
static uint64_t hash_value(const struct value *v) {
        double number;
        switch (v->type) {
        case VALUE_STRING:
                return str_hash(v->str, v->len);
        case VALUE_INT:
        case VALUE_UINT:
        case VALUE_FLOAT:
                number = v->type == VALUE_INT ? (double)v->i : v->type == VALUE_UINT ? (double)v->u : v->f;
                number += 0.0; /* -0 and 0 are equal */
                return str_hash((const char *)&number, sizeof(number));
        case VALUE_BOOL:
                return v->boolean + 1u;
        default:
                return 0;
        }
}

static uint64_t hash_element(const struct fieldset_element *e) {
        if (e->kind != FIELDSET_KEY)
                return hash_value(&e->value);
        uint64_t hash = 0;
        for (size_t i = 0; i < e->value.len; i++)
                hash = hash * 31 + e->value.members[i].hash + hash_value(&e->value.members[i].value);
        return hash;
}

/* Where the element's first item is noted, or the free slot for it. */
static uint32_t *slot_of(const struct ssa_items *x, const struct fieldset_element *e) {
        for (uint32_t i = (uint32_t)hash_element(e) & x->mask;; i = (i + 1) & x->mask)
                if (!x->slots[i] || fieldset_compare_elements(&x->items[x->slots[i] - 1].element, e) == 0)
                        return &x->slots[i];
}

int ssa_items_init(struct arena *a, struct ssa_items *x, const struct ssa_atom *atom, const struct value *list,
                   struct err *err) {
        size_t n = list ? list->len : 0;
        uint32_t cap = 8;
        while (cap < n * 2)
                cap *= 2;
        *x = (struct ssa_items){.n = n, .mask = cap - 1};
        x->items = arena_zalloc(a, n + 1, sizeof(*x->items));
        x->slots = arena_zalloc(a, cap, sizeof(*x->slots));
        uint32_t *last = arena_zalloc(a, n + 1, sizeof(*last)); /* by first position: the latest equal item */
        if (!x->items || !x->slots || !last)
                return err_oom(err);
        for (uint32_t i = 0; i < n; i++) {
                struct ssa_item *item = &x->items[i];
                item->value = &list->items[i];
                if (ssa_item_element(a, atom, item->value, &item->element, err) < 0)
                        return err_wrap(err, "element %u", i);
                uint32_t *slot = slot_of(x, &item->element);
                if (!*slot)
                        *slot = i + 1;
                else
                        x->items[last[*slot - 1]].next = i + 1;
                item->first = *slot - 1;
                last[item->first] = i;
                x->items[item->first].count++;
        }
        return 0;
}

const struct ssa_item *ssa_items_find(const struct ssa_items *x, const struct fieldset_element *e) {
        uint32_t at = *slot_of(x, e);
        return at ? &x->items[at - 1] : NULL;
}
