/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/jobs.h"

#include "fetch/artifact.h"
#include "fetch/git/git.h"

int job_fetch_git(const struct job *job, struct buf *out, struct err *err) {
        return git_fetch(job->input, job->input_len, job->fds, job->n_fds, out, err);
}

int job_unpack(const struct job *job, struct buf *out, struct err *err) {
        return artifact_unpack_job(job->input, job->input_len, job->fds, job->n_fds, out, err);
}

int job_archive(const struct job *job, struct buf *out, struct err *err) {
        return artifact_archive_job(job->input, job->input_len, job->fds, job->n_fds, out, err);
}

int jobs_prepare(struct err *err) {
        return artifact_unpack_prepare(err);
}
