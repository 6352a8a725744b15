/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/remote_fetch.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/limits.h"
#include "build/kustomize/load/remotes.h"
#include "data/json/json.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <sys/stat.h>

#define GRACE (2 * NSEC_PER_SEC) /* for the worker to say itself that the time is over */

void remote_fetch_init(struct remote_fetch *f, struct broker *broker, struct arena *a, int dir) {
        *f = (struct remote_fetch){.broker = broker, .a = a, .dir = dir, .fetched = value_list()};
}

/* A build worker may ask for anything, but for nothing twice. */
static int check_wanted(const struct remote_fetch *f, const struct value *entry, struct err *err) {
        const struct value *url = value_get(entry, "url"), *ref = value_get(entry, "ref");
        bool known = false;
        VALUE_EACH_ITEM(other, &f->fetched)
                known = known || remotes_same(other, entry);
        if (known || !value_is_string(url) || !value_is_string(ref) || !value_get(entry, "submodules"))
                return err_set(err, ERR_INTERNAL, "the build worker asked for remote bases in a way it never does");
        if (f->fetched.len >= LIMIT_REMOTES)
                return err_set_reason(err, ERR_TOO_LARGE, "BuildFailed",
                                      "the remote bases of the build are in more than %d repositories: copy some of "
                                      "them into the source",
                                      LIMIT_REMOTES);
        return 0;
}

/* Seconds for one fetch: what its entry allows, within what is left for all of them. */
static int64_t seconds_for(const struct remote_fetch *f, const struct value *entry) {
        int64_t wanted = value_int_or(value_get(entry, "seconds"), LIMIT_REMOTE_SECONDS);
        int64_t left = (f->deadline_ns - clock_monotonic_ns()) / NSEC_PER_SEC;
        int64_t most = left < LIMIT_REMOTE_SECONDS ? left : LIMIT_REMOTE_SECONDS;
        return wanted < 1 ? 1 : wanted < most ? wanted : most;
}

static int write_request(struct remote_fetch *f, const struct value *entry, int64_t seconds, struct buf *b,
                         struct err *err) {
        struct value request = value_map(), ref = value_map();
        const char *name = value_string_or(value_get(entry, "ref"), "");
        if (!value_set(f->a, &ref, "any", value_str(*name ? name : "HEAD")) ||
            !value_set(f->a, &request, "url", *value_get(entry, "url")) || !value_set(f->a, &request, "ref", ref) ||
            !value_set(f->a, &request, "timeout", value_int(seconds)) ||
            !value_set(f->a, &request, "maxBytes", value_int((int64_t)(LIMIT_REMOTE_BYTES - f->bytes))) ||
            !value_set(f->a, &request, "recurseSubmodules", *value_get(entry, "submodules")))
                return err_oom(err);
        json_write(b, &request, 0);
        return buf_failed(b) ? err_set(err, ERR_TOO_LARGE, "the entry is larger than %zu bytes", b->max) : 0;
}

static int run_job(struct remote_fetch *f, const struct value *entry, int staging, struct err *err) {
        _cleanup_buf_ struct buf request = BUF_INIT(65536);
        _cleanup_free_ char *output = NULL;
        size_t n;
        struct value answer;
        int64_t seconds = seconds_for(f, entry);
        if (seconds <= 0)
                return err_set(err, ERR_TIMEOUT, "the remote bases of one build may take %d seconds together",
                               LIMIT_REMOTE_ALL_SECONDS);
        if (f->bytes >= LIMIT_REMOTE_BYTES)
                return err_set(err, ERR_TOO_LARGE, "the remote bases of one build may have %llu bytes together",
                               (unsigned long long)LIMIT_REMOTE_BYTES);
        if (write_request(f, entry, seconds, &request, err) < 0)
                return -1;
        struct job job = {.kind = JOB_FETCH_GIT,
                          .input = buf_str(&request),
                          .input_len = request.len,
                          .fds = {staging},
                          .n_fds = 1,
                          .timeout_ns = seconds * NSEC_PER_SEC + GRACE};
        if (broker_run(f->broker, &job, &output, &n, err) < 0)
                return -1;
        char *text = arena_strndup(f->a, output, n);
        if (!text)
                return err_oom(err);
        if (json_parse(f->a, text, n, JSON_KUBERNETES, NULL, &answer, err) < 0)
                return err_wrap(err, "answer of the fetch worker");
        int64_t bytes = value_int_or(value_get(&answer, "bytes"), -1);
        uint64_t left = LIMIT_REMOTE_BYTES - f->bytes;
        f->bytes += bytes >= 0 && (uint64_t)bytes < left ? (uint64_t)bytes : left;
        return 0;
}

/* 1: it is there; 0: it cannot be fetched, and `fetched` says why. */
static int fetch_one(struct remote_fetch *f, const struct value *wanted, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        char name[16];
        snprintf(name, sizeof(name), "%u", f->fetched.len);
        if (mkdirat(f->dir, name, 0700) < 0)
                return err_errno(err, errno, "make the directory of a remote base");
        _cleanup_close_ int staging = fs_open_dir(f->dir, name, err);
        struct value entry;
        if (staging < 0)
                return -1;
        if (value_clone(f->a, wanted, &entry, err) < 0)
                return -1;
        bool ok = run_job(f, wanted, staging, &why) == 0;
        if (why.class == ERR_MEMORY) /* the fetch worker's, not this process's and not the next build's */
                why.class = ERR_TOO_LARGE;
        bool kept = ok ? value_set(f->a, &entry, "directory", value_strf(f->a, "%s/tree", name)) != NULL
                       : value_set(f->a, &entry, "class", value_int(why.class)) &&
                                    value_set(f->a, &entry, "message", value_strf(f->a, "%s", err_message(&why)));
        return kept && value_append(f->a, &f->fetched, entry) ? ok : err_oom(err);
}

int remote_fetch_all(struct remote_fetch *f, const struct value *wanted, struct err *err) {
        if (!value_is_list(wanted) || !wanted->len)
                return err_set(err, ERR_INTERNAL, "the build worker asked for remote bases in a way it never does");
        if (++f->rounds > LIMIT_REMOTE_DEPTH)
                return err_set_reason(err, ERR_TOO_LARGE, "BuildFailed", "remote bases are nested more than %d deep",
                                      LIMIT_REMOTE_DEPTH);
        if (!f->deadline_ns)
                f->deadline_ns = clock_monotonic_ns() + LIMIT_REMOTE_ALL_SECONDS * NSEC_PER_SEC;
        VALUE_EACH_ITEM(entry, wanted) {
                if (check_wanted(f, entry, err) < 0)
                        return -1;
                int fetched = fetch_one(f, entry, err);
                if (fetched <= 0)
                        return fetched;
        }
        return 0;
}
