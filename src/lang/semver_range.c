/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints: groups joined by "||", each a list of comparisons that all must hold. */
#include "lang/semver_scan.h"

#include "base/buf.h"

enum operator{
        OP_NONE, /* "1.2": a tilde when parts are missing, else equality */
        OP_EQUAL,
        OP_NOT_EQUAL,
        OP_GREATER,
        OP_GREATER_EQUAL,
        OP_LESS,
        OP_LESS_EQUAL,
        OP_TILDE,
        OP_CARET,
};

static const struct {
        const char *text;
        enum operator op;
} operators[] = {
        /* longer ones first */
        {"!=", OP_NOT_EQUAL},  {">=", OP_GREATER_EQUAL}, {"=>", OP_GREATER_EQUAL}, {"<=", OP_LESS_EQUAL},
        {"=<", OP_LESS_EQUAL}, {"~>", OP_TILDE},         {"=", OP_EQUAL},          {">", OP_GREATER},
        {"<", OP_LESS},        {"~", OP_TILDE},          {"^", OP_CARET},          {"", OP_NONE},
};

struct comparison {
        enum operator op;
        const char *op_text;
        const char *text; /* the version as it was written */
        struct semver version;
        bool no_minor; /* "1": minor and patch are open */
        bool no_patch; /* "1.2": the patch is open */
        bool open;     /* any part is open */
};

struct group {
        struct comparison *comparisons;
        size_t n, cap;
        bool has_prerelease;
};

struct semver_range {
        struct group *groups;
        size_t n;
};

