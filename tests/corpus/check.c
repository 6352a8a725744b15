/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks of corpus rows share: reading inputs, comparing, the typed notation. */
#include "corpus.h"

#include "data/base64.h"
#include "data/json/json.h"

#include <stdarg.h>

/* {"repeat": [[text, n], …]} */
static int repeat_bytes(struct corpus_case *c, const struct value *parts, const char **ret, size_t *ret_len) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)64 << 20);
        VALUE_EACH_ITEM(part, parts) {
                if (!value_is_list(part) || part->len != 2)
                        return -1;
                for (int64_t i = value_int_or(&part->items[1], 0); i > 0; i--)
                        buf_add(&b, part->items[0].str, part->items[0].len);
        }
        *ret = arena_strndup(c->arena, buf_str(&b), b.len);
        *ret_len = b.len;
        return *ret && !buf_failed(&b) ? 0 : -1;
}

int corpus_bytes(struct corpus_case *c, const struct value *map, const char *key, const char **ret, size_t *ret_len) {
        const struct value *v = value_get(map, key);
        if (value_is_string(v)) {
                *ret = v->str;
                *ret_len = v->len;
                return 0;
        }
        if (value_is_list(value_get(v, "repeat")))
                return repeat_bytes(c, value_get(v, "repeat"), ret, ret_len);
        const struct value *b64 = value_get(map, arena_printf(c->arena, "%s_b64", key));
        if (!value_is_string(b64))
                return -1;
        char *bytes;
        if (base64_decode(c->arena, b64->str, b64->len, &bytes, ret_len, NULL) < 0)
                return -1;
        *ret = bytes;
        return 0;
}

const char *corpus_text(struct corpus_case *c, const struct value *map, const char *key) {
        const char *text;
        size_t n;
        return corpus_bytes(c, map, key, &text, &n) < 0 ? NULL : text;
}

enum corpus_verdict corpus_same_bytes(struct corpus_case *c, const char *what, const char *expected,
                                      size_t expected_len, const char *found, size_t found_len) {
        if (expected && found && expected_len == found_len && memcmp(expected, found, found_len) == 0)
                return CORPUS_PASS;
        if (!expected && !found)
                return CORPUS_PASS;
        buf_addf(&c->expected, "%s%s", what, *what ? ": " : "");
        buf_addf(&c->found, "%s%s", what, *what ? ": " : "");
        buf_add(&c->expected, expected ? expected : "(nothing)", expected ? expected_len : 9);
        buf_add(&c->found, found ? found : "(nothing)", found ? found_len : 9);
        return CORPUS_FAIL;
}

enum corpus_verdict corpus_same(struct corpus_case *c, const char *what, const char *expected, const char *found) {
        return corpus_same_bytes(c, what, expected, expected ? strlen(expected) : 0, found, found ? strlen(found) : 0);
}

static void add_json(struct buf *b, const struct value *v) {
        if (v)
                json_write(b, v, JSON_SORT_KEYS);
        else
                buf_adds(b, "(nothing)");
}

enum corpus_verdict corpus_same_value(struct corpus_case *c, const char *what, const struct value *expected,
                                      const struct value *found) {
        if (expected && found ? value_equal(expected, found) : expected == found)
                return CORPUS_PASS;
        buf_addf(&c->expected, "%s%s", what, *what ? ": " : "");
        buf_addf(&c->found, "%s%s", what, *what ? ": " : "");
        add_json(&c->expected, expected);
        add_json(&c->found, found);
        return CORPUS_FAIL;
}

enum corpus_verdict corpus_fail(struct corpus_case *c, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        buf_vaddf(&c->found, fmt, ap);
        va_end(ap);
        return CORPUS_FAIL;
}

bool corpus_has_tag(const struct corpus_case *c, const char *tag) {
        return value_list_has(value_get(c->row, "tags"), tag);
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Members are sorted by their rendered text, as the notation asks. */
static void typed_map(struct buf *b, const struct value *map) {
        char **members = calloc(map->len + 1, sizeof(*members));
        if (!members)
                abort();
        size_t n = 0;
        VALUE_EACH_MEMBER(m, map) {
                struct buf member = BUF_INIT(b->max);
                json_write_string(&member, m->key, m->key_len, JSON_HTML_ESCAPE);
                buf_addc(&member, ':');
                corpus_typed(&member, &m->value);
                members[n++] = buf_take(&member);
        }
        qsort(members, n, sizeof(*members), compare_texts);
        buf_addc(b, '{');
        for (size_t i = 0; i < n; i++) {
                if (i)
                        buf_addc(b, ',');
                buf_adds(b, members[i]);
                free(members[i]);
        }
        buf_addc(b, '}');
        free(members);
}

void corpus_typed(struct buf *b, const struct value *v) {
        uint64_t bits = v->u;
        bool first = true;
        switch ((enum value_type)v->type) {
        case VALUE_INT:
                buf_addf(b, "i(%lld)", (long long)v->i);
                break;
        case VALUE_UINT:
                buf_addf(b, "u(%llu)", (unsigned long long)v->u);
                break;
        case VALUE_FLOAT:
                buf_addf(b, "f(%016llx)", (unsigned long long)bits);
                break;
        case VALUE_LIST:
                buf_addc(b, '[');
                VALUE_EACH_ITEM(item, v) {
                        if (!first)
                                buf_addc(b, ',');
                        first = false;
                        corpus_typed(b, item);
                }
                buf_addc(b, ']');
                break;
        case VALUE_MAP:
                typed_map(b, v);
                break;
        default:
                json_write(b, v, JSON_HTML_ESCAPE);
        }
}
