/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/table/cells.h"

#include "apiserver/table/table.h"
#include "base/clock.h"
#include "base/limits.h"
#include "kube/select/selector.h"

const struct value *cell_at(const struct value *object, const char *path) {
        while (object && *path == '.') {
                size_t n = strcspn(++path, ".|");
                object = value_getn(object, path, n);
                path += n;
        }
        return object;
}

void cell_since(struct cell *c, const struct value *time) {
        char text[24];
        int64_t ns;
        if (!value_is_string(time) || time_parse_rfc3339(time->str, &ns, NULL) < 0)
                buf_adds(&c->text, "<unknown>");
        else
                buf_adds(&c->text, table_human_duration(text, c->now_ns - ns));
}

void cell_item(struct cell *c, const char *text) {
        if (c->text.len)
                buf_addc(&c->text, ',');
        buf_adds(&c->text, text);
}

void cell_selector(struct cell *c, const struct value *selector, bool plain) {
        struct label_selector parsed = {0};
        struct value wrapped = value_map();
        if (plain) {
                if (!value_is_map(selector) || !selector->len) {
                        buf_adds(&c->text, "<none>");
                        return;
                }
                if (!value_set(c->arena, &wrapped, "matchLabels", *selector)) {
                        c->text.failed = true;
                        return;
                }
                selector = &wrapped;
        }
        if (label_selector_from_object(c->arena, selector, &parsed, NULL) < 0) {
                buf_adds(&c->text, "<error>");
                return;
        }
        const char *text = label_selector_text(c->arena, &parsed);
        buf_adds(&c->text, text && text[0] ? text : "<none>");
}

static void text_of(struct cell *c, const struct value *v, const char *path) {
        const char *fallback = strchr(path, '|');
        if (value_is_string(v) && v->len)
                buf_add(&c->text, v->str, v->len);
        else if (value_is_number(v))
                buf_addf(&c->text, "%lld", (long long)value_int_or(v, 0));
        else if (fallback)
                buf_adds(&c->text, fallback + 1);
}

static bool run_function(struct cell *c, const char *name) {
        static const struct cell_name *const tables[] = {cells_workload, cells_cluster, cells_network, cells_pod};
        for (size_t t = 0; t < ARRAY_LEN(tables); t++)
                for (const struct cell_name *n = tables[t]; n->name; n++)
                        if (streq(n->name, name)) {
                                n->run(c);
                                return true;
                        }
        return false;
}

/* true: the cell is text; false: c->value holds it. */
static bool fill(struct cell *c, const char *s) {
        const struct value *metadata = value_get(c->object, "metadata");
        if (streq(s, "name")) {
                buf_adds(&c->text, value_string_or(value_get(metadata, "name"), ""));
        } else if (streq(s, "created")) {
                buf_adds(&c->text, value_string_or(value_get(metadata, "creationTimestamp"), ""));
        } else if (streq(s, "age")) {
                cell_since(c, value_get(metadata, "creationTimestamp"));
        } else if (*s == '.') {
                text_of(c, cell_at(c->object, s), s);
        } else if (str_has_prefix(s, "text:")) {
                text_of(c, cell_at(c->object, s + 5), s);
        } else if (*s == '#') {
                c->value = value_int(value_int_or(cell_at(c->object, s + 1), 0));
                return false;
        } else if (*s == '?') {
                c->value = value_bool(value_bool_or(cell_at(c->object, s + 1), false));
                return false;
        } else if (str_has_prefix(s, "count:")) {
                const struct value *v = cell_at(c->object, s + 6);
                c->value = value_int(value_is_list(v) || value_is_map(v) ? v->len : 0);
                return false;
        } else if (*s == '@') {
                run_function(c, s + 1);
                return value_is_null(&c->value);
        }
        return true;
}

struct value cell_make(struct arena *a, const struct value *object, const char *specification, int64_t now_ns,
                       bool *ret_oom) {
        struct cell c = {.arena = a, .object = object, .now_ns = now_ns, .text = BUF_INIT(LIMIT_REQUEST_BODY)};
        struct value v = c.value;
        if (fill(&c, specification)) {
                char *text = buf_failed(&c.text) ? NULL : arena_strndup(a, buf_str(&c.text), c.text.len);
                if (text)
                        v = value_strn(text, c.text.len);
                else
                        *ret_oom = true;
        } else {
                v = c.value;
        }
        buf_done(&c.text);
        return v;
}
