/* SPDX-License-Identifier: Apache-2.0 */
/* How Go's %#v shows decoded YAML: error texts quote keys and values that way. */
#include "data/unicode.h"
#include "data/utf8.h"
#include "data/yaml_node.h"
#include "data/yaml_scalar.h"

/* The texts are for people: what is longer or deeper than this is cut. */
#define SYNTAX_DEPTH_MAX 20
#define SYNTAX_BYTES_MAX 4096
#define SYNTAX_KEYS_MAX 100

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
                buf_adds(b, text);
                break;
        default:
                yaml_go_quote(b, n->text, n->len);
                break;
        }
}

static bool string_keys(const struct yaml_node *n, enum yaml_dialect dialect) {
        for (const struct yaml_node *k = n->first; k; k = k->next->next) {
                const struct yaml_node *key = k->kind == YAML_NODE_ALIAS ? k->target : k;
                if (key->kind != YAML_NODE_SCALAR)
                        return false;
                if (meaning(key, dialect).type != YAML_SCALAR_STRING)
                        return false;
        }
        return true;
}

static void show(struct buf *b, const struct yaml_node *n, enum yaml_dialect dialect, bool nested, unsigned depth);

/* fmt sorts maps by key. */
static const struct yaml_node *next_key(const struct yaml_node *map, const struct yaml_node *after) {
        const struct yaml_node *best = NULL;
        for (const struct yaml_node *k = map->first; k; k = k->next->next) {
                int order = after ? strcmp(k->text, after->text) : 1;
                if (order <= 0)
                        continue;
                if (!best || strcmp(k->text, best->text) < 0)
                        best = k;
        }
        return best;
}

static void show_map(struct buf *b, const struct yaml_node *n, enum yaml_dialect dialect, unsigned depth) {
        bool strings = dialect == YAML_KYAML && string_keys(n, dialect);
        buf_addf(b, "map[%s]interface {}{", strings ? "string" : "interface {}");
        const struct yaml_node *k = NULL;
        const char *separator = "";
        /* One look through the map for each key that is shown, and few are. */
        for (int shown = 0; shown < SYNTAX_KEYS_MAX && b->len < SYNTAX_BYTES_MAX && (k = next_key(n, k)); shown++) {
                buf_adds(b, separator);
                separator = ", ";
                show(b, k, dialect, true, depth + 1);
                buf_addc(b, ':');
                show(b, k->next, dialect, true, depth + 1);
        }
        buf_addc(b, '}');
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
