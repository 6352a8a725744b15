/* SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

#include <dirent.h>

static _Thread_local size_t countdown;
static _Thread_local bool failed;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool fails_now(void) {
        if (countdown == 0 || --countdown > 0)
                return false;
        failed = true;
        return true;
}

void *__wrap_malloc(size_t n) {
        return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t size) {
        return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t n) {
        return fails_now() ? NULL : __real_realloc(p, n);
}

void torture_fail_allocation(size_t nth) {
        countdown = nth;
        failed = false;
}

bool torture_failed(void) {
        return failed;
}

static void close_dir(DIR **d) {
        if (*d)
                closedir(*d);
}

size_t torture_count_fds(int pid) {
        char path[64];
        size_t n = 0;
        snprintf(path, sizeof(path), "/proc/%d/fd", pid);
        _cleanup_(close_dir) DIR *dir = opendir(path);
        while (dir && readdir(dir))
                n++;
        return n;
}
