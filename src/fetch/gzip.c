/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/gzip.h"

#include "base/fs.h"

#define GZIP_WINDOW (15 + 16) /* 32 kB, with zlib's mark for a gzip header */
#define GZIP_OS_UNKNOWN 255   /* as Go's writer says */

int gzip_begin(struct gzip *g, int fd, enum digest_kind kind, struct err *err) {
        static gz_header header = {.os = GZIP_OS_UNKNOWN};
        *g = (struct gzip){.fd = fd};
        g->in_digest = digest_new(kind, err);
        g->out_digest = g->in_digest ? digest_new(kind, err) : NULL;
        if (!g->out_digest)
                return -1;
        if (deflateInit2(&g->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MAX_MEM_LEVEL - 1,
                         Z_DEFAULT_STRATEGY) != Z_OK)
                return err_oom(err);
        g->open = true;
        return deflateSetHeader(&g->stream, &header) == Z_OK ? 0 : err_set(err, ERR_INTERNAL, "gzip header");
}

static int deflate_all(struct gzip *g, int flush, struct err *err) {
        int r;
        do {
                g->stream.next_out = g->block;
                g->stream.avail_out = sizeof(g->block);
                r = deflate(&g->stream, flush);
                if (r == Z_STREAM_ERROR)
                        return err_set(err, ERR_INTERNAL, "gzip: broken state");
                size_t n = sizeof(g->block) - g->stream.avail_out;
                digest_add(g->out_digest, g->block, n);
                g->out += n;
                if (fs_write_all(g->fd, g->block, n, err) < 0)
                        return -1;
        } while (g->stream.avail_out == 0);
        return 0;
}

int gzip_add(struct gzip *g, const void *p, size_t n, struct err *err) {
        digest_add(g->in_digest, p, n);
        g->in += n;
        g->stream.next_in = (unsigned char *)(uintptr_t)p;
        g->stream.avail_in = (unsigned)n;
        return deflate_all(g, Z_NO_FLUSH, err);
}

int gzip_end(struct gzip *g, struct err *err) {
        return deflate_all(g, Z_FINISH, err);
}

void gzip_done(struct gzip *g) {
        if (!g)
                return;
        if (g->open)
                deflateEnd(&g->stream);
        g->open = false;
        g->in_digest = digest_free(g->in_digest);
        g->out_digest = digest_free(g->out_digest);
}
