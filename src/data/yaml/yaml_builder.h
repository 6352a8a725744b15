/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the YAML codec: nodes into values.
 *
 * Both of go-yaml's decoders first build Go values whose maps may have keys of any type, and what JSON cannot hold
 * fails afterwards. Here this is one pass: such a failure is kept (struct yaml_builder.refused) and reported only when
 * nothing else was wrong. */
#pragma once

#include "data/yaml/yaml_node.h"
#include "data/yaml/yaml_scalar.h"

struct yaml_builder {
        struct arena *a;
        enum yaml_dialect dialect;
        bool strict, through_text; /* kyaml's way through text */
        bool spelled;
        size_t max_nodes, *n_nodes, max_depth, depth;
        size_t decoded, from_aliases, alias_depth; /* go-yaml's counters */
        struct buf problems;                       /* lines of "unmarshal errors" */
        size_t n_problems;
        struct err refused;            /* the first thing that JSON cannot hold */
        struct yaml_note **notes;      /* see struct yaml_options */
        const struct yaml_node *twice; /* the map in which a key may stand twice; NULL: there is none */
        struct err *err;
};

/* Counts one node against the limits, and against go-yaml's guard against alias bombs. */
int yaml_build_count(struct yaml_builder *b);

int yaml_build_node(struct yaml_builder *b, struct yaml_node *n, struct value *ret);

/* What a scalar means. */
int yaml_build_resolve(struct yaml_builder *b, const struct yaml_node *n, struct yaml_scalar *ret);

/* The value of a scalar of which that is the meaning. */
int yaml_build_scalar_value(struct yaml_builder *b, const struct yaml_node *n, const struct yaml_scalar *s,
                            struct value *ret);

int yaml_build_scalar(struct yaml_builder *b, const struct yaml_node *n, struct value *ret);

/* top: the document itself is this map. */
int yaml_build_map(struct yaml_builder *b, struct yaml_node *n, bool top, struct value *ret);

/* A key: its text, behind a letter that tells its type: s(tring), i(nt), u(int), f(loat), b(ool), t(ime),
 * n(ull). */
struct yaml_key {
        const char *text;
        size_t len;
};

int yaml_build_key(struct yaml_builder *b, struct yaml_node *n, struct yaml_key *ret);

/* Notes a key that JSON has no word for. value: what it leads to, for the text. */
void yaml_check_key(struct yaml_builder *b, const struct yaml_key *k, const struct yaml_node *value);

/* Notes a null key, if it is written out, of a document that kustomize builds: kyaml writes such a member a second
 * time, behind the map's last one, and then refuses it. flow: the map stands on one line. */
void yaml_null_key(struct yaml_builder *b, const struct yaml_node *key, const struct yaml_node *value, bool flow);

/* Notes that a key is there already, for v2's strict reader. */
void yaml_duplicate_key(struct yaml_builder *b, const struct yaml_key *k, unsigned line);

/* kyaml reads a document's own keys as texts: makes k the text. False: the key is null, which is dropped. */
bool yaml_text_key(const struct yaml_node *key, struct yaml_key *k);

/* Notes keys that v3 takes for the same. */
int yaml_check_unique(struct yaml_builder *b, const struct yaml_node *n, bool *ret_unique);
