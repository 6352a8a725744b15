/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of OpenAPI: a document while it is made. Both versions come from the same tables; what a path or a definition
 * refers to is made as well, until nothing is missing. */
#pragma once

#include "base/strmap.h"
#include "kube/schema/kind.h"

struct spec {
        struct arena *arena;
        const struct kind_set *kinds;
        unsigned version;         /* 2 or 3 */
        struct value paths;       /* map */
        struct value definitions; /* map */
        struct strmap seen;       /* names of definitions that are made or waiting */
        const struct schema **pending;
        size_t n_pending, cap_pending;
        bool oom;
};

#define SPEC_VERSION "io.k8s.apimachinery.pkg.version.Info"
#define SPEC_META "io.k8s.apimachinery.pkg.apis.meta.v1."

void spec_init(struct spec *s, struct arena *a, const struct kind_set *kinds, unsigned version);
void spec_done(struct spec *s);

/* map[key] = v. */
void spec_put(struct spec *s, struct value *map, const char *key, struct value v);

/* {"$ref": ...} to a definition that the document will hold; name: long name of a built-in definition. */
struct value spec_ref(struct spec *s, const char *name);

/* The name of a kind's definition: long name of a built-in one, "io.example.v1.Widget" of a custom one; with list, of
 * its list. */
const char *spec_name(struct spec *s, const struct kind *k, bool list);

/* {group, version, kind}. */
struct value spec_gvk(struct spec *s, const char *group, const char *version, const char *kind);

/* The definitions of a custom kind and its list. */
void spec_add_custom(struct spec *s, const struct kind *k);

/* Makes every definition that is referred to and not there yet. */
void spec_complete(struct spec *s);

/* Paths of one group and version, of a group, or of the documents about the server itself ("api", "apis", "version",
 * ".well-known/openid-configuration", "openid/v1/jwks"). */
void spec_add_kind_paths(struct spec *s, const struct kind *k);
void spec_add_group_paths(struct spec *s, const char *group, const char *version);
void spec_add_server_path(struct spec *s, const char *name);

/* The whole document as a value: swagger "2.0" or openapi "3.0.0". -1: memory. */
int spec_finish(struct spec *s, struct value *ret, struct err *err);

/* A swagger document as gnostic's openapi.v2.Document in protobuf, appended to b. */
struct buf;
void protobuf_write_document(struct buf *b, const struct value *document);
