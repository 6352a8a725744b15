/* SPDX-License-Identifier: Apache-2.0 */
#include "base/url.h"

int url_decode(struct arena *a, const char *s, size_t n, bool plus, char **ret, size_t *ret_len) {
        char *out = arena_alloc(a, n + 1);
        if (!out) {
                *ret = NULL;
                return -1;
        }
        size_t len = 0;
        for (size_t i = 0; i < n; i++) {
                if (s[i] != '%') {
                        out[len++] = plus && s[i] == '+' ? ' ' : s[i];
                        continue;
                }
                int high = n - i > 2 ? hex_digit(s[i + 1]) : -1;
                int low = n - i > 2 ? hex_digit(s[i + 2]) : -1;
                if (high < 0 || low < 0)
                        return -1;
                out[len++] = (char)(high << 4 | low);
                i += 2;
        }
        out[len] = '\0';
        *ret = out;
        *ret_len = len;
        return 0;
}

bool url_query_next(struct arena *a, const char **cursor, const char **ret_key, const char **ret_value) {
        while (**cursor) {
                const char *pair = *cursor;
                size_t n = strcspn(pair, "&");
                *cursor = pair + n + (pair[n] == '&');
                if (n == 0 || memchr(pair, ';', n))
                        continue;
                const char *equals = memchr(pair, '=', n);
                size_t key_n = equals ? (size_t)(equals - pair) : n;
                char *key = "", *value = "";
                size_t len;
                if (url_decode(a, pair, key_n, true, &key, &len) < 0 ||
                    (equals && url_decode(a, equals + 1, n - key_n - 1, true, &value, &len) < 0)) {
                        if (!key || !value)
                                return false;
                        continue;
                }
                *ret_key = key;
                *ret_value = value;
                return true;
        }
        return false;
}

const char *url_query_get(struct arena *a, const char *query, const char *name) {
        const char *key, *value;
        while (url_query_next(a, &query, &key, &value))
                if (streq(key, name))
                        return value;
        return NULL;
}
