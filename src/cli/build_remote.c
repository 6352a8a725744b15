/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/build_remote.h"

#include "base/fs.h"
#include "build/kustomize/load/remotes.h"
#include "runtime/remote_fetch.h"
#include "sandbox/jobs.h"

#include <errno.h>
#include <limits.h>

int build_remote_start(struct broker **ret, struct err *err) {
        const job_function functions[JOB_KINDS] = {[JOB_FETCH_GIT] = job_fetch_git};
        return broker_start(functions, ret, err);
}

/* The directory of the fetched repositories, gone with the build. */
struct staging {
        char path[PATH_MAX];
        int fd; /* -1: nothing was wanted yet */
};

static void staging_done(struct staging *s) {
        if (s->fd < 0)
                return;
        close_fd(&s->fd);
        fs_remove_tree(s->path, NULL);
}

static int staging_make(struct staging *s, struct err *err) {
        const char *dir = getenv("TMPDIR");
        snprintf(s->path, sizeof(s->path), "%s/weir-build-XXXXXX", dir && *dir ? dir : "/tmp");
        if (!mkdtemp(s->path))
                return err_errno(err, errno, "make %s", s->path);
        s->fd = fs_open_dir(AT_FDCWD, s->path, err);
        return s->fd < 0 ? -1 : 0;
}

/* Builds once. 1: *ret_wanted is to be fetched first. */
static int build_once(struct arena *a, build_remote_step step, void *context, int fd, const struct value *fetched,
                      struct value *ret_wanted, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        _cleanup_remotes_ struct remotes remotes;
        remotes_init(&remotes, a, fd, fetched);
        const struct kustomize_remotes finder = {.find = remotes_find, .context = &remotes};
        int built = step(context, &finder, &why);
        if (remotes.wanted.len && !remotes.failed) {
                *ret_wanted = remotes.wanted;
                return 1;
        }
        return built < 0 ? err_move(err, &why) : 0;
}

int build_remote_run(struct broker *broker, struct arena *a, build_remote_step step, void *context, struct err *err) {
        _cleanup_(staging_done) struct staging staging = {.fd = -1};
        struct remote_fetch fetch;
        struct value wanted;
        if (!broker)
                return step(context, NULL, err);
        remote_fetch_init(&fetch, broker, a, -1);
        for (;;) { /* bounded by LIMIT_REMOTE_DEPTH */
                int more = build_once(a, step, context, staging.fd, &fetch.fetched, &wanted, err);
                if (more <= 0)
                        return more;
                if (staging.fd < 0 && staging_make(&staging, err) < 0)
                        return -1;
                fetch.dir = staging.fd;
                if (remote_fetch_all(&fetch, &wanted, err) < 0)
                        return -1;
        }
}
