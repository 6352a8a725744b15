/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/field/scalar.h"

#include "base/limits.h"
#include "base/strmap.h"
#include "build/kustomize/field/shared.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"
#include "data/yaml/yaml_scalar.h"

#include <inttypes.h>
#include <math.h>

/* Above the marks in value.flags, in a string of VALUE_STYLE_SPELLED: the enum tag that its text does not fit. */
#define MISTYPED_SHIFT 4

const char *scalar_text(struct arena *a, const struct value *v) {
        if (!v)
                return "";
        const char *text = NULL;
        char number[YAML_FLOAT_MAX];
        switch (v->type) {
        case VALUE_STRING:
                return v->str;
        case VALUE_BOOL:
                return v->boolean ? "true" : "false";
        case VALUE_INT:
                text = arena_printf(a, "%" PRId64, v->i);
                break;
        case VALUE_UINT:
                text = arena_printf(a, "%" PRIu64, v->u);
                break;
        case VALUE_FLOAT:
                yaml_format_float(number, v->f, 64);
                text = arena_strdup(a, number);
                break;
        default:
                break;
        }
        return text ? text : "";
}

static struct value of_resolved(const struct yaml_scalar *s, const char *text, size_t n) {
        switch (s->type) {
        case YAML_SCALAR_NULL: {
                struct value null = value_null();
                null.len = (uint32_t)n;
                null.str = text;
                return null;
        }
        case YAML_SCALAR_BOOL:
                return value_bool(s->boolean);
        case YAML_SCALAR_INT:
                return value_int(s->i);
        case YAML_SCALAR_UINT:
                return (struct value){.type = VALUE_UINT, .u = s->u};
        case YAML_SCALAR_FLOAT:
                return value_float(s->f);
        default:
                return value_strn(text, n);
        }
}

struct value scalar_plain(const char *text) {
        size_t n = strlen(text);
        struct yaml_scalar s = yaml_scalar_resolve(text, n, YAML_KYAML);
        bool spelled = yaml_is_spelled(&s, text, n);
        struct value v = spelled ? value_strn(text, n) : of_resolved(&s, text, n);
        v.style = spelled ? VALUE_STYLE_SPELLED : VALUE_STYLE_PLAIN;
        v.flags = SCALAR_UNTYPED;
        return v;
}

/* True for what may be more than one plain scalar of YAML: nothing else is worth a parser. */
static bool is_suspect(const char *text, size_t n) {
        return strchr("[{&*!#?|>%@`\"'-.", *text) || text[n - 1] == ':' || memchr(text, ' ', n) ||
               memchr(text, '\t', n);
}

bool scalar_needs_quotes(const char *text, size_t n) {
        const enum yaml_scalar_type type = yaml_scalar_resolve(text, n, YAML_SIGS).type;
        struct value v;
        if (!n || memchr(text, '\n', n))
                return false;
        if (type != YAML_SCALAR_STRING && type != YAML_SCALAR_TIMESTAMP)
                return true;
        if (!is_suspect(text, n))
                return false;
        _cleanup_arena_ struct arena *a = arena_new(0);
        return a && yaml_parse(a, text, n, NULL, &v, NULL) == 0 && v.type != VALUE_STRING;
}

struct value scalar_new_string(const char *text, size_t n) {
        struct value v = value_strn(text, n);
        if (memchr(text, '\n', n))
                v.style = VALUE_STYLE_LITERAL;
        else if (scalar_needs_quotes(text, n))
                v.style = VALUE_STYLE_DOUBLE;
        return v;
}

struct value scalar_styled(const struct value *old, const char *text) {
        if (!old || !scalar_is_quoted(old))
                return scalar_plain(text);
        struct value v = value_str(text);
        v.style = old->style;
        return v;
}

int scalar_keep_quotes(struct arena *a, const struct value *was, struct value *now, struct err *err) {
        if (!scalar_is(now) || !scalar_is(was))
                return 0;
        if (scalar_is_quoted(now)) {
                now->style = scalar_is_quoted(was) ? was->style : VALUE_STYLE_ANY;
                return 0;
        }
        if (!scalar_is_quoted(was))
                return 0;
        const char *text = scalar_text(a, now);
        if (!*text && now->type != VALUE_STRING)
                return err_oom(err);
        /* A float with the text of an integer has a written tag, which stays before the quotes: !!float "1". */
        if (now->type == VALUE_FLOAT && yaml_scalar_resolve(text, strlen(text), YAML_KYAML).type == YAML_SCALAR_INT)
                return 0;
        *now = value_str(text);
        now->style = was->style;
        return 0;
}

