/* SPDX-License-Identifier: Apache-2.0 */
/* What sigs.k8s.io/yaml.Marshal refuses: it reads its own JSON as YAML, whose reader does not take every text. */
#include "base/limits.h"
#include "data/json/json.h"
#include "data/text/utf8.h"
#include "data/yaml/yaml.h"

#include <math.h>

/* A key that does not fit, quotes included, into this many runes is none for a YAML reader. */
#define KEY_RUNES_MAX 1024

/* True when none of eight bytes is 0x7F or above. */
static bool all_plain(const char *s) {
        uint64_t w;
        memcpy(&w, s, sizeof(w));
        return ((w | (w + UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

static bool allowed(const char *s, size_t n) {
        for (const char *end = s + n; s < end;) {
                uint32_t rune;
                if (end - s >= 8 && all_plain(s)) {
                        s += 8;
                        continue;
                }
                if ((uint8_t)*s < 0x7F) {
                        s++;
                        continue;
                }
                unsigned len = utf8_decode(s, end, &rune);
                if ((rune >= 0x7F && rune <= 0x9F && rune != 0x85) || rune == 0xFFFE || rune == 0xFFFF)
                        return false;
                s += len ? len : 1;
        }
        return true;
}

static bool key_fits(const struct member *m) {
        if (m->key_len * 6 + 2 <= KEY_RUNES_MAX)
                return true;
        _cleanup_buf_ struct buf text = BUF_INIT((size_t)m->key_len * 6 + 16);
        json_write_string(&text, m->key, m->key_len, JSON_HTML_ESCAPE);
        size_t runes = 0;
        for (size_t i = 0; i < text.len; i++)
                runes += ((uint8_t)text.data[i] & 0xC0) != 0x80;
        return runes <= KEY_RUNES_MAX;
}

int yaml_check(const struct value *v, struct err *err) {
        if (v->type == VALUE_STRING && !allowed(v->str, v->len))
                return err_set(err, ERR_INVALID, "yaml: control characters are not allowed");
        if (v->type == VALUE_FLOAT && (isnan(v->f) || isinf(v->f)))
                return err_set(err, ERR_INVALID, "error marshaling into JSON: json: unsupported value: %s",
                               isnan(v->f) ? "NaN"
                               : v->f < 0  ? "-Inf"
                                           : "+Inf");
        if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        if (yaml_check(item, err) < 0)
                                return -1;
        if (v->type != VALUE_MAP)
                return 0;
        VALUE_EACH_MEMBER(m, v) {
                if (!allowed(m->key, m->key_len))
                        return err_set(err, ERR_INVALID, "yaml: control characters are not allowed");
                if (!key_fits(m))
                        return err_set(err, ERR_INVALID, "yaml: did not find expected ',' or '}'");
                if (yaml_check(&m->value, err) < 0)
                        return -1;
        }
        return 0;
}

int yaml_marshal(struct buf *b, const struct value *v, enum yaml_dialect dialect, struct err *err) {
        if (dialect == YAML_SIGS && yaml_check(v, err) < 0)
                return -1;
        yaml_write(b, v, dialect);
        return buf_failed(b) ? err_set(err, ERR_TOO_LARGE, "yaml: more than %zu bytes", b->max) : 0;
}
