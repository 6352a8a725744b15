/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of what Flux knows about objects: objects from short YAML. */
#pragma once

#include "../test.h"

#include "data/json/json.h"
#include "data/yaml/yaml.h"

static inline struct value object_of(struct arena *a, const char *yaml) {
        struct value v = value_null();
        assert_int_equal(yaml_parse(a, yaml, strlen(yaml), NULL, &v, NULL), 0);
        return v;
}

static inline const char *json_of(struct arena *a, const struct value *v) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        json_write(&b, v, JSON_SORT_KEYS);
        return arena_strdup(a, buf_str(&b));
}

static inline void assert_json(struct arena *a, const struct value *v, const char *json) {
        assert_string_equal(json_of(a, v), json);
}
