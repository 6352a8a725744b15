/* SPDX-License-Identifier: Apache-2.0 */
/* The build: a job for a worker that sees the granted folders of one revision, and no credential. */
#include "controllers/kustomize/reconcile.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/limits.h"
#include "build/flux/flux_build.h"
#include "data/json.h"

#include <errno.h>
#include <sys/stat.h>

/* The request: {path, kustomization: {metadata, spec}, vars, remote, folders}. Descriptor i of the job is folders[i] of
 * the source's tree; there is none for the tree itself. The answer: a JSON list of objects. */

/* ---- in the worker ---- */

static int take_folders(struct arena *a, const struct job *job, const struct value *list, struct kustomize_folder **ret,
                        struct err *err) {
        if (!value_is_list(list) || list->len != job->n_fds)
                return err_set(err, ERR_INTERNAL, "the build job was called with a bad request");
        struct kustomize_folder *folders = arena_zalloc(a, list->len + 1, sizeof(*folders));
        if (!folders)
                return err_oom(err);
        for (uint32_t i = 0; i < list->len; i++)
                folders[i] = (struct kustomize_folder){.at = value_string_or(&list->items[i], "."), .fd = job->fds[i]};
        *ret = folders;
        return 0;
}

int build_job(const struct job *job, struct buf *out, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(LIMIT_BUILD_MEMORY);
        struct value request, objects;
        struct kustomize_folder *folders = NULL;
        if (!a)
                return err_oom(err);
        if (json_parse(a, job->input, job->input_len, JSON_KUBERNETES, NULL, &request, err) < 0 ||
            take_folders(a, job, value_get(&request, "folders"), &folders, err) < 0)
                return -1;
        const struct flux_build_options options = {
                .vars = value_get(&request, "vars"),
                .allow_remote = value_bool_or(value_get(&request, "remote"), false),
                .folders = folders,
                .n_folders = job->n_fds,
        };
        if (flux_build_with(a, -1, value_string_or(value_get(&request, "path"), "."),
                            value_get(&request, "kustomization"), &options, &objects, err) < 0)
                return -1;
        json_write(out, &objects, 0);
        return buf_failed(out) ? err_set_reason(err, ERR_TOO_LARGE, "BuildFailed",
                                                "the build's objects are larger than %zu bytes", out->max)
                               : 0;
}

/* ---- the controller's side ---- */

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

/* What a grant names and the revision does not have (or has as a file) is as little there as anything else. */
static int open_folder(struct reconcile *r, int tree, const struct value *name, struct granted *g, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        _cleanup_close_ int found = fs_open(tree, name->str, O_PATH, 0, &why);
        struct stat st;
        if (found < 0 && (why.class == ERR_NOT_FOUND || why.class == ERR_ACCESS_DENIED))
                return 0;
        if (found < 0)
                return err_move(err, &why);
        if (fstat(found, &st) < 0)
                return err_errno(err, errno, "stat %s", name->str);
        if (!S_ISDIR(st.st_mode))
                return 0;
        int fd = fs_open_dir(found, ".", err);
        if (fd < 0)
                return -1;
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

static int write_request(struct reconcile *r, const struct value *variables, const struct value *folders, struct buf *b,
                         struct err *err) {
        struct value request = value_map(), kustomization = value_map();
        const struct value *meta = value_get(&r->object, "metadata");
        if (!value_set(r->a, &kustomization, "metadata", *meta) || !value_set(r->a, &kustomization, "spec", *r->spec) ||
            !value_set(r->a, &request, "path", value_str(r->path)) ||
            !value_set(r->a, &request, "kustomization", kustomization) ||
            !value_set(r->a, &request, "folders", *folders) ||
            (variables && !value_set(r->a, &request, "vars", *variables)) ||
            !value_set(r->a, &request, "remote", value_bool(!r->k->lockdown.no_remote_bases)))
                return err_oom(err);
        json_write(b, &request, 0);
        return buf_failed(b)
                       ? err_set_reason(err, ERR_TOO_LARGE, "BuildFailed",
                                        "the spec and its variables are larger than %zu bytes", LIMIT_BUILD_REQUEST)
                       : 0;
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

int build_run(struct reconcile *r, const struct value *variables, struct err *err) {
        _cleanup_(granted_done) struct granted granted = {.names = value_list()};
        _cleanup_buf_ struct buf request = BUF_INIT(LIMIT_BUILD_REQUEST);
        if (open_folders(r, &granted, err) < 0 || write_request(r, variables, &granted.names, &request, err) < 0)
                return -1;
        _cleanup_free_ char *output = NULL;
        size_t n;
        struct job job = {.kind = JOB_BUILD,
                          .input = buf_str(&request),
                          .input_len = request.len,
                          .n_fds = granted.n,
                          .timeout_ns = LIMIT_BUILD_SECONDS * NSEC_PER_SEC};
        memcpy(job.fds, granted.fds, granted.n * sizeof(*granted.fds));
        if (broker_run(r->k->manager->broker, &job, &output, &n, err) < 0)
                return -1;
        char *text = arena_strndup(r->a, output, n);
        if (!text)
                return err_oom(err);
        if (json_parse(r->a, text, n, JSON_KUBERNETES, NULL, &r->objects, err) < 0)
                return err_wrap(err, "answer of the build worker");
        return check_objects(&r->objects, err);
}