/* What may stand in a node that kyaml has typed already; NO_TAG takes any text. */
enum tag { NO_TAG, TAG_NULL, TAG_BOOL, TAG_INT, TAG_FLOAT, TAG_TIMESTAMP };

static const char *const tag_names[] = {
        [NO_TAG] = "",
        [TAG_NULL] = YAML_TAG_PREFIX "null",
        [TAG_BOOL] = YAML_TAG_PREFIX "bool",
        [TAG_INT] = YAML_TAG_PREFIX "int",
        [TAG_FLOAT] = YAML_TAG_PREFIX "float",
        [TAG_TIMESTAMP] = YAML_TAG_PREFIX "timestamp",
};

static enum tag tag_of(const struct value *v) {
        static const enum tag tags[] = {
                [VALUE_NULL] = TAG_NULL, [VALUE_BOOL] = TAG_BOOL,   [VALUE_INT] = TAG_INT,
                [VALUE_UINT] = TAG_INT,  [VALUE_FLOAT] = TAG_FLOAT,
        };
        if (v->type != VALUE_STRING)
                return tags[v->type];
        if (v->style != VALUE_STYLE_SPELLED)
                return NO_TAG;
        if (v->flags >> MISTYPED_SHIFT)
                return (enum tag)(v->flags >> MISTYPED_SHIFT);
        const struct yaml_scalar was = yaml_scalar_resolve(v->str, v->len, YAML_KYAML);
        if (was.type == YAML_SCALAR_TIMESTAMP)
                return TAG_TIMESTAMP;
        const struct value typed = of_resolved(&was, v->str, v->len);
        return typed.type == VALUE_STRING ? NO_TAG : tags[typed.type];
}

/* The text means that without a tag, and we would write it in other words, or not at all (.nan). */
static bool is_spelled(const struct yaml_scalar *s, const char *text, size_t n) {
        return yaml_is_spelled(s, text, n) && yaml_scalar_resolve(text, n, YAML_KYAML).type == s->type;
}

int scalar_retyped(const struct value *old, const char *text, struct value *ret, struct err *err) {
        size_t n = strlen(text);
        struct yaml_scalar s;
        if (!scalar_is(old))
                return scalar_wrong_kind("ScalarNode", old, err);
        enum tag tag = tag_of(old);
        if (yaml_scalar_resolve_tagged(tag_names[tag], text, n, YAML_KYAML, &s, err) < 0)
                return -1;
        uint8_t style = old->style; /* ret may be old */
        bool spelled = tag != NO_TAG && is_spelled(&s, text, n);
        *ret = tag == NO_TAG || spelled ? value_strn(text, n) : of_resolved(&s, text, n);
        if (tag == NO_TAG || spelled)
                ret->style = spelled ? VALUE_STYLE_SPELLED : style;
        return 0;
}

int scalar_retyped_late(const struct value *old, const char *text, struct value *ret, struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        if (scalar_retyped(old, text, ret, &why) == 0)
                return 0;
        if (why.class != ERR_SYNTAX)
                return err_move(err, &why);
        enum tag tag = tag_of(old); /* ret may be old */
        *ret = value_str(text);
        ret->style = VALUE_STYLE_SPELLED;
        if (tag == TAG_NULL) /* for all that comes it is one */
                ret->type = VALUE_NULL;
        else
                ret->flags = (uint8_t)(tag << MISTYPED_SHIFT);
        return 0;
}

/* What scalar_retyped_late() left: a text that does not fit, or a null with one. */
static bool is_mistyped(const struct value *v) {
        return v->type == VALUE_STRING ? v->flags >> MISTYPED_SHIFT : v->type == VALUE_NULL && v->len;
}

static int keys_twice(const struct value *map, struct err *err) {
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        VALUE_EACH_MEMBER(m, map) {
                int there = strmap_add(&seen, m->key, m->key_len, (void *)m, NULL);
                if (there < 0)
                        return err_oom(err);
                if (there)
                        return err_set(err, ERR_SYNTAX, "yaml: unmarshal errors: mapping key \"%s\" already defined",
                                       m->key);
        }
        return 0;
}

/* A timestamp with a time of day. */
static bool is_moment(const struct value *v) {
        return v->type == VALUE_STRING && !is_mistyped(v) && memchr(v->str, ':', v->len) &&
               yaml_scalar_resolve(v->str, v->len, YAML_KYAML).type == YAML_SCALAR_TIMESTAMP;
}

