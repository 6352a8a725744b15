/* SPDX-License-Identifier: Apache-2.0 */
/* Values as block YAML in go-yaml's layout. */
#include "data/base64.h"
#include "data/json/json_number.h"
#include "data/text/utf8.h"
#include "data/yaml/yaml_emitter.h"
#include "data/yaml/yaml_scalar.h"
#include "data/yaml/yaml_text.h"

#define INDENT 2
#define WIDTH_SIGS 80
#define WIDTH_KYAML INT32_MAX

static void write_node(struct yaml_emitter *e, const struct value *v, bool in_map);

/* ---- sorted maps ---- */

struct sorted {
        const struct member **members;
        const struct member *few[16]; /* where members points for small maps */
};

static void free_sorted(struct sorted *s) {
        if (s->members != s->few)
                free(s->members);
}

static int compare(const void *a, const void *b, void *dialect) {
        const struct member *x = *(const struct member *const *)a, *y = *(const struct member *const *)b;
        return yaml_compare_keys(x->key, x->key_len, y->key, y->key_len, *(enum yaml_dialect *)dialect);
}

static int sort_members(struct yaml_emitter *e, const struct value *map, struct sorted *ret) {
        ret->members = map->len <= ARRAY_LEN(ret->few) ? ret->few : malloc(map->len * sizeof(struct member *));
        if (!ret->members) {
                e->out->failed = true;
                return -1;
        }
        bool sorted = true;
        for (uint32_t i = 0; i < map->len; i++) {
                ret->members[i] = &map->members[i];
                sorted = sorted && (!i || compare(&ret->members[i - 1], &ret->members[i], &e->dialect) < 0);
        }
        if (!sorted)
                qsort_r(ret->members, map->len, sizeof(struct member *), compare, &e->dialect);
        return 0;
}

/* ---- scalars ---- */

/* Bytes that are no UTF-8: kyaml writes them as !!binary, JSON in the way of the other dialect has replaced them. */
static void write_bytes(struct yaml_emitter *e, const char *s, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new(n * 8 + 65536);
        char *text = NULL;
        size_t len = 0;
        if (a && e->dialect == YAML_KYAML)
                text = base64_encode(a, s, n, &len);
        else if (a && (text = arena_alloc(a, n * 3 + 1))) {
                for (const char *end = s + n; s < end;) {
                        uint32_t rune;
                        unsigned got = utf8_decode(s, end, &rune);
                        len += utf8_encode(text + len, rune);
                        s += got ? got : 1;
                }
        }
        if (!text) {
                e->out->failed = true;
                return;
        }
        if (e->dialect == YAML_KYAML)
                yaml_emit_indicator(e, "!!binary", true, false, false);
        yaml_emit_string(e, text, len, YAML_PLACE_VALUE, VALUE_STYLE_ANY);
}

/* sigs.k8s.io/yaml reads its own JSON as YAML, where U+0085 is a line break inside quotes: one becomes a space, more
 * become line feeds, and spaces around them go. */
static void write_next_lines(struct yaml_emitter *e, const char *s, size_t n) {
        _cleanup_buf_ struct buf b = BUF_INIT(n + 1);
        for (const char *end = s + n; s < end;) {
                const char *at = s;
                size_t breaks = 0;
                while (at < end && (*at == ' ' || (end - at >= 2 && memcmp(at, "\xC2\x85", 2) == 0))) {
                        breaks += *at != ' ';
                        at += *at == ' ' ? 1 : 2;
                }
                if (!breaks)
                        at = s + 1;
                for (size_t i = 1; i < breaks; i++)
                        buf_addc(&b, '\n');
                if (breaks == 1)
                        buf_addc(&b, ' ');
                else if (!breaks)
                        buf_addc(&b, *s);
                s = at;
        }
        e->out->failed = e->out->failed || buf_failed(&b);
        yaml_emit_string(e, buf_str(&b), b.len, YAML_PLACE_VALUE, VALUE_STYLE_ANY);
}

static void write_string(struct yaml_emitter *e, const char *s, size_t n, enum value_style style) {
        if (!e->styled && yaml_emit_word(e, s, n))
                return;
        if (!utf8_valid(s, n))
                write_bytes(e, s, n);
        else if (e->dialect == YAML_SIGS && memmem(s, n, "\xC2\x85", 2))
                write_next_lines(e, s, n);
        else
                yaml_emit_string(e, s, n, YAML_PLACE_VALUE, style);
}

/* sigs.k8s.io/yaml goes through JSON, which shows a float without fraction as an integer up to 1e21; its YAML reader
 * then takes that for an integer while it fits 64 bits. */
static void write_float(struct yaml_emitter *e, double f) {
        char text[YAML_FLOAT_MAX];
        size_t n = json_format_float(text, f);
        enum yaml_scalar_type type = yaml_scalar_resolve(text, n, YAML_SIGS).type;
        if (e->dialect == YAML_KYAML || type == YAML_SCALAR_FLOAT)
                n = yaml_format_float(text, f, 64);
        else if (f == 0)
                n = (size_t)snprintf(text, sizeof(text), "0"); /* minus zero has no sign as an integer */
        yaml_emit_plain(e, text, n, YAML_PLACE_VALUE);
}

static void write_null(struct yaml_emitter *e, const struct value *v) {
        bool kept = e->styled && (v->style == VALUE_STYLE_PLAIN || v->style == VALUE_STYLE_SPELLED);
        if (kept && v->len == 0 && e->flow)
                yaml_emit_indicator(e, "''", true, false, false);
        else if (kept && v->len < 2)
                yaml_emit_plain(e, "~", v->len, YAML_PLACE_VALUE);
        else
                yaml_emit_plain(e, "null", 4, YAML_PLACE_VALUE);
}

