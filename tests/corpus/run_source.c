/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts against source-controller's own: archives byte for byte, names, revisions, sums. */
#include "corpus.h"

#include "base/fs.h"
#include "data/json/json.h"
#include "fetch/artifact.h"
#include "fetch/revision.h"
#include "fetch/sums.h"
#include "fetch/walk.h"

#include <sys/stat.h>
#include <zlib.h>

struct place {
        char path[64];
        int root; /* the tree */
        int file; /* the archive */
};

static void place_done(struct place *p) {
        close_fd(&p->root);
        close_fd(&p->file);
        if (p->path[0])
                fs_remove_tree(p->path, NULL);
}

/* Writes one member of in.tree: a file, or a directory when its name ends in a slash. */
static int make_entry(struct corpus_case *c, int root, const char *path, const struct value *content) {
        char *copy = arena_strdup(c->arena, path);
        _cleanup_close_ int dir = fs_open_dir(root, ".", NULL);
        for (char *slash; dir >= 0 && (slash = strchr(copy, '/')); copy = slash + 1) {
                *slash = '\0';
                mkdirat(dir, copy, 0755);
                int next = fs_open_dir(dir, copy, NULL);
                close(dir);
                dir = next;
        }
        if (dir < 0 || *copy == '\0')
                return dir < 0 ? -1 : 0;
        _cleanup_close_ int fd = fs_open(dir, copy, O_WRONLY | O_CREAT | O_EXCL, 0644, NULL);
        return fd < 0 ? -1 : fs_write_all(fd, content->str, content->len, NULL);
}

static int place_make(struct corpus_case *c, const struct value *in, struct place *p) {
        snprintf(p->path, sizeof(p->path), "/tmp/weir-source.XXXXXX");
        if (!mkdtemp(p->path)) {
                p->path[0] = '\0';
                return -1;
        }
        _cleanup_close_ int top = fs_open_dir(AT_FDCWD, p->path, NULL);
        if (top < 0 || mkdirat(top, "tree", 0755) < 0)
                return -1;
        p->root = fs_open_dir(top, "tree", NULL);
        p->file = fs_open(top, "archive", O_RDWR | O_CREAT, 0600, NULL);
        const struct value *tree = value_get(in, "tree"), *links = value_get(in, "symlinks");
        const struct value *modes = value_get(in, "modes");
        if (value_is_map(tree))
                VALUE_EACH_MEMBER(m, tree)
                        if (make_entry(c, p->root, m->key, &m->value) < 0)
                                return -1;
        if (value_is_map(links))
                VALUE_EACH_MEMBER(m, links)
                        if (symlinkat(m->value.str, p->root, m->key) < 0)
                                return -1;
        if (value_is_map(modes))
                VALUE_EACH_MEMBER(m, modes)
                        if (fchmodat(p->root, m->key, (mode_t)m->value.i, 0) < 0)
                                return -1;
        return p->file < 0 ? -1 : 0;
}

static int run_archive(struct corpus_case *c, const struct value *in, bool prune, struct place *p, struct value *ret,
                       struct err *err) {
        struct value request = value_map();
        const struct value *ignore = value_get(in, "specIgnore");
        if (ignore)
                value_set(c->arena, &request, "ignore", *ignore);
        value_set(c->arena, &request, "prune", value_bool(prune));
        _cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
        _cleanup_buf_ struct buf out = BUF_INIT(1 << 20);
        json_write(&text, &request, 0);
        if (artifact_archive_job(buf_str(&text), text.len, (int[]){p->root, p->file}, 2, &out, err) < 0)
                return -1;
        char *kept = arena_strdup(c->arena, buf_str(&out));
        return json_parse(c->arena, kept, out.len, JSON_KUBERNETES, NULL, ret, err);
}

/* Builds read the pruned tree instead of the archive: it must hold the same files and nothing else. */
static enum corpus_verdict check_pruned(struct corpus_case *c, int root, const struct value *entries) {
        struct walk walk;
        _cleanup_buf_ struct buf expected = BUF_INIT(1 << 20);
        _cleanup_buf_ struct buf found = BUF_INIT(1 << 20);
        if (walk_tree(c->arena, root, &walk, NULL) < 0)
                return corpus_fail(c, "the pruned tree cannot be read");
        VALUE_EACH_ITEM(entry, entries)
                if (value_equals_str(value_get(entry, "type"), "0"))
                        buf_addf(&expected, "%s\n", value_get_str(entry, "name"));
        for (size_t i = 0; i < walk.n; i++)
                if (walk.entries[i].type != WALK_DIRECTORY)
                        buf_addf(&found, "%s\n", walk.entries[i].path);
        return corpus_same(c, "files of the pruned tree", buf_str(&expected), buf_str(&found));
}