/* flow: in braces or brackets, where the writer folds nothing and shows a text that is empty. */
static int settle(struct arena *a, struct value *v, bool flow, struct err *err) {
        struct yaml_scalar s;
        flow = flow || v->style == VALUE_STYLE_FLOW;
        if (v->type == VALUE_LIST) {
                VALUE_EACH_ITEM(item, v)
                        if (settle(a, item, flow, err) < 0)
                                return -1;
        } else if (v->type == VALUE_MAP) {
                if ((v->flags & SCALAR_KEYS_TWICE) && keys_twice(v, err) < 0)
                        return -1;
                VALUE_EACH_MEMBER(m, v)
                        if (settle(a, &m->value, flow, err) < 0)
                                return -1;
        } else if (v->style == VALUE_STYLE_SPELLED && flow && is_moment(v)) {
                v->style = VALUE_STYLE_DOUBLE; /* the writer puts quotes around its colons there */
        } else if (v->style == VALUE_STYLE_SPELLED) {
                return is_mistyped(v)
                               ? yaml_scalar_resolve_tagged(tag_names[tag_of(v)], v->str, v->len, YAML_KYAML, &s, err)
                               : yaml_settle(a, v, err);
        } else if (v->style == VALUE_STYLE_FOLDED && !flow) {
                return yaml_refold(a, v, err);
        } else if (v->type == VALUE_NULL && !v->len && flow && v->style == VALUE_STYLE_PLAIN) {
                *v = value_str("");
        }
        return 0;
}

int scalar_settle(struct arena *a, struct value *v, struct err *err) {
        return settle(a, v, false, err);
}

/* From here on a double's text has an exponent. */
#define EXPONENT_FROM 1000000

/* What its text in JSON says: 1e-7, or the integer 1000000. */
static int read_float(struct arena *a, struct value *v, struct err *err) {
        _cleanup_buf_ struct buf json = BUF_INIT(YAML_FLOAT_MAX);
        json_write(&json, v, 0);
        const char *text = buf_failed(&json) ? NULL : arena_strndup(a, buf_str(&json), json.len);
        if (!text)
                return err_oom(err);
        *v = scalar_plain(text);
        v->flags = 0;
        return 0;
}

/* What the text of a double says: 1 for 1.0, no integer where there is an exponent. -0.0 stays, for its sign. */
static void decode_number(struct value *v) {
        if (v->type == VALUE_UINT)
                *v = value_float((double)v->u);
        else if (v->type == VALUE_INT && (v->i >= EXPONENT_FROM || v->i <= -EXPONENT_FROM))
                *v = value_float((double)v->i);
        else if (v->type == VALUE_FLOAT && v->f == trunc(v->f) && fabs(v->f) < EXPONENT_FROM &&
                 !(signbit(v->f) && v->f == 0))
                *v = value_int((int64_t)v->f);
}

int scalar_through_json(struct arena *a, struct value *v, bool decoded, struct err *err) {
        v->flags &= (uint8_t) ~(SCALAR_SHARED | SCALAR_UNTYPED);
        if (v->type == VALUE_STRING)
                v->style = !decoded || yaml_scalar_resolve(v->str, v->len, YAML_SIGS).type != YAML_SCALAR_STRING
                                   ? VALUE_STYLE_DOUBLE
                           : memchr(v->str, '\n', v->len) ? VALUE_STYLE_LITERAL
                                                          : VALUE_STYLE_PLAIN;
        else if (v->type == VALUE_NULL)
                *v = (struct value){.type = VALUE_NULL, .style = VALUE_STYLE_PLAIN, .len = 4, .str = "null"};
        else if (decoded)
                decode_number(v);
        else if (v->type == VALUE_FLOAT)
                return read_float(a, v, err);
        if (v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        if (scalar_through_json(a, item, decoded, err) < 0)
                                return -1;
        if (v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        if (scalar_through_json(a, &m->value, decoded, err) < 0)
                                return -1;
        return 0;
}

int scalar_check_key(const char *key, struct err *err) {
        const struct value v = scalar_plain(key);
        if (streq(key, "<<"))
                return err_set(err, ERR_INVALID, "yaml: map merge requires map or sequence of maps as the value");
        if (!scalar_is_string(&v))
                return err_set(err, ERR_INVALID, "json: unsupported type: map[interface {}]interface {}");
        return 0;
}

const char *scalar_node_kind(const struct value *v) {
        if (value_is_map(v))
                return "MappingNode";
        return value_is_list(v) ? "SequenceNode" : "ScalarNode";
}

int scalar_wrong_kind(const char *expected, const struct value *got, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_MESSAGE_VALUE);
        yaml_write_styled(&text, got);
        return err_set(err, ERR_INVALID, "wrong node kind: expected %s but got %s: node contents:\n%s", expected,
                       scalar_node_kind(got), buf_str(&text));
}
