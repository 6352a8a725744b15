/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML codec: libyaml's events into our tree, and our own emitter in go-yaml's dialects.
 * The dialects and their differences are corpus yaml/ (decode, emit, multidoc).
 *
 * Trees hold what JSON can hold: timestamps become strings, keys become strings, .inf and .nan are refused, as
 * sigs.k8s.io/yaml and kustomize do when they pass through JSON. Aliases and merge keys are expanded. Scalars and
 * collections keep their style; a null's str and len are its text in the source (len 0: nothing stands there). */
#pragma once

#include "base/buf.h"
#include "data/value.h"

enum yaml_dialect {
        YAML_SIGS,  /* sigs.k8s.io/yaml: go-yaml v2's rules, then JSON's; what kubectl, Flux and kube-apiserver read */
        YAML_KYAML, /* kustomize's kyaml: go-yaml v3's rules, scalars keep their style */
};

/* Short texts of documents that are read into one arena, so that those which come again and again (keys, kinds, names
 * of namespaces) are kept once. Begins zeroed, and is worth nothing after the arena. */
struct yaml_pool {
        struct {
                const char *text;
                size_t len;
        } slots[1024]; /* by hash; a newcomer drives out what was there */
};

/* A comment that begins as a JSON object, behind a key whose value is a list or a map, behind such a value in flow
 * style, or alone on the line above: kyaml takes it for the schema of that field. */
struct yaml_note {
        const char *key;  /* the very member.key: no other member shares it */
        const char *text; /* from its '{' to the end of the line */
        struct yaml_note *next;
};

struct yaml_options {
        enum yaml_dialect dialect;
        bool strict;   /* duplicate keys are errors, as sigs.k8s.io/yaml's strict readers report them (kyaml: always) */
        bool verbatim; /* YAML_KYAML: values as they stand there, for yaml_write_styled(). Otherwise as they are after
                        * kustomize wrote them as text and read them again, which changes folded texts with indented
                        * lines and empty scalars of flow collections */
        bool spelled; /* YAML_KYAML: plain numbers, bools and timestamps that we would write in other words (1.10, 0x1F,
                       * True, 2001-01-01) stay strings, and empty scalars of flow collections null, of
                       * VALUE_STYLE_SPELLED, until yaml_settle(), and folded texts are as they stand there until
                       * yaml_refold(); and keys are as a build has them when it prints: aliases are what they stand
                       * for, null is refused in kustomize's words */
        const char *const *twice; /* YAML_KYAML: the keys, then NULL, that lead to a map in which one key may stand
                                   * twice; the tree then has both members. NULL: there is none */
        size_t max_bytes, max_nodes, max_depth, max_documents; /* 0: the limits of limits.h */
        struct yaml_pool *pool;                                /* of the arena that is read into; may be NULL */
        struct yaml_note **notes; /* YAML_KYAML: the document's are put before what is there; NULL: not looked for */
};

/* Parses the only (or first) document of a stream. An empty stream gives null. ERR_SYNTAX with line and column;
 * ERR_TOO_LARGE past a limit (aliases count as often as they are used). The texts are go-yaml's ("yaml: line 3: did
 * not find expected key"); a caller that speaks as sigs.k8s.io/yaml.Unmarshal puts "error converting YAML to JSON: "
 * before them. options may be NULL: YAML_SIGS, not strict. */
int yaml_parse(struct arena *a, const char *text, size_t n, const struct yaml_options *options, struct value *ret,
               struct err *err);

/* Parses every document as Kubernetes' and kustomize's readers do: the stream is cut at lines that begin with "---"
 * (yaml_split_next()), then each piece is parsed by itself. ret becomes a list, one item a piece, empty ones as null.
 * Lines in error texts count from the piece's start as there; err->line counts from the start of the stream. */
int yaml_parse_all(struct arena *a, const char *text, size_t n, const struct yaml_options *options, struct value *ret,
                   struct err *err);

