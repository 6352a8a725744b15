/* SPDX-License-Identifier: Apache-2.0 */
/* Tar headers as Go's archive/tar writes them for entries without owner and time: USTAR, and a PAX header before it
 * for a name that USTAR cannot hold. Byte-equal (corpus source, tarSha256). */
#pragma once

#include "base/buf.h"

#define TAR_BLOCK 512

struct tar_entry {
        const char *name; /* relative, no slash at the end */
        bool directory;
        unsigned mode; /* permission bits */
        uint64_t size; /* of a file */
};

/* Appends the header blocks of an entry. A failure shows in buf_failed(). */
void tar_header(struct buf *b, const struct tar_entry *entry);

/* The zero bytes that follow size bytes of content. */
size_t tar_padding(uint64_t size);

/* Zero bytes after the last entry. */
#define TAR_TRAILER ((size_t)2 * TAR_BLOCK)
