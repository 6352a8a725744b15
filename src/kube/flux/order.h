/* SPDX-License-Identifier: Apache-2.0 */
/* In which order objects are applied. Source: fluxcd/pkg/ssa 0.76 (ReconcileOrder, ApplyAllStaged), recorded in corpus
 * apply/ (sort, stage, gkset). */
#pragma once

#include "data/value.h"

enum order_stage {
        ORDER_STAGE_DEFINITIONS, /* CRDs, Namespaces, ClusterRoles: applied, then awaited */
        ORDER_STAGE_CLASSES,     /* kinds that end in "Class": applied, then awaited */
        ORDER_STAGE_CUSTOM,      /* what --custom-apply-stage-kinds names */
        ORDER_STAGE_REST,
};

#define ORDER_STAGES 4

/* The kinds of ORDER_STAGE_CUSTOM. Zeroed: none. */
struct order_kinds {
        const char **names; /* "Kind.group", sorted, each once */
        size_t n;
};

/* Reads "group/Kind,group/Kind" (core kinds without a group). -1: memory. */
int order_kinds_parse(struct arena *a, const char *text, struct order_kinds *ret, struct err *err);

/* The stage an object belongs to; custom may be NULL. */
enum order_stage order_stage_of(const struct value *object, const struct order_kinds *custom);

/* The same without custom kinds. */
unsigned order_stage(const struct value *object);

/* Negative, zero or positive as a is applied before, with or after b. */
int order_compare(const struct value *a, const struct value *b);

/* Sorts a list of objects in place: the well-known kinds first, webhook configurations last, then by group, kind,
 * namespace and name; equal ones keep their order. -1: memory. */
int order_sort(struct arena *a, struct value *objects);

/* The other way round, for deleting; equal ones keep their order here too. -1: memory. */
int order_sort_backwards(struct arena *a, struct value *objects);
