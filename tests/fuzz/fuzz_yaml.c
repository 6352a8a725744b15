/* SPDX-License-Identifier: Apache-2.0 */
/* YAML in both dialects: reading must end within its limits, and what was read must survive being written and read
 * again. */
#include "fuzz.h"

#include "data/yaml.h"

const char *const fuzz_seeds[] = {
        "a: &x {b: 1, 'c': \"d\\n\"}\ne:\n- <<: *x\n  f: |\n    g\n   \n- >-\n  h\n    i\n",
        "? - j\n: [k, {l: ~}, !!str 1, 2001-12-14, 0x1F, 1e3, yes]\n--- # m\n%YAML 1.1\n---\n...\n",
        NULL,
};

/* kyaml's writer is only asked to end: as go-yaml v3 it writes a text that begins with a tab in a way that cannot be
 * read. */
static void write_and_read(struct arena *a, const struct value *v, const struct yaml_options *options) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)16 << 20);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value back;
        yaml_write_styled(&b, v);
        buf_clear(&b);
        if (yaml_marshal(&b, v, options->dialect, &err) < 0 || options->dialect == YAML_KYAML)
                return;
        if (yaml_parse(a, buf_str(&b), b.len, NULL, &back, &err) < 0) {
                if (err.class != ERR_MEMORY && err.class != ERR_TOO_LARGE)
                        abort();
        } else if (!value_equal(v, &back))
                abort();
}

/* Large numbers, U+0085, "<<" as a key and the like are written as YAML reads them, which is not what they were. */
static bool comes_back(const struct value *v) {
        if (v->type == VALUE_FLOAT || v->type == VALUE_UINT)
                return false;
        if (v->type == VALUE_STRING)
                return !memmem(v->str, v->len, "\xC2\x85", 2);
        if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        if (!comes_back(item))
                                return false;
        if (v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        if (streq(m->key, "<<") || !comes_back(&m->value))
                                return false;
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct yaml_options options[] = {
                {.dialect = YAML_SIGS},
                {.dialect = YAML_KYAML},
                {.dialect = YAML_SIGS, .strict = true, .max_nodes = 1000, .max_depth = 20},
        };
        for (size_t i = 0; i < ARRAY_LEN(options); i++) {
                _cleanup_arena_ struct arena *a = arena_new((size_t)64 << 20);
                struct value v;
                if (yaml_parse_all(a, (const char *)data, size, &options[i], &v, NULL) < 0)
                        continue;
                VALUE_EACH_ITEM(document, &v)
                        if (comes_back(document))
                                write_and_read(a, document, &options[i]);
        }
        return 0;
}