/* tarSha256 covers order, names, modes, sizes, times and content. */
static enum corpus_verdict check_archive(struct corpus_case *c, const struct value *in, const struct value *out) {
        _cleanup_(place_done) struct place p = {.root = -1, .file = -1};
        _cleanup_err_ struct err err = ERR_INIT;
        struct value answer;
        if (place_make(c, in, &p) < 0)
                return corpus_fail(c, "the tree could not be made");
        if (run_archive(c, in, true, &p, &answer, &err) < 0)
                return corpus_fail(c, "%s", err_message(&err));
        const char *digest = value_string_or(value_get(&answer, "tarDigest"), "");
        const char *expected = arena_printf(c->arena, "sha256:%s", value_string_or(value_get(out, "tarSha256"), ""));
        if (corpus_same(c, "tar", expected, digest) != CORPUS_PASS)
                return CORPUS_FAIL;
        return check_pruned(c, p.root, value_get(out, "entries"));
}

static enum corpus_verdict check_revision(struct corpus_case *c, const struct value *in, const struct value *out) {
        const char *revision = value_string_or(value_get(in, "revision"), "");
        const char *hash = revision_hash(c->arena, revision);
        const struct {
                const char *key;
                const char *found;
        } parts[] = {{"named", revision_named(c->arena, revision)},
                     {"hash", hash},
                     {"hashAlgorithm", revision_hash_algorithm(hash)},
                     {"transformed", revision_transform(c->arena, revision)}};
        for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
                const char *expected = value_get_str(out, parts[i].key);
                if (corpus_same(c, parts[i].key, expected, parts[i].found) != CORPUS_PASS)
                        return CORPUS_FAIL;
        }
        return CORPUS_PASS;
}

static enum corpus_verdict check_digest(struct corpus_case *c, const struct value *in, const struct value *out) {
        const char *name = value_string_or(value_get(in, "algorithm"), ""), *data, *expected;
        char hex[DIGEST_HEX_MAX];
        size_t n;
        enum digest_kind kind;
        _cleanup_err_ struct err err = ERR_INIT;
        expected = value_get_str(c->row, "error");
        if (artifact_digest_kind(name, &kind, &err) < 0)
                return corpus_same(c, "error", expected, err_message(&err));
        if (corpus_bytes(c, in, "data", &data, &n) < 0 || digest_hex(kind, data, n, hex, &err) < 0)
                return corpus_fail(c, "%s", err_message(&err));
        return corpus_same(c, "digest", value_get_str(out, "digest"),
                           arena_printf(c->arena, "%s:%s", digest_name(kind), hex));
}

static enum corpus_verdict check_url(struct corpus_case *c, const struct value *in, const struct value *out) {
        const char *path = artifact_path(c->arena, value_get_str(in, "kind"), value_get_str(in, "namespace"),
                                         value_get_str(in, "name"), value_string_or(value_get(in, "file"), ""));
        const char *address = value_get_str(in, "addr");
        if (corpus_same(c, "path", value_get_str(out, "path"), path) != CORPUS_PASS ||
            corpus_same(c, "url", value_get_str(out, "url"), artifact_url(c->arena, address, path)) != CORPUS_PASS)
                return CORPUS_FAIL;
        return corpus_same(c, "setHostname", value_get_str(out, "setHostname"),
                           artifact_url_set_host(c->arena, value_get_str(in, "url"), address));
}

static enum corpus_verdict check_bucket(struct corpus_case *c, const struct value *in, const struct value *out) {
        const char *revision;
        if (sums_bucket(c->arena, value_get(in, "index"), &revision, NULL) < 0)
                return corpus_fail(c, "no memory");
        return corpus_same(c, "revision", value_get_str(out, "revision"), revision);
}

static enum corpus_verdict check_dirhash(struct corpus_case *c, const struct value *in, const struct value *out) {
        _cleanup_(place_done) struct place p = {.root = -1, .file = -1};
        _cleanup_err_ struct err err = ERR_INIT;
        const char *sum;
        if (place_make(c, in, &p) < 0)
                return corpus_fail(c, "the tree could not be made");
        if (sums_tree(c->arena, p.root, &sum, &err) < 0)
                return corpus_same(c, "error", value_get_str(c->row, "error"), err_message(&err));
        return corpus_same(c, "hash1", value_get_str(out, "hash1"), sum);
}

static enum corpus_verdict check(struct corpus_case *c) {
        static const struct {
                const char *op;
                enum corpus_verdict (*check)(struct corpus_case *c, const struct value *in, const struct value *out);
        } ops[] = {{"archive", check_archive}, {"revision", check_revision},  {"digest", check_digest},
                   {"url", check_url},         {"bucketIndex", check_bucket}, {"dirhash", check_dirhash}};
        const struct value *in = value_get(c->row, "in"), *out = value_get(c->row, "out");
        for (size_t i = 0; i < ARRAY_LEN(ops); i++)
                if (value_equals_str(value_get(in, "op"), ops[i].op))
                        return ops[i].check(c, in, out);
        return CORPUS_SKIP; /* http: the file server of the artifact store */
}

static const struct corpus_table tables[] = {{"source/source", check}};

int main(void) {
        return corpus_main(tables, ARRAY_LEN(tables));
}
