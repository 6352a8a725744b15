/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/config/table.h"

bool table_next(struct table *t, struct arena *a, const char **column, size_t n) {
        if (t->at >= t->end)
                return false;
        const char *eol = memchr(t->at, '\n', (size_t)(t->end - t->at));
        size_t len = (size_t)((eol ? eol : t->end) - t->at);
        char *line = arena_strndup(a, t->at, len);
        t->at += len + 1;
        if (!line)
                return false;
        for (size_t i = 0; i < n; i++) {
                column[i] = line;
                char *tab = strchr(line, '\t');
                if (tab)
                        *tab = 0;
                line = tab ? tab + 1 : line + strlen(line);
        }
        return true;
}
