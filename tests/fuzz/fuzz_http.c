/* SPDX-License-Identifier: Apache-2.0 */
/* A request as bytes: the head's reader and the reader of chunks. Chunks mean the same however they are cut. */
#include "fuzz.h"

#include "base/limits.h"
#include "http/parse.h"

const char *const fuzz_seeds[] = {
        "GET /api/v1/namespaces/a%2Fb/pods?watch=1&labelSelector=a%3Db HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n",
        "POST /apis HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nhello",
        "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0a\r\n0123456789\r\n0\r\n\r\n",
        NULL,
};

static void check_head(const struct http_head *h) {
        if (h->path[0] != '/' || strstr(h->path, "/../") || (h->chunked && h->content_length >= 0))
                abort();
        for (size_t i = 0; i < h->n_headers; i++)
                if (!h->headers[i].name[0] || strpbrk(h->headers[i].value, "\r\n"))
                        abort();
}

/* Whole or byte by byte, the same body and the same end. */
static void check_chunks(const char *data, size_t n) {
        struct http_chunks whole = {0}, bytes = {0};
        _cleanup_buf_ struct buf a = BUF_INIT((size_t)1 << 20), b = BUF_INIT((size_t)1 << 20);
        ssize_t used = http_chunks_read(&whole, data, n, &a), total = 0;
        for (size_t i = 0; i < n && total >= 0 && bytes.state != CHUNK_DONE; i++) {
                ssize_t one = http_chunks_read(&bytes, data + i, 1, &b);
                total = one < 0 ? -1 : total + one;
        }
        if (used != total || (used >= 0 && (a.len != b.len || (a.len && memcmp(a.data, b.data, a.len) != 0))))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)1 << 20);
        char *copy = a ? arena_strndup(a, (const char *)data, n) : NULL;
        if (!copy)
                return 0;
        size_t window = n < LIMIT_REQUEST_HEADERS ? n : LIMIT_REQUEST_HEADERS;
        size_t length = http_head_length(copy, window, 0);
        struct http_head h;
        const char *problem;
        if (length == 0) {
                check_chunks((const char *)data, n);
                return 0;
        }
        int status = http_head_parse(a, copy, length, &h, &problem);
        if (status == 0)
                check_head(&h);
        else if (status < 400 || status > 505 || !problem)
                abort();
        check_chunks((const char *)data + length, n - length);
        return 0;
}
