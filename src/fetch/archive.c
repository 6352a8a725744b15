/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/limits.h"
#include "data/json/json.h"
#include "fetch/artifact.h"
#include "fetch/gzip.h"
#include "fetch/ignore.h"
#include "fetch/tar.h"

#include <errno.h>
#include <sys/stat.h>

/* The modes that Flux gives. The files of a pruned tree lose their write bits; its directories keep theirs, because
 * the store must be able to move and remove them. */
#define MODE_DIRECTORY 0750
#define MODE_FILE 0600
#define MODE_EXECUTABLE 0700
#define MODE_READ_ONLY (~0222u & 0777u)

struct archive_request {
        const char *ignore; /* NULL: absent */
        size_t ignore_len;
        bool prune;
        enum digest_kind digest;
};

struct archiving {
        struct arena *a;
        int root;
        struct gzip gzip;
        struct buf header;
        uint64_t files;
        uint64_t bytes;
};

static void archiving_done(struct archiving *w) {
        gzip_done(&w->gzip);
        buf_done(&w->header);
}

static int add_entry(struct archiving *w, const struct tar_entry *entry, struct err *err) {
        buf_clear(&w->header);
        tar_header(&w->header, entry);
        if (buf_failed(&w->header))
                return err_oom(err);
        return gzip_add(&w->gzip, buf_str(&w->header), w->header.len, err);
}

static int add_zeros(struct archiving *w, size_t n, struct err *err) {
        static const char zeros[TAR_TRAILER];
        return n ? gzip_add(&w->gzip, zeros, n, err) : 0;
}

static int add_content(struct archiving *w, const struct walk_entry *entry, struct err *err) {
        _cleanup_close_ int fd = fs_open(w->root, entry->path, O_RDONLY | O_NOFOLLOW, 0, err);
        if (fd < 0)
                return -1;
        char piece[65536];
        for (uint64_t left = entry->size; left > 0;) {
                ssize_t n = read(fd, piece, left < sizeof(piece) ? (size_t)left : sizeof(piece));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return err_errno(err, errno, "read %s", entry->path);
                if (n == 0)
                        return err_set(err, ERR_IO, "%s became shorter while it was read", entry->path);
                if (gzip_add(&w->gzip, piece, (size_t)n, err) < 0)
                        return -1;
                left -= (uint64_t)n;
        }
        return add_zeros(w, tar_padding(entry->size), err);
}

static unsigned mode_of(const struct walk_entry *entry) {
        if (entry->type == WALK_DIRECTORY)
                return MODE_DIRECTORY;
        return entry->executable ? MODE_EXECUTABLE : MODE_FILE;
}

static int add_walked(struct archiving *w, const struct walk_entry *entry, struct err *err) {
        bool directory = entry->type == WALK_DIRECTORY;
        struct tar_entry tar = {
                .name = entry->path,
                .directory = directory,
                .mode = mode_of(entry),
                .size = entry->size,
        };
        if (add_entry(w, &tar, err) < 0)
                return -1;
        if (directory)
                return 0;
        w->files++;
        w->bytes += entry->size;
        return add_content(w, entry, err);
}

/* Flux drops what is neither file nor directory. An ignored directory is entered all the same: a later pattern may
 * bring back a file in it, which then stands in the archive without its directory. */
static bool is_kept(const struct walk_entry *entry, const struct gitignore *ignore) {
        return entry->type != WALK_OTHER && !gitignore_match(ignore, entry->path, entry->type == WALK_DIRECTORY);
}

/* Opens the directory that holds the entry and says the entry's own name. */
static int open_parent(int root, struct arena *a, const char *path, const char **ret_name, struct err *err) {
        const char *slash = strrchr(path, '/');
        const char *parent = slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
        *ret_name = slash ? slash + 1 : path;
        return parent ? fs_open_dir(root, parent, err) : err_oom(err);
}