/* Appends what go-yaml decodes the only (or first) document to, as Go's %#v shows it: kustomize's error texts hold
 * documents that way. Long ones are cut, an empty stream adds nothing. */
int yaml_describe(struct buf *b, const char *text, size_t n, enum yaml_dialect dialect, struct err *err);

/* The line (from 1) of what stands at a path like "images[2].newTag" in the first document; 0: there is nothing, or the
 * text cannot be read. A key that holds a dot or a bracket is not found. */
unsigned yaml_line_of(const char *text, size_t n, const char *path);

/* Turns every scalar of VALUE_STYLE_SPELLED in the tree into what it means. */
int yaml_settle(struct arena *a, struct value *v, struct err *err);

/* What a text of VALUE_STYLE_FOLDED is after kustomize wrote it in block style and read it again. Its writer doubles
 * the line feeds behind a line that does not begin with white space, also where the reader does not fold them: before
 * one that does, and at the end; and it doubles none in a text whose first line begins with white space. Leaves all
 * else as it is. */
int yaml_refold(struct arena *a, struct value *v, struct err *err);

/* ---- one document after the other ---- */

struct yaml_stream;

/* Reads a stream as go-yaml's Decoder does (YAML's own rules for "---" and "..."). The text must outlive the stream.
 * NULL: memory, or too many bytes; err says which. */
struct yaml_stream *yaml_stream_new(const char *text, size_t n, const struct yaml_options *options, struct err *err);

/* 1: the next document is in ret (allocated in a); 0: no more; -1: an error, and the stream is at its end. */
int yaml_stream_next(struct yaml_stream *s, struct arena *a, struct value *ret, struct err *err);

/* The line (from 1) on which the document that yaml_stream_next() gave last begins. */
unsigned yaml_stream_line(const struct yaml_stream *s);

struct yaml_stream *yaml_stream_free(struct yaml_stream *s);

static inline void yaml_stream_freep(struct yaml_stream **s) {
        *s = yaml_stream_free(*s);
}

#define _cleanup_yaml_stream_ _cleanup_(yaml_stream_freep)

/* A piece of a stream: text[0..n), beginning on line (from 1). */
struct yaml_piece {
        const char *text;
        size_t n;
        unsigned line;
};

struct yaml_splitter {
        const char *text;
        size_t n;
        size_t at;     /* where the next piece begins */
        unsigned line; /* of at, from 1 */
        enum yaml_dialect dialect;
        bool done;
};

#define YAML_SPLITTER(text_, n_, dialect_)                                                                             \
        ((struct yaml_splitter){.text = (text_), .n = (n_), .line = 1, .dialect = (dialect_)})

/* Cuts the next piece off without parsing: YAML_SIGS as apimachinery's YAMLReader, YAML_KYAML as kyaml's ByteReader.
 * 1: ret is set; 0: no more; -1: something other than a comment follows a "---" (ERR_SYNTAX). */
int yaml_split_next(struct yaml_splitter *s, struct yaml_piece *ret, struct err *err);

/* ---- writing ---- */

/* Appends v as sigs.k8s.io/yaml.Marshal writes it (sorted keys, go-yaml v2 style) or as kyaml writes it. */
void yaml_write(struct buf *b, const struct value *v, enum yaml_dialect dialect);

/* The same, but refuses what sigs.k8s.io/yaml.Marshal refuses, in its words: characters that YAML does not allow, and
 * keys too long for its reader ("yaml: control characters are not allowed"). */
int yaml_marshal(struct buf *b, const struct value *v, enum yaml_dialect dialect, struct err *err);

/* Only refuses what yaml_marshal() refuses of YAML_SIGS. */
int yaml_check(const struct value *v, struct err *err);

/* Appends v as kyaml writes a node that it read: keys in their order, scalars and collections in their style (plain,
 * quoted, block, flow) where the text allows it. Comments, anchors, tags, and the spelling of numbers and keys are gone
 * from the tree and do not come back. */
void yaml_write_styled(struct buf *b, const struct value *v);
