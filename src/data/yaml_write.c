/* SPDX-License-Identifier: Apache-2.0 */
/* Values as block YAML in go-yaml's layout. */
#include "data/base64.h"
#include "data/json_number.h"
#include "data/utf8.h"
#include "data/yaml_emitter.h"
#include "data/yaml_scalar.h"

#define INDENT 2
#define WIDTH_SIGS 80
#define WIDTH_KYAML INT32_MAX

static void write_node(struct yaml_emitter *e, const struct value *v, bool in_map);

/* ---- sorted maps ---- */

struct sorted {
        const struct member **members;
};

static void free_sorted(struct sorted *s) {
        free(s->members);
}

static int compare(const void *a, const void *b, void *dialect) {
        const struct member *x = *(const struct member *const *)a, *y = *(const struct member *const *)b;
        return yaml_compare_keys(x->key, x->key_len, y->key, y->key_len, *(enum yaml_dialect *)dialect);
}

static int sort_members(struct yaml_emitter *e, const struct value *map, struct sorted *ret) {
        ret->members = malloc(map->len * sizeof(struct member *));
        if (!ret->members) {
                e->out->failed = true;
                return -1;
        }
        for (uint32_t i = 0; i < map->len; i++)
                ret->members[i] = &map->members[i];
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
        yaml_emit_string(e, text, len, YAML_PLACE_VALUE);
}

static void write_string(struct yaml_emitter *e, const char *s, size_t n) {
        if (utf8_valid(s, n))
                yaml_emit_string(e, s, n, YAML_PLACE_VALUE);
        else
                write_bytes(e, s, n);
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

static void write_scalar(struct yaml_emitter *e, const struct value *v) {
        char text[24];
        switch (v->type) {
        case VALUE_STRING:
                write_string(e, v->str, v->len);
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
        default:
                snprintf(text, sizeof(text), "%s", v->type == VALUE_NULL ? "null" : v->boolean ? "true" : "false");
                break;
        }
        yaml_emit_plain(e, text, strlen(text), YAML_PLACE_VALUE);
}

/* ---- collections ---- */

static void write_key(struct yaml_emitter *e, const struct member *m) {
        yaml_emit_indent(e);
        if (yaml_key_is_simple(m->key, m->key_len, e->dialect)) {
                yaml_emit_string(e, m->key, m->key_len, YAML_PLACE_SIMPLE_KEY);
                yaml_emit_indicator(e, ":", false, false, false);
                return;
        }
        yaml_emit_indicator(e, "?", true, false, true);
        write_string(e, m->key, m->key_len);
        yaml_emit_indent(e);
        yaml_emit_indicator(e, ":", true, false, true);
}

static void write_map(struct yaml_emitter *e, const struct value *map) {
        _cleanup_(free_sorted) struct sorted sorted = {NULL};
        int indent = e->indent;
        if (sort_members(e, map, &sorted) < 0)
                return;
        e->indent = indent < 0 ? 0 : indent + INDENT;
        for (uint32_t i = 0; i < map->len; i++) {
                write_key(e, sorted.members[i]);
                write_node(e, &sorted.members[i]->value, true);
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

static void write_node(struct yaml_emitter *e, const struct value *v, bool in_map) {
        if (buf_failed(e->out))
                return;
        bool collection = v->type == VALUE_MAP || v->type == VALUE_LIST;
        if (collection && !v->len) {
                yaml_emit_indicator(e, v->type == VALUE_MAP ? "{" : "[", true, true, false);
                yaml_emit_indicator(e, v->type == VALUE_MAP ? "}" : "]", false, false, false);
        } else if (v->type == VALUE_MAP)
                write_map(e, v);
        else if (v->type == VALUE_LIST)
                write_list(e, v, in_map);
        else
                write_scalar(e, v);
}

void yaml_write(struct buf *b, const struct value *v, enum yaml_dialect dialect) {
        struct yaml_emitter e = {
                .out = b,
                .dialect = dialect,
                .indent = -1,
                .width = dialect == YAML_SIGS ? WIDTH_SIGS : WIDTH_KYAML,
                .whitespace = true,
                .indention = true,
        };
        write_node(&e, v, false);
        e.indent = -1;
        yaml_emit_indent(&e);
}
