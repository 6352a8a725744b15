/* SPDX-License-Identifier: Apache-2.0 */
/* The build: a job for a worker that sees one folder of one revision, and no credential. */
#include "controllers/kustomize/reconcile.h"

#include "base/clock.h"
#include "base/limits.h"
#include "build/flux/flux_build.h"
#include "data/json.h"

/* The request: {path, kustomization: {metadata, spec}, vars, remote}. The answer: a JSON list of objects. */

static int write_request(struct reconcile *r, const struct value *variables, struct buf *b, struct err *err) {
        struct value request = value_map(), kustomization = value_map();
        const struct value *meta = value_get(&r->object, "metadata");
        if (!value_set(r->a, &kustomization, "metadata", *meta) || !value_set(r->a, &kustomization, "spec", *r->spec) ||
            !value_set(r->a, &request, "path", value_str(r->path)) ||
            !value_set(r->a, &request, "kustomization", kustomization) ||
            (variables && !value_set(r->a, &request, "vars", *variables)) ||
            !value_set(r->a, &request, "remote", value_bool(!r->k->lockdown.no_remote_bases)))
                return err_oom(err);
        json_write(b, &request, 0);
        return buf_failed(b)
                       ? err_set_reason(err, ERR_TOO_LARGE, "BuildFailed",
                                        "the spec and its variables are larger than %zu bytes", LIMIT_BUILD_REQUEST)
                       : 0;
}

int build_job(const struct job *job, struct buf *out, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(LIMIT_BUILD_MEMORY);
        struct value request, objects;
        if (!a)
                return err_oom(err);
        if (job->n_fds != 1 || json_parse(a, job->input, job->input_len, JSON_KUBERNETES, NULL, &request, err) < 0)
                return err_set(err, ERR_INTERNAL, "the build job was called with a bad request");
        if (flux_build(a, job->fds[0], value_string_or(value_get(&request, "path"), "."),
                       value_get(&request, "kustomization"), value_get(&request, "vars"),
                       value_bool_or(value_get(&request, "remote"), false), &objects, err) < 0)
                return -1;
        json_write(out, &objects, 0);
        return buf_failed(out) ? err_set_reason(err, ERR_TOO_LARGE, "BuildFailed",
                                                "the build's objects are larger than %zu bytes", out->max)
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
        struct manager *m = r->k->manager;
        struct artifact_place place = {
                .kind = "gitrepository", .namespace_ = r->access.namespace_, .name = r->access.name};
        _cleanup_close_ int tree = artifact_store_open_tree(m->store, &place, r->commit, r->path_root, err);
        if (tree < 0) {
                if (err->class == ERR_NOT_FOUND)
                        return err_set_reason(err, ERR_NOT_FOUND, "ArtifactFailed",
                                              "kustomization path not found: stat %s: no such file or directory",
                                              value_string_or(value_get(r->spec, "path"), "."));
                return -1;
        }
        _cleanup_buf_ struct buf request = BUF_INIT(LIMIT_BUILD_REQUEST);
        if (write_request(r, variables, &request, err) < 0)
                return -1;
        _cleanup_free_ char *output = NULL;
        size_t n;
        struct job job = {.kind = JOB_BUILD,
                          .input = buf_str(&request),
                          .input_len = request.len,
                          .fds = {tree},
                          .n_fds = 1,
                          .timeout_ns = LIMIT_BUILD_SECONDS * NSEC_PER_SEC};
        if (broker_run(m->broker, &job, &output, &n, err) < 0)
                return -1;
        char *text = arena_strndup(r->a, output, n);
        if (!text)
                return err_oom(err);
        if (json_parse(r->a, text, n, JSON_KUBERNETES, NULL, &r->objects, err) < 0)
                return err_wrap(err, "answer of the build worker");
        return check_objects(&r->objects, err);
}
