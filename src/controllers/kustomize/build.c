/* SPDX-License-Identifier: Apache-2.0 */
/* The build: a job for a worker that sees the granted folders of one revision, and no credential.
 * When the build wants remote bases, and lockdown allows them, they are fetched and the worker runs again with them. */
#include "controllers/kustomize/reconcile.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/limits.h"
#include "build/kustomize/load/reads.h"
#include "data/json/json.h"
#include "runtime/remote_fetch.h"

/* ---- what the worker may see ---- */

/* The folders that are there, each with its descriptor: nothing else of the tree reaches the worker. */
struct granted {
        struct value names;
        int fds[LIMIT_GRANTED_FOLDERS];
        size_t n;
};

static void granted_done(struct granted *g) {
        for (size_t i = 0; i < g->n; i++)
                close(g->fds[i]);
}

/* What a grant names and the revision does not have as a directory is as little there as anything else. No symlink is
 * followed: whoever may push beside a granted folder could show it other ones. */
static int open_folder(struct reconcile *r, int tree, const struct value *name, struct granted *g, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        int fd = fs_open_dir_plain(tree, name->str, &why);
        if (fd < 0)
                return why.class == ERR_NOT_FOUND ? 0 : err_move(err, &why);
        g->fds[g->n++] = fd;
        return value_append(r->a, &g->names, *name) ? 0 : err_oom(err);
}

static int open_folders(struct reconcile *r, struct granted *g, struct err *err) {
        struct artifact_place place = {
                .kind = "gitrepository", .namespace_ = r->access.namespace_, .name = r->access.name};
        _cleanup_close_ int tree = artifact_store_open_tree(r->k->manager->store, &place, r->commit, err);
        if (tree < 0 && err->class == ERR_NOT_FOUND)
                return err_set_reason(err, ERR_NOT_FOUND, "ArtifactFailed",
                                      "kustomization path not found: stat %s: no such file or directory",
                                      value_string_or(value_get(r->spec, "path"), "."));
        if (tree < 0)
                return -1;
        VALUE_EACH_ITEM(name, &r->folders)
                if (open_folder(r, tree, name, g, err) < 0)
                        return -1;
        return 0;
}

/* What a worker returns is a stranger's word: a list of maps, each with apiVersion, kind and a name. */
static int check_objects(const struct value *objects, struct err *err) {
        if (!value_is_list(objects))
                return err_set_reason(err, ERR_INTERNAL, "BuildFailed", "the build worker's answer is no list");
        VALUE_EACH_ITEM(o, objects) {
                const char *name = value_path_str(o, "metadata", "name", NULL);
                if (!value_get_str(o, "apiVersion") || !value_get_str(o, "kind") || !name || !*name)
                        return err_set_reason(
                                err, ERR_INVALID, "BuildFailed",
                                "an object of the build lacks apiVersion, kind or metadata.name (kind '%s', "
                                "name '%s')",
                                value_string_or(value_get(o, "kind"), ""), name ? name : "");
        }
        return 0;
}

/* ---- the job ---- */

/* One build, which may take several runs of the worker: those that want remote bases, and the last. */
struct building {
        struct reconcile *r;
        const struct value *variables;
        struct granted granted;
        struct remote_fetch remotes;
        char *staging_path; /* of the remote bases; NULL: none was wanted yet */
        int staging;
};

static void building_done(struct building *b) {
        granted_done(&b->granted);
        close_fd(&b->staging);
        if (b->staging_path) {
                fs_remove_tree(b->staging_path, NULL);
                remote_turns_give(b->r->k->remote_turns, b->r->namespace_);
        }
        free(b->staging_path);
}

/* {path, kustomization: {spec}, vars, folders, remote, fetched}. Descriptor i of the job is folders[i] of the
 * source's tree; there is none for the tree itself. With `fetched` one more follows, of the directory of the fetched
 * remote bases. */
static int write_request(struct building *b, struct buf *text, struct err *err) {
        struct reconcile *r = b->r;
        struct value request = value_map(), kustomization = value_map();
        if (!value_set(r->a, &kustomization, "spec", *r->spec) ||
            !value_set(r->a, &request, "path", value_str(r->path)) ||
            !value_set(r->a, &request, "kustomization", kustomization) ||
            !value_set(r->a, &request, "folders", b->granted.names) ||
            (b->variables && !value_set(r->a, &request, "vars", *b->variables)) ||
            (b->staging_path && !value_set(r->a, &request, "fetched", b->remotes.fetched)) ||
            !value_set(r->a, &request, "remote", value_bool(!r->k->lockdown.no_remote_bases)))
                return err_oom(err);
        json_write(text, &request, 0);
        return buf_failed(text)
                       ? err_set_reason(err, ERR_TOO_LARGE, "BuildFailed",
                                        "the spec and its variables are larger than %zu bytes", LIMIT_BUILD_REQUEST)
                       : 0;
}

