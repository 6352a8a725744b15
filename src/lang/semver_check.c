/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a version is within a constraint, and the library's words when it is not. */
#include "lang/semver_range.h"
#include "lang/semver_scan.h"

/* Each check answers NULL when the version passes, or the reason: what stands between the two versions. */

static const char *check_not_equal(const struct semver *v, const struct semver_comparison *c) {
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

static const char *check_greater(const struct semver *v, const struct semver_comparison *c) {
        bool greater = c->open && v->major != c->version.major ? v->major > c->version.major
                       : c->open && c->no_minor                ? false
                       : c->open && c->no_patch                ? v->minor > c->version.minor
                                                               : semver_compare(v, &c->version) > 0;
        return greater ? NULL : "is less than or equal to";
}

static const char *check_less_equal(const struct semver *v, const struct semver_comparison *c) {
        bool greater = !c->open ? semver_compare(v, &c->version) > 0
                                : v->major > c->version.major ||
                                          (v->major == c->version.major && v->minor > c->version.minor && !c->no_minor);
        return greater ? "is greater than" : NULL;
}

static const char *check_tilde(const struct semver *v, const struct semver_comparison *c) {
        const struct semver *low = &c->version;
        if (semver_compare(v, low) < 0)
                return "is less than";
        if (!low->major && !low->minor && !low->patch && !c->no_minor && !c->no_patch)
                return NULL; /* "~*", and "~0.0.0" with it */
        if (v->major != low->major)
                return "does not have same major version as";
        return v->minor != low->minor && !c->no_minor ? "does not have same major and minor version as" : NULL;
}

static const char *check_caret(const struct semver *v, const struct semver_comparison *c) {
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

static const char *check(const struct semver *v, const struct semver_comparison *c) {
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

static bool group_contains(const struct semver_group *g, const struct semver *v, bool include_prerelease) {
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
static const char *explain_more(const char *reason, const struct semver_comparison *c) {
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
                const struct semver_group *group = &r->groups[g];
                if (group_contains(group, v, false)) {
                        reasons[0] = NULL;
                        return reasons;
                }
                bool wrong_kind = *v->prerelease && !group->has_prerelease;
                for (size_t i = 0; i < group->n; i++) {
                        const struct semver_comparison *c = &group->comparisons[i];
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
