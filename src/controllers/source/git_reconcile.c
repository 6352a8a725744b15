/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/source/git_reconcile.h"

#include <errno.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "controllers/source/git_request.h"
#include "data/json/json.h"
#include "kube/flux/condition.h"
#include "runtime/status.h"

#define COMPONENT "source-controller"
#define FIELD_MANAGER "source-controller"
#define GRACE (3 * NSEC_PER_SEC) /* the worker ends itself first and says why; this is for one that does not */
#define REVISION_KEY "source.toolkit.fluxcd.io/revision"

/* One reconcile's own state; everything lives in the arena or borrows from the object. */
struct reconcile {
        struct manager *m;
        struct arena *a;
        struct value object; /* as read now, not as the informer saw it */
        struct value status; /* the one to write */
        struct value *conditions;
        struct artifact_place place;
        int64_t generation;
        int64_t now; /* seconds */
        bool pushed; /* the repository has very likely changed */
};

/* ---- status ---- */

static int set_condition(struct reconcile *r, const char *type, const char *status, const char *reason,
                         const char *message, struct err *err) {
        struct condition c = {
                .type = type, .status = status, .reason = reason, .message = message, .generation = r->generation};
        return condition_set(r->a, r->conditions, &c, r->now, err);
}

static int begin_status(struct reconcile *r, struct err *err) {
        const struct value *old = value_get(&r->object, "status");
        r->status = value_map();
        if (value_is_map(old) && value_clone(r->a, old, &r->status, err) < 0)
                return -1;
        r->conditions = value_get(&r->status, "conditions");
        if (!value_is_list(r->conditions))
                r->conditions = value_set(r->a, &r->status, "conditions", value_list());
        const char *requested = manager_requested_at(&r->object);
        if (!r->conditions ||
            (requested && !value_set(r->a, &r->status, "lastHandledReconcileAt", value_str(requested))))
                return err_oom(err);
        r->conditions = value_get(&r->status, "conditions");
        return 0;
}

static int write_status(struct reconcile *r, struct err *err) {
        return status_write(r->m->client, r->a, &r->object, &r->status, FIELD_MANAGER, NULL, err);
}

static void emit(struct reconcile *r, const char *type, const char *reason, const char *message, const char *revision) {
        events_emit(r->m->events, &(struct event){.object = &r->object,
                                                  .type = type,
                                                  .reason = reason,
                                                  .message = message,
                                                  .component = COMPONENT,
                                                  .revision_key = REVISION_KEY,
                                                  .revision = revision});
}

/* Ready=False and the failing condition, with the error's text; an event too. The error stays for the caller. */
static int fail(struct reconcile *r, const char *type, const char *reason, struct err *err) {
        const char *message = err_message(err);
        const struct value *old = condition_find(&r->object, "Ready");
        bool known = value_equals_str(value_get(old, "message"), message);
        if (err->reason[0])
                reason = err->reason;
        if (set_condition(r, type, "True", reason, message, NULL) < 0 ||
            set_condition(r, "Ready", "False", reason, message, NULL) < 0 ||
            set_condition(r, "Reconciling", "True", "ProgressingWithRetry", message, NULL) < 0)
                return -1;
        if (!known)
                emit(r, "Warning", reason, message, NULL);
        _cleanup_err_ struct err ignored = ERR_INIT;
        if (write_status(r, &ignored) < 0 && ignored.class != ERR_NOT_FOUND)
                log_error("status was not written", "kind", "GitRepository", "name", r->place.name, "error",
                          err_message(&ignored));
        return -1;
}

static int succeed(struct reconcile *r, const char *revision, struct err *err) {
        char *message = arena_printf(r->a, "stored artifact for revision '%s'", revision);
        if (!message)
                return err_oom(err);
        static const char *const gone[] = {"FetchFailed",        "StorageOperationFailed",
                                           "IncludeUnavailable", "ArtifactOutdated",
                                           "Reconciling",        "Stalled"};
        bool was_failing = condition_is(&r->object, "Ready", "False");
        for (size_t i = 0; i < ARRAY_LEN(gone); i++)
                condition_remove(r->conditions, gone[i]);
        if (set_condition(r, "Ready", "True", "Succeeded", message, err) < 0 ||
            set_condition(r, "ArtifactInStorage", "True", "Succeeded", message, err) < 0 ||
            !value_set(r->a, &r->status, "observedGeneration", value_int(r->generation)))
                return err_oom(err);
        if (was_failing)
                emit(r, "Normal", "Succeeded", message, revision);
        return write_status(r, err);
}

