/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/limits.h"
#include "data/digest.h"
#include "data/json/json.h"
#include "fetch/archive_library.h"
#include "fetch/artifact.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sys/stat.h>

#define READ_BLOCK 65536

struct unpacking {
        struct arena *a;
        int root;
        int source;
        struct archive *archive;
        struct digest *digest; /* of the packed bytes */
        uint64_t packed;
        uint64_t max_bytes;
        uint64_t max_files;
        int64_t strip;
        const char *expected; /* digest, or NULL */
        uint64_t files;
        uint64_t entries;
        uint64_t bytes;
        uint64_t skipped;
        char block[READ_BLOCK];
};

static void unpacking_done(struct unpacking *u) {
        if (u->archive)
                archive_read_free(u->archive);
        u->archive = NULL;
        u->digest = digest_free(u->digest);
}

/* libarchive's source: the file, digested as it passes. */
static la_ssize_t read_packed(struct archive *archive, void *context, const void **ret) {
        struct unpacking *u = context;
        ssize_t n;
        do
                n = read(u->source, u->block, sizeof(u->block));
        while (n < 0 && errno == EINTR);
        if (n < 0) {
                archive_set_error(archive, errno, "read: %s", strerror(errno));
                return -1;
        }
        u->packed += (uint64_t)n;
        if (u->packed > LIMIT_ARCHIVE_BYTES) {
                archive_set_error(archive, EFBIG, "the archive has more than %llu bytes",
                                  (unsigned long long)LIMIT_ARCHIVE_BYTES);
                return -1;
        }
        digest_add(u->digest, u->block, (size_t)n);
        *ret = u->block;
        return n;
}

/* ---- paths ---- */

/* Skips `strip` leading parts; NULL when none is left. */
static const char *strip_parts(const char *path, int64_t strip) {
        for (; strip > 0; strip--) {
                path = strchr(path, '/');
                if (!path)
                        return NULL;
                while (*path == '/')
                        path++;
        }
        return path;
}

/* The path as it is made beneath the root: "./" and double slashes gone. Anything that could lead elsewhere, or forge a
 * line in a log or a listing, fails the job. An empty path is the root itself. */
static int clean_path(struct arena *a, const char *path, const char **ret, struct err *err) {
        size_t n = 0, parts = 0;
        if (*path == '/')
                return err_set(err, ERR_INVALID, "tar contains an absolute path '%s'", path);
        for (const char *p = path; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        return err_set(err, ERR_INVALID, "tar contains a path with a control character");
        if (strlen(path) > LIMIT_TREE_PATH)
                return err_set(err, ERR_TOO_LARGE, "tar contains a path of more than %d bytes", LIMIT_TREE_PATH);
        char *clean = arena_alloc(a, strlen(path) + 1);
        if (!clean)
                return err_oom(err);
        while (*path) {
                size_t part = strcspn(path, "/");
                if (part == 2 && path[0] == '.' && path[1] == '.')
                        return err_set(err, ERR_INVALID, "tar contains a path that leads out of its directory");
                if (part > 0 && !(part == 1 && path[0] == '.')) {
                        if (++parts > LIMIT_TREE_DEPTH)
                                return err_set(err, ERR_TOO_LARGE, "directories are nested deeper than %d",
                                               LIMIT_TREE_DEPTH);
                        if (n)
                                clean[n++] = '/';
                        memcpy(clean + n, path, part);
                        n += part;
                }
                path += part;
                while (*path == '/')
                        path++;
        }
        clean[n] = '\0';
        *ret = clean;
        return 0;
}

/* ---- writing ---- */

/* Makes a directory and those above it; answers a descriptor of it. One that is there already is fine. */
static int open_directories(struct unpacking *u, const char *path, size_t len, struct err *err) {
        _cleanup_close_ int dir = fs_open_dir(u->root, ".", err);
        while (dir >= 0 && len > 0) {
                size_t part = strcspn(path, "/");
                if (part > len)
                        part = len;
                const char *name = arena_strndup(u->a, path, part);
                if (!name)
                        return err_oom(err);
                if (mkdirat(dir, name, 0750) < 0 && errno != EEXIST)
                        return err_errno(err, errno, "mkdir %s", name);
                int next = fs_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, err);
                close(dir);
                dir = next;
                path += part;
                len -= part;
                if (len > 0) {
                        path++;
                        len--;
                }
        }
        return TAKE_FD(dir);
}

static int copy_content(struct unpacking *u, int fd, const char *path, struct err *err) {
        const void *block;
        size_t n;
        la_int64_t offset;
        int r;
        while ((r = archive_read_data_block(u->archive, &block, &n, &offset)) == ARCHIVE_OK) {
                u->bytes += n;
                /* Sparse entries jump ahead; the file's length counts, not what was written. */
                if (u->bytes > u->max_bytes || offset < 0 || (uint64_t)offset + n > u->max_bytes)
                        return err_set(err, ERR_TOO_LARGE, "tar holds more than %llu bytes",
                                       (unsigned long long)u->max_bytes);
                for (size_t at = 0; at < n;) {
                        ssize_t done = pwrite(fd, (const char *)block + at, n - at, (off_t)offset + (off_t)at);
                        if (done < 0)
                                return err_errno(err, errno, "write %s", path);
                        at += (size_t)done;
                }
        }
        return r == ARCHIVE_EOF ? 0 : err_set(err, ERR_INVALID, "tar error: %s", archive_error_string(u->archive));
}

