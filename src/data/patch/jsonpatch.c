/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Patch. Each operation finds its container by walking the path; searching and shifting inside one container is
 * linear in its size, so a patch costs at most operations × object size: with the limits of both that is a second of
 * one core for the worst request that passes. */
#include "data/patch/jsonpatch.h"

#include "base/limits.h"
#include "data/text/go_names.h"
#include "data/json/json.h"
#include "data/patch/pointer.h"

#include <errno.h>

struct patcher {
        struct arena *arena;
        struct value root;
        size_t copied; /* bytes of JSON that "copy" has added */
        struct err *err;
};

/* One operation's place: the list or map that holds it, and the last token. */
struct place {
        struct value *container; /* NULL: the way there is missing */
        struct pointer_token key;
        size_t depth; /* of the container's children */
};

int jsonpatch_check(const struct value *patch, struct err *err) {
        if (patch->type == VALUE_NULL)
                return 0;
        if (patch->type != VALUE_LIST)
                return err_set(err, ERR_BAD_REQUEST, "json: cannot unmarshal %s into Go value of type jsonpatch.Patch",
                               go_json_type(patch));
        VALUE_EACH_ITEM(op, patch)
                if (op->type != VALUE_MAP && op->type != VALUE_NULL)
                        return err_set(err, ERR_BAD_REQUEST,
                                       "json: cannot unmarshal %s into Go value of type jsonpatch.Operation",
                                       go_json_type(op));
        if (patch->len > LIMIT_PATCH_OPERATIONS)
                return err_set(err, ERR_TOO_LARGE, "The allowed maximum operations in a JSON patch is %d, got %u",
                               LIMIT_PATCH_OPERATIONS, patch->len);
        return 0;
}

/* ---- places ---- */

/* Reads a list index as Go's Atoi does. The error text is Atoi's. */
static int read_index(const struct pointer_token *key, int64_t *ret, struct err *err) {
        const char *digits = key->text + (*key->text == '-' || *key->text == '+');
        size_t n = strspn(digits, "0123456789");
        if (!n || digits + n != key->text + key->len)
                return err_set(err, ERR_INVALID, "strconv.Atoi: parsing \"%s\": invalid syntax", key->text);
        errno = 0;
        *ret = strtoll(key->text, NULL, 10);
        if (errno)
                return err_set(err, ERR_INVALID, "strconv.Atoi: parsing \"%s\": value out of range", key->text);
        return 0;
}

/* The position an index names in a list that counts `len` places, negative ones from the end. */
static int resolve_index(int64_t index, size_t len, size_t *ret, struct err *err) {
        if (index >= (int64_t)len || index < -(int64_t)len)
                return err_set(err, ERR_INVALID, "Unable to access invalid index: %lld: invalid index referenced",
                               (long long)index);
        *ret = (size_t)(index < 0 ? index + (int64_t)len : index);
        return 0;
}

static int item_at(const struct value *list, const struct pointer_token *key, struct value **ret, struct err *err) {
        int64_t index;
        size_t at = 0;
        if (read_index(key, &index, err) < 0 || resolve_index(index, list->len, &at, err) < 0)
                return -1;
        *ret = &list->items[at];
        return 0;
}

/* The child a token names: NULL without an error when a map has no such member. */
static int child_at(const struct value *container, const struct pointer_token *key, struct value **ret,
                    struct err *err) {
        if (container->type == VALUE_LIST)
                return item_at(container, key, ret, err);
        *ret = value_getn(container, key->text, key->len);
        return 0;
}

static int find_place(struct patcher *p, const char *path, size_t n, struct place *ret) {
        struct pointer pointer;
        if (pointer_split(p->arena, path, n, &pointer, p->err) < 0)
                return -1;
        *ret = (struct place){.depth = pointer.n};
        if (!pointer.n)
                return 0;
        struct value *v = &p->root;
        for (size_t i = 0; i + 1 < pointer.n; i++)
                if (child_at(v, &pointer.tokens[i], &v, NULL) < 0 || !v ||
                    (v->type != VALUE_MAP && v->type != VALUE_LIST))
                        return 0;
        ret->container = v;
        ret->key = pointer.tokens[pointer.n - 1];
        return 0;
}

/* ---- what operations do to a container ---- */

static bool deeper_than(const struct value *v, size_t levels) {
        if (v->type != VALUE_MAP && v->type != VALUE_LIST)
                return false;
        if (!levels)
                return true;
        for (uint32_t i = 0; i < v->len; i++)
                if (deeper_than(v->type == VALUE_MAP ? &v->members[i].value : &v->items[i], levels - 1))
                        return true;
        return false;
}

static int check_depth(struct patcher *p, const struct place *place, const struct value *v) {
        if (place->depth > LIMIT_DEPTH || deeper_than(v, LIMIT_DEPTH - place->depth))
                return err_set(p->err, ERR_TOO_LARGE, "the result is nested deeper than %d levels", LIMIT_DEPTH);
        return 0;
}