/* ---- fetch and store ---- */

static int run_job(struct reconcile *r, enum job_kind kind, const struct value *request, const int *fds, size_t n_fds,
                   int64_t timeout_ns, struct value *ret, struct err *err) {
        _cleanup_buf_ struct buf input = BUF_INIT(1 << 20);
        _cleanup_free_ char *output = NULL;
        size_t n;
        json_write(&input, request, 0);
        if (buf_failed(&input))
                return err_set(err, ERR_TOO_LARGE, "the request of the job is larger than %d bytes", 1 << 20);
        struct job job = {.kind = kind,
                          .input = buf_str(&input),
                          .input_len = input.len,
                          .n_fds = n_fds,
                          .timeout_ns = timeout_ns};
        memcpy(job.fds, fds, n_fds * sizeof(*fds));
        if (broker_run(r->m->broker, &job, &output, &n, err) < 0)
                return -1;
        char *kept = arena_strndup(r->a, output, n);
        return kept ? json_parse(r->a, kept, n, JSON_KUBERNETES, NULL, ret, err) : err_oom(err);
}

static int archive(struct reconcile *r, int staging, int *ret_tree, struct value *ret, struct err *err) {
        struct value request = value_map();
        const struct value *ignore = value_path(&r->object, "spec", "ignore", NULL);
        if ((ignore && !value_set(r->a, &request, "ignore", *ignore)) ||
            !value_set(r->a, &request, "algorithm", value_str(r->m->artifact_digest)) ||
            !value_set(r->a, &request, "prune", value_bool(true)))
                return err_oom(err);
        _cleanup_close_ int tree = fs_open_dir(staging, "tree", err);
        _cleanup_close_ int file = tree < 0 ? -1 : fs_open(staging, "archive", O_RDWR | O_CREAT | O_EXCL, 0600, err);
        if (file < 0)
                return -1;
        if (run_job(r, JOB_ARCHIVE, &request, (int[]){tree, file}, 2, 0, ret, err) < 0)
                return -1;
        if (fsync(file) < 0)
                return err_errno(err, errno, "sync the artifact");
        *ret_tree = TAKE_FD(tree);
        return 0;
}

static int set_artifact(struct reconcile *r, const struct value *fetched, const struct value *archived,
                        const char *path, const char *url, struct err *err) {
        struct value artifact = value_map();
        char now[TIME_TEXT_MAX];
        const struct value *digest = value_get(archived, "digest"), *size = value_get(archived, "size");
        const struct value *revision = value_get(fetched, "revision");
        if (!digest || !size || !revision)
                return err_set(err, ERR_INTERNAL, "the archive worker's answer lacks digest, size or revision");
        if (!value_set(r->a, &artifact, "digest", *digest) ||
            !value_set(r->a, &artifact, "lastUpdateTime", value_strf(r->a, "%s", time_format_rfc3339(now, r->now))) ||
            !value_set(r->a, &artifact, "path", value_str(path)) ||
            !value_set(r->a, &artifact, "revision", *revision) || !value_set(r->a, &artifact, "size", *size) ||
            !value_set(r->a, &artifact, "url", value_str(url)) || !value_set(r->a, &r->status, "artifact", artifact))
                return err_oom(err);
        r->conditions = value_get(&r->status, "conditions");
        return 0;
}

/* Archives the fetched tree and moves both into the store. */
static int store(struct reconcile *r, const char *staging_path, int staging, const struct value *fetched,
                 const char *commit, struct err *err) {
        struct value archived;
        _cleanup_close_ int tree = -1;
        const char *path, *url;
        char *file = arena_printf(r->a, "%s.tar.gz", commit);
        char *tree_path = arena_printf(r->a, "%s/tree", staging_path);
        char *archive_path = arena_printf(r->a, "%s/archive", staging_path);
        if (!file || !tree_path || !archive_path)
                return err_oom(err);
        if (archive(r, staging, &tree, &archived, err) < 0 ||
            artifact_store_commit(r->m->store, r->a, &r->place, archive_path, file, tree_path, commit, &path, &url,
                                  err) < 0)
                return err_wrap(err, "unable to archive artifact to storage");
        return set_artifact(r, fetched, &archived, path, url, err);
}

