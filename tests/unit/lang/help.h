/* SPDX-License-Identifier: Apache-2.0 */
/* Every test of the small languages has one arena as its state. */
#pragma once

#include "../test.h"

#include "base/arena.h"

static inline int make_arena(void **state) {
        *state = arena_new(0);
        return *state ? 0 : -1;
}

static inline int free_arena(void **state) {
        *state = arena_free(*state);
        return 0;
}

#define arena_test(f) cmocka_unit_test_setup_teardown(f, make_arena, free_arena)