static int add_item(struct patcher *p, struct value *list, const struct pointer_token *key, struct value v) {
        size_t at = list->len;
        if (!streq(key->text, "-")) {
                int64_t index;
                if (read_index(key, &index, p->err) < 0)
                        return err_wrap(p->err, "value was not a proper array index: '%s'", key->text);
                if (resolve_index(index, (size_t)list->len + 1, &at, p->err) < 0)
                        return -1;
        }
        return value_insert(p->arena, list, at, v) ? 0 : err_oom(p->err);
}

static int add_child(struct patcher *p, const struct place *place, struct value v) {
        if (check_depth(p, place, &v) < 0)
                return -1;
        if (place->container->type == VALUE_LIST)
                return add_item(p, place->container, &place->key, v);
        return value_setn(p->arena, place->container, place->key.text, place->key.len, v) ? 0 : err_oom(p->err);
}

static int remove_child(struct patcher *p, const struct place *place) {
        struct value *item;
        if (place->container->type == VALUE_LIST) {
                if (item_at(place->container, &place->key, &item, p->err) < 0)
                        return -1;
                value_remove_at(place->container, (size_t)(item - place->container->items));
                return 0;
        }
        if (!value_removen(place->container, place->key.text, place->key.len))
                return err_set(p->err, ERR_INVALID, "Unable to remove nonexistent key: %s: missing value",
                               place->key.text);
        return 0;
}

/* ---- operations ---- */

/* A field that must be a string: "path" or "from". */
static int read_field(struct patcher *p, const struct value *op, const char *name, const struct value **ret) {
        const struct value *v = value_get(op, name);
        if (value_is_string(v)) {
                *ret = v;
                return 0;
        }
        if (!value_is_null(v))
                return err_set(p->err, ERR_INVALID, "json: cannot unmarshal %s into Go value of type string",
                               go_json_type(v));
        return err_set(p->err, ERR_INVALID, "operation%s missing %s field: missing value",
                       streq(name, "from") ? "," : "", name);
}

/* A copy of the operation's value; a missing one is null. */
static int read_value(struct patcher *p, const struct value *op, struct value *ret) {
        const struct value *v = value_get(op, "value");
        *ret = value_null();
        return v ? value_clone(p->arena, v, ret, p->err) : 0;
}

static int missing(struct patcher *p, const char *op, const char *what, const char *path) {
        return err_set(p->err, ERR_INVALID, "%s operation does not apply: %s: %s: missing value", op, what, path);
}

static int op_add(struct patcher *p, const struct value *op) {
        const struct value *path = NULL;
        struct place place;
        struct value v;
        if (read_field(p, op, "path", &path) < 0)
                return err_set(p->err, ERR_INVALID, "add operation failed to decode path: missing value");
        if (find_place(p, path->str, path->len, &place) < 0 || read_value(p, op, &v) < 0)
                return -1;
        if (!place.container)
                return err_set(p->err, ERR_INVALID,
                               "add operation does not apply: doc is missing path: \"%s\": missing value", path->str);
        if (add_child(p, &place, v) < 0)
                return err_wrap(p->err, "error in add for path: '%s'", path->str);
        return 0;
}

static int op_remove(struct patcher *p, const struct value *op) {
        const struct value *path = NULL;
        struct place place;
        if (read_field(p, op, "path", &path) < 0)
                return err_set(p->err, ERR_INVALID, "remove operation failed to decode path: missing value");
        if (find_place(p, path->str, path->len, &place) < 0)
                return -1;
        if (!place.container)
                return err_set(p->err, ERR_INVALID,
                               "remove operation does not apply: doc is missing path: \"%s\": missing value",
                               path->str);
        if (remove_child(p, &place) < 0)
                return err_wrap(p->err, "error in remove for path: '%s'", path->str);
        return 0;
}

static int op_replace(struct patcher *p, const struct value *op) {
        const struct value *path = NULL;
        struct place place;
        struct value v, *there;
        if (read_field(p, op, "path", &path) < 0)
                return err_wrap(p->err, "replace operation failed to decode path");
        if (read_value(p, op, &v) < 0)
                return -1;
        if (!path->len) {
                if (v.type != VALUE_MAP && v.type != VALUE_LIST)
                        return err_set(p->err, ERR_INVALID, "replace operation value must be object or array");
                p->root = v;
                return 0;
        }
        if (find_place(p, path->str, path->len, &place) < 0)
                return -1;
        if (!place.container)
                return missing(p, "replace", "doc is missing path", path->str);
        if (child_at(place.container, &place.key, &there, NULL) < 0)
                return missing(p, "replace", "doc is missing key", path->str);
        if (!there)
                return add_child(p, &place, v);
        if (check_depth(p, &place, &v) < 0)
                return -1;
        *there = v;
        return 0;
}

