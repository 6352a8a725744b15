/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, base64, hexadecimal, UTF-8, cases of runes, floats as text. */
#include "help.h"

#include "data/text/decimal.h"
#include "data/digest.h"
#include "data/text/unicode.h"
#include "data/text/utf8.h"

static void test_digests(void **state) {
        char hex[DIGEST_HEX_MAX];
        assert_int_equal(digest_hex(DIGEST_SHA256, "abc", 3, hex, NULL), 0);
        assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_int_equal(digest_hex(DIGEST_SHA1, "abc", 3, hex, NULL), 0);
        assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
        _cleanup_digest_ struct digest *d = digest_new(DIGEST_SHA256, NULL);
        assert_non_null(d);
        digest_add(d, "a", 1);
        digest_add(d, "bc", 2);
        assert_int_equal(digest_end_hex(d, hex, NULL), 0);
        assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        enum digest_kind kind;
        assert_int_equal(digest_kind_of("sha384", 6, &kind), 0);
        assert_int_equal(digest_size(kind), 48);
        assert_int_equal(digest_kind_of("sha", 3, &kind), -1);
}

/* Lengths around the borders of blocks, chunks and subtrees; the digests are what other implementations answer. */
static void test_blake3(void **state) {
        static const struct {
                size_t n;
                const char *hex;
        } rows[] = {
                {0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
                {1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
                {63, "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b"},
                {64, "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"},
                {65, "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"},
                {1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
                {1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
                {1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
                {2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
                {2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
                {3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
                {5120, "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833"},
                {31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
                {102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
        };
        static uint8_t bytes[102400];
        char hex[DIGEST_HEX_MAX];
        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)(i % 251);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                assert_int_equal(digest_hex(DIGEST_BLAKE3, bytes, rows[i].n, hex, NULL), 0);
                assert_string_equal(hex, rows[i].hex);
                _cleanup_digest_ struct digest *d = digest_new(DIGEST_BLAKE3, NULL);
                for (size_t at = 0; at < rows[i].n; at += 100)
                        digest_add(d, bytes + at, rows[i].n - at < 100 ? rows[i].n - at : 100);
                assert_int_equal(digest_end_hex(d, hex, NULL), 0);
                assert_string_equal(hex, rows[i].hex);
        }
        uint8_t raw[DIGEST_MAX];
        assert_int_equal(digest_hmac(DIGEST_BLAKE3, "key", 3, "x", 1, raw, NULL), -1);
}

static void test_hmac(void **state) {
        uint8_t raw[DIGEST_MAX];
        char hex[DIGEST_HEX_MAX];
        assert_int_equal(
                digest_hmac(DIGEST_SHA256, "key", 3, "The quick brown fox jumps over the lazy dog", 43, raw, NULL), 0);
        hex_encode(hex, raw, 32);
        assert_string_equal(hex, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

static void expect_base64(struct arena *a, unsigned flags, const char *bytes, const char *encoded) {
        size_t n;
        char *decoded;
        assert_string_equal(base64_encode_as(a, flags, bytes, strlen(bytes), &n), encoded);
        assert_int_equal(n, strlen(encoded));
        assert_int_equal(base64_decode_as(a, flags, encoded, n, &decoded, &n, NULL), 0);
        assert_string_equal(decoded, bytes);
}

static void expect_bad_base64(struct arena *a, unsigned flags, const char *encoded, const char *message) {
        _cleanup_err_ struct err err = ERR_INIT;
        size_t n;
        char *decoded;
        assert_int_equal(base64_decode_as(a, flags, encoded, strlen(encoded), &decoded, &n, &err), -1);
        assert_string_equal(err_message(&err), message);
}

static void test_base64(void **state) {
        expect_base64(*state, 0, "", "");
        expect_base64(*state, 0, "f", "Zg==");
        expect_base64(*state, 0, "fo", "Zm8=");
        expect_base64(*state, 0, "foo", "Zm9v");
        expect_base64(*state, 0, "\xFB\xFF", "+/8=");
        expect_base64(*state, BASE64_URL, "\xFB\xFF", "-_8=");
        expect_base64(*state, BASE64_URL | BASE64_NO_PADDING, "\xFB\xFF", "-_8");
        size_t n;
        char *decoded;
        assert_int_equal(base64_decode(*state, "Zm\n9v\r\n", 7, &decoded, &n, NULL), 0);
        assert_string_equal(decoded, "foo");
}

/* Positions as Go's decoder gives them. */
static void test_bad_base64(void **state) {
        expect_bad_base64(*state, 0, "Zg", "illegal base64 data at input byte 0");
        expect_bad_base64(*state, 0, "aGVsbG8", "illegal base64 data at input byte 4");
        expect_bad_base64(*state, 0, "Zg=", "illegal base64 data at input byte 3");
        expect_bad_base64(*state, 0, "Z===", "illegal base64 data at input byte 1");
        expect_bad_base64(*state, 0, "Zg==x", "illegal base64 data at input byte 4");
        expect_bad_base64(*state, 0, "-_8=", "illegal base64 data at input byte 0");
        expect_bad_base64(*state, BASE64_URL, "+/8=", "illegal base64 data at input byte 0");
        expect_bad_base64(*state, BASE64_NO_PADDING, "Zg==", "illegal base64 data at input byte 2");
        expect_bad_base64(*state, BASE64_NO_PADDING, "Z", "illegal base64 data at input byte 0");
}

static void test_hex(void **state) {
        uint8_t bytes[4];
        assert_int_equal(hex_decode(bytes, "00fF7a", 6), 0);
        assert_memory_equal(bytes, "\x00\xFF\x7A", 3);
        assert_int_equal(hex_decode(bytes, "0g", 2), -1);
        assert_int_equal(hex_decode(bytes, "123", 3), -1);
}

static void test_utf8(void **state) {
        static const char *const bad[] = {
                "\x80", "\xC0\x80", "\xC3", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xF8\x88\x80\x80\x80"};
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                assert_false(utf8_valid(bad[i], strlen(bad[i])));
        assert_true(utf8_valid("aé日😀", strlen("aé日😀")));
        for (uint32_t rune = 0; rune <= 0x10FFFF; rune += 13) {
                char text[UTF8_MAX];
                uint32_t back;
                unsigned n = utf8_encode(text, rune);
                bool surrogate = rune >= 0xD800 && rune <= 0xDFFF;
                assert_int_equal(utf8_decode(text, text + n, &back), n);
                assert_int_equal(back, surrogate ? UTF8_REPLACEMENT : rune);
        }
}

static void test_cases(void **state) {
        assert_int_equal(unicode_upper(0xE9), 0xC9);
        assert_int_equal(unicode_lower(0x416), 0x436);
        assert_int_equal(unicode_upper(0x101), 0x100);
        assert_int_equal(unicode_upper(0x100), 0x100);
        assert_int_equal(unicode_lower('Z'), 'z');
        assert_int_equal(unicode_upper(0x65E5), 0x65E5);
        assert_true(unicode_is_letter(0x65E5));
        assert_true(unicode_is_digit(0x663));
        assert_false(unicode_is_letter(0x1F600));
        assert_true(unicode_is_print(0x1F600));
        assert_false(unicode_is_print(0xAD));
}

static void expect_float(double f, const char *expected) {
        char text[DECIMAL_TEXT_MAX];
        decimal_format_go(text, f);
        assert_string_equal(text, expected);
        assert_true(strtod(text, NULL) == f);
}

static void test_floats(void **state) {
        expect_float(0.1, "0.1");
        expect_float(0.30000000000000004, "0.30000000000000004");
        expect_float(1e21, "1e+21");
        expect_float(123456789, "1.23456789e+08");
        expect_float(5e-324, "5e-324");
        expect_float(1.7976931348623157e308, "1.7976931348623157e+308");
        expect_float(-2.5, "-2.5");
        expect_float(9007199254740993.0, "9.007199254740992e+15");
        expect_float(0x1p-44, "5.684341886080802e-14");
        expect_float(0x1p-1022, "2.2250738585072014e-308");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_digests), cmocka_unit_test(test_blake3), cmocka_unit_test(test_hmac),
                arena_test(test_base64),        arena_test(test_bad_base64),   cmocka_unit_test(test_hex),
                cmocka_unit_test(test_utf8),    cmocka_unit_test(test_cases),  cmocka_unit_test(test_floats),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
