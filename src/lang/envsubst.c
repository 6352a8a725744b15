/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/envsubst.h"

#include "base/limits.h"
#include "data/text/unicode.h"
#include "data/text/utf8.h"
#include "lang/envsubst_parse.h"
#include "lang/glob.h"

#include <errno.h>

/* Bytes with a length: a variable's value or an evaluated argument. */
struct text {
        const char *s;
        size_t n;
};

struct evaluator {
        const struct value *variables;
        bool strict;
        size_t max;
        struct err *err;
};

static void add(struct buf *out, struct text t) {
        buf_add(out, t.s, t.n);
}

/* ---- operators ---- */

static void op_first_rune(struct buf *out, struct text v, uint32_t (*map)(uint32_t)) {
        uint32_t rune;
        char utf8[UTF8_MAX];
        if (!v.n)
                return;
        unsigned len = utf8_decode(v.s, v.s + v.n, &rune);
        buf_add(out, utf8, utf8_encode(utf8, map(rune)));
        len = len ? len : 1;
        buf_add(out, v.s + len, v.n - len);
}

/* strconv.Atoi: a sign, digits, nothing else. */
static bool read_int(struct text t, int64_t *ret) {
        size_t sign = t.n && (*t.s == '-' || *t.s == '+');
        if (t.n == sign || t.n > 20)
                return false;
        for (size_t i = sign; i < t.n; i++)
                if (t.s[i] < '0' || t.s[i] > '9')
                        return false;
        char text[24];
        memcpy(text, t.s, t.n);
        text[t.n] = '\0';
        errno = 0;
        *ret = strtoll(text, NULL, 10);
        return !errno;
}

/* Bytes from an offset; negative offsets and lengths count from the end. What is no number leaves the value whole. */
static void op_substring(struct buf *out, struct text v, const struct text *args, size_t n_args) {
        int64_t start, length, len = (int64_t)v.n;
        if (!n_args || !read_int(args[0], &start) || (n_args > 1 && !read_int(args[1], &length))) {
                add(out, v);
                return;
        }
        if (start < 0)
                start = start + len < 0 ? 0 : start + len;
        int64_t end = len;
        if (start < len && n_args > 1 && length < len - start)
                end = length < 0 ? len + length : start + length;
        if (start < end)
                buf_add(out, v.s + start, (size_t)(end - start));
}

static const char *find(struct text v, struct text what) {
        return what.n ? memmem(v.s, v.n, what.s, what.n) : NULL;
}

/* strings.Replace: an empty needle is found before every rune and at the end. */
static void op_replace(struct buf *out, struct text v, struct text what, struct text with, bool all) {
        if (!what.n) {
                const char *end = v.s + v.n;
                add(out, with);
                for (const char *p = v.s; p < end && all && !buf_failed(out);) {
                        uint32_t rune;
                        unsigned len = utf8_decode(p, end, &rune);
                        buf_add(out, p, len ? len : 1);
                        add(out, with);
                        p += len ? len : 1;
                }
                if (!all)
                        add(out, v);
                return;
        }
        for (const char *found; (found = find(v, what)) && !buf_failed(out);) {
                size_t before = (size_t)(found - v.s);
                buf_add(out, v.s, before);
                add(out, with);
                v = (struct text){found + what.n, v.n - before - what.n};
                if (!all)
                        break;
        }
        add(out, v);
}

static void op_replace_suffix(struct buf *out, struct text v, struct text what, struct text with) {
        bool has = v.n >= what.n && memcmp(v.s + v.n - what.n, what.s, what.n) == 0;
        buf_add(out, v.s, has ? v.n - what.n : v.n);
        if (has)
                add(out, with);
}

/* Appends the runes of a text from the last to the first; bad bytes become U+FFFD. */
static void add_reversed(struct buf *out, struct text t) {
        const char *p = t.s + t.n;
        while (p > t.s) {
                uint32_t rune;
                char utf8[UTF8_MAX];
                const char *start = p - 1;
                while (start > t.s && p - start < UTF8_MAX && ((uint8_t)*start & 0xC0) == 0x80)
                        start--;
                if (utf8_decode(start, p, &rune) != (size_t)(p - start)) {
                        start = p - 1; /* no rune ends here */
                        rune = (uint8_t)*start < 0x80 ? (uint8_t)*start : UTF8_REPLACEMENT;
                }
                buf_add(out, utf8, utf8_encode(utf8, rune));
                p = start;
        }
}

static void op_trim_prefix(struct buf *out, struct text v, struct text pattern, bool longest) {
        size_t n = glob_prefix(pattern.s, pattern.n, v.s, v.n, longest);
        buf_add(out, v.s + n, v.n - n);
}

/* Suffixes are trimmed as prefixes of the reversed value, with the reversed pattern: brackets in it turn around and
 * match no more, as in Flux. */
static void op_trim_suffix(struct buf *out, struct text v, struct text pattern, bool longest) {
        _cleanup_buf_ struct buf value = BUF_INIT(3 * v.n + 1), reversed = BUF_INIT(3 * pattern.n + 1),
                                 rest = BUF_INIT(3 * v.n + 1);
        add_reversed(&value, v);
        add_reversed(&reversed, pattern);
        op_trim_prefix(&rest, (struct text){buf_str(&value), value.len},
                       (struct text){buf_str(&reversed), reversed.len}, longest);
        add_reversed(out, (struct text){buf_str(&rest), rest.len});
        if (buf_failed(&value) || buf_failed(&reversed) || buf_failed(&rest))
                out->failed = true;
}

