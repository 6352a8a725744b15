/* SPDX-License-Identifier: Apache-2.0 */
#include "http/internal.h"

struct http_shared *http_shared_new(char *data, size_t len) {
        struct http_shared *s = calloc(1, sizeof(*s));
        if (!s) {
                free(data);
                return NULL;
        }
        atomic_init(&s->refs, 1);
        s->data = data;
        s->len = len;
        return s;
}

struct http_shared *http_shared_ref(struct http_shared *s) {
        atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
        return s;
}

struct http_shared *http_shared_unref(struct http_shared *s) {
        if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
                free(s->data);
                free(s);
        }
        return NULL;
}