/* Runs the worker once. *ret_output: its answer, malloc'ed. */
static int run_worker(struct building *b, char **ret_output, size_t *ret_len, struct err *err) {
        _cleanup_buf_ struct buf request = BUF_INIT(LIMIT_BUILD_REQUEST);
        if (write_request(b, &request, err) < 0)
                return -1;
        struct job job = {.kind = JOB_BUILD,
                          .input = buf_str(&request),
                          .input_len = request.len,
                          .n_fds = b->granted.n,
                          .timeout_ns = LIMIT_BUILD_SECONDS * NSEC_PER_SEC};
        memcpy(job.fds, b->granted.fds, b->granted.n * sizeof(*b->granted.fds));
        if (b->staging_path)
                job.fds[job.n_fds++] = b->staging;
        return broker_run(b->r->k->manager->broker, &job, ret_output, ret_len, err);
}

/* {objects, reads} or {wanted}. */
static int read_answer(struct reconcile *r, const char *output, size_t n, struct value *ret, struct err *err) {
        char *text = arena_strndup(r->a, output, n);
        if (!text)
                return err_oom(err);
        if (json_parse(r->a, text, n, JSON_KUBERNETES, NULL, ret, err) < 0)
                return err_wrap(err, "answer of the build worker");
        return 0;
}

/* ---- the last build ---- */

/* All that the result depends on besides the tree. */
static int digest_request(struct building *b, char ret[static DIGEST_HEX_MAX], struct err *err) {
        _cleanup_buf_ struct buf request = BUF_INIT(LIMIT_BUILD_REQUEST);
        if (write_request(b, &request, err) < 0)
                return -1;
        return digest_hex(DIGEST_SHA256, buf_str(&request), request.len, ret, err);
}

/* The last build's objects, when the same was asked and all that it looked at is as it was. What it looked at a worker
 * has said: one that lied has made its own tenant's builds wrong, nobody else's. */
static bool take_last(struct building *b, const char *request) {
        struct reconcile *r = b->r;
        struct value answer;
        struct kustomize_folder folders[LIMIT_GRANTED_FOLDERS];
        size_t n;
        const char *output = memory_build(r->memory, request, &n);
        if (!output || read_answer(r, output, n, &answer, NULL) < 0)
                return false;
        for (size_t i = 0; i < b->granted.n; i++)
                folders[i] = (struct kustomize_folder){.at = b->granted.names.items[i].str, .fd = b->granted.fds[i]};
        if (!reads_same(folders, b->granted.n, value_get(&answer, "reads")))
                return false;
        r->objects = *value_get(&answer, "objects");
        return true;
}

/* Fetches what the worker wants. 1: it is not this tenant's turn. */
static int fetch_wanted(struct building *b, const struct value *wanted, struct err *err) {
        struct kustomize_context *k = b->r->k;
        if (k->lockdown.no_remote_bases)
                return err_set_reason(err, ERR_INTERNAL, "BuildFailed",
                                      "the build worker asked for remote bases, which lockdown refuses");
        if (!b->staging_path) {
                if (!remote_turns_take(k->remote_turns, b->r->namespace_))
                        return 1;
                if (artifact_store_stage(k->manager->store, &b->staging_path, &b->staging, err) < 0) {
                        remote_turns_give(k->remote_turns, b->r->namespace_);
                        return -1;
                }
                remote_fetch_init(&b->remotes, k->manager->broker, b->r->a, b->staging);
        }
        return remote_fetch_all(&b->remotes, wanted, err);
}

static int accept_answer(struct reconcile *r, const char *request, const char *output, size_t n,
                         const struct value *answer, struct err *err) {
        const struct value *objects = value_get(answer, "objects");
        if (check_objects(objects, err) < 0)
                return -1;
        r->objects = *objects;
        if (value_get(answer, "reads"))
                memory_keep_build(r->memory, request, output, n);
        return 0;
}

int build_run(struct reconcile *r, const struct value *variables, struct err *err) {
        _cleanup_(building_done) struct building b = {
                .r = r, .variables = variables, .granted = {.names = value_list()}, .staging = -1};
        char request[DIGEST_HEX_MAX];
        if (open_folders(r, &b.granted, err) < 0 || digest_request(&b, request, err) < 0)
                return -1;
        if (take_last(&b, request))
                return 0;
        for (;;) { /* bounded by LIMIT_REMOTE_DEPTH */
                _cleanup_free_ char *output = NULL;
                struct value answer;
                size_t n;
                if (run_worker(&b, &output, &n, err) < 0 || read_answer(r, output, n, &answer, err) < 0)
                        return -1;
                if (!value_get(&answer, "wanted"))
                        return accept_answer(r, request, output, n, &answer, err);
                int fetched = fetch_wanted(&b, value_get(&answer, "wanted"), err);
                if (fetched != 0)
                        return fetched;
        }
}
