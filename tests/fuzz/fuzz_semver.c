/* SPDX-License-Identifier: Apache-2.0 */
/* A constraint and a version, on a line each. What is printed parses again and means the same. */
#include "fuzz.h"

#include "lang/semver.h"

const char *const fuzz_seeds[] = {
        ">=1.2.3-0, <2 || ~3.x || 1.0 - 2.0\n1.2.3-rc.1+build.5",
        "^0.2 !=0.2.5 =<1\nv0.2.4",
        "*\n01.2.3",
        NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)16 << 20);
        const char *first, *second;
        size_t first_len, second_len;
        fuzz_split(data, n, &first, &first_len, &second, &second_len);
        char *constraint = a ? arena_strndup(a, first, first_len) : NULL;
        char *version = a ? arena_strndup(a, second, second_len) : NULL;
        struct semver_range *r = NULL, *again;
        struct semver v, w;
        if (!constraint || !version)
                return 0;
        bool have_range = semver_range_parse(a, constraint, &r, NULL) == 0;
        bool have_version = semver_parse(a, version, &v, NULL) == 0;
        if (have_version && (semver_parse(a, semver_string(a, &v), &w, NULL) < 0 || semver_compare(&v, &w) != 0))
                abort();
        if (have_version && semver_parse_strict(a, version, &w, NULL) == 0 && semver_compare(&v, &w) != 0)
                abort();
        if (!have_range || !have_version)
                return 0;
        bool within = semver_range_contains(r, &v, false);
        const char *const *reasons = semver_range_explain(a, r, &v);
        if (within == (*reasons != NULL) || (within && !semver_range_contains(r, &v, true)))
                abort();
        if (semver_range_parse(a, semver_range_string(a, r), &again, NULL) == 0 &&
            semver_range_contains(again, &v, false) != within)
                abort();
        return 0;
}
