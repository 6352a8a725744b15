/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "data/json.h"
#include "kube/ssa_managers.h"

/* "m1", or "put" with subresource "scale" using apps/v1. */
static void print_manager(struct buf *b, const struct ssa_manager *m) {
        json_write_string(b, m->name, strlen(m->name), 0);
        if (*m->subresource) {
                buf_adds(b, " with subresource ");
                json_write_string(b, m->subresource, strlen(m->subresource), 0);
        }
        if (!m->applied)
                buf_addf(b, " using %s", m->api_version);
}

static int compare_texts(const void *x, const void *y) {
        return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Conflicts under the managers' texts, the managers in order. */
static void print_groups(struct buf *b, const struct ssa_conflicts *c, const char **texts, const char **sorted,
                         size_t n) {
        qsort(sorted, n, sizeof(*sorted), compare_texts);
        for (size_t i = 0; i < n; i++) {
                if (i && streq(sorted[i], sorted[i - 1]))
                        continue;
                buf_addf(b, "%sconflicts with %s:", i ? "\n" : "", sorted[i]);
                for (size_t j = 0; j < c->n; j++)
                        if (streq(texts[j], sorted[i]))
                                buf_addf(b, "\n- %s", c->items[j].path);
        }
}

int ssa_conflicts_error(struct arena *a, const struct ssa_conflicts *c, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        const char **texts = arena_zalloc(a, c->n + 1, sizeof(*texts)), **sorted;
        sorted = arena_zalloc(a, c->n + 1, sizeof(*sorted));
        if (!texts || !sorted)
                return err_oom(err);
        for (size_t i = 0; i < c->n; i++) {
                buf_clear(&b);
                print_manager(&b, c->items[i].manager);
                sorted[i] = texts[i] = arena_strndup(a, buf_str(&b), b.len);
                if (!texts[i])
                        return err_oom(err);
        }
        buf_clear(&b);
        if (c->n == 1)
                buf_addf(&b, "Apply failed with 1 conflict: conflict with %s: %s", texts[0], c->items[0].path);
        else
                buf_addf(&b, "Apply failed with %zu conflicts: ", c->n);
        if (c->n > 1)
                print_groups(&b, c, texts, sorted, c->n);
        err_set(err, ERR_CONFLICT, "%s", buf_str(&b));
        for (size_t i = 0; i < c->n; i++)
                err_add_cause(err, "FieldManagerConflict", c->items[i].path, "conflict with %s", texts[i]);
        return -1;
}
