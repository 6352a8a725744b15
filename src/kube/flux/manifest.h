/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes objects in a stream of YAML or JSON documents, as Flux reads what it built and what users hand it.
 * Source: fluxcd/pkg/ssa 0.76 ReadObjects over apimachinery's YAMLOrJSONDecoder; corpus apply/ (read). */
#pragma once

#include "data/value.h"

/* ret becomes a list of objects: lists are expanded (one level), empty documents, kustomize's own Kustomizations and
 * what lacks apiVersion, kind or name are left out. ERR_SYNTAX in the words of the decoders there; ERR_TOO_LARGE. */
int manifest_read(struct arena *a, const char *text, size_t n, struct value *ret, struct err *err);

/* Appends the objects as one YAML document each, every one followed by "---". */
struct buf;
int manifest_write(struct buf *b, const struct value *objects, struct err *err);
