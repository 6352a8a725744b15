/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that write trees as JSON: one arena for each test, and both ways between text and value. */
#pragma once

#include "unit/test.h"

#include "data/json/json.h"

static struct arena *arena;

static _unused_ int setup(void **state) {
        arena = arena_new(0);
        return arena ? 0 : -1;
}

static _unused_ int teardown(void **state) {
        arena = arena_free(arena);
        return 0;
}

static _unused_ struct value parse(const char *json) {
        struct value v;
        assert_int_equal(json_parse(arena, json, strlen(json), 0, NULL, &v, NULL), 0);
        return v;
}

static _unused_ const char *print_json(const struct value *v, unsigned flags) {
        struct buf b = BUF_INIT(1 << 20);
        json_write(&b, v, flags);
        const char *text = arena_strdup(arena, buf_str(&b));
        buf_done(&b);
        return text;
}

static _unused_ const char *text_of(const struct value *v) {
        return print_json(v, JSON_SORT_KEYS);
}

/* With members in the order in which they stand. */
static _unused_ const char *text_as_is(const struct value *v) {
        return print_json(v, 0);
}
