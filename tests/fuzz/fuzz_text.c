/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern and a text, on a line each, for what reads patterns: globs, ignore files, substitution, regular
 * expressions. */
#include "fuzz.h"

#include "lang/envsubst.h"
#include "lang/gitignore.h"
#include "lang/glob.h"
#include "lang/regex.h"

const char *const fuzz_seeds[] = {
        "a*[b-d]?\\*/**/x\nabcd*/y/x",
        "!/dir/*.txt\ndir/a.txt",
        "${a:-${b//x/y}} $$ ${#c} ${d##*[a-z]} ${e^^} ${f:1:2}\nx é",
        "(?<n>\\w+)@[^\\pL]{2,3}|\\bé*?$\nfoo@12 é",
        NULL,
};

static void check_regex(const char *pattern, size_t n, const char *text, size_t text_len) {
        _cleanup_regex_ struct regex *re = NULL;
        if (regex_new(pattern, n, &re, NULL) < 0)
                return;
        struct regex_iterator it = {0};
        struct regex_span span;
        struct buf out = BUF_INIT(1 << 20);
        long end = 0;
        while (regex_next(re, text, text_len, &it, &span, 1)) {
                if (span.start < end || span.end < span.start || (size_t)span.end > text_len)
                        abort();
                end = span.end;
        }
        regex_replace_all(re, &out, text, text_len, "[$0]", 4, false);
        buf_done(&out);
}

static void check_globs(const char *pattern, size_t n, const char *text, size_t text_len) {
        size_t shortest = glob_prefix(pattern, n, text, text_len, false);
        size_t longest = glob_prefix(pattern, n, text, text_len, true);
        if (shortest > longest || longest > text_len)
                abort();
        if (longest && !glob_match(pattern, n, text, longest))
                abort();
        if (text_len && glob_match(pattern, n, text, text_len) && longest != text_len)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)64 << 20);
        const char *pattern, *text;
        size_t pattern_len, text_len;
        fuzz_split(data, n, &pattern, &pattern_len, &text, &text_len);
        struct gitignore *g = a ? gitignore_new(a) : NULL;
        char *path = a ? arena_strndup(a, text, text_len) : NULL;
        if (!g || !path)
                return 0;
        check_globs(pattern, pattern_len, text, text_len);
        check_regex(pattern, pattern_len, text, text_len);
        if (gitignore_add(g, (const char *)data, n, "dir", NULL) == 0) {
                gitignore_match(g, path, false);
                gitignore_match(g, path, true);
        }
        struct value variables = value_map();
        struct envsubst_options options = {.max_bytes = 1 << 16};
        struct buf out = BUF_INIT(1 << 17);
        for (const char *name = "abcdef"; *name; name++)
                value_add(a, &variables, arena_strndup(a, name, 1), 1, value_strn(path, text_len));
        envsubst_eval((const char *)data, n, &variables, &options, &out, NULL);
        buf_done(&out);
        return 0;
}
