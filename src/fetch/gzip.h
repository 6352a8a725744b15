/* SPDX-License-Identifier: Apache-2.0 */
/* A gzip file that is written piece by piece, with the digests of what goes in and what comes out. */
#pragma once

#include "data/digest.h"

#include <zlib.h>

struct gzip {
        z_stream stream;
        bool open;
        int fd; /* borrowed */
        uint64_t in;
        uint64_t out;
        struct digest *in_digest; /* owned */
        struct digest *out_digest;
        unsigned char block[65536];
};

/* Begins a file at fd: no name, no time, so that equal content gives equal bytes. kind: of both digests. */
int gzip_begin(struct gzip *g, int fd, enum digest_kind kind, struct err *err);

int gzip_add(struct gzip *g, const void *p, size_t n, struct err *err);

/* Writes the end. The digests are read with digest_end_hex() afterwards. */
int gzip_end(struct gzip *g, struct err *err);

void gzip_done(struct gzip *g);

#define _cleanup_gzip_ _cleanup_(gzip_done)
