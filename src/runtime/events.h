/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes Events, written by one thread so that no reconcile waits for them. The ring is bounded: when the API
 * server is slower than the events, the oldest are dropped and counted, and the log says so. */
#pragma once

#include "client/client.h"

struct events;

struct event {
        const struct value *object; /* the involved object; copied */
        const char *type;           /* "Normal" or "Warning" */
        const char *reason;
        const char *message;      /* cut at 1,024 bytes, as the API allows */
        const char *component;    /* "kustomize-controller": the field `source.component` */
        const char *revision_key; /* annotation "GROUP/revision", or NULL */
        const char *revision;     /* its value, or NULL */
};

int events_start(struct client *c, struct events **ret, struct err *err);

/* Queues an event. Never blocks, never fails visibly. */
void events_emit(struct events *e, const struct event *event);

/* Writes what is queued (at most a second), stops the thread, frees. */
struct events *events_stop(struct events *e);