/* The artifact of the status, when its file and tree are still there; else NULL, and everything is fetched anew. */
static const char *stored_revision(struct reconcile *r) {
        const char *revision = value_path_str(&r->object, "status", "artifact", "revision", NULL);
        const char *path = value_path_str(&r->object, "status", "artifact", "path", NULL);
        const char *file = path ? strrchr(path, '/') : NULL;
        const char *observed_ignore = value_path_str(&r->object, "status", "observedIgnore", NULL);
        const char *ignore = value_path_str(&r->object, "spec", "ignore", NULL);
        if (!revision || !file || !str_has_suffix(file, ".tar.gz") ||
            !streq(observed_ignore ? observed_ignore : "", ignore ? ignore : ""))
                return NULL;
        char *hash = arena_strndup(r->a, file + 1, strlen(file + 1) - strlen(".tar.gz"));
        const struct value *verify = value_path(&r->object, "spec", "verify", NULL);
        if (value_is_map(verify) && !value_equals_str(value_path(&r->object, "status", "sourceVerificationMode", NULL),
                                                      git_verify_mode(verify)))
                return NULL; /* never verified in this mode */
        return hash && artifact_store_is_hash(hash) && artifact_store_has(r->m->store, &r->place, file + 1, hash)
                       ? revision
                       : NULL;
}