static int op_move(struct patcher *p, const struct value *op) {
        const struct value *from, *path;
        struct place place;
        struct value *there;
        if (read_field(p, op, "from", &from) < 0)
                return err_wrap(p->err, "move operation failed to decode from");
        if (find_place(p, from->str, from->len, &place) < 0)
                return -1;
        if (!place.container)
                return missing(p, "move", "doc is missing from path", from->str);
        if (child_at(place.container, &place.key, &there, p->err) < 0)
                return err_wrap(p->err, "error in move for path: '%s'", place.key.text);
        struct value moved = there ? *there : value_null();
        if (remove_child(p, &place) < 0)
                return err_wrap(p->err, "error in move for path: '%s'", place.key.text);
        if (read_field(p, op, "path", &path) < 0)
                return err_wrap(p->err, "move operation failed to decode path");
        if (find_place(p, path->str, path->len, &place) < 0)
                return -1;
        if (!place.container)
                return missing(p, "move", "doc is missing destination path", path->str);
        if (add_child(p, &place, moved) < 0)
                return err_wrap(p->err, "error in move for path: '%s'", path->str);
        return 0;
}

/* Charges the JSON size of what is copied, so that copies of copies cannot grow without end. */
static int charge_copy(struct patcher *p, const struct value *v) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_PATCH_COPIES - p->copied);
        json_write(&text, v, 0);
        if (buf_failed(&text))
                return err_set(
                        p->err, ERR_TOO_LARGE,
                        "Unable to complete the copy, the accumulated size increase of copy exceeds the limit %zu",
                        LIMIT_PATCH_COPIES);
        p->copied += text.len;
        return 0;
}

static int op_copy(struct patcher *p, const struct value *op) {
        const struct value *from, *path;
        struct place source, target;
        struct value *there, copy = value_null();
        if (read_field(p, op, "from", &from) < 0)
                return err_wrap(p->err, "copy operation failed to decode from");
        if (find_place(p, from->str, from->len, &source) < 0)
                return -1;
        if (!source.container)
                return missing(p, "copy", "doc is missing from path", from->str);
        if (child_at(source.container, &source.key, &there, p->err) < 0)
                return err_wrap(p->err, "error in copy for from: '%s'", from->str);
        if (read_field(p, op, "path", &path) < 0)
                return err_set(p->err, ERR_INVALID, "copy operation failed to decode path: missing value");
        if (find_place(p, path->str, path->len, &target) < 0)
                return -1;
        if (!target.container)
                return missing(p, "copy", "doc is missing destination path", path->str);
        if (there && (charge_copy(p, there) < 0 || value_clone(p->arena, there, &copy, p->err) < 0))
                return -1;
        if (add_child(p, &target, copy) < 0)
                return err_wrap(p->err, "error while adding value during copy");
        return 0;
}

static int op_test(struct patcher *p, const struct value *op) {
        const struct value *path = NULL, *wanted = value_get(op, "value");
        struct place place;
        struct value *there = &p->root;
        if (read_field(p, op, "path", &path) < 0)
                return err_wrap(p->err, "test operation failed to decode path");
        if (path->len) {
                if (find_place(p, path->str, path->len, &place) < 0)
                        return -1;
                if (!place.container)
                        return missing(p, "test", "is missing path", path->str);
                if (child_at(place.container, &place.key, &there, p->err) < 0)
                        return err_wrap(p->err, "error in test for path: '%s'", path->str);
        }
        bool both_null = value_is_null(there) && value_is_null(wanted);
        if (!both_null && !value_equal(there, wanted))
                return err_set(p->err, ERR_INVALID, "testing value %s failed: test failed", path->str);
        return 0;
}

static int apply_one(struct patcher *p, const struct value *op) {
        static const struct {
                const char *name;
                int (*run)(struct patcher *, const struct value *);
        } kinds[] = {{"add", op_add},   {"remove", op_remove}, {"replace", op_replace},
                     {"move", op_move}, {"copy", op_copy},     {"test", op_test}};
        const char *kind = value_string_or(value_get(op, "op"), "unknown");
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                if (streq(kinds[i].name, kind))
                        return kinds[i].run(p, op);
        return err_set(p->err, ERR_INVALID, "Unexpected kind: %s", kind);
}

int jsonpatch_apply(struct arena *a, const struct value *document, const struct value *patch, struct value *ret,
                    struct err *err) {
        struct patcher p = {.arena = a, .err = err};
        if (jsonpatch_check(patch, err) < 0)
                return -1;
        if (document->type != VALUE_MAP && document->type != VALUE_LIST)
                return err_set(err, ERR_INVALID, "json: cannot unmarshal %s into Go value of type jsonpatch.partialDoc",
                               go_json_type(document));
        if (value_clone(a, document, &p.root, err) < 0)
                return -1;
        if (patch->type == VALUE_LIST)
                VALUE_EACH_ITEM(op, patch)
                        if (apply_one(&p, op) < 0)
                                return -1;
        *ret = p.root;
        return 0;
}
