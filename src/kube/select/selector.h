/* SPDX-License-Identifier: Apache-2.0 */
/* Label and field selectors: what "app=web,tier in (a,b),!old" and metadata.name=x mean, with kube-apiserver 1.36's
 * errors. A parsed selector is frozen and lives in its arena. */
#pragma once

#include "data/value.h"

enum selector_operator {
        SELECTOR_EXISTS,
        SELECTOR_ABSENT,
        SELECTOR_IN,     /* "=", "==" and "in" */
        SELECTOR_NOT_IN, /* "!=" and "notin": true as well when the label is absent */
        SELECTOR_GREATER,
        SELECTOR_LESS,
};

struct selector_requirement {
        const char *key;
        enum selector_operator operator;
        bool set;                  /* written "in (...)": the text says so again */
        const char *const *values; /* sorted */
        size_t n_values;
};

/* Requirements that must all hold. Zeroed: matches everything. */
struct label_selector {
        const struct selector_requirement *items; /* sorted by key */
        size_t n;
        bool nothing; /* matches nothing: a missing LabelSelector object */
};

/* Reads the grammar of ?labelSelector=. ERR_BAD_REQUEST with "unable to parse requirement: ...". */
int label_selector_parse(struct arena *a, const char *text, struct label_selector *ret, struct err *err);

/* Reads a LabelSelector object {matchLabels, matchExpressions}. NULL or null matches nothing, {} everything.
 * ERR_BAD_REQUEST. */
int label_selector_from_object(struct arena *a, const struct value *object, struct label_selector *ret,
                               struct err *err);

/* How a selector asks for a label: its value, or NULL when absent. */
typedef const char *(*selector_lookup)(const void *context, const char *key);

bool label_selector_matches(const struct label_selector *s, selector_lookup lookup, const void *context);

/* The same over a map of labels (NULL: no labels). */
bool label_selector_matches_map(const struct label_selector *s, const struct value *labels);

/* The canonical text, as Kubernetes writes it back ("a=b,c in (x,y)"). NULL: memory. */
const char *label_selector_text(struct arena *a, const struct label_selector *s);

/* One term of a field selector: field=value, field==value or field!=value. */
struct field_term {
        const char *field;
        const char *value;
        bool negated;
};

struct field_selector {
        struct field_term *items;
        size_t n;
};

/* Reads the grammar of ?fieldSelector=, with \, \= and \\ escaped. ERR_BAD_REQUEST "invalid selector: ...". */
int field_selector_parse(struct arena *a, const char *text, struct field_selector *ret, struct err *err);

/* lookup answers the field's text; NULL counts as "". */
bool field_selector_matches(const struct field_selector *s, selector_lookup lookup, const void *context);

/* The value that the selector demands of a field exactly (field=value), or NULL. */
const char *field_selector_exact(const struct field_selector *s, const char *field);

/* The canonical text. NULL: memory. */
const char *field_selector_text(struct arena *a, const struct field_selector *s);
