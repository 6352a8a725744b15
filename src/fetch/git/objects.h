/* SPDX-License-Identifier: Apache-2.0 */
/* Reads objects of a repository through one "git cat-file --batch": requests are written ahead, answers are read in
 * their order. git inflates and checks; what a tree or a commit says is still the tenant's word. */
#pragma once

#include "fetch/git/setup.h"

/* Requests that may be unanswered: their text must fit into a pipe, or both sides would wait for each other. */
#define GIT_OBJECTS_AHEAD 512

struct git_objects {
        struct proc proc;
        int in;  /* requests */
        int out; /* answers */
        int64_t deadline_ns;
        char block[65536]; /* read, not yet consumed: [at, end) */
        size_t at;
        size_t end;
};

struct git_object {
        char hash[65];
        char type[8]; /* "commit", "tree", "blob", "tag" */
        uint64_t size;
};

int git_objects_open(const struct git_setup *s, struct git_objects *ret, struct err *err);
void git_objects_close(struct git_objects *o);

/* Asks for one object by name ("refs/x^{commit}" or a hash). */
int git_objects_ask(struct git_objects *o, const char *name, struct err *err);

/* The head of the next answer. ERR_NOT_FOUND when there is no such object. Its content must be read to the end. */
int git_objects_next(struct git_objects *o, struct git_object *ret, struct err *err);

/* The content: whole, with a NUL behind it, in the arena; or to a descriptor. ERR_TOO_LARGE past max. */
int git_objects_read(struct git_objects *o, const struct git_object *object, struct arena *a, size_t max, char **ret,
                     struct err *err);
int git_objects_copy(struct git_objects *o, const struct git_object *object, int fd, struct err *err);
