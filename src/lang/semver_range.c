/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints: groups joined by "||", each a list of comparisons that all must hold. */
#include "lang/semver_range.h"

#include "base/buf.h"
#include "lang/semver_scan.h"

static const struct {
        const char *text;
        enum semver_operator op;
} operators[] = {
        /* longer ones first */
        {"!=", OP_NOT_EQUAL},  {">=", OP_GREATER_EQUAL}, {"=>", OP_GREATER_EQUAL}, {"<=", OP_LESS_EQUAL},
        {"=<", OP_LESS_EQUAL}, {"~>", OP_TILDE},         {"=", OP_EQUAL},          {">", OP_GREATER},
        {"<", OP_LESS},        {"~", OP_TILDE},          {"^", OP_CARET},          {"", OP_NONE},
};

static bool is_space(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static const char *skip_space(const char *p, const char *end) {
        while (p < end && is_space(*p))
                p++;
        return p;
}

static int improper(const char *text, size_t n, struct err *err) {
        return err_set(err, ERR_SYNTAX, "improper constraint: \"%.*s\"", (int)n, text);
}

/* "1.2 - 1.4" at p, white space around it included. Answers where it ends, or NULL. */
static const char *scan_hyphen_range(const char *p, const char *end, struct semver_slice ret[static 2]) {
        struct semver_scan scan;
        const char *low = skip_space(p, end), *low_end = semver_scan(low, end, true, &scan);
        if (!low_end)
                return NULL;
        const char *hyphen = skip_space(low_end, end);
        if (hyphen == low_end || hyphen >= end || *hyphen != '-')
                return NULL;
        const char *high = skip_space(hyphen + 1, end);
        const char *high_end = high > hyphen + 1 ? semver_scan(high, end, true, &scan) : NULL;
        if (!high_end)
                return NULL;
        ret[0] = (struct semver_slice){low, (size_t)(low_end - low)};
        ret[1] = (struct semver_slice){high, (size_t)(high_end - high)};
        return skip_space(high_end, end);
}

/* Writes the constraint with its hyphen ranges as pairs of comparisons. */
static void rewrite_ranges(struct buf *b, const char *text, size_t n) {
        const char *end = text + n;
        for (const char *p = text; p < end;) {
                struct semver_slice bounds[2];
                const char *after = scan_hyphen_range(p, end, bounds);
                if (after)
                        buf_addf(b, ">= %.*s, <= %.*s ", (int)bounds[0].n, bounds[0].s, (int)bounds[1].n, bounds[1].s);
                else
                        buf_addc(b, *p);
                p = after ? after : p + 1;
        }
}

static bool is_wildcard(const struct semver_slice *part) {
        return !part->n || (part->n == 1 && strchr("xX*", *part->s));
}

/* The version with zeros for its open parts. */
static int complete_version(struct arena *a, const struct semver_scan *scan, struct semver_comparison *c,
                            struct err *err) {
        int major_len = (int)scan->parts[0].n, minor_len = (int)scan->parts[1].n;
        const char *major = scan->parts[0].s, *minor = scan->parts[1].s, *text = c->text;
        const char *hyphen = scan->prerelease.n ? "-" : "";
        int pre_len = (int)scan->prerelease.n;
        const char *pre = scan->prerelease.s;
        c->open = true;
        if (is_wildcard(&scan->parts[0])) {
                text = arena_printf(a, "0.0.0%s%.*s", hyphen, pre_len, pre);
        } else if (is_wildcard(&scan->parts[1])) {
                c->no_minor = true;
                text = arena_printf(a, "%.*s.0.0%s%.*s", major_len, major, hyphen, pre_len, pre);
        } else if (is_wildcard(&scan->parts[2])) {
                c->no_patch = true;
                text = arena_printf(a, "%.*s.%.*s.0%s%.*s", major_len, major, minor_len, minor, hyphen, pre_len, pre);
        } else {
                c->open = false;
        }
        if (!text)
                return err_oom(err);
        if (semver_parse(a, text, &c->version, NULL) < 0)
                return err_set(err, ERR_SYNTAX, "constraint parser error");
        return 0;
}

/* Reads one comparison at p; answers where it ends, or NULL when there is none. */
static const char *scan_comparison(const char *p, const char *end, struct semver_scan *scan, size_t *ret_operator,
                                   struct semver_slice *ret_version) {
        size_t i = 0;
        while (strncmp(p, operators[i].text, strlen(operators[i].text)) != 0)
                i++; /* the last one is empty */
        const char *start = skip_space(p + strlen(operators[i].text), end);
        const char *after = semver_scan(start, end, true, scan);
        if (!after)
                return NULL;
        *ret_operator = i;
        *ret_version = (struct semver_slice){start, (size_t)(after - start)};
        return after;
}

static struct semver_comparison *add_comparison(struct arena *a, struct semver_group *group) {
        if (group->n == group->cap) {
                size_t cap = group->cap ? 2 * group->cap : 2;
                struct semver_comparison *grown =
                        arena_grow(a, group->comparisons, group->n * sizeof(*grown), cap * sizeof(*grown));
                if (!grown)
                        return NULL;
                group->comparisons = grown;
                group->cap = cap;
        }
        struct semver_comparison *c = &group->comparisons[group->n++];
        *c = (struct semver_comparison){0};
        return c;
}

/* Parses comparisons with white space or commas between them. The text is NUL-terminated at its end. */
static int parse_group(struct arena *a, const char *text, size_t n, struct semver_group *ret, struct err *err) {
        const char *end = text + n, *p = skip_space(text, end);
        for (;;) {
                struct semver_scan scan;
                struct semver_slice version;
                size_t op;
                const char *after = scan_comparison(p, end, &scan, &op, &version);
                if (!after)
                        return improper(text, n, err);
                struct semver_comparison *c = add_comparison(a, ret);
                char *written = arena_strndup(a, version.s, version.n);
                if (!c || !written)
                        return err_oom(err);
                c->op = operators[op].op;
                c->op_text = operators[op].text;
                c->text = written;
                p = skip_space(after, end);
                bool separated = p > after;
                if (p < end && *p == ',') {
                        p = skip_space(p + 1, end);
                        separated = true;
                        if (p == end)
                                return improper(text, n, err);
                }
                if (p < end && !separated)
                        return improper(text, n, err);
                if (p == end)
                        break;
        }
        for (size_t i = 0; i < ret->n; i++) {
                struct semver_comparison *c = &ret->comparisons[i];
                struct semver_scan scan;
                semver_scan(c->text, c->text + strlen(c->text), true, &scan);
                if (complete_version(a, &scan, c, err) < 0)
                        return -1;
                ret->has_prerelease = ret->has_prerelease || *c->version.prerelease;
        }
        return 0;
}

int semver_range_parse(struct arena *a, const char *text, struct semver_range **ret, struct err *err) {
        size_t n = strlen(text);
        if (n > LIMIT_SEMVER_RANGE)
                return err_set(err, ERR_SYNTAX, "improper constraint: longer than %d bytes", LIMIT_SEMVER_RANGE);
        _cleanup_buf_ struct buf rewritten = BUF_INIT(16 * n + 64);
        rewrite_ranges(&rewritten, text, n);
        size_t n_groups = 1;
        for (const char *p = buf_str(&rewritten); (p = strstr(p, "||")); p += 2)
                n_groups++;
        struct semver_range *r = arena_make(a, struct semver_range);
        if (!r || !(r->groups = arena_zalloc(a, n_groups, sizeof(*r->groups))) || buf_failed(&rewritten))
                return err_oom(err);
        const char *p = buf_str(&rewritten);
        for (; r->n < n_groups; r->n++) {
                const char *bars = strstr(p, "||");
                char *group = arena_strndup(a, p, bars ? (size_t)(bars - p) : strlen(p));
                if (!group)
                        return err_oom(err);
                if (parse_group(a, group, strlen(group), &r->groups[r->n], err) < 0)
                        return -1;
                p = bars ? bars + 2 : p;
        }
        *ret = r;
        return 0;
}

char *semver_range_string(struct arena *a, const struct semver_range *r) {
        _cleanup_buf_ struct buf b = BUF_INIT(SIZE_MAX / 2);
        for (size_t g = 0; g < r->n; g++) {
                if (g)
                        buf_adds(&b, " || ");
                for (size_t i = 0; i < r->groups[g].n; i++)
                        buf_addf(&b, "%s%s%s", i ? " " : "", r->groups[g].comparisons[i].op_text,
                                 r->groups[g].comparisons[i].text);
        }
        return buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
}
