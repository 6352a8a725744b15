/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/quote.h"

#include "base/buf.h"
#include "data/utf8.h"

static void quote_rune(struct buf *b, uint32_t rune, const char *p, unsigned len) {
        static const char escapes[] = "a\ab\bf\fn\nr\rt\tv\v\\\\\"\"";
        for (size_t i = 0; i + 1 < sizeof(escapes); i += 2)
                if (rune == (uint8_t)escapes[i + 1]) {
                        buf_addf(b, "\\%c", escapes[i]);
                        return;
                }
        if (rune < 0x20 || rune == 0x7F)
                buf_addf(b, "\\x%02x", rune);
        else if (rune >= 0x80 && rune < 0xA1)
                buf_addf(b, "\\u%04x", rune);
        else
                buf_add(b, p, len);
}

const char *quote_go(struct arena *a, const char *text) {
        _cleanup_buf_ struct buf b = BUF_INIT(SIZE_MAX / 2);
        const char *end = text + strlen(text);
        buf_addc(&b, '"');
        while (text < end) {
                uint32_t rune;
                unsigned len = utf8_decode(text, end, &rune);
                if (len)
                        quote_rune(&b, rune, text, len);
                else
                        buf_addf(&b, "\\x%02x", (uint8_t)*text);
                text += len ? len : 1;
        }
        buf_addc(&b, '"');
        return buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
}
