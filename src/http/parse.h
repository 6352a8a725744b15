/* SPDX-License-Identifier: Apache-2.0 */
/* The strict reader of HTTP/1.1 requests: pure functions over bytes (fuzz target tests/fuzz/fuzz_http.c).
 *
 * Strict means that whatever two readers could understand differently is refused: bare line feeds, folded headers,
 * blanks before a colon, control characters, Content-Length together with Transfer-Encoding, more than one of either,
 * encodings other than exactly "chunked", chunk extensions, trailers, targets that are no path. RFC 9112. */
#pragma once

#include "base/buf.h"
#include "http/http.h"

/* The first part of a request. Strings point into the bytes that were parsed, or into the arena. */
struct http_head {
        const char *method;
        const char *target;
        const char *path;
        const char *query;
        const struct http_header *headers;
        size_t n_headers;
        int64_t content_length; /* -1: none */
        bool chunked;
        bool http11;
        bool keep_alive;
        bool expect_continue;
};

/* The length of the request line and headers with the empty line that ends them; 0 when it has not come yet.
 * searched: bytes at the start that an earlier call has looked at. */
size_t http_head_length(const char *data, size_t n, size_t searched);

/* Parses n bytes that http_head_length() found, in place. Answers 0, or the HTTP status to refuse with (400, 431, 501,
 * 505, 417; 500 when memory is out) and *ret_problem. */
int http_head_parse(struct arena *a, char *data, size_t n, struct http_head *ret, const char **ret_problem);

/* The reader of a chunked body. Zeroed: at the beginning. */
struct http_chunks {
        enum {
                CHUNK_SIZE = 0,
                CHUNK_SIZE_LF,
                CHUNK_DATA,
                CHUNK_DATA_CR,
                CHUNK_DATA_LF,
                CHUNK_END_CR,
                CHUNK_END_LF,
                CHUNK_DONE
        } state;
        uint64_t left; /* bytes of this chunk still to come */
        unsigned digits;
};

/* Reads on: appends data to out and answers the number of bytes consumed, or -1 when they are malformed. Stops behind
 * the end of the body (state CHUNK_DONE). out fails when its maximum is passed: the caller asks. */
ssize_t http_chunks_read(struct http_chunks *c, const char *data, size_t n, struct buf *out);
