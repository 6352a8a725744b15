/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of strategies, tables, discovery, OpenAPI and CRDs share. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apiserver/strategy/strategy.h"
#include "base/buf.h"
#include "base/clock.h"
#include "data/json/json.h"

#define NOW_NS (INT64_C(1795225554) * NSEC_PER_SEC) /* 2026-11-21T01:45:54Z */

static inline struct value parsed(struct arena *a, const char *text) {
        struct value v;
        _cleanup_err_ struct err err = ERR_INIT;
        if (json_parse(a, text, strlen(text), JSON_KUBERNETES, NULL, &v, &err) < 0)
                fail_msg("%s: %s", text, err_message(&err));
        return v;
}

static inline const char *written(struct arena *a, const struct value *v) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)16 << 20);
        json_write(&b, v, JSON_SORT_KEYS);
        return arena_strdup(a, buf_str(&b));
}

static inline const struct kind *kind_named(const char *group, const char *version, const char *resource) {
        const struct kind *k = kind_by_resource(kind_set_builtin(), group, version, resource);
        assert_non_null(k);
        return k;
}

static inline struct strategy_context context_of(struct arena *a, const struct kind *k) {
        return (struct strategy_context){.arena = a,
                                         .kind = k,
                                         .kinds = kind_set_builtin(),
                                         .namespace = k->namespaced ? "ns" : "",
                                         .user_name = "admin",
                                         .now_ns = NOW_NS};
}

#define assert_json(a, v, text)                                                                                        \
        do {                                                                                                           \
                struct value expected_ = parsed((a), (text));                                                          \
                assert_string_equal(written((a), (v)), written((a), &expected_));                                      \
        } while (0)
