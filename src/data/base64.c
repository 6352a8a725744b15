/* SPDX-License-Identifier: Apache-2.0 */
#include "data/base64.h"

static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *base64_encode_as(struct arena *a, unsigned flags, const void *p, size_t n, size_t *ret_len) {
        if (n > SIZE_MAX / 2)
                return NULL;
        const char *alphabet = flags & BASE64_URL ? url_alphabet : std_alphabet;
        const uint8_t *s = p;
        char *text = arena_alloc(a, (n + 2) / 3 * 4 + 1);
        if (!text)
                return NULL;
        char *to = text;
        for (size_t i = 0; i < n; i += 3) {
                size_t have = n - i < 3 ? n - i : 3;
                uint32_t bits = (uint32_t)s[i] << 16;
                if (have > 1)
                        bits |= (uint32_t)s[i + 1] << 8;
                if (have > 2)
                        bits |= s[i + 2];
                for (size_t k = 0; k < 4; k++) {
                        if (k <= have)
                                *to++ = alphabet[bits >> (18 - 6 * k) & 63];
                        else if (!(flags & BASE64_NO_PADDING))
                                *to++ = '=';
                }
        }
        *to = '\0';
        if (ret_len)
                *ret_len = (size_t)(to - text);
        return text;
}

static int digit_of(char c, bool url) {
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        if (c == (url ? '-' : '+'))
                return 62;
        return c == (url ? '_' : '/') ? 63 : -1;
}

static size_t skip_newlines(const char *text, size_t n, size_t i) {
        while (i < n && (text[i] == '\n' || text[i] == '\r'))
                i++;
        return i;
}

static int fail(struct err *err, size_t at) {
        return err_set(err, ERR_SYNTAX, "illegal base64 data at input byte %zu", at);
}

/* Checks the padding whose first '=' is at i, behind `have` digits of the last group. */
static int check_padding(const char *text, size_t n, size_t i, unsigned have, struct err *err) {
        if (have < 2)
                return fail(err, i);
        size_t next = skip_newlines(text, n, i + 1);
        if (have == 2) {
                if (next == n)
                        return fail(err, n);
                if (text[next] != '=')
                        return fail(err, next - 1);
                next = skip_newlines(text, n, next + 1);
        }
        return next < n ? fail(err, next) : 0;
}

static uint8_t *put_group(uint8_t *to, uint32_t bits, unsigned digits) {
        bits <<= 6 * (4 - digits);
        for (unsigned k = 0; k + 1 < digits; k++)
                *to++ = (uint8_t)(bits >> (16 - 8 * k));
        return to;
}

int base64_decode_as(struct arena *a, unsigned flags, const char *text, size_t n, char **ret, size_t *ret_len,
                     struct err *err) {
        bool url = flags & BASE64_URL, padded = !(flags & BASE64_NO_PADDING);
        uint8_t *bytes = arena_alloc(a, n / 4 * 3 + 4);
        if (!bytes)
                return err_oom(err);
        uint8_t *to = bytes;
        uint32_t bits = 0;
        unsigned have = 0;
        size_t i = 0;
        for (; i < n; i++) {
                int digit = digit_of(text[i], url);
                if (digit >= 0) {
                        bits = bits << 6 | (uint32_t)digit;
                        if (++have == 4) {
                                to = put_group(to, bits, 4);
                                have = 0;
                        }
                        continue;
                }
                if (text[i] == '\n' || text[i] == '\r')
                        continue;
                if (text[i] != '=' || !padded)
                        return fail(err, i);
                if (check_padding(text, n, i, have, err) < 0)
                        return -1;
                break;
        }
        if (i == n && (have == 1 || (have && padded)))
                return fail(err, n - have);
        if (have)
                to = put_group(to, bits, have);
        *to = '\0';
        *ret = (char *)bytes;
        *ret_len = (size_t)(to - bytes);
        return 0;
}

char *base64_encode(struct arena *a, const void *p, size_t n, size_t *ret_len) {
        return base64_encode_as(a, 0, p, n, ret_len);
}

int base64_decode(struct arena *a, const char *text, size_t n, char **ret, size_t *ret_len, struct err *err) {
        return base64_decode_as(a, 0, text, n, ret, ret_len, err);
}

void hex_encode(char *to, const void *p, size_t n) {
        static const char digits[] = "0123456789abcdef";
        const uint8_t *s = p;
        for (size_t i = 0; i < n; i++) {
                *to++ = digits[s[i] >> 4];
                *to++ = digits[s[i] & 15];
        }
        *to = '\0';
}

int hex_decode(uint8_t *to, const char *text, size_t n) {
        for (size_t i = 0; i + 1 < n; i += 2) {
                int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
                if (high < 0 || low < 0)
                        return -1;
                *to++ = (uint8_t)(high << 4 | low);
        }
        return n % 2 ? -1 : 0;
}
