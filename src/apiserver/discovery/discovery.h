/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery: /api, /apis, /apis/G, /apis/G/V (plain and aggregated v2), /version, health endpoints and the list of
 * paths at /. Made from a kind_set; nothing is cached between sets except by the caller. */
#pragma once

#include "apiserver/discovery/document.h"
#include "kube/schema/kind.h"

struct discovery_options {
        const char *git_version;    /* "v1.36.2": what clients parse */
        const char *server_address; /* "127.0.0.1:6443" for serverAddressByClientCIDRs */
        /* A named check of /readyz and /livez beside ping: true when healthy. NULL: always. */
        bool (*healthy)(void *user, const char *check);
        void *user;
};

/* Answers a discovery, version or health path: 1 and *ret; 0 when the path is none of these (an object path, or
 * nothing: see discovery_not_found()); -1 only for ERR_NOT_ACCEPTABLE, ERR_METHOD and memory, to be shown as Status. */
int discovery_respond(struct arena *a, const struct kind_set *kinds, const struct discovery_options *options,
                      const struct document_request *request, struct document *ret, struct err *err);

/* "404 page not found" as text, for paths that no API serves. */
void discovery_not_found(struct document *ret);