/* ---- parsing ---- */

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
static int complete_version(struct arena *a, const struct semver_scan *scan, struct comparison *c, struct err *err) {
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

static struct comparison *add_comparison(struct arena *a, struct group *group) {
        if (group->n == group->cap) {
                size_t cap = group->cap ? 2 * group->cap : 2;
                struct comparison *grown =
                        arena_grow(a, group->comparisons, group->n * sizeof(*grown), cap * sizeof(*grown));
                if (!grown)
                        return NULL;
                group->comparisons = grown;
                group->cap = cap;
        }
        struct comparison *c = &group->comparisons[group->n++];
        *c = (struct comparison){0};
        return c;
}

/* Parses comparisons with white space or commas between them. The text is NUL-terminated at its end. */
static int parse_group(struct arena *a, const char *text, size_t n, struct group *ret, struct err *err) {
        const char *end = text + n, *p = skip_space(text, end);
        for (;;) {
                struct semver_scan scan;
                struct semver_slice version;
                size_t op;
                const char *after = scan_comparison(p, end, &scan, &op, &version);
                if (!after)
                        return improper(text, n, err);
                struct comparison *c = add_comparison(a, ret);
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
                struct comparison *c = &ret->comparisons[i];
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

/* ---- comparing ---- */

/* Each check answers NULL when the version passes, or the reason: what stands between the two versions. */

static const char *check_not_equal(const struct semver *v, const struct comparison *c) {
        static const char equal[] = "is equal to";
        if (!c->open)
                return semver_compare(v, &c->version) == 0 ? equal : NULL;
        if (v->major != c->version.major)
                return NULL;
        if (c->no_minor)
                return equal;
        if (v->minor != c->version.minor)
                return NULL;
        if (!c->no_patch)
                return semver_compare(v, &c->version) == 0 ? equal : NULL;
        bool prereleases = *v->prerelease || *c->version.prerelease;
        return prereleases && semver_compare_prerelease(v->prerelease, c->version.prerelease) != 0 ? NULL : equal;
}

static const char *check_greater(const struct semver *v, const struct comparison *c) {
        bool greater = c->open && v->major != c->version.major ? v->major > c->version.major
                       : c->open && c->no_minor                ? false
                       : c->open && c->no_patch                ? v->minor > c->version.minor
                                                               : semver_compare(v, &c->version) > 0;
        return greater ? NULL : "is less than or equal to";
}

static const char *check_less_equal(const struct semver *v, const struct comparison *c) {
        bool greater = !c->open ? semver_compare(v, &c->version) > 0
                                : v->major > c->version.major ||
                                          (v->major == c->version.major && v->minor > c->version.minor && !c->no_minor);
        return greater ? "is greater than" : NULL;
}

static const char *check_tilde(const struct semver *v, const struct comparison *c) {
        const struct semver *low = &c->version;
        if (semver_compare(v, low) < 0)
                return "is less than";
        if (!low->major && !low->minor && !low->patch && !c->no_minor && !c->no_patch)
                return NULL; /* "~*", and "~0.0.0" with it */
        if (v->major != low->major)
                return "does not have same major version as";
        return v->minor != low->minor && !c->no_minor ? "does not have same major and minor version as" : NULL;
}

static const char *check_caret(const struct semver *v, const struct comparison *c) {
        const struct semver *low = &c->version;
        if (semver_compare(v, low) < 0)
                return "is less than";
        if (v->major != low->major)
                return "does not have same major version as";
        if (low->major || c->no_minor)
                return NULL;
        if (low->minor || c->no_patch)
                return v->minor == low->minor ? NULL : "does not have same minor version as";
        if (v->minor)
                return "does not have same minor version as";
        return v->patch == low->patch ? NULL : "does not equal";
}

static const char *check(const struct semver *v, const struct comparison *c) {
        switch (c->op) {
        case OP_NOT_EQUAL:
                return check_not_equal(v, c);
        case OP_GREATER:
                return check_greater(v, c);
        case OP_GREATER_EQUAL:
                return semver_compare(v, &c->version) < 0 ? "is less than" : NULL;
        case OP_LESS:
                return semver_compare(v, &c->version) >= 0 ? "is greater than or equal to" : NULL;
        case OP_LESS_EQUAL:
                return check_less_equal(v, c);
        case OP_TILDE:
                return check_tilde(v, c);
        case OP_CARET:
                return check_caret(v, c);
        case OP_NONE:
        case OP_EQUAL:
                break;
        }
        if (c->open)
                return check_tilde(v, c);
        return semver_compare(v, &c->version) == 0 ? NULL : "is not equal to";
}

static bool group_contains(const struct group *g, const struct semver *v, bool include_prerelease) {
        if (*v->prerelease && !include_prerelease && !g->has_prerelease)
                return false;
        for (size_t i = 0; i < g->n; i++)
                if (check(v, &g->comparisons[i]))
                        return false;
        return true;
}

bool semver_range_contains(const struct semver_range *r, const struct semver *v, bool include_prerelease) {
        for (size_t g = 0; g < r->n; g++)
                if (group_contains(&r->groups[g], v, include_prerelease))
                        return true;
        return false;
}

/* What the library adds behind the two versions. */
static const char *explain_more(const char *reason, const struct comparison *c) {
        if (c->op == OP_CARET && streq(reason, "does not equal"))
                return ". Expect version and constraint to equal when major and minor versions are 0";
        if (c->op == OP_CARET && streq(reason, "does not have same minor version as") &&
            (c->version.minor || c->no_patch))
                return ". Expected minor versions to match when constraint major version is 0";
        return "";
}

const char *const *semver_range_explain(struct arena *a, const struct semver_range *r, const struct semver *v) {
        size_t max = 1, n = 0;
        for (size_t g = 0; g < r->n; g++)
                max += r->groups[g].n + 1;
        const char **reasons = arena_zalloc(a, max, sizeof(*reasons));
        const char *text = semver_string(a, v);
        if (!reasons || !text)
                return NULL;
        bool prerelease_said = false;
        for (size_t g = 0; g < r->n; g++) {
                const struct group *group = &r->groups[g];
                if (group_contains(group, v, false)) {
                        reasons[0] = NULL;
                        return reasons;
                }
                bool wrong_kind = *v->prerelease && !group->has_prerelease;
                for (size_t i = 0; i < group->n; i++) {
                        const struct comparison *c = &group->comparisons[i];
                        const char *reason = wrong_kind ? NULL : check(v, c);
                        if (reason)
                                reasons[n] = arena_printf(a, "\"%s\" %s \"%s\"%s", text, reason, c->text,
                                                          explain_more(reason, c));
                        else if (wrong_kind && !prerelease_said)
                                reasons[n] = arena_printf(a,
                                                          "\"%s\" is a prerelease version and the constraint is only "
                                                          "looking for release versions",
                                                          text);
                        else
                                continue;
                        prerelease_said = prerelease_said || wrong_kind;
                        if (!reasons[n++])
                                return NULL;
                }
        }
        return reasons;
}
