/* SPDX-License-Identifier: Apache-2.0 */
#include "smd_replayed.h"

#include "base/fs.h"
#include "data/json/json.h"

#define TEXT_MAX ((size_t)64 << 20)

static char *text; /* the whole file, kept between rows */
static size_t text_len;
static size_t n_rows, n_more;

const struct value *smd_replayed(struct corpus_case *c) {
        char wanted[64];
        if (!text && fs_read(AT_FDCWD, CORPUS_SMD_REPLAYED, TEXT_MAX, &text, &text_len, NULL) < 0)
                return NULL;
        int n = snprintf(wanted, sizeof(wanted), ",\"row\":%s}\n", c->id);
        const char *end = memmem(text, text_len, wanted, (size_t)n);
        const char *start = end;
        while (start && start > text && start[-1] != '\n')
                start--;
        struct value *row = start ? arena_make(c->arena, struct value) : NULL;
        if (!row || json_parse(c->arena, start, (size_t)(end - start) + (size_t)n - 1, 0, NULL, row, NULL) < 0)
                return NULL;
        n_rows++;
        n_more += value_bool_or(value_get(row, "more"), false);
        return row;
}

const struct value *smd_answer(const struct value *changed, const struct value *op, size_t i, const char *key) {
        char index[32];
        snprintf(index, sizeof(index), "%zu", i);
        const struct value *now = value_path(changed, "ops", index, key, NULL);
        return now ? now : value_get(op, key);
}

void smd_replayed_done(void) {
        if (n_rows)
                printf("# note: ssa/cases: %zu rows are compared with structured-merge-diff 6.3.2; from the recorded "
                       "answers %zu of them differ in more than null and empty\n",
                       n_rows, n_more);
        free(text);
        text = NULL;
}
