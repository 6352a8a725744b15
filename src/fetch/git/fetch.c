/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/git.h"

#include "base/fs.h"
#include "base/limits.h"
#include "data/json/json.h"
#include "fetch/git/commit.h"
#include "fetch/git/export.h"
#include "fetch/git/refs.h"
#include "fetch/git/submodules.h"
#include "fetch/git/verify.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define FETCHED "refs/weir/fetched"
#define CLONE "unable to clone"

struct fetching {
        struct arena *a;
        struct git_request request;
        struct git_setup setup;
        struct git_target target;
        struct git_objects objects;
        struct git_commit commit;
        struct git_signed signed_commit;
        struct git_export export;
        const char *hash;
        const char *verified; /* the message; NULL: not asked for */
};

static void fetching_done(struct fetching *f) {
        git_objects_close(&f->objects);
        git_setup_done(&f->setup);
}

/* ---- the transfer ---- */

static int fetch_source(struct fetching *f, const char *source, bool shallow, struct err *err) {
        _cleanup_buf_ struct buf out = BUF_INIT(65536);
        const char *refspec = arena_printf(f->a, "+%s:" FETCHED, source);
        if (!refspec)
                return err_oom(err);
        const char *args[] = {"fetch",
                              "--quiet",
                              "--no-tags",
                              "--no-auto-maintenance",
                              "--no-write-fetch-head",
                              "origin",
                              refspec,
                              shallow ? "--depth=1" : NULL,
                              NULL};
        return git_run(&f->setup, args, CLONE, &out, err);
}

/* A server may refuse to hand out a commit by its hash: then the branch is fetched with its history and the commit is
 * looked for in it. */
static int fetch_commit(struct fetching *f, struct err *err) {
        _cleanup_err_ struct err first = ERR_INIT;
        if (fetch_source(f, f->target.hash, true, &first) == 0)
                return 0;
        bool refused = strstr(err_message(&first), "not our ref") || strstr(err_message(&first), "unadvertised object");
        if (refused && f->target.fallback)
                return fetch_source(f, f->target.fallback, false, err);
        if (refused)
                return err_set(err, ERR_NOT_FOUND, "unable to resolve commit object for '%s': object not found",
                               f->target.hash);
        return err_move(err, &first);
}

/* Names the reason when a ref is not there: perhaps nothing is. */
static int explain_missing(struct fetching *f, struct err *missing, struct err *err) {
        bool empty = false;
        if (missing->class == ERR_NOT_FOUND && strstr(err_message(missing), "couldn't find remote ref") &&
            git_remote_is_empty(&f->setup, &empty, NULL) == 0 && empty)
                return err_set_reason(err, ERR_NOT_FOUND, "EmptyGitRepository", "git repository is empty");
        return err_move(err, missing);
}

static int transfer(struct fetching *f, struct err *err) {
        _cleanup_err_ struct err local = ERR_INIT;
        if (!f->target.ref)
                return fetch_commit(f, err);
        if (fetch_source(f, f->target.ref, true, &local) == 0)
                return 0;
        return explain_missing(f, &local, err);
}

/* ---- the commit and its tree ---- */

static int read_commit(struct fetching *f, struct err *err) {
        struct git_object object;
        char *text;
        const char *name = f->target.ref ? FETCHED "^{commit}" : arena_printf(f->a, "%s^{commit}", f->target.hash);
        if (!name)
                return err_oom(err);
        if (git_objects_ask(&f->objects, name, err) < 0 || git_objects_next(&f->objects, &object, err) < 0) {
                const char *what = f->target.ref ? f->target.ref : f->target.hash;
                return err_wrap(err, "unable to resolve commit object for '%s'", what);
        }
        f->hash = arena_strdup(f->a, object.hash);
        if (!f->hash)
                return err_oom(err);
        if (git_objects_read(&f->objects, &object, f->a, LIMIT_GIT_COMMIT, &text, err) < 0 ||
            git_signed_commit(f->a, text, (size_t)object.size, &f->signed_commit, err) < 0)
                return -1;
        return git_commit_parse(text, &f->commit, err);
}

