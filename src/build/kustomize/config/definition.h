/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas of OpenAPI v2, as files of `openapi` and `crds` and comments hold them. */
#pragma once

#include "data/value.h"

/* ERR_INVALID when a field of the schema, or of a schema inside it, has another type than the specification gives it.
 * Unknown fields may have any, and so may `$ref` and `items`, of which kube-openapi's reader takes what it knows. */
int definition_check(const struct value *schema, struct err *err);

/* The same for a whole document: a map, its definitions, its paths as far as weir reads them. */
int definition_check_document(const struct value *document, struct err *err);

/* The same for all schemas of a map; what: "definition", for messages. */
int definition_check_all(const struct value *schemas, const char *what, struct err *err);
