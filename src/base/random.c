/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

void random_bytes(void *p, size_t n) {
        unsigned char *at = p;
        while (n) {
                ssize_t got = getrandom(at, n, 0);
                if (got < 0) {
                        if (errno == EINTR)
                                continue;
                        abort(); /* no kernel randomness: nothing secret could be made */
                }
                at += got;
                n -= (size_t)got;
        }
}

char *random_uuid(char text[static UUID_TEXT_MAX]) {
        unsigned char b[16];
        random_bytes(b, sizeof(b));
        b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
        b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
        snprintf(text, UUID_TEXT_MAX, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                 b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
        return text;
}

void random_suffix(char *text, size_t n) {
        static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789"; /* 27 characters */
        for (size_t i = 0; i < n;) {
                unsigned char b;
                random_bytes(&b, 1);
                if (b < 27 * 9) /* no bias */
                        text[i++] = alphabet[b % 27];
        }
        text[n] = '\0';
}
