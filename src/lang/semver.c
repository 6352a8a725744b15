/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/semver.h"

#include "lang/semver_scan.h"

#include <errno.h>

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool all_digits(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!is_digit(s[i]))
                        return false;
        return true;
}

/* strconv.ParseUint: digits that fit 64 bits. */
static int parse_number(const char *s, size_t n, uint64_t *ret, struct err *err) {
        uint64_t u = 0;
        for (size_t i = 0; i < n; i++)
                if (__builtin_mul_overflow(u, 10, &u) || __builtin_add_overflow(u, (uint64_t)(s[i] - '0'), &u))
                        return err_set(err, ERR_SYNTAX, "strconv.ParseUint: parsing \"%.*s\": value out of range",
                                       (int)n, s);
        if (!n)
                return err_set(err, ERR_SYNTAX, "strconv.ParseUint: parsing \"\": invalid syntax");
        *ret = u;
        return 0;
}

/* Checks dot-separated identifiers: letters, digits and hyphens, none of them empty; in a pre-release no number with
 * a leading zero. */
static int check_identifiers(const char *s, bool prerelease, struct err *err) {
        for (const char *part = s;; part++) {
                size_t n = strcspn(part, ".");
                for (size_t i = 0; i < n; i++)
                        if (!semver_is_identifier_char(part[i]))
                                n = 0;
                if (!n)
                        return err_set(err, ERR_SYNTAX, "invalid %s string", prerelease ? "prerelease" : "metadata");
                if (prerelease && n > 1 && *part == '0' && all_digits(part, n))
                        return err_set(err, ERR_SYNTAX, "version segment starts with 0");
                part += n;
                if (!*part)
                        return 0;
        }
}

static int copy_texts(struct arena *a, const char *text, const char *pre, size_t pre_len, const char *meta,
                      size_t meta_len, struct semver *v, struct err *err) {
        v->original = arena_strdup(a, text);
        v->prerelease = arena_strndup(a, pre, pre_len);
        v->metadata = arena_strndup(a, meta, meta_len);
        return v->original && v->prerelease && v->metadata ? 0 : err_oom(err);
}

static int too_long(struct err *err) {
        return err_set(err, ERR_SYNTAX, "version string is too long (max %d bytes)", LIMIT_SEMVER);
}

int semver_parse(struct arena *a, const char *text, struct semver *ret, struct err *err) {
        struct semver_scan scan;
        size_t n = strlen(text);
        if (n > LIMIT_SEMVER)
                return too_long(err);
        if (semver_scan(text, text + n, false, &scan) != text + n)
                return err_set(err, ERR_SYNTAX, "invalid semantic version");
        struct semver v = {0};
        uint64_t *numbers[] = {&v.major, &v.minor, &v.patch};
        for (size_t i = 0; i < 3; i++)
                if (scan.parts[i].n && parse_number(scan.parts[i].s, scan.parts[i].n, numbers[i], err) < 0)
                        return err_wrap(err, "error parsing version segment");
        if (copy_texts(a, text, scan.prerelease.s, scan.prerelease.n, scan.metadata.s, scan.metadata.n, &v, err) < 0)
                return -1;
        if ((*v.prerelease && check_identifiers(v.prerelease, true, err) < 0) ||
            (*v.metadata && check_identifiers(v.metadata, false, err) < 0))
                return -1;
        *ret = v;
        return 0;
}

int semver_parse_strict(struct arena *a, const char *text, struct semver *ret, struct err *err) {
        if (!*text)
                return err_set(err, ERR_SYNTAX, "version string empty");
        const char *dot1 = strchr(text, '.'), *dot2 = dot1 ? strchr(dot1 + 1, '.') : NULL;
        if (strlen(text) > LIMIT_SEMVER)
                return too_long(err);
        if (!dot2)
                return err_set(err, ERR_SYNTAX, "invalid semantic version");
        const char *end = text + strlen(text);
        const char *plus = strchr(dot2, '+');
        const char *minus = memchr(dot2, '-', (size_t)((plus ? plus : end) - dot2));
        const char *pre_end = plus ? plus : end, *numbers_end = minus ? minus : pre_end;
        struct semver v = {0};
        if (copy_texts(a, text, minus ? minus + 1 : end, minus ? (size_t)(pre_end - minus - 1) : 0,
                       plus ? plus + 1 : end, plus ? (size_t)(end - plus - 1) : 0, &v, err) < 0)
                return -1;
        if ((plus && check_identifiers(v.metadata, false, err) < 0) ||
            (minus && check_identifiers(v.prerelease, true, err) < 0))
                return -1;
        const struct {
                const char *s, *end;
                uint64_t *number;
        } parts[] = {{text, dot1, &v.major}, {dot1 + 1, dot2, &v.minor}, {dot2 + 1, numbers_end, &v.patch}};
        for (size_t i = 0; i < 3; i++) {
                size_t n = (size_t)(parts[i].end - parts[i].s);
                if (!all_digits(parts[i].s, n))
                        return err_set(err, ERR_SYNTAX, "invalid characters in version");
                if (n > 1 && *parts[i].s == '0')
                        return err_set(err, ERR_SYNTAX, "version segment starts with 0");
        }
        for (size_t i = 0; i < 3; i++)
                if (parse_number(parts[i].s, (size_t)(parts[i].end - parts[i].s), parts[i].number, err) < 0)
                        return -1;
        *ret = v;
        return 0;
}

