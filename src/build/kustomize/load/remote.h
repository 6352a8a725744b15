/* SPDX-License-Identifier: Apache-2.0 */
/* What kustomize would clone: the forms of an entry that names a folder of a Git repository elsewhere.
 * Source: kustomize 5.8, api/internal/git/repospec.go (spec/kustomize/kustomize.md 10). Pure: nothing is fetched here.
 */
#pragma once

#include "base/arena.h"

struct remote {
        const char *entry;  /* as the kustomization has it */
        const char *url;    /* what git would clone: https://host/org/repo, ssh://..., git@host:org/repo, file:///... */
        const char *path;   /* of the folder in the repository; "" is its root; never leads out of it */
        const char *ref;    /* a branch, tag, commit or full ref (?ref=, ?version=); "": the remote's HEAD */
        int64_t timeout_ns; /* ?timeout=, else 27 s as kustomize has it */
        bool submodules;    /* ?submodules=, else true */
};

/* 1: the entry is remote, *ret is filled, in the arena; 0: it is a path of the tree, or nothing that git could clone;
 * -1: memory. */
int remote_parse(struct arena *a, const char *entry, struct remote *ret);

/* A file over http: kustomize would get it with a plain request, weir never does. Such an entry may be remote as well,
 * because nothing in https://host/a/b/c.yaml tells a file of a web server from a folder of the repository a/b; the
 * ending decides, unless the entry marks where the repository ends ("//", ".git", "_git/"). */
bool remote_is_http_file(const char *entry);

/* Why weir never fetches it, as words behind "remote build 'ENTRY'", and what to do; NULL: it can be tried. */
const char *remote_why_not(const struct remote *r, const char **ret_what_to_do);

/* The text without a password in its URL, for messages. NULL: memory. */
const char *remote_redact(struct arena *a, const char *entry);
