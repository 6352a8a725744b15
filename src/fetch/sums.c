/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/sums.h"

#include "base/fs.h"
#include "data/digest.h"
#include "fetch/walk.h"

#include <errno.h>

static int by_path(const void *x, const void *y) {
        const struct walk_entry *a = x, *b = y;
        return strcmp(a->path, b->path);
}

static int file_digest(int root, const char *path, char hex[static DIGEST_HEX_MAX], struct err *err) {
        _cleanup_digest_ struct digest *d = digest_new(DIGEST_SHA256, err);
        _cleanup_close_ int fd = d ? fs_open(root, path, O_RDONLY | O_NOFOLLOW, 0, err) : -1;
        if (fd < 0)
                return -1;
        char piece[65536];
        ssize_t n;
        while ((n = read(fd, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR))
                if (n > 0)
                        digest_add(d, piece, (size_t)n);
        if (n < 0)
                return err_errno(err, errno, "read %s", path);
        return digest_end_hex(d, hex, err);
}

static int add_file(struct digest *d, int root, const struct walk_entry *entry, struct err *err) {
        char hex[DIGEST_HEX_MAX];
        if (strchr(entry->path, '\n'))
                return err_set(err, ERR_INVALID, "dirhash: filenames with newlines are not supported");
        if (file_digest(root, entry->path, hex, err) < 0)
                return -1;
        digest_add(d, hex, strlen(hex));
        digest_add(d, "  ", 2);
        digest_add(d, entry->path, strlen(entry->path));
        digest_add(d, "\n", 1);
        return 0;
}

int sums_tree(struct arena *a, int root, const char **ret, struct err *err) {
        struct walk walk;
        uint8_t raw[DIGEST_MAX];
        size_t n;
        if (walk_tree(a, root, &walk, err) < 0)
                return -1;
        if (walk.n) /* whole paths in order, which differs from the order of a walk */
                qsort(walk.entries, walk.n, sizeof(*walk.entries), by_path);
        _cleanup_digest_ struct digest *d = digest_new(DIGEST_SHA256, err);
        if (!d)
                return -1;
        for (size_t i = 0; i < walk.n; i++)
                if (walk.entries[i].type == WALK_FILE && add_file(d, root, &walk.entries[i], err) < 0)
                        return -1;
        if (digest_end_raw(d, raw, err) < 0)
                return -1;
        char *text = base64_encode(a, raw, digest_size(DIGEST_SHA256), &n);
        *ret = text ? arena_printf(a, "h1:%s", text) : NULL;
        return *ret ? 0 : err_oom(err);
}

static int by_key(const void *x, const void *y) {
        const struct member *const *a = x, *const *b = y;
        return strcmp((*a)->key, (*b)->key);
}

int sums_bucket(struct arena *a, const struct value *objects, const char **ret, struct err *err) {
        char hex[DIGEST_HEX_MAX];
        const struct member **members = arena_zalloc(a, objects->len + 1, sizeof(*members));
        size_t n = 0;
        if (!members)
                return err_oom(err);
        VALUE_EACH_MEMBER(m, objects)
                members[n++] = m;
        if (n)
                qsort(members, n, sizeof(*members), by_key);
        _cleanup_digest_ struct digest *d = digest_new(DIGEST_SHA256, err);
        if (!d)
                return -1;
        for (size_t i = 0; i < n; i++) {
                const char *etag = value_string_or(&members[i]->value, "");
                digest_add(d, members[i]->key, members[i]->key_len);
                digest_add(d, " ", 1);
                digest_add(d, etag, strlen(etag));
                digest_add(d, "\n", 1);
        }
        if (digest_end_hex(d, hex, err) < 0)
                return -1;
        *ret = arena_printf(a, "sha256:%s", hex);
        return *ret ? 0 : err_oom(err);
}
