/* SPDX-License-Identifier: Apache-2.0 */
/* What parses can be written, and reads back as the same tree; borrowing gives the same tree and the same error. */
#include "fuzz.h"

#include "data/json/json.h"

const char *const fuzz_seeds[] = {
        "{\"a\":[1,-2.5e3,\"x\\u00e9\\n\",true,null],\"b\":{\"c\":\"d\"},\"a\":0}",
        "[\"\\ud83d\\ude00\",\"\\ud83d\",1e400,-0,9223372036854775808,0.1,1e-7,{\"\":{}}]",
        "  [ [ [ {\"k\" : \"long enough for words of eight \\\\ \\\" bytes\"} ] ] ]\n",
        NULL,
};

static void check_round_trip(struct arena *a, const struct value *v) {
        struct buf text = BUF_INIT((size_t)1 << 24);
        struct value again;
        json_write(&text, v, JSON_HTML_ESCAPE | JSON_SORT_KEYS);
        if (buf_failed(&text) || json_parse(a, text.data, text.len, 0, NULL, &again, NULL) < 0)
                abort();
        struct buf second = BUF_INIT((size_t)1 << 24);
        json_write(&second, &again, JSON_HTML_ESCAPE | JSON_SORT_KEYS); /* 1.0 comes back as 1: texts are compared */
        if (second.len != text.len || memcmp(second.data, text.data, text.len) != 0)
                abort();
        buf_done(&second);
        buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)64 << 20);
        _cleanup_err_ struct err err1 = ERR_INIT, err2 = ERR_INIT;
        _cleanup_free_ char *copy = malloc(n ? n : 1);
        struct json_report report = {.arena = a};
        struct value v1, v2;
        if (!a || !copy)
                return 0;
        memcpy(copy, data, n);
        int r1 = json_parse(a, (const char *)data, n, JSON_REPORT_DUPLICATES, &report, &v1, &err1);
        int r2 = json_parse(a, copy, n, JSON_BORROW, NULL, &v2, &err2);
        if (r1 != r2 || err1.line != err2.line || err1.column != err2.column)
                abort();
        if (r1 == 0 && !value_equal(&v1, &v2))
                abort();
        if (r1 == 0)
                check_round_trip(a, &v1);
        return 0;
}