static void apply(struct buf *out, const char *op, struct text v, const struct text *args, size_t n_args) {
        static const struct text nothing = {"", 0};
        struct text first = n_args > 0 ? args[0] : nothing, second = n_args > 1 ? args[1] : nothing;
        if (streq(op, ","))
                op_first_rune(out, v, unicode_lower);
        else if (streq(op, "^"))
                op_first_rune(out, v, unicode_upper);
        else if (streq(op, ",,"))
                unicode_add_lower(out, v.s, v.n);
        else if (streq(op, "^^"))
                unicode_add_upper(out, v.s, v.n);
        else if (streq(op, "#") && !n_args)
                buf_addf(out, "%zu", v.n);
        else if (streq(op, "#") || streq(op, "##"))
                op_trim_prefix(out, v, first, op[1]);
        else if (streq(op, "%") || streq(op, "%%"))
                op_trim_suffix(out, v, first, op[1]);
        else if (streq(op, ":"))
                op_substring(out, v, args, n_args);
        else if (streq(op, "/") || streq(op, "//"))
                op_replace(out, v, first, second, op[1]);
        else if (streq(op, "/#") && n_args == 2 && v.n >= first.n && memcmp(v.s, first.s, first.n) == 0)
                op_replace(out, v, first, second, false);
        else if (streq(op, "/%") && n_args == 2)
                op_replace_suffix(out, v, first, second);
        else if (v.n || op[0] == '/')
                add(out, v);
        else
                for (size_t i = 0; i < n_args; i++) /* a default */
                        add(out, args[i]);
}

/* ---- evaluation ---- */

/* Operators that give a default stand in for a missing variable even in strict mode. */
static bool gives_default(const char *op) {
        return *op && strchr("-+=?", op[*op == ':']) && op[*op == ':'];
}

static int eval_node(struct evaluator *e, const struct envsubst_node *node, struct buf *out);

static int eval_expansion(struct evaluator *e, const struct envsubst_node *node, struct buf *out) {
        _cleanup_buf_ struct buf bytes = BUF_INIT(e->max);
        _cleanup_free_ size_t *ends = calloc(node->args.n + 1, sizeof(*ends));
        _cleanup_free_ struct text *args = calloc(node->args.n + 1, sizeof(*args));
        if (!ends || !args)
                return err_oom(e->err);
        for (size_t i = 0; i < node->args.n; i++) {
                if (eval_node(e, &node->args.nodes[i], &bytes) < 0)
                        return -1;
                ends[i] = bytes.len;
        }
        for (size_t i = 0; i < node->args.n; i++) {
                size_t start = i ? ends[i - 1] : 0;
                args[i] = (struct text){buf_str(&bytes) + start, ends[i] - start};
        }
        const struct value *v = value_getn(e->variables, node->text, node->len);
        if (!value_is_string(v) && e->strict && !gives_default(node->op))
                return err_set(e->err, ERR_NOT_FOUND, "variable not set (strict mode): \"%s\"", node->text);
        apply(out, node->op, value_is_string(v) ? (struct text){v->str, v->len} : (struct text){"", 0}, args,
              node->args.n);
        return buf_failed(&bytes)
                       ? err_set(e->err, ERR_TOO_LARGE, "the text is larger than %zu bytes after substitution", e->max)
                       : 0;
}

static int eval_node(struct evaluator *e, const struct envsubst_node *node, struct buf *out) {
        if (node->expansion && eval_expansion(e, node, out) < 0)
                return -1;
        if (!node->expansion)
                buf_add(out, node->text, node->len);
        if (buf_failed(out))
                return err_set(e->err, ERR_TOO_LARGE, "the text is larger than %zu bytes after substitution", e->max);
        return 0;
}

int envsubst_eval(const char *text, size_t n, const struct value *variables, const struct envsubst_options *options,
                  struct buf *out, struct err *err) {
        _cleanup_arena_ struct arena *arena = arena_new(0);
        struct envsubst_list list;
        if (!arena)
                return err_oom(err);
        if (envsubst_parse(arena, text, n, &list, err) < 0)
                return -1;
        struct evaluator e = {.variables = variables,
                              .strict = options->strict,
                              .max = options->max_bytes ? options->max_bytes : LIMIT_YAML_BYTES,
                              .err = err};
        _cleanup_buf_ struct buf result = BUF_INIT(e.max);
        for (size_t i = 0; i < list.n; i++)
                if (eval_node(&e, &list.nodes[i], &result) < 0)
                        return -1;
        buf_add(out, buf_str(&result), result.len);
        return buf_failed(out) ? err_set(err, ERR_TOO_LARGE, "the text is larger than %zu bytes", out->max) : 0;
}

bool envsubst_name_ok(const char *name, size_t n) {
        for (size_t i = 0; i < n; i++) {
                bool letter = (name[i] | 0x20) >= 'a' && (name[i] | 0x20) <= 'z';
                if (!letter && name[i] != '_' && (!i || name[i] < '0' || name[i] > '9'))
                        return false;
        }
        return n > 0;
}