int semver_parse_flux(struct arena *a, const char *text, struct semver *ret, struct err *err) {
        const char *dot = strchr(text, '.');
        if (!dot || !strchr(dot + 1, '.'))
                return err_set(err, ERR_SYNTAX, "invalid semantic version");
        return semver_parse(a, text, ret, err);
}

/* ---- order ---- */

/* One identifier of a pre-release. Numbers are below texts; a number too large for 64 bits counts as text. */
static int compare_identifiers(const char *x, size_t nx, const char *y, size_t ny) {
        size_t n = nx < ny ? nx : ny;
        int order = n ? memcmp(x, y, n) : 0;
        if (!order)
                order = (nx > ny) - (nx < ny);
        if (!order || !nx || !ny)
                return order;
        uint64_t ux, uy;
        bool x_number = all_digits(x, nx) && parse_number(x, nx, &ux, NULL) == 0;
        bool y_number = all_digits(y, ny) && parse_number(y, ny, &uy, NULL) == 0;
        if (x_number && y_number)
                return ux > uy ? 1 : -1;
        if (x_number != y_number)
                return x_number ? -1 : 1;
        return order;
}

int semver_compare_prerelease(const char *x, const char *y) {
        for (;;) {
                size_t nx = strcspn(x, "."), ny = strcspn(y, ".");
                int order = compare_identifiers(x, nx, y, ny);
                if (order)
                        return order;
                x += nx;
                y += ny;
                if (!*x && !*y)
                        return 0;
                x += *x == '.';
                y += *y == '.';
        }
}

int semver_compare(const struct semver *x, const struct semver *y) {
        if (x->major != y->major)
                return x->major > y->major ? 1 : -1;
        if (x->minor != y->minor)
                return x->minor > y->minor ? 1 : -1;
        if (x->patch != y->patch)
                return x->patch > y->patch ? 1 : -1;
        if (!*x->prerelease || !*y->prerelease)
                return !*x->prerelease - !*y->prerelease;
        int order = semver_compare_prerelease(x->prerelease, y->prerelease);
        return (order > 0) - (order < 0);
}

char *semver_string(struct arena *a, const struct semver *v) {
        return arena_printf(a, "%llu.%llu.%llu%s%s%s%s", (unsigned long long)v->major, (unsigned long long)v->minor,
                            (unsigned long long)v->patch, *v->prerelease ? "-" : "", v->prerelease,
                            *v->metadata ? "+" : "", v->metadata);
}

/* ---- Flux's choice ---- */

struct candidate {
        struct semver version;
        size_t index;
};

static int compare_candidates(const void *a, const void *b) {
        const struct candidate *x = a, *y = b;
        int order = semver_compare(&y->version, &x->version);
        return order ? order : (x->index > y->index) - (x->index < y->index);
}

long semver_sort_flux(const struct semver_range *r, const char *const *texts, size_t n, size_t *ret_indexes,
                      struct err *err) {
        _cleanup_arena_ struct arena *scratch = arena_new(0);
        struct candidate *candidates = scratch ? arena_zalloc(scratch, n + 1, sizeof(*candidates)) : NULL;
        if (!candidates)
                return err_oom(err);
        size_t found = 0;
        for (size_t i = 0; i < n; i++) {
                _cleanup_err_ struct err e = ERR_INIT;
                struct candidate *c = &candidates[found];
                c->index = i;
                if (semver_parse_flux(scratch, texts[i], &c->version, &e) < 0) {
                        if (e.class == ERR_MEMORY)
                                return err_move(err, &e);
                } else if (!r || semver_range_contains(r, &c->version, false)) {
                        found++;
                }
        }
        qsort(candidates, found, sizeof(*candidates), compare_candidates);
        for (size_t i = 0; i < found; i++)
                ret_indexes[i] = candidates[i].index;
        return (long)found;
}
