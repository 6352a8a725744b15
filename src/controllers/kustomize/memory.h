/* SPDX-License-Identifier: Apache-2.0 */
/* What the controller remembers of a Kustomization between reconciles. Everything here may be lost at any time: it only
 * saves requests. The queue gives a key to one worker at a time, so a memory is used by one thread at a time. */
#pragma once

#include "base/strmap.h"
#include "data/digest.h"
#include "data/value.h"
#include "runtime/readiness.h"

/* An object that is known to be current: applying the same form to the same version changes nothing. */
struct applied {
        char *id; /* inventory id */
        char form[DIGEST_HEX_MAX];
        char version[32]; /* resourceVersion */
};

struct memory {
        char *key;
        struct strmap applied; /* id to struct applied */
        char written[32];      /* resourceVersion of the Kustomization after our last write of it; "": none */

        /* A health check that goes on: the objects of this revision and generation are applied, some not ready yet. */
        bool waiting;
        char *revision;
        char *requested; /* the annotation requestedAt when it began, or "" */
        int64_t generation;
        int64_t wait_started;  /* monotonic ns */
        int64_t wait_deadline; /* monotonic ns */
        int64_t next_poll;     /* ns until the next look, as long as something is not watched */
        int64_t asked_at;      /* monotonic ns of the last look at everything */
        struct arena *wait_arena;
        struct value wait_for; /* list of {apiVersion, kind, metadata, at} that are not ready yet; in wait_arena */
        struct value wait_inventory;   /* of what was applied, which the status may not hold yet; in wait_arena */
        struct readiness_wait *follow; /* watches them by their numbers `at`; NULL: nothing is watched */
        bool changed;                  /* the apply before it changed something */
        bool wait_told;                /* the status says that it goes on */

        char *build; /* the build worker's last answer; NULL: none */
        size_t build_len;
        char build_request[DIGEST_HEX_MAX]; /* of what was asked */

        int64_t stage_started; /* monotonic ns; when this reconcile began to wait for CRDs or namespaces; 0: it does not
                                */
        int64_t recreate_started; /* monotonic ns; when objects were deleted to be made anew; 0: none */
};

struct memories;

struct memories *memories_new(void);
struct memories *memories_free(struct memories *m);

/* The memory of a key, made when there is none. NULL: memory is out. */
struct memory *memories_obtain(struct memories *m, const char *key);
void memories_forget(struct memories *m, const char *key);

/* Remembers that this form stands in this version. Failing is harmless. */
void memory_remember(struct memory *m, const char *id, const char *form, const char *version);

/* Is the object of that form and version known to be current? */
bool memory_knows(const struct memory *m, const char *id, const char *form, const char *version);

/* Is this the version that our last apply left, whatever its form was? Then nobody else has touched the object. */
bool memory_left(const struct memory *m, const char *id, const char *version);
void memory_drop(struct memory *m, const char *id);

/* Keeps a build's answer, in place of the last one. A memory belongs to one Kustomization, so no other and no other
 * tenant's ever sees it. Failing, and too much of it (limits.h), is harmless: nothing is kept then. */
void memory_keep_build(struct memory *m, const char *request, const char *answer, size_t n);

/* The answer that was kept for this request, borrowed; NULL: none. */
const char *memory_build(const struct memory *m, const char *request, size_t *ret_len);

/* Notes that we wrote the Kustomization itself and what its resourceVersion was after it (NULL: nothing was written).
 */
void memory_wrote(struct memory *m, const char *version);

/* Does the Kustomization of that resourceVersion hold our last write of it? The versions of one kind are decimal
 * numbers that grow (Kubernetes 1.35 promises it; where they are something else, only the very same one counts). */
bool memory_is_seen(const struct memory *m, const char *version);

/* Begins and ends a health check. */
int memory_begin_wait(struct memory *m, const char *revision, const char *requested, int64_t generation, int64_t now,
                      int64_t timeout);
void memory_end_wait(struct memory *m);