static int prune_entry(struct archiving *w, const struct walk_entry *entry, bool kept, struct err *err) {
        const char *name;
        bool directory = entry->type == WALK_DIRECTORY;
        _cleanup_close_ int parent = open_parent(w->root, w->a, entry->path, &name, err);
        if (parent < 0)
                return -1;
        if (!kept) {
                if (unlinkat(parent, name, directory ? AT_REMOVEDIR : 0) == 0)
                        return 0;
                if (!directory || (errno != ENOTEMPTY && errno != EEXIST))
                        return err_errno(err, errno, "prune %s", entry->path);
        }
        mode_t mode = directory ? MODE_DIRECTORY : mode_of(entry) & MODE_READ_ONLY;
        return fchmodat(parent, name, mode, 0) < 0 ? err_errno(err, errno, "make %s read-only", entry->path) : 0;
}

/* Backwards, so that a directory's children have gone before it is tried. */
static int prune(struct archiving *w, const struct walk *walk, const struct gitignore *ignore, struct err *err) {
        for (size_t i = walk->n; i-- > 0;)
                if (prune_entry(w, &walk->entries[i], is_kept(&walk->entries[i], ignore), err) < 0)
                        return -1;
        return fchmod(w->root, MODE_DIRECTORY) < 0 ? err_errno(err, errno, "prune the tree") : 0;
}

static int write_archive(struct archiving *w, const struct walk *walk, const struct gitignore *ignore,
                         struct err *err) {
        static const struct tar_entry root = {.name = ".", .directory = true, .mode = MODE_DIRECTORY};
        if (add_entry(w, &root, err) < 0)
                return -1;
        for (size_t i = 0; i < walk->n; i++)
                if (is_kept(&walk->entries[i], ignore) && add_walked(w, &walk->entries[i], err) < 0)
                        return -1;
        if (add_zeros(w, TAR_TRAILER, err) < 0)
                return -1;
        return gzip_end(&w->gzip, err);
}

static int answer(struct archiving *w, const char *algorithm, struct buf *out, struct err *err) {
        char digest[DIGEST_HEX_MAX], tar_digest[DIGEST_HEX_MAX];
        if (digest_end_hex(w->gzip.out_digest, digest, err) < 0 ||
            digest_end_hex(w->gzip.in_digest, tar_digest, err) < 0)
                return -1;
        buf_addf(out, "{\"digest\":\"%s:%s\",\"size\":%llu,\"tarDigest\":\"%s:%s\",\"files\":%llu,\"bytes\":%llu}",
                 algorithm, digest, (unsigned long long)w->gzip.out, algorithm, tar_digest,
                 (unsigned long long)w->files, (unsigned long long)w->bytes);
        return 0;
}

static int parse_request(struct arena *a, const char *request, size_t len, struct archive_request *ret,
                         struct err *err) {
        struct value v;
        if (json_parse(a, request, len, JSON_KUBERNETES, NULL, &v, err) < 0)
                return err_wrap(err, "archive request");
        const struct value *ignore = value_get(&v, "ignore");
        const char *algorithm = value_string_or(value_get(&v, "algorithm"), "sha256");
        *ret = (struct archive_request){
                .ignore = value_is_string(ignore) ? ignore->str : NULL,
                .ignore_len = value_is_string(ignore) ? ignore->len : 0,
                .prune = value_bool_or(value_get(&v, "prune"), false),
        };
        return artifact_digest_kind(algorithm, &ret->digest, err);
}

int artifact_archive_job(const char *request, size_t len, const int *fds, size_t n_fds, struct buf *out,
                         struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(LIMIT_JOB_MEMORY);
        _cleanup_(archiving_done) struct archiving w = {.a = a,
                                                        .header = BUF_INIT(4 * TAR_BLOCK + 2 * LIMIT_TREE_PATH)};
        struct archive_request r = {0};
        struct walk walk;
        struct gitignore *ignore;
        if (!a)
                return err_oom(err);
        if (n_fds != 2)
                return err_set(err, ERR_INTERNAL, "an archive job needs a tree and a file");
        w.root = fds[0];
        if (parse_request(a, request, len, &r, err) < 0 || walk_tree(a, w.root, &walk, err) < 0 ||
            ignore_load(a, w.root, &walk, r.ignore, r.ignore_len, &ignore, err) < 0)
                return -1;
        if (gzip_begin(&w.gzip, fds[1], r.digest, err) < 0 || write_archive(&w, &walk, ignore, err) < 0)
                return err_wrap(err, "unable to archive artifact to storage");
        if (r.prune && prune(&w, &walk, ignore, err) < 0)
                return -1;
        return answer(&w, digest_name(r.digest), out, err);
}
