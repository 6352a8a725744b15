/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the YAML codec: the nodes of one document as libyaml saw them, before anything is resolved or expanded. */
#pragma once

#include "base/buf.h"
#include "base/strmap.h"
#include "data/value.h"
#include "data/yaml/yaml.h"

#include <yaml.h>

enum yaml_node_kind { YAML_NODE_SCALAR, YAML_NODE_SEQUENCE, YAML_NODE_MAPPING, YAML_NODE_ALIAS };

struct yaml_node {
        uint8_t kind;  /* enum yaml_node_kind */
        uint8_t style; /* enum value_style */
        bool implicit; /* scalars: the tag is to be found by resolving the text */
        bool active;   /* aliases: being expanded at this moment */
        uint32_t line; /* from 0 */
        uint32_t n_children;
        uint32_t len;     /* of text */
        const char *tag;  /* long form; "" is none */
        const char *text; /* scalars: the text, with one spare byte before it for yaml_build's keys; aliases: the name;
                           * collections: the JSON in a comment on them or on their key, or "" */
        struct yaml_node *target;              /* aliases */
        struct yaml_node *parent;              /* while loading */
        struct yaml_node *first, *last, *next; /* children in order; a mapping's are key, value, key, value */
};

/* The text, and how far it has been walked through to find runes by their numbers. */
struct yaml_source {
        const char *text;
        size_t n;
        size_t byte, rune;
        size_t indicator; /* the byte behind a tag that go-yaml takes for a part of it; 0: none was found */
        char mark[4];     /* the rune that stands for byte order marks inside the text; "": there are none */
};

/* Loads one document after the other. Nodes live in an arena of the loader's, at least until the next document; texts
 * in the caller's arena. */
struct yaml_loader {
        yaml_parser_t parser;
        bool parser_live;
        bool ended;
        enum yaml_dialect dialect;
        struct yaml_source source;
        struct yaml_source comments;     /* the same text, walked through for comments; NULL: they are not asked for */
        bool noting;                     /* some of them may hold JSON */
        size_t scalar_start, scalar_end; /* libyaml's marks of the last scalar */
        struct arena *nodes;             /* owned */
        struct arena *texts;             /* borrowed for one call */
        struct yaml_pool *pool;
        struct strmap anchors;
        size_t n_nodes, max_nodes, max_depth; /* n_nodes counts the whole stream */
        size_t n_documents, max_documents;
        size_t flow_work; /* the sum of the flow nesting over all events */
        unsigned line;    /* of the last document, from 1 */
        int ahead;        /* tokens that v3 has scanned behind that document */
};

/* text must outlive the loader. */
int yaml_loader_init(struct yaml_loader *l, const char *text, size_t n, const struct yaml_options *options,
                     struct err *err);

/* 1: the next document's root; 0: the stream is over; -1: error. */
int yaml_loader_next(struct yaml_loader *l, struct arena *texts, struct yaml_node **ret, struct err *err);

/* After the first document, when no more are wanted: v3 has scanned on a little, and a fault there is an error. */
int yaml_loader_look_past(struct yaml_loader *l, struct err *err);

void yaml_loader_done(struct yaml_loader *l);

/* The byte at which the rune with this number (libyaml's mark.index) begins. Numbers only grow. */
size_t yaml_source_byte(struct yaml_source *s, size_t rune);

/* True when some comment may hold a JSON object. */
bool yaml_comment_any(const char *text, size_t n);

/* Keeps the JSON comment that stands behind the key of the collection n, the last scalar, or alone on the line above.
 */
int yaml_comment_of_key(struct yaml_loader *l, struct yaml_node *n, struct err *err);

/* The same for one behind the end (libyaml's mark.index) of the flow collection n; it comes before the key's. */
int yaml_comment_of_flow(struct yaml_loader *l, struct yaml_node *n, size_t mark, struct err *err);

/* A comment behind the last value of a document is written with an empty line before it, which a block scalar that
 * keeps its line breaks then takes for its own: appends a line break to such a value. */
int yaml_comment_at_end(struct yaml_loader *l, struct yaml_node *document, struct err *err);

/* Refuses a scalar that libyaml takes and go-yaml does not, or reads in another way. */
int yaml_source_check(struct yaml_loader *l, const yaml_event_t *event, const struct yaml_node *parent,
                      struct err *err);

/* libyaml skips a byte order mark wherever a line begins; for go-yaml it is a letter anywhere but at the very start.
 * Writes the text with another rune of the same length for those, which ret_mark gets. False: there is no need. */
bool yaml_source_hide_marks(const char *text, size_t n, struct buf *to, char ret_mark[4]);

/* Puts the byte order marks back into a scalar. */
void yaml_source_show_marks(const struct yaml_source *s, char *text, size_t n);

/* After a failure: writes the text anew so that libyaml reads it as go-yaml does. False: it was something else. Lines
 * stay, columns behind the place move. */
bool yaml_source_mend(struct yaml_loader *l, struct buf *to);

/* "yaml: line 3: text" (line 0: "yaml: text"), and the place. Answers -1. */
int yaml_syntax_error(size_t line, const yaml_mark_t *mark, const char *text, struct err *err);

/* Turns a document into a value in the arena; see yaml_build.c. n_nodes: nodes made so far, counted against max_nodes.
 */
int yaml_build(struct arena *a, struct yaml_node *root, const struct yaml_options *options, size_t max_nodes,
               size_t *n_nodes, struct value *ret, struct err *err);

/* Appends the node as Go's %#v shows the value decoded from it, for error texts. */
void yaml_go_syntax(struct buf *b, const struct yaml_node *node, enum yaml_dialect dialect, bool nested);

/* Appends n bytes as Go's strconv.Quote; very long texts are cut. */
void yaml_go_quote(struct buf *b, const char *s, size_t n);