/* ---- signatures ---- */

static int add_verified(struct fetching *f, const char *kind, const char *what, const char *key, struct err *err) {
        const char *before = f->verified ? f->verified : "verified signature of";
        f->verified = arena_printf(f->a, "%s\n\t- %s '%s' with key '%s'", before, kind, what, key);
        return f->verified ? 0 : err_oom(err);
}

static int invalid(const char *reason, const char *kind, const char *what, const struct err *why, struct err *err) {
        return err_set_reason(err, ERR_INVALID, reason, "signature verification of %s '%s' failed: %s", kind, what,
                              err_message(why));
}

static int verify_commit(struct fetching *f, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        const char *key;
        if (git_verify(&f->setup, &f->signed_commit, &key, &why) < 0)
                return invalid("InvalidCommitSignature", "commit", f->hash, &why, err);
        return add_verified(f, "commit", f->hash, key, err);
}

static int verify_tag(struct fetching *f, struct err *err) {
        static const char prefix[] = "refs/tags/";
        _cleanup_err_ struct err why = ERR_INIT;
        struct git_object object;
        struct git_signed tag = {0};
        char *text;
        const char *key;
        if (!f->target.ref || !str_has_prefix(f->target.ref, prefix))
                return err_set_reason(err, ERR_INVALID, "InvalidVerificationMode",
                                      "cannot verify tag object's signature if a tag reference is not specified");
        if (git_objects_ask(&f->objects, FETCHED, err) < 0 || git_objects_next(&f->objects, &object, err) < 0 ||
            git_objects_read(&f->objects, &object, f->a, LIMIT_GIT_COMMIT, &text, err) < 0)
                return -1;
        const char *name = arena_printf(f->a, "%s@sha1:%s", f->target.ref + strlen(prefix), object.hash);
        if (!name)
                return err_oom(err);
        if (streq(object.type, "tag") && git_signed_tag(f->a, text, (size_t)object.size, &tag, err) < 0)
                return -1;
        if (tag.type == GIT_SIGNATURE_NONE) /* a tag without an object of its own has no signature either */
                return err_set_reason(err, ERR_INVALID, "InvalidGitObject",
                                      "cannot verify signature of tag '%s' since it is not signed", name);
        if (git_verify(&f->setup, &tag, &key, &why) < 0)
                return invalid("InvalidTagSignature", "tag", name, &why, err);
        return add_verified(f, "tag", name, key, err);
}

static int verify(struct fetching *f, struct err *err) {
        if (f->request.verify_tag && verify_tag(f, err) < 0)
                return -1;
        return f->request.verify_head ? verify_commit(f, err) : 0;
}

static int export(struct fetching *f, int staging, struct err *err) {
        if (mkdirat(staging, "tree", 0750) < 0)
                return err_errno(err, errno, "make the tree's directory");
        _cleanup_close_ int tree = fs_open_dir(staging, "tree", err);
        if (tree < 0)
                return -1;
        f->export.max_bytes = f->request.max_bytes;
        if (git_export_tree(f->a, &f->objects, f->commit.tree, f->request.sparse, tree, &f->export, err) < 0)
                return -1;
        return f->request.submodules
                       ? git_submodules(&f->setup, &f->objects, f->hash, f->request.url, tree, &f->export, err)
                       : 0;
}

/* ---- the answer ---- */

static bool add_signature(struct arena *a, struct value *answer, const char *key, const struct git_signature *s) {
        struct value v = value_map();
        return value_set(a, &v, "name", value_str(s->name)) && value_set(a, &v, "email", value_str(s->email)) &&
               value_set(a, &v, "when", value_int(s->when)) && value_set(a, answer, key, v);
}

