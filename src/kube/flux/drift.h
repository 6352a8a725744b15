/* SPDX-License-Identifier: Apache-2.0 */
/* Does a live object differ from what a server-side apply dry-run answered? Source: fluxcd/pkg/ssa 0.76. */
#pragma once

#include "data/value.h"

/* True when the object is new (the dry-run's answer has no resourceVersion), or labels, annotations or anything beside
 * metadata and status differ. Absent and empty labels are the same; below, 1 and 1.0 differ, and so do absent and null,
 * as in Kubernetes' semantic equality of untyped objects. */
bool drift_differs(const struct value *live, const struct value *dry_run);

/* Which fields of which objects Flux leaves to others: spec.ignore of a Kustomization. Zeroed: none. */
struct drift_rules {
        struct drift_rule *items; /* in the arena */
        size_t n;
};

/* Frees the compiled patterns. */
void drift_rules_done(struct drift_rules *rules);

#define _cleanup_drift_rules_ _cleanup_(drift_rules_done)

/* Compiles [{paths: [JSON Pointer], target: {group, version, kind, name, namespace, labelSelector,
 * annotationSelector}}]. NULL or an empty list: no rules. ERR_INVALID for a bad pattern or selector. The list must
 * outlive the rules. */
int drift_rules_compile(struct arena *a, const struct value *ignore, struct drift_rules *ret, struct err *err);

/* drift_differs() without the fields that the rules ignore. Neither object is changed. -1: memory. */
int drift_differs_ignoring(struct arena *a, const struct value *live, const struct value *dry_run,
                           const struct drift_rules *rules, bool *ret, struct err *err);

/* Before an object that drifted elsewhere is applied: an ignored path whose live and dry-run values differ is taken out
 * of the payload when another Apply manager owns it, and gets the live value otherwise. manager is our field manager.
 * payload is changed in place; it must be a tree of its own. -1: memory. */
int drift_adopt_ignored(struct arena *a, const struct value *live, const struct value *dry_run,
                        const struct drift_rules *rules, const char *manager, struct value *payload, struct err *err);
