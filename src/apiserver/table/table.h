/* SPDX-License-Identifier: Apache-2.0 */
/* What a server prints instead of whole objects: meta.k8s.io/v1 Table (kubectl get) and PartialObjectMetadata.
 *
 * Columns of built-in kinds are data (data/kubernetes/columns.json); cells that need logic name a function.
 * Custom kinds use additionalPrinterColumns. Ages are relative to now_ns. */
#pragma once

#include "base/err.h"
#include "data/value.h"
#include "kube/schema/kind.h"

enum table_include {                             /* ?includeObject= */
                     TABLE_INCLUDE_METADATA = 0, /* the default */
                     TABLE_INCLUDE_NONE,
                     TABLE_INCLUDE_OBJECT,
};

struct table_options {
        enum table_include include;
        bool headers; /* columnDefinitions; a watch sends them in its first event only */
        int64_t now_ns;
        const char *version; /* "v1" (or NULL) or "v1beta1": apiVersion of the Table and of its rows' objects */
};

/* ?includeObject= as the server reads it ("" and NULL: Metadata). ERR_BAD_REQUEST otherwise. */
int table_parse_include(const char *text, enum table_include *ret, struct err *err);

/* The Table of one object, or of a list object (kind ...List with items). list_metadata of a list is taken from it.
 * A Status is never a table: hand it over unchanged. Shares children with the object. */
int table_of(struct arena *a, const struct kind *k, const struct value *object_or_list,
             const struct table_options *options, struct value *ret, struct err *err);

/* A PartialObjectMetadata (of one object) or PartialObjectMetadataList (of a list object). version as above. */
int table_partial_metadata(struct arena *a, const struct value *object_or_list, const char *version, struct value *ret,
                           struct err *err);

/* "5m", "3h20m", "2d5h": k8s.io/apimachinery duration.HumanDuration of nanoseconds. Answers text. */
char *table_human_duration(char text[static 24], int64_t ns);
