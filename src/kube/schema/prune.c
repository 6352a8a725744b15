/* SPDX-License-Identifier: Apache-2.0 */
/* Pruning and defaulting of custom objects. The walks recurse as deep as the schema and the object agree; both readers
 * bound their depth. */
#include "kube/schema/prune.h"

#include "base/buf.h"
#include "base/limits.h"

#define PATH_MAX_BYTES ((size_t)65536)

/* ---- paths ---- */

/* "spec.items[0].bogus" while walking; what is added is cut off again on the way back. */
static size_t path_field(struct buf *path, const char *name, size_t n) {
        size_t mark = path->len;
        if (path->len)
                buf_addc(path, '.');
        buf_add(path, name, n);
        return mark;
}

static size_t path_index(struct buf *path, uint32_t i) {
        size_t mark = path->len;
        buf_addf(path, "[%u]", i);
        return mark;
}

static void path_cut(struct buf *path, size_t mark) {
        path->len = mark;
        if (path->data)
                path->data[mark] = '\0';
}

/* ---- pruning ---- */

struct pruning {
        struct arena *a;
        struct buf path;
        struct value *dropped; /* or NULL */
        bool failed;
};

static void tell(struct pruning *p, const struct member *m) {
        if (!p->dropped || p->dropped->len >= LIMIT_STRICT_WARNINGS)
                return;
        size_t mark = path_field(&p->path, m->key, m->key_len);
        struct value text = value_strf(p->a, "unknown field \"%s\"", buf_str(&p->path));
        path_cut(&p->path, mark);
        if (text.type != VALUE_STRING || !value_append(p->a, p->dropped, text))
                p->failed = true;
}

static void prune(struct pruning *p, const struct schema *s, struct value *v);

static void prune_struct(struct pruning *p, const struct schema *s, struct value *v) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < v->len; i++) {
                struct member *m = &v->members[i];
                const struct schema_field *f = schema_field(s, m->key, m->key_len);
                if (!f && !s->preserve_unknown) {
                        tell(p, m);
                        continue;
                }
                if (f) {
                        size_t mark = path_field(&p->path, m->key, m->key_len);
                        prune(p, f->schema, &m->value);
                        path_cut(&p->path, mark);
                }
                v->members[kept++] = *m;
        }
        v->len = kept;
}

/* By the value's own form: where the schema says something else, or nothing, it names no fields and no items. */
static void prune(struct pruning *p, const struct schema *s, struct value *v) {
        bool is_struct = s->type != SCHEMA_MAP && !(s->type != SCHEMA_STRUCT && s->preserve_unknown);
        if (v->type == VALUE_MAP && is_struct) {
                prune_struct(p, s, v);
        } else if (v->type == VALUE_MAP && s->type == SCHEMA_MAP) {
                VALUE_EACH_MEMBER(m, v) {
                        size_t mark = path_field(&p->path, m->key, m->key_len);
                        prune(p, s->element, &m->value);
                        path_cut(&p->path, mark);
                }
        } else if (v->type == VALUE_LIST && !(s->type != SCHEMA_LIST && s->preserve_unknown)) {
                for (uint32_t i = 0; i < v->len; i++) {
                        size_t mark = path_index(&p->path, i);
                        prune(p, s->type == SCHEMA_LIST ? s->element : s, &v->items[i]);
                        path_cut(&p->path, mark);
                }
        }
}

static int compare_texts(const void *a, const void *b) {
        const struct value *x = a, *y = b;
        return strcmp(x->str, y->str);
}

int prune_object(struct arena *a, const struct schema *schema, struct value *object, struct value *dropped,
                 struct err *err) {
        struct pruning p = {.a = a, .path = BUF_INIT(PATH_MAX_BYTES), .dropped = dropped};
        if (dropped)
                *dropped = value_list();
        prune(&p, schema, object);
        buf_done(&p.path);
        if (dropped && dropped->len)
                qsort(dropped->items, dropped->len, sizeof(struct value), compare_texts);
        return p.failed ? err_oom(err) : 0;
}

/* ---- defaulting ---- */

static int apply_defaults(struct arena *a, const struct schema *s, struct value *v, struct err *err);

static bool is_forbidden_null(const struct schema *s, const struct value *v) {
        return value_is_null(v) && s->rules && !s->nullable;
}

/* A null where none may be goes; the field's default, if any, takes its place. */
static int default_field(struct arena *a, const struct schema_field *f, struct value *v, struct err *err) {
        const struct value *there = value_get(v, f->name);
        if (there && is_forbidden_null(f->schema, there)) {
                value_remove(v, f->name);
                there = NULL;
        }
        if (there || !f->fallback)
                return 0;
        struct value copy;
        if (value_copy(a, f->fallback, &copy, err) < 0)
                return -1;
        return value_set(a, v, f->name, copy) ? 0 : err_oom(err);
}

/* An item of a list, or the value of a map's member. */
static int default_element(struct arena *a, const struct schema *s, struct value *v, struct err *err) {
        const struct value *fallback = value_get(s->rules, "default");
        if (is_forbidden_null(s, v) && fallback && value_copy(a, fallback, v, err) < 0)
                return -1;
        return apply_defaults(a, s, v, err);
}

static int default_struct(struct arena *a, const struct schema *s, struct value *v, struct err *err) {
        for (size_t i = 0; i < s->n_fields; i++)
                if (default_field(a, &s->fields[i], v, err) < 0)
                        return -1;
        VALUE_EACH_MEMBER(m, v) {
                const struct schema_field *f = schema_field(s, m->key, m->key_len);
                if (f && apply_defaults(a, f->schema, &m->value, err) < 0)
                        return -1;
        }
        return 0;
}

static int apply_defaults(struct arena *a, const struct schema *s, struct value *v, struct err *err) {
        if (!s->rules) /* metadata is a built-in type, without defaults here */
                return 0;
        if (s->type == SCHEMA_STRUCT && v->type == VALUE_MAP)
                return default_struct(a, s, v, err);
        if (s->type == SCHEMA_MAP && v->type == VALUE_MAP)
                VALUE_EACH_MEMBER(m, v)
                        if (default_element(a, s->element, &m->value, err) < 0)
                                return -1;
        if (s->type == SCHEMA_LIST && v->type == VALUE_LIST)
                VALUE_EACH_ITEM(item, v)
                        if (default_element(a, s->element, item, err) < 0)
                                return -1;
        return 0;
}

int prune_default(struct arena *a, const struct schema *schema, struct value *object, struct err *err) {
        return apply_defaults(a, schema, object, err);
}
