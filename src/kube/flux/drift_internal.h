/* SPDX-License-Identifier: Apache-2.0 */
/* Inside drift detection: a compiled ignore rule. */
#pragma once

#include "data/patch/pointer.h"
#include "kube/flux/drift.h"
#include "kube/select/selector.h"
#include "lang/regex.h"

#define DRIFT_PATTERNS 5

struct drift_rule {
        const struct value *paths;              /* list of JSON Pointers, borrowed */
        struct regex *patterns[DRIFT_PATTERNS]; /* group, version, kind, name, namespace; NULL: everything */
        struct label_selector labels, annotations;
};

bool drift_rule_matches(const struct drift_rule *rule, const struct value *object);

/* Removes what a pointer names; nothing when it names nothing. */
void drift_remove(struct value *document, const struct pointer *p);