static bool add_export(struct fetching *f, struct value *answer) {
        struct arena *a = f->a;
        const char *reference = f->target.reference;
        return (!reference || value_set(a, answer, "reference", value_str(reference))) &&
               (!f->verified || value_set(a, answer, "verified", value_str(f->verified))) &&
               value_set(a, answer, "message", value_str(f->commit.message)) &&
               add_signature(a, answer, "author", &f->commit.author) &&
               add_signature(a, answer, "committer", &f->commit.committer) &&
               value_set(a, answer, "signed", value_bool(f->commit.is_signed)) &&
               value_set(a, answer, "files", value_int((int64_t)f->export.files)) &&
               value_set(a, answer, "bytes", value_int((int64_t)f->export.bytes)) &&
               value_set(a, answer, "symlinks", value_int((int64_t)f->export.symlinks));
}

static int answer(struct fetching *f, const char *revision, bool changed, struct buf *out, struct err *err) {
        struct value v = value_map();
        if (!value_set(f->a, &v, "revision", value_str(revision)) ||
            !value_set(f->a, &v, "commit", value_str(f->hash)) ||
            !value_set(f->a, &v, "changed", value_bool(changed)) || (changed && !add_export(f, &v)))
                return err_oom(err);
        json_write(out, &v, 0);
        return 0;
}

/* 1: the remote still has what was observed, and that is answered; 0: it has not, or that is not known (hash NULL). */
static int answer_unchanged(struct fetching *f, const char *hash, struct buf *out, struct err *err) {
        if (!f->request.observed || !hash)
                return 0;
        const char *revision = git_revision(f->a, &f->target, hash);
        if (!revision)
                return err_oom(err);
        if (!streq(revision, f->request.observed))
                return 0;
        f->hash = hash;
        return answer(f, revision, false, out, err) < 0 ? -1 : 1;
}

static int fetch(struct fetching *f, int staging, struct buf *out, struct err *err) {
        if (git_resolve(&f->setup, &f->target, err) < 0)
                return -1;
        int unchanged = answer_unchanged(f, f->target.hash, out, err);
        if (unchanged != 0)
                return unchanged < 0 ? -1 : 0;
        if (transfer(f, err) < 0 || git_objects_open(&f->setup, &f->objects, err) < 0 || read_commit(f, err) < 0)
                return -1;
        unchanged = answer_unchanged(f, f->hash, out, err);
        if (unchanged != 0)
                return unchanged < 0 ? -1 : 0;
        if (verify(f, err) < 0)
                return -1;
        if (export(f, staging, err) < 0)
                return err_wrap(err, CLONE " '%s'", f->request.safe_url);
        const char *revision = git_revision(f->a, &f->target, f->hash);
        return revision ? answer(f, revision, true, out, err) : err_oom(err);
}

#define FILE_LEAST ((rlim_t)1 << 20) /* room for what git writes besides the pack */

/* No file of git's may be larger than the limit of this fetch, which is at most the worker's own. */
static int limit_files(rlim_t max_bytes, struct err *err) {
        struct rlimit limit;
        if (max_bytes < FILE_LEAST)
                max_bytes = FILE_LEAST;
        if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
                return err_errno(err, errno, "getrlimit");
        if (limit.rlim_cur <= max_bytes)
                return 0;
        limit.rlim_cur = max_bytes;
        return setrlimit(RLIMIT_FSIZE, &limit) < 0 ? err_errno(err, errno, "setrlimit") : 0;
}

int git_fetch(const char *request, size_t len, const int *fds, size_t n_fds, struct buf *out, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(LIMIT_JOB_MEMORY);
        _cleanup_(fetching_done) struct fetching f = {
                .a = a, .setup = {.staging = -1}, .objects = {.proc = PROC_INIT, .in = -1, .out = -1}};
        if (!a)
                return err_oom(err);
        if (n_fds != 1)
                return err_set(err, ERR_INTERNAL, "a fetch needs a staging directory");
        if (git_request_parse(a, request, len, &f.request, err) < 0 || limit_files(f.request.max_bytes, err) < 0 ||
            git_setup(a, &f.request, fds[0], &f.setup, err) < 0)
                return -1;
        return fetch(&f, fds[0], out, err);
}
