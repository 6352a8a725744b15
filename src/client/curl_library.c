/* SPDX-License-Identifier: Apache-2.0 */
#include "client/curl_library.h"

#include "base/library.h"
#include "base/util.h"

#include <pthread.h>
#include <stdarg.h>

#define CURL_DISABLE_TYPECHECK /* its macros would stand where functions are defined */
#include <curl/curl.h>

static struct {
        __typeof__(curl_global_init) *global_init;
        __typeof__(curl_easy_init) *easy_init;
        __typeof__(curl_easy_setopt) *easy_setopt;
        __typeof__(curl_easy_perform) *easy_perform;
        __typeof__(curl_easy_getinfo) *easy_getinfo;
        __typeof__(curl_easy_reset) *easy_reset;
        __typeof__(curl_easy_cleanup) *easy_cleanup;
        __typeof__(curl_easy_strerror) *easy_strerror;
        __typeof__(curl_multi_init) *multi_init;
        __typeof__(curl_multi_cleanup) *multi_cleanup;
        __typeof__(curl_multi_add_handle) *multi_add_handle;
        __typeof__(curl_multi_remove_handle) *multi_remove_handle;
        __typeof__(curl_multi_perform) *multi_perform;
        __typeof__(curl_multi_poll) *multi_poll;
        __typeof__(curl_multi_wakeup) *multi_wakeup;
        __typeof__(curl_multi_info_read) *multi_info_read;
        __typeof__(curl_slist_append) *slist_append;
        __typeof__(curl_slist_free_all) *slist_free_all;
} curl;

static const struct library_function functions[] = {
        {"curl_global_init", &curl.global_init},
        {"curl_easy_init", &curl.easy_init},
        {"curl_easy_setopt", &curl.easy_setopt},
        {"curl_easy_perform", &curl.easy_perform},
        {"curl_easy_getinfo", &curl.easy_getinfo},
        {"curl_easy_reset", &curl.easy_reset},
        {"curl_easy_cleanup", &curl.easy_cleanup},
        {"curl_easy_strerror", &curl.easy_strerror},
        {"curl_multi_init", &curl.multi_init},
        {"curl_multi_cleanup", &curl.multi_cleanup},
        {"curl_multi_add_handle", &curl.multi_add_handle},
        {"curl_multi_remove_handle", &curl.multi_remove_handle},
        {"curl_multi_perform", &curl.multi_perform},
        {"curl_multi_poll", &curl.multi_poll},
        {"curl_multi_wakeup", &curl.multi_wakeup},
        {"curl_multi_info_read", &curl.multi_info_read},
        {"curl_slist_append", &curl.slist_append},
        {"curl_slist_free_all", &curl.slist_free_all},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards loaded, and the table until it is set */
static bool loaded;

int curl_library_load(struct err *err) {
        pthread_mutex_lock(&lock);
        int failed = loaded ? 0 : library_open("libcurl.so.4", functions, ARRAY_LEN(functions), err);
        if (!failed && !loaded) {
                failed = curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK
                                 ? 0
                                 : err_set(err, ERR_UNAVAILABLE, "libcurl does not start");
                loaded = !failed;
        }
        pthread_mutex_unlock(&lock);
        return failed;
}

/* ---- what the client calls ---- */

CURL *curl_easy_init(void) {
        return curl.easy_init();
}

/* Every option's value is a long, a curl_off_t or a pointer, all passed alike where weir runs (LP64). */
#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *handle, CURLoption option, ...) {
        va_list arguments;
        va_start(arguments, option);
        void *value = va_arg(arguments, void *);
        va_end(arguments);
        return curl.easy_setopt(handle, option, value);
}

#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *handle, CURLINFO info, ...) {
        va_list arguments;
        va_start(arguments, info);
        void *to = va_arg(arguments, void *);
        va_end(arguments);
        return curl.easy_getinfo(handle, info, to);
}

CURLcode curl_easy_perform(CURL *handle) {
        return curl.easy_perform(handle);
}

CURLM *curl_multi_init(void) {
        return curl.multi_init();
}

CURLMcode curl_multi_cleanup(CURLM *multi) {
        return curl.multi_cleanup(multi);
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *handle) {
        return curl.multi_add_handle(multi, handle);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *handle) {
        return curl.multi_remove_handle(multi, handle);
}

CURLMcode curl_multi_perform(CURLM *multi, int *running) {
        return curl.multi_perform(multi, running);
}

CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n, int timeout_ms, int *ret) {
        return curl.multi_poll(multi, fds, n, timeout_ms, ret);
}

CURLMcode curl_multi_wakeup(CURLM *multi) {
        return curl.multi_wakeup(multi);
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left) {
        return curl.multi_info_read(multi, left);
}

void curl_easy_reset(CURL *handle) {
        curl.easy_reset(handle);
}

void curl_easy_cleanup(CURL *handle) {
        curl.easy_cleanup(handle);
}

const char *curl_easy_strerror(CURLcode code) {
        return curl.easy_strerror(code);
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *line) {
        return curl.slist_append(list, line);
}

void curl_slist_free_all(struct curl_slist *list) {
        curl.slist_free_all(list);
}
