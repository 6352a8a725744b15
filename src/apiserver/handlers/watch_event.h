/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a watch: which of the store's events it sees, and their lines. */
#pragma once

#include "apiserver/handlers/options.h"
#include "apiserver/store/ring.h"

/* What a watch selects and how it shows it. */
struct watch_form {
        struct call *call;            /* for selectors; lives as long as the request */
        const struct kind_set *kinds; /* a reference of its own: the watch outlives the call's */
        const struct kind *kind;
        const char *namespace_; /* "": all */
        struct list_options options;
        struct accept accept;
        int include;           /* enum table_include */
        bool headers_sent;     /* a Table's columns go with the first event only */
        struct arena *scratch; /* reset for each event by the caller */
};

int watch_form_init(struct watch_form *f, struct call *c, const struct list_options *o, struct err *err);
void watch_form_done(struct watch_form *f);

/* Appends one line. rv: shown instead of the object's own version; 0: its own. */
int watch_write(struct watch_form *f, const char *type, const struct object *o, uint64_t rv, struct buf *out,
                struct err *err);

/* Appends what this watch sees of an event: nothing, or ADDED, MODIFIED, DELETED by how the selection changed. */
int watch_write_event(struct watch_form *f, const struct ring_event *e, struct buf *out, struct err *err);

/* A bookmark; initial: the one that ends the initial list. */
int watch_write_bookmark(struct watch_form *f, uint64_t rv, bool initial, struct buf *out, struct err *err);