static void write_scalar(struct yaml_emitter *e, const struct value *v) {
        char text[24];
        switch (v->type) {
        case VALUE_STRING:
                if (v->style == VALUE_STYLE_SPELLED)
                        yaml_emit_plain(e, v->str, v->len, YAML_PLACE_VALUE);
                else
                        write_string(e, v->str, v->len, v->style);
                return;
        case VALUE_FLOAT:
                write_float(e, v->f);
                return;
        case VALUE_INT:
                snprintf(text, sizeof(text), "%lld", (long long)v->i);
                break;
        case VALUE_UINT:
                snprintf(text, sizeof(text), "%llu", (unsigned long long)v->u);
                break;
        case VALUE_NULL:
                write_null(e, v);
                return;
        default:
                snprintf(text, sizeof(text), "%s", v->boolean ? "true" : "false");
                break;
        }
        yaml_emit_plain(e, text, strlen(text), YAML_PLACE_VALUE);
}

/* ---- collections ---- */

static void write_key(struct yaml_emitter *e, const struct member *m) {
        yaml_emit_indent(e);
        bool written = !e->styled && m->key_len <= YAML_SIMPLE_KEY_MAX && yaml_emit_word(e, m->key, m->key_len);
        if (written || yaml_key_is_simple(m->key, m->key_len, e->dialect)) {
                if (!written)
                        yaml_emit_string(e, m->key, m->key_len, YAML_PLACE_SIMPLE_KEY, VALUE_STYLE_ANY);
                yaml_emit_indicator(e, ":", false, false, false);
                return;
        }
        yaml_emit_indicator(e, "?", true, false, true);
        write_string(e, m->key, m->key_len, VALUE_STYLE_ANY);
        yaml_emit_indent(e);
        yaml_emit_indicator(e, ":", true, false, true);
}

static void write_map(struct yaml_emitter *e, const struct value *map) {
        _cleanup_(free_sorted) struct sorted sorted;
        int indent = e->indent;
        sorted.members = NULL;
        if (!e->styled && sort_members(e, map, &sorted) < 0)
                return;
        e->indent = indent < 0 ? 0 : indent + INDENT;
        for (uint32_t i = 0; i < map->len; i++) {
                const struct member *m = e->styled ? &map->members[i] : sorted.members[i];
                write_key(e, m);
                write_node(e, &m->value, true);
        }
        e->indent = indent;
}

/* A list that is the value of a key stands at the key's own indentation. */
static void write_list(struct yaml_emitter *e, const struct value *list, bool in_map) {
        int indent = e->indent;
        bool flush = in_map && (!e->indention || (e->dialect == YAML_KYAML && e->column == 0));
        if (indent < 0)
                e->indent = 0;
        else if (!flush)
                e->indent += INDENT;
        VALUE_EACH_ITEM(item, list) {
                yaml_emit_indent(e);
                yaml_emit_indicator(e, "-", true, false, true);
                write_node(e, item, false);
        }
        e->indent = indent;
}

/* "{a: 1, b: [2]}", also what is empty: "{}". */
static void write_flow(struct yaml_emitter *e, const struct value *v) {
        bool map = v->type == VALUE_MAP;
        int indent = e->indent;
        yaml_emit_indicator(e, map ? "{" : "[", true, true, false);
        e->indent = indent < 0 ? INDENT : indent + INDENT;
        e->flow++;
        for (uint32_t i = 0; i < v->len; i++) {
                if (i)
                        yaml_emit_indicator(e, ",", false, false, false);
                if (map) {
                        const struct member *m = &v->members[i];
                        bool simple = yaml_key_is_simple(m->key, m->key_len, e->dialect);
                        if (!simple)
                                yaml_emit_indicator(e, "?", true, false, false);
                        yaml_emit_string(e, m->key, m->key_len, simple ? YAML_PLACE_SIMPLE_KEY : YAML_PLACE_VALUE,
                                         VALUE_STYLE_ANY);
                        yaml_emit_indicator(e, ":", !simple, false, false);
                }
                write_node(e, map ? &v->members[i].value : &v->items[i], map);
        }
        e->flow--;
        e->indent = indent;
        yaml_emit_indicator(e, map ? "}" : "]", false, false, false);
}

static void write_node(struct yaml_emitter *e, const struct value *v, bool in_map) {
        if (buf_failed(e->out))
                return;
        if (v->type != VALUE_MAP && v->type != VALUE_LIST)
                write_scalar(e, v);
        else if (!v->len || e->flow || (e->styled && v->style == VALUE_STYLE_FLOW))
                write_flow(e, v);
        else if (v->type == VALUE_MAP)
                write_map(e, v);
        else
                write_list(e, v, in_map);
}

static void write_document(struct buf *b, const struct value *v, enum yaml_dialect dialect, bool styled) {
        struct yaml_emitter e = {
                .out = b,
                .dialect = dialect,
                .styled = styled,
                .indent = -1,
                .width = dialect == YAML_SIGS ? WIDTH_SIGS : WIDTH_KYAML,
                .whitespace = true,
                .indention = true,
        };
        write_node(&e, v, false);
        e.indent = -1;
        yaml_emit_indent(&e);
}

void yaml_write(struct buf *b, const struct value *v, enum yaml_dialect dialect) {
        write_document(b, v, dialect, false);
}

void yaml_write_styled(struct buf *b, const struct value *v) {
        write_document(b, v, YAML_KYAML, true);
}
