/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the YAML writer: character classes of YAML 1.1, and what may be done with one scalar's text. */
#pragma once

#include "base/util.h"
#include "data/yaml/yaml.h"

/* The line break at s[0..n): its bytes, or 0. CR, LF, NEL, U+2028 and U+2029. */
static inline unsigned yaml_break_len(const char *s, size_t n) {
        if (!n)
                return 0;
        if (*s == '\n' || *s == '\r')
                return 1;
        if (n >= 2 && memcmp(s, "\xC2\x85", 2) == 0)
                return 2;
        if (n >= 3 && (memcmp(s, "\xE2\x80\xA8", 3) == 0 || memcmp(s, "\xE2\x80\xA9", 3) == 0))
                return 3;
        return 0;
}

/* Bytes of the (valid) rune that begins with c. */
static inline unsigned yaml_rune_len(char c) {
        uint8_t b = (uint8_t)c;
        return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

/* Letters, digits and a few signs: bytes that need no thought wherever they stand behind the first. */
extern const bool yaml_word_bytes[256];

/* True for a text of such bytes that begins with a letter, a digit, '_' or '/': any style can hold it on one line. Most
 * of what Kubernetes objects hold are such texts. */
static inline bool yaml_is_word(const char *s, size_t n) {
        if (!n || *s == '-' || *s == '.' || *s == '=' || *s == '+')
                return false;
        for (size_t i = 0; i < n; i++)
                if (!yaml_word_bytes[(uint8_t)s[i]])
                        return false;
        return true;
}

/* What go-yaml writes as it is; everything outside the BMP it escapes. */
bool yaml_printable(const char *s, size_t n);

/* The styles that a text allows. */
struct yaml_analysis {
        bool multiline;
        bool flow_plain, block_plain, single_quoted, block;
};

struct yaml_analysis yaml_analyze(const char *s, size_t n, enum yaml_dialect dialect);

/* True when the text, written plain, would be read as the same string by any YAML 1.1 reader. */
bool yaml_plain_is_string(const char *s, size_t n, enum yaml_dialect dialect);

/* go-yaml's order of keys: letters after other characters, digits by value ("a2" before "a10"). Like strcmp. */
int yaml_compare_keys(const char *a, size_t a_len, const char *b, size_t b_len, enum yaml_dialect dialect);
