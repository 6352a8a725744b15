/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching one revision of a Git repository with the git program. Runs inside a fetch worker (JOB_FETCH_GIT): network
 * and exec, no cluster credentials, one staging directory.
 *
 * Request, JSON:
 *   url          http://, https:// or ssh://
 *   ref          {branch, tag, semver, name, commit}; precedence commit > name > tag > semver > branch; "master" when
 *                empty (spec/flux, GitRepository .spec.ref); or {any}: a branch, tag, hash, full ref or "HEAD", as
 *                `git fetch` finds it (remote bases)
 *   observed     the revision of the current artifact; equal to the remote's head: nothing is fetched
 *   pushed       true: somebody pushed just now, so a branch or tag is fetched without asking first whether it changed
 *   timeout      seconds for the whole fetch
 *   maxBytes     of the files and of the pack; LIMIT_TREE_BYTES when absent
 *   recurseSubmodules  submodules are fetched too, at the commits that the tree names; the credentials go to the server
 *                      of url only
 *   sparseCheckout     list of directories; others are left out of the tree
 *   auth         {username, password, bearerToken, caFile, certFile, keyFile, identity, knownHosts} with the contents
 *                of the Secret's entries, not paths
 *   proxy        {address, username, password}
 *   verify       {mode: HEAD, Tag or TagAndHEAD; pgp: [armored keys], ssh: [authorized_keys texts]}; an unchanged
 *                revision is not verified again: leave `observed` out to force it
 *
 * Descriptor 0 of the job: an empty staging directory. On success it holds the directory "tree" with the files of the
 * commit: regular files and directories only. Symlinks are left out, as Flux's artifacts leave them out.
 *
 * Answer, JSON:
 *   revision   "main@sha1:<40 hex>", "refs/heads/main@sha1:..." for ref.name, "sha1:..." for a bare commit
 *   commit     the hash
 *   reference  "refs/heads/main", or absent
 *   changed    false when equal to observed: then nothing below is set and there is no tree
 *   message, author {name, email, when}, committer {name, email, when}   when: seconds since 1970
 *   signed     whether the commit carries a signature
 *   files, bytes, symlinks   counts of the export
 *   verified   with verify: "verified signature of\n\t- commit '<hash>' with key '<id>'"
 *
 * Errors are worded as Flux's Git client words them; a credential never appears in one. A failed verification has the
 * reason InvalidCommitSignature, InvalidTagSignature, InvalidGitObject or InvalidVerificationMode, and then there is no
 * tree. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

int git_fetch(const char *request, size_t len, const int *fds, size_t n_fds, struct buf *out, struct err *err);
