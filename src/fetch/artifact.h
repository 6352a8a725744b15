/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts as source-controller 1.9 lays them out: gzip of tar, entries in lexical order of the walk, regular files
 * and directories only, no owners, no times, modes 0750, 0600 and 0700 (an executable bit was set). The same tree
 * always gives the same bytes.
 *
 * Ignore rules: .sourceignore files of every level, then spec.ignore; without any pattern of theirs the default
 * exclusions apply (lang/gitignore.h). */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "data/digest.h"

/* JOB_ARCHIVE. Descriptors: 0 the tree (a directory), 1 the file to write (empty, for writing).
 * Request, JSON: {ignore: spec.ignore or absent, prune: bool, algorithm: of the digests, "sha256" when absent}. prune:
 * what the artifact leaves out is removed from the tree as well and the rest made read-only, so that builds see exactly
 * what the artifact holds. Answer, JSON: {digest: "sha256:...", size, tarDigest, files, bytes}. */
int artifact_archive_job(const char *request, size_t len, const int *fds, size_t n_fds, struct buf *out,
                         struct err *err);

/* JOB_UNPACK. Descriptors: 0 the archive (gzip of tar), 1 an empty staging directory.
 * Request, JSON: {digest: expected "sha256:..." or absent, stripComponents, maxBytes, maxFiles}; limits default to
 * those of limits.h. Answer, JSON: {digest, files, bytes, skipped}.
 * Only regular files and directories come out; links and devices are skipped as Flux skips them. A path that is
 * absolute or holds ".." or control characters, and whatever passes a limit, fails the whole job. */
int artifact_unpack_job(const char *request, size_t len, const int *fds, size_t n_fds, struct buf *out,
                        struct err *err);

/* Loads what unpacking needs, which a confined worker cannot. ERR_UNAVAILABLE. */
int artifact_unpack_prepare(struct err *err);

/* ---- names (source-controller 1.9, corpus source: url, revision) ---- */

/* "gitrepository/ns/name/file": kind in lower case; ".." segments cannot leave the root. NULL: memory. */
const char *artifact_path(struct arena *a, const char *kind, const char *namespace, const char *name, const char *file);

/* "http://<address>/<path>"; an address with a scheme keeps it. NULL: memory. */
const char *artifact_url(struct arena *a, const char *address, const char *path);

/* A digest that artifacts may have: sha256, sha384, sha512, sha1 or blake3. ERR_UNSUPPORTED "unsupported digest
 * algorithm: <name>". */
int artifact_digest_kind(const char *name, enum digest_kind *ret, struct err *err);

/* The URL with its host replaced by address; unparsable URLs come back as they are. NULL: memory. */
const char *artifact_url_set_host(struct arena *a, const char *url, const char *address);
