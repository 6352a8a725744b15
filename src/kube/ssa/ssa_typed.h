/* SPDX-License-Identifier: Apache-2.0 */
/* Objects under a schema: what server-side apply does with them (structured-merge-diff v6, typed; corpus ssa).
 * Trees are shared, never changed. A value that is NULL is absent, which is not the same as null. */
#pragma once

#include "kube/ssa/fieldset.h"
#include "kube/schema/schema.h"

enum ssa_kind { SSA_MAP, SSA_SCALAR, SSA_LIST };

/* A schema as it applies to one value: where the schema allows anything, the value decides. */
struct ssa_atom {
        enum ssa_kind kind;
        bool atomic;                 /* owned as a whole */
        const struct schema *schema; /* never NULL */
};

struct ssa_atom ssa_resolve(const struct schema *schema, const struct value *v);

/* The schema of a map's member; NULL: the field is not declared. named: it is one of the schema's own fields. */
const struct schema *ssa_member_schema(const struct ssa_atom *map, const char *key, size_t n, bool *ret_named);

/* Deep equality in which 1 and 1.0 are equal. */
bool ssa_equal(const struct value *x, const struct value *y);

/* The schema of a list's items. */
const struct schema *ssa_item_schema(const struct ssa_atom *list);

/* The path element of an item of a keyed list or a set. Fails with the reason alone, to which callers put the place. */
int ssa_item_element(struct arena *a, const struct ssa_atom *list, const struct value *item,
                     struct fieldset_element *ret, struct err *err);

/* Checks v against the schema. ERR_INTERNAL with structured-merge-diff's text: ".spec.x: field not declared in schema",
 * several under "errors:". duplicates: equal items in keyed lists and sets are let through (live objects). */
int ssa_validate(struct arena *a, const struct schema *schema, const struct value *v, bool duplicates, struct err *err);

/* The fields of v. */
int ssa_to_set(struct arena *a, const struct schema *schema, const struct value *v, struct fieldset *ret,
               struct err *err);

struct ssa_comparison {
        struct fieldset removed, modified, added;
};

int ssa_compare(struct arena *a, const struct schema *schema, const struct value *old, const struct value *new,
                struct ssa_comparison *ret, struct err *err);

/* old with new merged over it. Answers 1 with ret set, 0 when nothing remains, -1 on failure. */
int ssa_merge(struct arena *a, const struct schema *schema, const struct value *old, const struct value *new,
              struct value *ret, struct err *err);

/* v without the fields of set. Answers as ssa_merge(). */
int ssa_remove(struct arena *a, const struct schema *schema, const struct value *v, const struct fieldset *set,
               struct value *ret, struct err *err);

/* Fields above members of set that the schema names become members too. */
int ssa_name_members(struct arena *a, const struct schema *schema, const struct fieldset *set, struct fieldset *ret,
                     struct err *err);

/* A set from before the schema changed: below what is atomic now, only the whole is owned. */
int ssa_reconcile(struct arena *a, const struct schema *schema, const struct fieldset *set, struct fieldset *ret,
                  struct err *err);

/* ---- the items of a keyed list or a set, found by their element ---- */

struct ssa_item {
        struct fieldset_element element;
        const struct value *value;
        uint32_t next;  /* position + 1 of the next item with the same element */
        uint32_t first; /* position of the first one */
        uint32_t count; /* in the first one: how many there are */
};

struct ssa_items {
        struct ssa_item *items;
        size_t n;
        uint32_t *slots; /* position + 1 of first ones */
        uint32_t mask;
};

/* list may be NULL. */
int ssa_items_init(struct arena *a, struct ssa_items *x, const struct ssa_atom *atom, const struct value *list,
                   struct err *err);
/* The first item with this element, or NULL. */
const struct ssa_item *ssa_items_find(const struct ssa_items *x, const struct fieldset_element *e);
