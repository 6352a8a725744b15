/* SPDX-License-Identifier: Apache-2.0 */
/* Many watches on one thread. Each is named by a number, never by a pointer: an event of a watch that was removed
 * meanwhile may still arrive, and its receiver no longer knows the number. */
#pragma once

#include "client/client.h"

struct watch_set;

/* Called on the set's thread, which holds no lock then. */
struct watch_set_hooks {
        void (*event)(void *context, uint64_t id, const char *type, const struct value *object);
        /* The watch is over; err->class ERR_NONE: the server ended it. Not called for watches that were removed. */
        void (*ended)(void *context, uint64_t id, const struct err *err);
        void (*tick)(void *context); /* about once a second while there are watches */
        void *context;
};

int watch_set_new(struct client *c, const struct watch_set_hooks *hooks, struct watch_set **ret, struct err *err);

/* Ends all watches and the thread. */
struct watch_set *watch_set_free(struct watch_set *s);

/* Begins a watch. path, resource_version and user are copied. Any thread, also within a hook. */
int watch_set_add(struct watch_set *s, uint64_t id, const char *path, const char *resource_version,
                  const struct client_as *as, struct err *err);

/* Ends it. Any thread, also within a hook. */
void watch_set_remove(struct watch_set *s, uint64_t id);
