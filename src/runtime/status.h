/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an object's status and finalizers: one request, and none when nothing changed. */
#pragma once

#include "client/client.h"

/* Merges status into the object's stored one: members that differ are sent, members that are gone are removed. Nothing
 * is sent when they are equal. object: as last read, with apiVersion and kind. ret_version (or NULL): the object's
 * resourceVersion after a write, in the arena; untouched when nothing was sent. ERR_NOT_FOUND: it is gone meanwhile. */
int status_write(struct client *c, struct arena *a, const struct value *object, const struct value *status,
                 const char *field_manager, const char **ret_version, struct err *err);

/* Adds or removes weir's finalizer (finalizers.fluxcd.io, as all Flux kinds bear it). No request when it is right
 * already. ret_version as above. Uses the object's resourceVersion, so that a concurrent writer's finalizers are never
 * lost: ERR_CONFLICT. */
int status_set_finalizer(struct client *c, struct arena *a, const struct value *object, bool present,
                         const char *field_manager, const char **ret_version, struct err *err);

bool status_has_finalizer(const struct value *object);
