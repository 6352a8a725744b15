/* SPDX-License-Identifier: Apache-2.0 */
/* Files beneath a directory.
 *
 * Every function that takes a directory descriptor resolves the path beneath it (openat2 with RESOLVE_BENEATH and
 * RESOLVE_NO_MAGICLINKS): "..", absolute paths and symlinks that lead out fail with ERR_ACCESS_DENIED.
 * AT_FDCWD means an ordinary path of weir's own. Flags always include O_CLOEXEC. */
#pragma once

#include "base/err.h"

#include <fcntl.h>
#include <sys/types.h>

/* Opens a file; -1 with ERR_NOT_FOUND, ERR_ACCESS_DENIED (left the directory) or ERR_IO. mode: with O_CREAT. */
int fs_open(int dir, const char *path, int flags, mode_t mode, struct err *err);

/* Opens a directory for reading. */
int fs_open_dir(int dir, const char *path, struct err *err);

/* The same without following any symlink on the way: ERR_NOT_FOUND unless every part of the path is a directory. */
int fs_open_dir_plain(int dir, const char *path, struct err *err);

/* Reads a whole regular file of at most max bytes into a malloc'ed, NUL-terminated buffer. ERR_TOO_LARGE says the
 * limit and the size. */
int fs_read(int dir, const char *path, size_t max, char **ret, size_t *ret_len, struct err *err);

/* Reads all of an open descriptor, at most max bytes. */
int fs_read_fd(int fd, size_t max, char **ret, size_t *ret_len, struct err *err);

/* Writes n bytes to fd, all of them. */
int fs_write_all(int fd, const void *p, size_t n, struct err *err);

/* Writes a file atomically: a temporary beside it, fsync, rename, fsync of the directory. After a crash the file
 * holds the old or the new bytes, never a mixture. */
int fs_write_atomic(const char *path, const void *p, size_t n, mode_t mode, struct err *err);

/* mkdir -p with the mode for new directories. */
int fs_mkdirs(const char *path, mode_t mode, struct err *err);

/* Removes a tree without following symlinks. A missing path is no error. */
int fs_remove_tree(const char *path, struct err *err);

/* The same for a name in an open directory. */
int fs_remove_tree_at(int dir, const char *name, struct err *err);
