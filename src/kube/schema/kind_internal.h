/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of kind sets share. */
#pragma once

#include <stdatomic.h>

#include "base/strmap.h"
#include "kube/schema/kind.h"

struct kind_set {
        atomic_uint references;
        struct arena *arena;       /* owned: kinds, names, copies of the CRDs */
        const struct kind **kinds; /* served ones in discovery order */
        size_t n_kinds;
        struct strmap by_resource; /* "group/version/resource" to struct kind; custom sets: custom kinds only */
        struct strmap by_name;     /* "group/version/Kind" */
};

/* Reads data/kubernetes/kinds.tsv into an empty set that has its arena. */
int kind_table_load(struct kind_set *set, const char *text, size_t n, struct err *err);

/* The kinds of one established CRD (in the set's arena already): every version; served ones are appended to kinds. */
int kind_crd_load(struct kind_set *set, const struct value *crd, struct err *err);

/* True when the CRD's names were accepted and it is established. */
bool kind_crd_established(const struct value *crd);

/* Puts a served kind into the set's maps. */
int kind_index(struct kind_set *set, const struct kind *k, struct err *err);

/* Kubernetes' order of version names: GA before beta before alpha, higher numbers first, others behind by name. */
int kind_compare_versions(const char *x, const char *y);
