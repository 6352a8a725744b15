/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, base64, hexadecimal, UTF-8, cases of runes, floats as text. */
#include "help.h"

#include "data/decimal.h"
#include "data/digest.h"
#include "data/unicode.h"
#include "data/utf8.h"

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
                cmocka_unit_test(test_digests), cmocka_unit_test(test_hmac),   arena_test(test_base64),
                arena_test(test_bad_base64),    cmocka_unit_test(test_hex),    cmocka_unit_test(test_utf8),
                cmocka_unit_test(test_cases),   cmocka_unit_test(test_floats),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