/* What a worker answers is a stranger's word: the commit becomes a file's name, the revision a text for users. */
static int check_answer(const struct value *fetched, struct err *err) {
        const char *revision = value_get_str(fetched, "revision");
        bool changed = value_bool_or(value_get(fetched, "changed"), true);
        if (!revision || strlen(revision) > 512)
                return err_set(err, ERR_INTERNAL, "the fetch worker's answer names no revision");
        for (const char *p = revision; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        return err_set(err, ERR_INTERNAL, "the revision holds control characters");
        if (changed && !artifact_store_is_hash(value_string_or(value_get(fetched, "commit"), "")))
                return err_set(err, ERR_INTERNAL, "the fetch worker's answer names no commit");
        return 0;
}

/* SourceVerified says what the fetch worker verified; without spec.verify there is nothing to say. */
static int set_verified(struct reconcile *r, const struct value *fetched, struct err *err) {
        const struct value *verify = value_path(&r->object, "spec", "verify", NULL);
        if (!value_is_map(verify)) {
                condition_remove(r->conditions, "SourceVerified");
                value_remove(&r->status, "sourceVerificationMode");
        } else if (value_get(fetched, "verified")) {
                if (!value_set(r->a, &r->status, "sourceVerificationMode", value_str(git_verify_mode(verify))))
                        return err_oom(err);
                r->conditions = value_get(&r->status, "conditions");
                return set_condition(r, "SourceVerified", "True", "Succeeded", value_get_str(fetched, "verified"), err);
        }
        r->conditions = value_get(&r->status, "conditions");
        return 0;
}

/* What the fetch worker said went wrong: a signature, or anything else. */
static void fail_fetch(struct reconcile *r, struct err *err) {
        static const char *const signatures[] = {"InvalidCommitSignature", "InvalidTagSignature", "InvalidGitObject",
                                                 "InvalidVerificationMode"};
        for (size_t i = 0; i < ARRAY_LEN(signatures); i++)
                if (streq(err->reason, signatures[i])) {
                        set_condition(r, "SourceVerified", "False", err->reason, err_message(err), NULL);
                        fail(r, "FetchFailed", err->reason, err);
                        return;
                }
        if (!streq(err->reason, "EmptyGitRepository"))
                err_wrap(err, "failed to checkout and determine revision");
        fail(r, "FetchFailed", "GitOperationFailed", err);
}

/* The commit's first line, for the event: control characters out. */
static char *event_text(struct reconcile *r, const struct value *fetched) {
        const char *message = value_string_or(value_get(fetched, "message"), "");
        char *text = arena_printf(r->a, "stored artifact for commit '%.*s'", (int)strcspn(message, "\r\n"), message);
        for (char *p = text; p && *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = ' ';
        return text;
}

/* Stores what was fetched and says so. */
static int keep(struct reconcile *r, const char *staging_path, int staging, const struct value *fetched,
                struct err *err) {
        const struct value *ignore = value_path(&r->object, "spec", "ignore", NULL);
        value_remove(&r->status, "observedIgnore");
        if (ignore && !value_set(r->a, &r->status, "observedIgnore", *ignore))
                return err_oom(err);
        r->conditions = value_get(&r->status, "conditions");
        if (store(r, staging_path, staging, fetched, value_get_str(fetched, "commit"), err) < 0)
                return fail(r, "StorageOperationFailed", "ArchiveOperationFailed", err);
        const char *text = event_text(r, fetched);
        emit(r, "Normal", "NewArtifact", text ? text : "stored artifact", value_get_str(fetched, "revision"));
        return 0;
}

static int fetch_into(struct reconcile *r, const struct value *request, const char *staging_path, int staging,
                      struct err *err) {
        struct value fetched;
        int64_t timeout = manager_duration(value_path(&r->object, "spec", "timeout", NULL), 60 * NSEC_PER_SEC);
        if (run_job(r, JOB_FETCH_GIT, request, &staging, 1, timeout + GRACE, &fetched, err) < 0 ||
            check_answer(&fetched, err) < 0) {
                fail_fetch(r, err);
                return -1;
        }
        if (set_verified(r, &fetched, err) < 0)
                return -1;
        if (value_bool_or(value_get(&fetched, "changed"), true) && keep(r, staging_path, staging, &fetched, err) < 0)
                return -1;
        return succeed(r, value_get_str(&fetched, "revision"), err);
}

static int fetch(struct reconcile *r, struct err *err) {
        struct value request;
        if (git_request(r->m, r->a, &r->object, stored_revision(r), &request, err) < 0)
                return fail(r, "FetchFailed",
                            err->class == ERR_UNSUPPORTED ? "UnsupportedField" : "AuthenticationFailed", err);
        if (r->pushed && !value_set(r->a, &request, "pushed", value_bool(true)))
                return err_oom(err);
        _cleanup_free_ char *staging_path = NULL;
        _cleanup_close_ int staging = -1;
        if (artifact_store_stage(r->m->store, &staging_path, &staging, err) < 0)
                return fail(r, "StorageOperationFailed", "DirectoryCreationFailed", err);
        int done = fetch_into(r, &request, staging_path, staging, err);
        fs_remove_tree(staging_path, NULL);
        return done;
}

/* ---- the whole ---- */

static int finalize(struct reconcile *r, struct err *err) {
        if (!value_bool_or(value_path(&r->object, "spec", "suspend", NULL), false) &&
            artifact_store_remove(r->m->store, &r->place, err) < 0)
                return -1;
        return status_set_finalizer(r->m->client, r->a, &r->object, false, FIELD_MANAGER, NULL, err);
}

int git_reconcile(struct manager *m, const struct value *object, bool pushed, int64_t *ret_next, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct reconcile r = {.m = m, .a = a, .pushed = pushed, .now = clock_realtime_ns() / NSEC_PER_SEC};
        *ret_next = 0;
        if (!a)
                return err_oom(err);
        r.place = (struct artifact_place){
                .kind = "gitrepository",
                .namespace_ = value_string_or(value_path(object, "metadata", "namespace", NULL), ""),
                .name = value_string_or(value_path(object, "metadata", "name", NULL), ""),
        };
        if (client_get(m->client, a, NULL, "source.toolkit.fluxcd.io/v1", "GitRepository", r.place.namespace_,
                       r.place.name, &r.object, err) < 0)
                return err->class == ERR_NOT_FOUND ? 0 : -1;
        r.generation = value_int_or(value_path(&r.object, "metadata", "generation", NULL), 0);
        if (value_path(&r.object, "metadata", "deletionTimestamp", NULL))
                return finalize(&r, err);
        if (value_bool_or(value_path(&r.object, "spec", "suspend", NULL), false))
                return 0;
        if (status_set_finalizer(m->client, a, &r.object, true, FIELD_MANAGER, NULL, err) < 0 ||
            begin_status(&r, err) < 0)
                return -1;
        if (fetch(&r, err) < 0)
                return -1;
        *ret_next = manager_duration(value_path(&r.object, "spec", "interval", NULL), 60 * NSEC_PER_SEC);
        return 0;
}
