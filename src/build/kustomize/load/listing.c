/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/listing.h"

#include "base/fs.h"
#include "base/limits.h"
#include "build/kustomize/load/reads.h"

#include <dirent.h>
#include <errno.h>

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_name(struct arena *a, struct listing *n, const char *name, struct err *err) {
        if (n->len >= LIMIT_KUSTOMIZE_FILES)
                return err_set(err, ERR_TOO_LARGE, "more than %d files in a directory", LIMIT_KUSTOMIZE_FILES);
        if (n->len == n->cap) {
                size_t cap = n->cap ? 2 * n->cap : 16;
                n->items = arena_grow(a, n->items, n->cap * sizeof(*n->items), cap * sizeof(*n->items));
                if (!n->items)
                        return err_oom(err);
                n->cap = cap;
        }
        char *own = arena_strdup(a, name);
        if (!own)
                return err_oom(err);
        n->items[n->len++] = own;
        return 0;
}

static void close_dir(DIR **d) {
        if (*d)
                closedir(*d);
}

int listing_read(struct arena *a, const struct view *v, const char *dir, struct listing *ret, struct err *err) {
        _cleanup_close_ int fd = view_open(v, dir, O_RDONLY | O_DIRECTORY, err);
        if (fd < 0)
                return -1;
        _cleanup_(close_dir) DIR *d = fdopendir(fd);
        if (!d)
                return err_errno(err, errno, "open %s", view_display(a, v, dir));
        fd = -1; /* the stream owns it now */
        for (struct dirent *entry; (entry = readdir(d));)
                if (!streq(entry->d_name, ".") && !streq(entry->d_name, "..") &&
                    add_name(a, ret, entry->d_name, err) < 0)
                        return -1;
        if (ret->len)
                qsort(ret->items, ret->len, sizeof(*ret->items), compare_names);
        reads_listing(v->reads, dir, ret->items, ret->len);
        return 0;
}
