/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml/yaml_builder.h"

#include "data/yaml/yaml_text.h"

#include <math.h>

/* "0", "80", "-5": digits as we write them. */
static bool is_plain_integer(const char *s, size_t n) {
        bool minus = n > 1 && *s == '-';
        s += minus;
        n -= minus;
        if (n > 1 || minus)
                return *s >= '1' && *s <= '9' && strspn(s, "0123456789") == n;
        return *s >= '0' && *s <= '9';
}

bool yaml_is_spelled(const struct yaml_scalar *s, const char *text, size_t n) {
        char number[YAML_FLOAT_MAX];
        switch (s->type) {
        case YAML_SCALAR_BOOL:
                return !streq(text, s->boolean ? "true" : "false");
        case YAML_SCALAR_INT:
        case YAML_SCALAR_UINT:
                return !is_plain_integer(text, n);
        case YAML_SCALAR_FLOAT:
                return !isfinite(s->f) || yaml_format_float(number, s->f, 64) != n || memcmp(number, text, n) != 0;
        default:
                return s->type == YAML_SCALAR_TIMESTAMP;
        }
}

static int settle_scalar(struct arena *a, struct value *v, struct err *err) {
        struct yaml_builder b = {.a = a, .dialect = YAML_KYAML, .err = err};
        const struct yaml_node n = {.text = v->str, .len = v->len, .style = VALUE_STYLE_PLAIN};
        const struct yaml_scalar s = yaml_scalar_resolve(v->str, v->len, YAML_KYAML);
        int failed = yaml_build_scalar_value(&b, &n, &s, v);
        if (!failed && b.refused.class != ERR_NONE)
                failed = err_move(err, &b.refused);
        err_done(&b.refused);
        return failed;
}

int yaml_settle(struct arena *a, struct value *v, struct err *err) {
        if (v->type == VALUE_NULL && v->style == VALUE_STYLE_SPELLED)
                *v = value_str("");
        if (v->type == VALUE_STRING && v->style == VALUE_STYLE_SPELLED)
                return settle_scalar(a, v, err);
        if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        if (yaml_settle(a, item, err) < 0)
                                return -1;
        if (v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        if (yaml_settle(a, &m->value, err) < 0)
                                return -1;
        return 0;
}

/* The length of the run of line feeds at s. */
static size_t feeds(const char *s, const char *end) {
        size_t n = 0;
        while (s + n < end && s[n] == '\n')
                n++;
        return n;
}

static bool is_indented(const char *s, const char *end) {
        return s < end && (*s == ' ' || *s == '\t');
}

int yaml_refold(struct arena *a, struct value *v, struct err *err) {
        if (!value_is_string(v) || v->style != VALUE_STYLE_FOLDED || !memchr(v->str, '\n', v->len) ||
            !yaml_analyze(v->str, v->len, YAML_KYAML).block)
                return 0;
        const char *end = v->str + v->len, *s = v->str;
        char *to = arena_alloc(a, (size_t)v->len * 2 + 1), *at = to;
        if (!to)
                return err_oom(err);
        size_t run = feeds(s, end);
        bool doubles = !is_indented(s + run, end);
        for (;;) {
                memset(at, '\n', run);
                at += run;
                s += feeds(s, end);
                if (s == end)
                        break;
                bool indented = is_indented(s, end);
                while (s < end && *s != '\n')
                        *at++ = *s++;
                run = feeds(s, end);
                bool last = s + run == end, folds = !last && !indented && !is_indented(s + run, end);
                if (doubles && !indented && run && !(last && run == 1))
                        run++;
                if (folds && --run == 0)
                        *at++ = ' ';
        }
        *at = '\0';
        v->str = to;
        v->len = (uint32_t)(at - to);
        return 0;
}
