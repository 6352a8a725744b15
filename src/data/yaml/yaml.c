/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml/yaml.h"

#include "base/limits.h"
#include "data/yaml/yaml_node.h"

static const struct yaml_options default_options;

struct yaml_stream {
        struct yaml_loader loader;
        struct yaml_options options;
        size_t n_nodes; /* built so far, over all documents */
};

struct yaml_stream *yaml_stream_new(const char *text, size_t n, const struct yaml_options *options, struct err *err) {
        struct yaml_stream *s = calloc(1, sizeof(*s));
        if (!s) {
                err_oom(err);
                return NULL;
        }
        s->options = options ? *options : default_options;
        if (yaml_loader_init(&s->loader, text, n, &s->options, err) < 0)
                return yaml_stream_free(s);
        return s;
}

struct yaml_stream *yaml_stream_free(struct yaml_stream *s) {
        if (s)
                yaml_loader_done(&s->loader);
        free(s);
        return NULL;
}

int yaml_stream_next(struct yaml_stream *s, struct arena *a, struct value *ret, struct err *err) {
        struct yaml_node *root;
        int r = yaml_loader_next(&s->loader, a, &root, err);
        if (r <= 0)
                return r;
        if (yaml_build(a, root, &s->options, s->loader.max_nodes, &s->n_nodes, ret, err) < 0) {
                s->loader.ended = true;
                return -1;
        }
        return 1;
}

unsigned yaml_stream_line(const struct yaml_stream *s) {
        return s->loader.line;
}

/* The first document of a text; *n_nodes: nodes it has. */
static int parse_first(struct arena *a, const char *text, size_t n, const struct yaml_options *options, size_t *n_nodes,
                       struct value *ret, struct err *err) {
        _cleanup_buf_ struct buf mended = BUF_INIT(LIMIT_YAML_BYTES);
        char mark[4] = "";
        if (yaml_source_hide_marks(text, n, &mended, mark))
                text = buf_str(&mended);
        for (int tries = 0;; tries++) {
                _cleanup_yaml_stream_ struct yaml_stream *s = yaml_stream_new(text, n, options, err);
                _cleanup_buf_ struct buf next = BUF_INIT(LIMIT_YAML_BYTES);
                if (!s)
                        return -1;
                memcpy(s->loader.source.mark, mark, sizeof(mark));
                int r = yaml_stream_next(s, a, ret, err);
                if (r > 0 && yaml_loader_look_past(&s->loader, err) < 0)
                        r = -1;
                *n_nodes = s->n_nodes;
                if (r == 0)
                        *ret = value_null();
                if (r >= 0)
                        return 0;
                if (tries == LIMIT_YAML_MENDS || !yaml_source_mend(&s->loader, &next))
                        return -1;
                err_done(err);
                buf_done(&mended);
                mended = next;
                next = BUF_INIT(0); /* it moved */
                text = buf_str(&mended);
                n = mended.len;
        }
}

int yaml_parse(struct arena *a, const char *text, size_t n, const struct yaml_options *options, struct value *ret,
               struct err *err) {
        size_t n_nodes;
        return parse_first(a, text, n, options, &n_nodes, ret, err);
}

/* Parses one piece of a stream, which counts against what is left of the stream's nodes. */
static int parse_piece(struct arena *a, const struct yaml_piece *piece, struct yaml_options *options, struct value *ret,
                       struct err *err) {
        size_t n_nodes;
        if (parse_first(a, piece->text, piece->n, options, &n_nodes, ret, err) < 0) {
                if (err && err->line)
                        err->line += piece->line - 1;
                return -1;
        }
        options->max_nodes -= n_nodes < options->max_nodes ? n_nodes : options->max_nodes - 1;
        return 0;
}

int yaml_parse_all(struct arena *a, const char *text, size_t n, const struct yaml_options *options, struct value *ret,
                   struct err *err) {
        struct yaml_options o = options ? *options : default_options;
        size_t max_documents = o.max_documents ? o.max_documents : LIMIT_YAML_DOCUMENTS;
        if (!o.max_nodes)
                o.max_nodes = LIMIT_YAML_NODES;
        struct yaml_splitter splitter = YAML_SPLITTER(text, n, o.dialect);
        struct yaml_piece piece;
        struct value list = value_list();
        int r;
        while ((r = yaml_split_next(&splitter, &piece, err)) > 0) {
                struct value v;
                if (list.len == max_documents)
                        return err_set(err, ERR_TOO_LARGE, "yaml: more than %zu documents", max_documents);
                if (parse_piece(a, &piece, &o, &v, err) < 0)
                        return -1;
                if (!value_append(a, &list, v))
                        return err_oom(err);
        }
        if (r < 0)
                return -1;
        *ret = list;
        return 0;
}
