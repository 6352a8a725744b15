/* SPDX-License-Identifier: Apache-2.0 */
/* One page of a collection: what list options select, at one moment. */
#pragma once

#include "apiserver/handlers/options.h"

struct page {
        struct object **items; /* malloc'ed; each holds a reference */
        size_t n;
        uint64_t rv;
        const char *continue_; /* token of the next page, or NULL */
        size_t remaining;      /* 0: none, or unknown because of selectors */
};

/* ERR_GONE (410 Expired), ERR_BAD_REQUEST for a bad token, ERR_TIMEOUT for
 * a version that is not reached within three seconds. */
int page_read(struct call *c, const struct list_options *o, struct page *ret, struct err *err);

/* The token that goes on behind the same object, but with what is there then: offered with a 410. NULL: a bad token or
 * no memory. */
const char *page_inconsistent_token(struct call *c, const char *token);

void page_done(struct page *p);
#define _cleanup_page_ _cleanup_(page_done)
