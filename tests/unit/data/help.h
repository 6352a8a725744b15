/* SPDX-License-Identifier: Apache-2.0 */
/* Small words for the tests of trees: JSON in, JSON out. */
#pragma once

#include "../test.h"

#include "data/json/json.h"

/* Every test has one arena as its state. */
static inline int make_arena(void **state) {
        *state = arena_new(0);
        return *state ? 0 : -1;
}

static inline int free_arena(void **state) {
        *state = arena_free(*state);
        return 0;
}

#define arena_test(f) cmocka_unit_test_setup_teardown(f, make_arena, free_arena)

/* The tree of a text that must parse. Single quotes stand for double ones. */
static inline struct value tree(struct arena *a, const char *text) {
        char *json = arena_strdup(a, text);
        struct value v;
        for (char *p = json; *p; p++)
                if (*p == '\'')
                        *p = '"';
        assert_int_equal(json_parse(a, json, strlen(json), 0, NULL, &v, NULL), 0);
        return v;
}

/* The tree as JSON with sorted keys and single quotes. */
static inline const char *text(struct arena *a, const struct value *v) {
        struct buf b = BUF_INIT(1 << 20);
        json_write(&b, v, JSON_SORT_KEYS);
        assert_false(buf_failed(&b));
        for (size_t i = 0; i < b.len; i++)
                if (b.data[i] == '"')
                        b.data[i] = '\'';
        const char *s = arena_strdup(a, buf_str(&b));
        buf_done(&b);
        return s;
}
