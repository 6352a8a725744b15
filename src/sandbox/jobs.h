/* SPDX-License-Identifier: Apache-2.0 */
/* The job functions that this floor can name: what broker_start() gets for the kinds of src/fetch. */
#pragma once

#include "sandbox/sandbox.h"

int job_fetch_git(const struct job *job, struct buf *out, struct err *err); /* JOB_FETCH_GIT: fetch/git/git.h */
int job_unpack(const struct job *job, struct buf *out, struct err *err);    /* JOB_UNPACK: fetch/artifact.h */
int job_archive(const struct job *job, struct buf *out, struct err *err);   /* JOB_ARCHIVE: fetch/artifact.h */

/* Loads what job_unpack needs. A confined worker cannot: to be called before broker_start(). ERR_UNAVAILABLE. */
int jobs_prepare(struct err *err);
