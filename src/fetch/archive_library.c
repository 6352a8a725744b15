/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/archive_library.h"

#include "base/library.h"
#include "base/limits.h"
#include "base/util.h"

#include <archive.h>
#include <archive_entry.h>
#include <pthread.h>
#include <stdarg.h>

static struct {
        __typeof__(archive_read_new) *read_new;
        __typeof__(archive_read_support_filter_gzip) *read_support_filter_gzip;
        __typeof__(archive_read_support_format_tar) *read_support_format_tar;
        __typeof__(archive_read_open) *read_open;
        __typeof__(archive_read_next_header) *read_next_header;
        __typeof__(archive_read_data_block) *read_data_block;
        __typeof__(archive_read_free) *read_free;
        __typeof__(archive_set_error) *set_error;
        __typeof__(archive_error_string) *error_string;
        __typeof__(archive_entry_pathname) *entry_pathname;
        __typeof__(archive_entry_pathname_utf8) *entry_pathname_utf8;
        __typeof__(archive_entry_hardlink) *entry_hardlink;
        __typeof__(archive_entry_symlink) *entry_symlink;
        __typeof__(archive_entry_filetype) *entry_filetype;
        __typeof__(archive_entry_perm) *entry_perm;
} la;

static const struct library_function functions[] = {
        {"archive_read_new", &la.read_new},
        {"archive_read_support_filter_gzip", &la.read_support_filter_gzip},
        {"archive_read_support_format_tar", &la.read_support_format_tar},
        {"archive_read_open", &la.read_open},
        {"archive_read_next_header", &la.read_next_header},
        {"archive_read_data_block", &la.read_data_block},
        {"archive_read_free", &la.read_free},
        {"archive_set_error", &la.set_error},
        {"archive_error_string", &la.error_string},
        {"archive_entry_pathname", &la.entry_pathname},
        {"archive_entry_pathname_utf8", &la.entry_pathname_utf8},
        {"archive_entry_hardlink", &la.entry_hardlink},
        {"archive_entry_symlink", &la.entry_symlink},
        {"archive_entry_filetype", &la.entry_filetype},
        {"archive_entry_perm", &la.entry_perm},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards loaded, and the table until it is set */
static bool loaded;

int archive_library_load(struct err *err) {
        pthread_mutex_lock(&lock);
        int failed = loaded ? 0 : library_open("libarchive.so.13", functions, ARRAY_LEN(functions), err);
        loaded |= !failed;
        pthread_mutex_unlock(&lock);
        return failed;
}

/* ---- what unpack.c calls ---- */

struct archive *archive_read_new(void) {
        return la.read_new();
}

int archive_read_support_filter_gzip(struct archive *a) {
        return la.read_support_filter_gzip(a);
}

int archive_read_support_format_tar(struct archive *a) {
        return la.read_support_format_tar(a);
}

int archive_read_open(struct archive *a, void *context, archive_open_callback *open, archive_read_callback *read,
                      archive_close_callback *close) {
        return la.read_open(a, context, open, read, close);
}

int archive_read_next_header(struct archive *a, struct archive_entry **ret) {
        return la.read_next_header(a, ret);
}

int archive_read_data_block(struct archive *a, const void **ret, size_t *ret_len, la_int64_t *ret_offset) {
        return la.read_data_block(a, ret, ret_len, ret_offset);
}

int archive_read_free(struct archive *a) {
        return la.read_free(a);
}

void archive_set_error(struct archive *a, int number, const char *format, ...) {
        char text[LIMIT_MESSAGE_VALUE];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        la.set_error(a, number, "%s", text);
}

const char *archive_error_string(struct archive *a) {
        return la.error_string(a);
}

const char *archive_entry_pathname(struct archive_entry *entry) {
        return la.entry_pathname(entry);
}

const char *archive_entry_pathname_utf8(struct archive_entry *entry) {
        return la.entry_pathname_utf8(entry);
}

const char *archive_entry_hardlink(struct archive_entry *entry) {
        return la.entry_hardlink(entry);
}

const char *archive_entry_symlink(struct archive_entry *entry) {
        return la.entry_symlink(entry);
}

mode_t archive_entry_filetype(struct archive_entry *entry) {
        return la.entry_filetype(entry);
}

mode_t archive_entry_perm(struct archive_entry *entry) {
        return la.entry_perm(entry);
}
