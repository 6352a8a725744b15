/* SPDX-License-Identifier: Apache-2.0 */
/* Every maximum of the program, in one place. A limit that a user may change bears its flag's name.
 * Where Kubernetes or Flux has the same limit, its figure is taken and named. */
#pragma once

/* memory */
#define ARENA_MAX_DEFAULT ((size_t)1 << 30)  /* bytes of one arena when its maker names no maximum */
#define ARENA_MAX_REQUEST ((size_t)256 << 20) /* bytes one API request may use */

/* documents (tenants write them) */
#define LIMIT_DEPTH 10000               /* nesting of JSON: sigs.k8s.io/json refuses more */
#define LIMIT_YAML_DEPTH 1000           /* nesting of YAML: libyaml is quadratic in flow nesting */
#define LIMIT_YAML_BYTES ((size_t)64 << 20)  /* one YAML stream */
#define LIMIT_YAML_DOCUMENTS 20000      /* documents of one stream */
#define LIMIT_YAML_NODES 5000000        /* nodes of one stream after aliases are expanded */
#define LIMIT_PATCH_OPERATIONS 10000    /* JSON patch, as kube-apiserver */

/* the API server */
#define LIMIT_REQUEST_BODY ((size_t)3145728) /* kube-apiserver's body limit, bytes */
#define LIMIT_REQUEST_HEADERS ((size_t)16384) /* request line and header fields, bytes */
#define LIMIT_OBJECT_DATA ((size_t)1048576)  /* data of a ConfigMap or Secret, bytes */