static int unpack_file(struct unpacking *u, const char *path, bool executable, struct err *err) {
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        _cleanup_close_ int dir = open_directories(u, path, slash ? (size_t)(slash - path) : 0, err);
        if (dir < 0)
                return -1;
        /* A second entry of the same name replaces the first, as tar does. */
        if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
                return err_errno(err, errno, "replace %s", path);
        _cleanup_close_ int fd =
                fs_open(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, executable ? 0700 : 0600, err);
        if (fd < 0 || copy_content(u, fd, path, err) < 0)
                return -1;
        if (fchmod(fd, executable ? 0500 : 0400) < 0)
                return err_errno(err, errno, "make %s read-only", path);
        u->files++;
        return 0;
}

static int unpack_entry(struct unpacking *u, struct archive_entry *entry, struct err *err) {
        const char *name = archive_entry_pathname(entry);
        if (!name) /* not ASCII, in a PAX header: libarchive knows it as UTF-8 only */
                name = archive_entry_pathname_utf8(entry);
        if (!name)
                return err_set(err, ERR_INVALID, "tar contains a path that is not UTF-8");
        if (++u->entries > u->max_files)
                return err_set(err, ERR_TOO_LARGE, "tar holds more than %llu entries",
                               (unsigned long long)u->max_files);
        const char *path = NULL;
        mode_t type = archive_entry_filetype(entry);
        if (clean_path(u->a, name, &path, err) < 0)
                return -1;
        path = strip_parts(path, u->strip);
        bool link = archive_entry_hardlink(entry) || archive_entry_symlink(entry);
        if (!path || link || (type != AE_IFREG && type != AE_IFDIR)) {
                u->skipped++;
                return 0;
        }
        if (type == AE_IFREG)
                return *path ? unpack_file(u, path, archive_entry_perm(entry) & 0111, err)
                             : err_set(err, ERR_INVALID, "tar contains a file without a name");
        _cleanup_close_ int dir = open_directories(u, path, strlen(path), err);
        return dir < 0 ? -1 : 0;
}

static int unpack_all(struct unpacking *u, struct err *err) {
        struct archive_entry *entry;
        u->archive = archive_read_new();
        if (!u->archive || archive_read_support_filter_gzip(u->archive) != ARCHIVE_OK ||
            archive_read_support_format_tar(u->archive) != ARCHIVE_OK)
                return err_oom(err);
        int r = archive_read_open(u->archive, u, NULL, read_packed, NULL);
        while (r == ARCHIVE_OK || r == ARCHIVE_WARN) {
                r = archive_read_next_header(u->archive, &entry);
                if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
                        break;
                if (unpack_entry(u, entry, err) < 0)
                        return -1;
        }
        if (r != ARCHIVE_EOF)
                return err_set(err, ERR_INVALID, "tar error: %s", archive_error_string(u->archive));
        return 0;
}

/* What follows the end of the archive counts for the digest too. */
static int check_digest(struct unpacking *u, char hex[static DIGEST_HEX_MAX], struct err *err) {
        const void *ignored;
        la_ssize_t n;
        while ((n = read_packed(u->archive, u, &ignored)) > 0)
                ;
        if (n < 0)
                return err_set(err, ERR_IO, "%s", archive_error_string(u->archive));
        if (digest_end_hex(u->digest, hex, err) < 0)
                return -1;
        const char *expected = u->expected;
        if (!expected)
                return 0;
        if (str_has_prefix(expected, "sha256:"))
                expected += strlen("sha256:");
        return streq(expected, hex) ? 0
                                    : err_set(err, ERR_INVALID,
                                              "failed to verify artifact: computed checksum '%s' doesn't match "
                                              "advertised '%s'",
                                              hex, expected);
}

static uint64_t limit_of(const struct value *request, const char *key, uint64_t most) {
        int64_t v = value_int_or(value_get(request, key), 0);
        return v > 0 && (uint64_t)v < most ? (uint64_t)v : most;
}

static int parse_request(struct unpacking *u, const char *request, size_t len, struct err *err) {
        struct value v;
        if (json_parse(u->a, request, len, JSON_KUBERNETES, NULL, &v, err) < 0)
                return err_wrap(err, "unpack request");
        u->expected = value_get_str(&v, "digest");
        u->strip = value_int_or(value_get(&v, "stripComponents"), 0);
        u->max_bytes = limit_of(&v, "maxBytes", LIMIT_TREE_BYTES);
        u->max_files = limit_of(&v, "maxFiles", LIMIT_TREE_FILES);
        return 0;
}

int artifact_unpack_prepare(struct err *err) {
        return archive_library_load(err);
}

int artifact_unpack_job(const char *request, size_t len, const int *fds, size_t n_fds, struct buf *out,
                        struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(LIMIT_JOB_MEMORY);
        _cleanup_(unpacking_done) struct unpacking u = {.a = a};
        char hex[DIGEST_HEX_MAX];
        if (!a)
                return err_oom(err);
        if (n_fds != 2)
                return err_set(err, ERR_INTERNAL, "unpacking needs an archive and a directory");
        if (artifact_unpack_prepare(err) < 0)
                return -1;
        u.source = fds[0];
        u.root = fds[1];
        u.digest = digest_new(DIGEST_SHA256, err);
        if (!u.digest || parse_request(&u, request, len, err) < 0 || unpack_all(&u, err) < 0 ||
            check_digest(&u, hex, err) < 0)
                return -1;
        buf_addf(out, "{\"digest\":\"sha256:%s\",\"files\":%llu,\"bytes\":%llu,\"skipped\":%llu}", hex,
                 (unsigned long long)u.files, (unsigned long long)u.bytes, (unsigned long long)u.skipped);
        return 0;
}
