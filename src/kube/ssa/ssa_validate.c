/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ssa/ssa_typed.h"

#include "base/limits.h"
#include "data/text/go_names.h"
#include "data/json/json.h"

/* At most this many errors of one object are told. */
#define ERRORS_MAX 100

struct place {
        const struct place *outer;
        const struct fieldset_element *element;
};

struct checker {
        struct arena *a;
        bool duplicates;
        struct buf text; /* "  path: message" a line */
        size_t n;        /* errors */
        size_t only;     /* where the text of the first error ends */
};

static void print_place(struct buf *b, const struct place *p) {
        if (!p)
                return;
        print_place(b, p->outer);
        fieldset_print_element(b, p->element);
}

static void complain(struct checker *c, const struct place *p, const char *fmt, ...) _printf_(3, 4);

static void complain(struct checker *c, const struct place *p, const char *fmt, ...) {
        if (c->n >= ERRORS_MAX)
                return;
        buf_adds(&c->text, c->n++ ? "\n  " : "");
        print_place(&c->text, p);
        if (p)
                buf_adds(&c->text, ": ");
        va_list ap;
        va_start(ap, fmt);
        buf_vaddf(&c->text, fmt, ap);
        va_end(ap);
}

/* ---- values in Go's words ---- */

/* As %#v (typed) or %v prints it. */
static void print_go(struct buf *b, const struct value *v, bool typed, unsigned depth) {
        if (depth > 10) {
                buf_adds(b, "...");
        } else if (v->type == VALUE_MAP || v->type == VALUE_LIST) {
                bool map = v->type == VALUE_MAP;
                buf_adds(b, typed ? go_type(v) : map ? "map" : "");
                buf_addc(b, typed ? '{' : '[');
                for (size_t i = 0; i < v->len; i++) {
                        if (i)
                                buf_adds(b, typed ? ", " : " ");
                        if (map && typed)
                                json_write_string(b, v->members[i].key, v->members[i].key_len, 0);
                        else if (map)
                                buf_add(b, v->members[i].key, v->members[i].key_len);
                        if (map)
                                buf_addc(b, ':');
                        print_go(b, map ? &v->members[i].value : &v->items[i], typed, depth + 1);
                }
                buf_addc(b, typed ? '}' : ']');
        } else if (v->type == VALUE_STRING && !typed) {
                buf_add(b, v->str, v->len);
        } else if (v->type == VALUE_NULL) {
                buf_adds(b, typed ? "interface {}(nil)" : "<nil>");
        } else {
                json_write(b, v, 0);
        }
}

static const char *go_text(struct checker *c, const struct value *v, bool typed) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ERROR_TEXT);
        buf_adds(&b, typed ? "&value.valueUnstructured{Value:" : "&{");
        print_go(&b, v, typed, 0);
        buf_addc(&b, '}');
        const char *text = arena_strndup(c->a, buf_str(&b), b.len);
        return text ? text : "";
}

/* ---- checks ---- */

static void check_scalar(struct checker *c, const struct schema *s, const struct value *v, const struct place *p) {
        bool plain = s->type == SCHEMA_STRING && (!s->format || !*s->format || streq(s->format, "byte"));
        if (v->type == VALUE_NULL)
                return;
        if ((s->type == SCHEMA_INTEGER || s->type == SCHEMA_NUMBER) && !value_is_number(v))
                complain(c, p, "expected numeric (int or float), got %s", go_type(v));
        else if (plain && v->type != VALUE_STRING)
                complain(c, p, "expected string, got %s", go_text(c, v, true));
        else if (s->type == SCHEMA_BOOLEAN && v->type != VALUE_BOOL)
                complain(c, p, "expected boolean, got %s", go_text(c, v, false));
        else if (v->type == VALUE_MAP || v->type == VALUE_LIST)
                complain(c, p, "expected any scalar, got %s", go_text(c, v, false));
}

static int check(struct checker *c, const struct schema *schema, const struct value *v, const struct place *p,
                 unsigned depth, struct err *err);

static int check_list(struct checker *c, const struct ssa_atom *atom, const struct value *v, const struct place *p,
                      unsigned depth, struct err *err) {
        struct ssa_items items = {0};
        if (!atom->atomic && ssa_items_init(c->a, &items, atom, v, err) < 0) {
                if (err->class != ERR_INTERNAL)
                        return -1;
                complain(c, p, "%s", err_message(err));
                err_done(err);
                return 0;
        }
        for (size_t i = 0; i < v->len; i++) {
                struct fieldset_element index = {.kind = FIELDSET_INDEX, .index = (int64_t)i};
                struct place inner = {.outer = p, .element = atom->atomic ? &index : &items.items[i].element};
                if (!atom->atomic && !c->duplicates && items.items[i].first != i) {
                        _cleanup_buf_ struct buf key = BUF_INIT(LIMIT_ERROR_TEXT);
                        fieldset_print_element(&key, inner.element);
                        complain(c, p, "duplicate entries for key %s", buf_str(&key));
                }
                if (check(c, ssa_item_schema(atom), &v->items[i], &inner, depth + 1, err) < 0)
                        return -1;
        }
        return 0;
}

static int check_map(struct checker *c, const struct ssa_atom *atom, const struct value *v, const struct place *p,
                     unsigned depth, struct err *err) {
        VALUE_EACH_MEMBER(m, v) {
                bool named;
                const struct schema *s = ssa_member_schema(atom, m->key, m->key_len, &named);
                struct fieldset_element e = fieldset_field(m->key, m->key_len);
                struct place inner = {.outer = p, .element = &e};
                if (!s) {
                        complain(c, &inner, "field not declared in schema");
                        return 0;
                }
                if (check(c, s, &m->value, &inner, depth + 1, err) < 0)
                        return -1;
        }
        return 0;
}

static int check(struct checker *c, const struct schema *schema, const struct value *v, const struct place *p,
                 unsigned depth, struct err *err) {
        struct ssa_atom atom = ssa_resolve(schema, v);
        if (depth > LIMIT_PATCH_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "object is nested deeper than %d levels", LIMIT_PATCH_DEPTH);
        if (atom.kind == SSA_SCALAR) {
                check_scalar(c, atom.schema, v, p);
                return 0;
        }
        if (value_is_null(v))
                return 0;
        if (atom.kind == SSA_LIST) {
                if (value_is_list(v))
                        return check_list(c, &atom, v, p, depth, err);
                complain(c, p, "expected list, got %s", go_text(c, v, false));
        } else {
                if (value_is_map(v))
                        return check_map(c, &atom, v, p, depth, err);
                complain(c, p, "expected map, got %s", go_text(c, v, false));
        }
        return 0;
}

int ssa_validate(struct arena *a, const struct schema *schema, const struct value *v, bool duplicates,
                 struct err *err) {
        _cleanup_err_ struct err inner = ERR_INIT;
        struct checker c = {.a = a, .duplicates = duplicates, .text = BUF_INIT(LIMIT_ERROR_TEXT)};
        int r = check(&c, schema, v, NULL, 0, &inner);
        if (r < 0)
                err_move(err, &inner);
        else if (c.n)
                r = c.n == 1 ? err_set(err, ERR_INTERNAL, "%s", buf_str(&c.text))
                             : err_set(err, ERR_INTERNAL, "errors:\n  %s", buf_str(&c.text));
        buf_done(&c.text);
        return r;
}
