/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/loader.h"

/* Appends one component to the clean path in out; ".." removes the last one where there is one. */
static size_t add_component(char *out, size_t len, const char *part, size_t n) {
        if (n == 0 || (n == 1 && part[0] == '.'))
                return len;
        if (n == 2 && part[0] == '.' && part[1] == '.') {
                size_t start = len;
                while (start > 0 && out[start - 1] != '/')
                        start--;
                bool up = len - start == 2 && out[start] == '.' && out[start + 1] == '.';
                if (len > 0 && !up)
                        return start > 0 ? start - 1 : 0;
        }
        if (len > 0)
                out[len++] = '/';
        memcpy(out + len, part, n);
        return len + n;
}

const char *loader_join(struct arena *a, const char *base, const char *path) {
        size_t n = strlen(base) + strlen(path) + 3, len = 0;
        char *out = arena_alloc(a, n);
        if (!out)
                return NULL;
        const char *const parts[] = {base, path};
        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
                for (const char *p = parts[i]; *p;) {
                        size_t k = strcspn(p, "/");
                        len = add_component(out, len, p, k);
                        p += k + (p[k] == '/');
                }
        if (len == 0)
                out[len++] = '.';
        out[len] = 0;
        return out;
}
