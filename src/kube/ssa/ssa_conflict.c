/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "data/json/json.h"
#include "kube/ssa/ssa_managers.h"

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

/* The conflicts with one manager stand behind each other. */
struct group {
        const char *text; /* the manager's */
        size_t first, n;
};

static int compare_groups(const void *x, const void *y) {
        return strcmp(((const struct group *)x)->text, ((const struct group *)y)->text);
}

static int make_groups(struct arena *a, const struct ssa_conflicts *c, struct group **ret, size_t *ret_n,
                       struct err *err) {
        struct group *groups = arena_zalloc(a, c->n + 1, sizeof(*groups));
        size_t n = 0;
        if (!groups)
                return err_oom(err);
        for (size_t i = 0; i < c->n; i++) {
                _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
                if (i && c->items[i].manager == c->items[i - 1].manager) {
                        groups[n - 1].n++;
                        continue;
                }
                print_manager(&b, c->items[i].manager);
                const char *text = arena_strndup(a, buf_str(&b), b.len);
                if (!text)
                        return err_oom(err);
                groups[n++] = (struct group){.text = text, .first = i, .n = 1};
        }
        *ret = groups;
        *ret_n = n;
        return 0;
}

int ssa_conflicts_error(struct arena *a, const struct ssa_conflicts *c, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        struct group *groups = NULL;
        size_t n = 0;
        if (make_groups(a, c, &groups, &n, err) < 0)
                return -1;
        qsort(groups, n, sizeof(*groups), compare_groups);
        if (c->n == 1)
                buf_addf(&b, "Apply failed with 1 conflict: conflict with %s: %s", groups[0].text, c->items[0].path);
        else
                buf_addf(&b, "Apply failed with %zu conflicts: ", c->n);
        for (size_t i = 0; c->n > 1 && i < n; i++) {
                buf_addf(&b, "%sconflicts with %s:", i ? "\n" : "", groups[i].text);
                for (size_t j = 0; j < groups[i].n; j++)
                        buf_addf(&b, "\n- %s", c->items[groups[i].first + j].path);
        }
        err_set(err, ERR_CONFLICT, "%s", buf_str(&b));
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < groups[i].n; j++)
                        err_add_cause(err, "FieldManagerConflict", c->items[groups[i].first + j].path,
                                      "conflict with %s", groups[i].text);
        return -1;
}
