/* SPDX-License-Identifier: Apache-2.0 */
/* YAML in both dialects, cut as Kubernetes does and streamed as go-yaml does: reading must end within its limits, and
 * what was read must survive being written and read again. */
#include "fuzz.h"

#include "data/yaml/yaml.h"

const char *const fuzz_seeds[] = {
        "a: &x {b: 1, 'c': \"d\\n\"}\ne:\n- <<: *x\n  f: |\n    g\n   \n- >-\n  h\n    i\n",
        "metadata: {annotations: {k: v, k: w}}\n",
        "? - j\n: [k, {l: ~}, !!str 1, 2001-12-14, 0x1F, 1e3, yes]\n--- # m\n%YAML 1.1\n---\n...\n",
        NULL,
};

#define MEMORY ((size_t)64 << 20)
#define NODES 20000 /* far below the readers' own limit, so that a chain of aliases does not take all the time */

/* Numbers past what a double holds, U+0085, "<<" as a key and the like are written as YAML reads them, which is not
 * what they were. go-yaml v3 writes a text that begins with a tab or a line break in a way that cannot be read. */
static bool text_comes_back(const char *s, size_t n, enum yaml_dialect dialect) {
        return !memmem(s, n, "\xC2\x85", 2) && (dialect == YAML_SIGS || !n || !memchr("\t\n", s[0], 2));
}

static bool comes_back(const struct value *v, enum yaml_dialect dialect) {
        if (v->type == VALUE_FLOAT || v->type == VALUE_UINT)
                return false;
        if (v->type == VALUE_STRING)
                return text_comes_back(v->str, v->len, dialect);
        if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        if (!comes_back(item, dialect))
                                return false;
        if (v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        if (streq(m->key, "<<") || !text_comes_back(m->key, m->key_len, dialect) ||
                            !comes_back(&m->value, dialect))
                                return false;
        return true;
}

static void read_again(struct arena *a, const struct buf *b, const struct value *v,
                       const struct yaml_options *options) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value back;
        if (yaml_parse(a, buf_str(b), b->len, options, &back, &err) == 0) {
                if (!value_equal(v, &back))
                        abort();
        } else if (err.class != ERR_MEMORY && err.class != ERR_TOO_LARGE) {
                abort();
        }
}

static void write_and_read(struct arena *a, const struct value *v, enum yaml_dialect dialect) {
        const struct yaml_options options = {.dialect = dialect};
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)16 << 20);
        yaml_write_styled(&b, v);
        buf_clear(&b);
        if (yaml_marshal(&b, v, dialect, NULL) == 0 && comes_back(v, dialect))
                read_again(a, &b, v, &options);
}

/* As a build reads: numbers keep their spelling until they are settled, and comments may be schemas. Then it is a tree
 * like any other, whose notes hang on its keys. */
static void read_for_build(const char *text, size_t n, const char *const *twice) {
        _cleanup_arena_ struct arena *a = arena_new(MEMORY);
        struct yaml_pool *pool = a ? arena_make(a, struct yaml_pool) : NULL;
        struct yaml_note *notes = NULL;
        const struct yaml_options options = {.dialect = YAML_KYAML,
                                             .spelled = true,
                                             .pool = pool,
                                             .notes = &notes,
                                             .twice = twice,
                                             .max_nodes = NODES};
        struct value v;
        if (!pool || yaml_parse_all(a, text, n, &options, &v, NULL) < 0)
                return;
        for (const struct yaml_note *note = notes; note; note = note->next)
                if (!note->key || note->text[0] != '{')
                        abort();
        VALUE_EACH_ITEM(document, &v) {
                _cleanup_buf_ struct buf b = BUF_INIT((size_t)16 << 20);
                yaml_write_styled(&b, document);
                if (yaml_settle(a, document, NULL) == 0 && !twice) /* what holds a key twice is not read again */
                        write_and_read(a, document, YAML_KYAML);
        }
}

static void read_pieces(const char *text, size_t n, const struct yaml_options *options) {
        _cleanup_arena_ struct arena *a = arena_new(MEMORY);
        struct value v;
        if (yaml_parse_all(a, text, n, options, &v, NULL) == 0)
                VALUE_EACH_ITEM(document, &v)
                        write_and_read(a, document, options->dialect);
}

static void read_stream(const char *text, size_t n, const struct yaml_options *options) {
        _cleanup_arena_ struct arena *a = arena_new(MEMORY);
        _cleanup_yaml_stream_ struct yaml_stream *s = yaml_stream_new(text, n, options, NULL);
        struct value v;
        for (unsigned line = 0; s && yaml_stream_next(s, a, &v, NULL) > 0; line = yaml_stream_line(s)) {
                if (yaml_stream_line(s) < line)
                        abort();
                write_and_read(a, &v, options->dialect);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct yaml_options options[] = {
                {.dialect = YAML_SIGS, .max_nodes = NODES},
                {.dialect = YAML_KYAML, .max_nodes = NODES},
                {.dialect = YAML_KYAML, .verbatim = true, .max_nodes = NODES},
                {.dialect = YAML_SIGS, .strict = true, .max_nodes = 1000, .max_depth = 20},
        };
        static const char *const annotations[] = {"metadata", "annotations", NULL};
        const char *text = size ? (const char *)data : "";
        for (size_t i = 0; i < ARRAY_LEN(options); i++)
                read_pieces(text, size, &options[i]);
        read_for_build(text, size, NULL);
        read_for_build(text, size, annotations);
        read_stream(text, size, &options[0]);
        read_stream(text, size, &options[1]);
        return 0;
}
