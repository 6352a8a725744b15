/* SPDX-License-Identifier: Apache-2.0 */
/* The build worker's side: no credential, no network, and of the file system the descriptors it was given. */
#include "controllers/kustomize/reconcile.h"

#include "base/limits.h"
#include "build/flux/flux_build.h"
#include "build/kustomize/load/reads.h"
#include "build/kustomize/load/remotes.h"
#include "data/json/json.h"

/* What the job asks for, read and checked. */
struct build_request {
        struct value v;
        struct kustomize_folder *folders;
        size_t n_folders;
        int remotes_fd; /* -1: none is fetched */
};

static int read_request(struct arena *a, const struct job *job, struct build_request *ret, struct err *err) {
        struct build_request r = {.remotes_fd = -1};
        if (json_parse(a, job->input, job->input_len, JSON_KUBERNETES, NULL, &r.v, err) < 0)
                return -1;
        const struct value *folders = value_get(&r.v, "folders");
        r.n_folders = folders && value_is_list(folders) ? folders->len : 0;
        bool more = job->n_fds == r.n_folders + 1 && value_get(&r.v, "fetched");
        if (job->n_fds != r.n_folders && !more)
                return err_set(err, ERR_INTERNAL, "the build job was called with a bad request");
        r.folders = arena_zalloc(a, r.n_folders + 1, sizeof(*r.folders));
        if (!r.folders)
                return err_oom(err);
        for (size_t i = 0; i < r.n_folders; i++)
                r.folders[i] =
                        (struct kustomize_folder){.at = value_string_or(&folders->items[i], "."), .fd = job->fds[i]};
        if (more)
                r.remotes_fd = job->fds[r.n_folders];
        *ret = r;
        return 0;
}

static int answer(struct value *v, struct buf *out, struct err *err) {
        json_write(out, v, 0);
        return buf_failed(out) ? err_set_reason(err, ERR_TOO_LARGE, "BuildFailed",
                                                "the build's objects are larger than %zu bytes", out->max)
                               : 0;
}

/* {objects, reads}; without reads when what the build saw cannot be told, or is not all in the tree. */
static int answer_objects(struct arena *a, const struct value *objects, const struct reads *reads, bool remote,
                          struct buf *out, struct err *err) {
        struct value v = value_map();
        if (!value_set(a, &v, "objects", *objects) ||
            (!reads->lost && !remote && !value_set(a, &v, "reads", reads->list)))
                return err_oom(err);
        return answer(&v, out, err);
}

/* Asks for repositories instead of an answer; whatever else went wrong went wrong without them. */
static int answer_wanted(struct arena *a, struct value *wanted, struct buf *out, struct err *err) {
        struct value v = value_map();
        return value_set(a, &v, "wanted", *wanted) ? answer(&v, out, err) : err_oom(err);
}

int build_job(const struct job *job, struct buf *out, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(LIMIT_BUILD_MEMORY);
        _cleanup_err_ struct err why = ERR_INIT;
        struct build_request request;
        struct value objects;
        if (!a)
                return err_oom(err);
        if (read_request(a, job, &request, err) < 0)
                return -1;
        _cleanup_remotes_ struct remotes remotes;
        remotes_init(&remotes, a, request.remotes_fd, value_get(&request.v, "fetched"));
        const struct kustomize_remotes finder = {.find = remotes_find, .context = &remotes};
        _cleanup_reads_ struct reads reads = READS_INIT(a);
        struct flux_build_options options = {
                .vars = value_get(&request.v, "vars"),
                .remotes = value_bool_or(value_get(&request.v, "remote"), false) ? &finder : NULL,
                .folders = request.folders,
                .n_folders = request.n_folders,
        };
        options.reads = &reads;
        int built = flux_build_with(a, -1, value_string_or(value_get(&request.v, "path"), "."),
                                    value_get(&request.v, "kustomization"), &options, &objects, &why);
        if (remotes.wanted.len && !remotes.failed)
                return answer_wanted(a, &remotes.wanted, out, err);
        return built < 0 ? err_move(err, &why)
                         : answer_objects(a, &objects, &reads, value_get(&request.v, "fetched") != NULL, out, err);
}
