/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas, buffers and maps keep their limits and their content. */
#include "unit/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/strmap.h"

static void arena_gives_aligned_separate_memory(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        unsigned char *blocks[200];
        for (size_t i = 0; i < 200; i++) {
                blocks[i] = arena_alloc(a, i + 1);
                assert_non_null(blocks[i]);
#ifndef WEIR_ARENA_MALLOC
                assert_int_equal((uintptr_t)blocks[i] % 16, 0);
#endif
                memset(blocks[i], (int)i, i + 1);
        }
        for (size_t i = 0; i < 200; i++)
                for (size_t j = 0; j <= i; j++)
                        assert_int_equal(blocks[i][j], i & 0xff);
}

static void arena_stops_at_its_maximum(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(4096);
        assert_null(arena_alloc(a, 5000));
        size_t given = 0;
        while (arena_alloc(a, 64))
                given += 64;
        assert_in_range(given, 2048, 4096);
        arena_reset(a);
        assert_non_null(arena_alloc(a, 64));
}

static void arena_refuses_products_that_overflow(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        volatile size_t huge = SIZE_MAX / 2; /* volatile: the compiler would refuse the call itself */
        assert_null(arena_zalloc(a, huge, 4));
}

static void arena_grow_keeps_the_content(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        char *p = arena_strdup(a, "0123456789");
        for (size_t n = 11; n < 100000; n *= 2) {
                p = arena_grow(a, p, n, n * 2);
                assert_non_null(p);
                assert_memory_equal(p, "0123456789", 10);
                if (n % 3 == 0)
                        arena_alloc(a, 1); /* now it is not the last allocation */
        }
}

static void buffer_sticks_at_its_maximum(void **state) {
        _cleanup_buf_ struct buf b = BUF_INIT(10);
        buf_adds(&b, "12345");
        buf_addf(&b, "%d", 67890);
        assert_false(buf_failed(&b));
        assert_string_equal(buf_str(&b), "1234567890");
        buf_addc(&b, 'x');
        assert_true(buf_failed(&b));
        assert_string_equal(buf_str(&b), "1234567890");
        buf_clear(&b);
        buf_adds(&b, "new");
        assert_false(buf_failed(&b));
        assert_string_equal(buf_str(&b), "new");
}

static void arena_joins_texts(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_string_equal(arena_concat(a, "big-", "app", "", "@x", NULL), "big-app@x");
        assert_string_equal(arena_concat(a, "", NULL), "");
        _cleanup_arena_ struct arena *small = arena_new(64);
        assert_null(arena_concat(small, "0123456789012345678901234567890123456789", "012345678901234567890123456789",
                                 NULL));
}

static void arena_makes_room_for_one_more(void **state) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        int *items = NULL;
        for (size_t n = 0; n < 1000; n++) {
                items = arena_grow_one(a, items, n, sizeof(*items));
                assert_non_null(items);
                items[n] = (int)n;
        }
        for (int i = 0; i < 1000; i++)
                assert_int_equal(items[i], i);
        assert_null(arena_grow_one(a, items, (size_t)1 << 62, sizeof(*items)));
}

static void map_finds_what_was_put_in(void **state) {
        _cleanup_strmap_ struct strmap m = STRMAP_INIT;
        static char keys[2000][16];
        for (size_t i = 0; i < 2000; i++) {
                snprintf(keys[i], sizeof(keys[i]), "key-%zu", i);
                assert_int_equal(strmap_set(&m, keys[i], strlen(keys[i]), keys[i]), 0);
        }
        for (size_t i = 0; i < 2000; i += 2)
                assert_ptr_equal(strmap_remove(&m, keys[i], strlen(keys[i])), keys[i]);
        for (size_t i = 0; i < 2000; i++)
                assert_ptr_equal(strmap_get(&m, keys[i], strlen(keys[i])), i % 2 ? keys[i] : NULL);
        size_t at = 0, seen = 0;
        while (strmap_next(&m, &at))
                seen++;
        assert_int_equal(seen, 1000);
        void *old = NULL;
        assert_int_equal(strmap_add(&m, "key-1", 5, NULL, &old), 1);
        assert_ptr_equal(old, keys[1]);
}

static void map_survives_many_removals(void **state) {
        _cleanup_strmap_ struct strmap m = STRMAP_INIT;
        for (size_t i = 0; i < 100000; i++) { /* a table that kept removed entries for ever would loop without end */
                char key[16];
                snprintf(key, sizeof(key), "%zu", i);
                assert_int_equal(strmap_set(&m, key, strlen(key), &m), 0);
                assert_ptr_equal(strmap_remove(&m, key, strlen(key)), &m);
        }
        assert_int_equal(m.len, 0);
        assert_true(m.cap < 1000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(arena_gives_aligned_separate_memory),  cmocka_unit_test(arena_stops_at_its_maximum),
                cmocka_unit_test(arena_refuses_products_that_overflow), cmocka_unit_test(arena_grow_keeps_the_content),
                cmocka_unit_test(buffer_sticks_at_its_maximum),         cmocka_unit_test(map_finds_what_was_put_in),
                cmocka_unit_test(map_survives_many_removals),           cmocka_unit_test(arena_joins_texts),
                cmocka_unit_test(arena_makes_room_for_one_more),
        };
        return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
