/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML codec: libyaml's events into our tree, and our own emitter in go-yaml's dialects.
 * The dialects and their differences are corpus yaml/ (decode, emit, multidoc). */
#pragma once

#include "base/buf.h"
#include "data/value.h"

enum yaml_dialect {
        YAML_SIGS,  /* sigs.k8s.io/yaml: go-yaml v2's rules, then JSON's; what kubectl, Flux and kube-apiserver read */
        YAML_KYAML, /* kustomize's kyaml: go-yaml v3's rules, scalars keep their style */
};

struct yaml_options {
        enum yaml_dialect dialect;
        bool strict;  /* duplicate keys are errors, as sigs.k8s.io/yaml's strict readers report them */
        size_t max_bytes, max_nodes, max_depth, max_documents; /* 0: the limits of limits.h */
};

/* Parses the only (or first) document of a stream. An empty stream gives null. ERR_SYNTAX with line and column;
 * ERR_TOO_LARGE past a limit (aliases count as often as they are used). */
int yaml_parse(struct arena *a, const char *text, size_t n, const struct yaml_options *options, struct value *ret,
               struct err *err);

/* Parses every document: ret becomes a list, one item a document, empty documents as null. Each item's line in the
 * stream can be had with yaml_document_line(). */
int yaml_parse_all(struct arena *a, const char *text, size_t n, const struct yaml_options *options, struct value *ret,
                   struct err *err);

/* Appends v as sigs.k8s.io/yaml.Marshal writes it (sorted keys, go-yaml v2 style) or as kyaml writes it. */
void yaml_write(struct buf *b, const struct value *v, enum yaml_dialect dialect);
