/* SPDX-License-Identifier: Apache-2.0 */
/* How Go's %#v shows decoded YAML: error texts quote keys, values and whole documents that way. */
#include "data/text/unicode.h"
#include "data/text/utf8.h"
#include "data/yaml/yaml_node.h"
#include "data/yaml/yaml_scalar.h"

#include <math.h>

/* The texts are for people: what is longer or deeper than this is cut. */
#define SYNTAX_DEPTH_MAX 20
#define SYNTAX_BYTES_MAX 4096

static void quote_rune(struct buf *b, const char *s, unsigned len, uint32_t rune) {
        static const char letters[] = "abtnvfr"; /* \a is 7, \r is 13 */
        if (!len)
                buf_addf(b, "\\x%02x", (unsigned)(uint8_t)*s);
        else if (rune == '"' || rune == '\\')
                buf_addf(b, "\\%c", (char)rune);
        else if (rune >= 7 && rune <= 13)
                buf_addf(b, "\\%c", letters[rune - 7]);
        else if (rune < 0x20 || rune == 0x7F)
                buf_addf(b, "\\x%02x", rune);
        else if (!unicode_is_print(rune))
                buf_addf(b, rune > 0xFFFF ? "\\U%08x" : "\\u%04x", rune);
        else
                buf_add(b, s, len);
}

void yaml_go_quote(struct buf *b, const char *s, size_t n) {
        bool cut = n > SYNTAX_BYTES_MAX;
        buf_addc(b, '"');
        for (const char *end = s + (cut ? SYNTAX_BYTES_MAX : n); s < end;) {
                uint32_t rune;
                unsigned len = utf8_decode(s, end, &rune);
                quote_rune(b, s, len, rune);
                s += len ? len : 1;
        }
        buf_adds(b, cut ? "..." : "\"");
}

/* An alias stands for what it names. */
static const struct yaml_node *target(const struct yaml_node *n) {
        return n->kind == YAML_NODE_ALIAS ? n->target : n;
}

static struct yaml_scalar meaning(const struct yaml_node *n, enum yaml_dialect dialect) {
        struct yaml_scalar s = {.type = YAML_SCALAR_STRING};
        if (*n->tag || n->implicit)
                yaml_scalar_resolve_tagged(n->tag, n->text, n->len, dialect, &s, NULL);
        return s;
}

static void scalar(struct buf *b, const struct yaml_node *n, enum yaml_dialect dialect, bool nested) {
        char text[YAML_FLOAT_MAX];
        struct yaml_scalar s = meaning(n, dialect);
        switch (s.type) {
        case YAML_SCALAR_NULL:
                buf_adds(b, nested ? "interface {}(nil)" : "<nil>");
                break;
        case YAML_SCALAR_BOOL:
                buf_adds(b, s.boolean ? "true" : "false");
                break;
        case YAML_SCALAR_INT:
                buf_addf(b, "%lld", (long long)s.i);
                break;
        case YAML_SCALAR_UINT:
                buf_addf(b, "0x%llx", (unsigned long long)s.u);
                break;
        case YAML_SCALAR_FLOAT:
                yaml_format_float(text, s.f, 64);
                buf_adds(b, isinf(s.f) ? s.f > 0 ? "+Inf" : "-Inf" : isnan(s.f) ? "NaN" : text);
                break;
        case YAML_SCALAR_TIMESTAMP:
                yaml_timestamp_go(b, n->text, n->len);
                break;
        default:
                yaml_go_quote(b, n->text, n->len);
                break;
        }
}

static void show(struct buf *b, const struct yaml_node *n, enum yaml_dialect dialect, bool nested, unsigned depth);

struct key {
        const struct yaml_node *node; /* its value is node->next */
        int rank;
};

/* fmt sorts the keys of a map: nil, then strings, then the other types. */
static int compare_keys(const void *a, const void *b) {
        const struct key *x = a, *y = b;
        return x->rank != y->rank ? x->rank - y->rank : strcmp(target(x->node)->text, target(y->node)->text);
}

static int rank(const struct yaml_node *key, enum yaml_dialect dialect) {
        enum yaml_scalar_type type = meaning(key, dialect).type;
        return key->kind != YAML_NODE_SCALAR || type == YAML_SCALAR_NULL ? 0 : type == YAML_SCALAR_STRING ? 1 : 2;
}

static void show_map(struct buf *b, const struct yaml_node *n, enum yaml_dialect dialect, unsigned depth) {
        size_t n_keys = 0;
        bool strings = dialect == YAML_KYAML;
        struct key *keys = calloc(n->n_children / 2 + 1, sizeof(*keys));
        for (const struct yaml_node *k = keys ? n->first : NULL; k; k = k->next->next) {
                keys[n_keys] = (struct key){k, rank(target(k), dialect)};
                strings &= keys[n_keys++].rank == 1;
        }
        if (keys)
                qsort(keys, n_keys, sizeof(*keys), compare_keys);
        buf_addf(b, "map[%s]interface {}{", strings ? "string" : "interface {}");
        for (size_t i = 0; i < n_keys && b->len < SYNTAX_BYTES_MAX; i++) {
                buf_adds(b, i ? ", " : "");
                show(b, keys[i].node, dialect, true, depth + 1);
                buf_addc(b, ':');
                show(b, keys[i].node->next, dialect, true, depth + 1);
        }
        buf_addc(b, '}');
        free(keys);
}

static void show(struct buf *b, const struct yaml_node *n, enum yaml_dialect dialect, bool nested, unsigned depth) {
        if (depth > SYNTAX_DEPTH_MAX || b->len > SYNTAX_BYTES_MAX || buf_failed(b)) {
                buf_adds(b, "...");
                return;
        }
        const char *separator = "";
        switch (n->kind) {
        case YAML_NODE_ALIAS:
                show(b, n->target, dialect, nested, depth + 1);
                break;
        case YAML_NODE_SEQUENCE:
                buf_adds(b, "[]interface {}{");
                for (const struct yaml_node *c = n->first; c && b->len < SYNTAX_BYTES_MAX; c = c->next) {
                        buf_adds(b, separator);
                        show(b, c, dialect, true, depth + 1);
                        separator = ", ";
                }
                buf_addc(b, '}');
                break;
        case YAML_NODE_MAPPING:
                show_map(b, n, dialect, depth);
                break;
        default:
                scalar(b, n, dialect, nested);
                break;
        }
}

void yaml_go_syntax(struct buf *b, const struct yaml_node *node, enum yaml_dialect dialect, bool nested) {
        show(b, node, dialect, nested, 0);
}

int yaml_describe(struct buf *b, const char *text, size_t n, enum yaml_dialect dialect, struct err *err) {
        const struct yaml_options options = {.dialect = dialect};
        _cleanup_arena_ struct arena *texts = arena_new(0);
        struct yaml_loader l;
        struct yaml_node *root;
        if (!texts)
                return err_oom(err);
        int r = yaml_loader_init(&l, text, n, &options, err);
        if (r == 0 && (r = yaml_loader_next(&l, texts, &root, err)) > 0)
                yaml_go_syntax(b, root, dialect, false);
        yaml_loader_done(&l);
        return r < 0 ? -1 : buf_failed(b) ? err_oom(err) : 0;
}
