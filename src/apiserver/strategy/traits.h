/* SPDX-License-Identifier: Apache-2.0 */
/* What is peculiar to a kind, from data/kubernetes/strategy.json, and the other tables of this folder. */
#pragma once

#include "apiserver/strategy/names.h"
#include "kube/schema/kind.h"

enum generation_rule {
        GENERATION_NONE = 0,    /* the server never sets it */
        GENERATION_SPEC,        /* 1 at creation, more with each change outside metadata and status */
        GENERATION_FIXED,       /* 1 for ever */
        GENERATION_ANNOTATIONS, /* as SPEC, and with annotations (Deployment) */
};

struct traits {
        enum name_form name;
        enum generation_rule generation;
        bool create_on_update;
        bool unconditional_update;
        bool keep_status;            /* create keeps the status it is given (Node) */
        bool keep_labels;            /* a status write does not change labels */
        const struct value *status;  /* what create leaves as status; NULL: nothing */
        const struct value *fields;  /* list of further field selector labels; NULL: none */
        const struct value *aliases; /* map of old labels; NULL: none */
};

/* The traits of a kind; custom and unknown kinds get the ordinary ones. Frozen. */
const struct traits *traits_of(const struct kind *k);

/* The rows of a type in the tables of defaults and of rules ("core.v1.Container"); NULL when there are none.
 * name may bear a definition's prefix "io.k8s.api." or "io.k8s.". */
const struct value *traits_defaults(const char *type_name);
const struct value *traits_rules(const char *type_name);

/* The kind has a subresource "status". */
bool traits_has_status(const struct kind *k);
