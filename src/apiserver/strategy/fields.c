/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/fields.h"

#include "base/limits.h"
#include "data/json/json.h"

static const char *copy_text(struct fields *f, const char *fmt, va_list ap) {
        char *text = arena_vprintf(f->arena, fmt, ap);
        if (!text)
                f->oom = true;
        return text ? text : "";
}

/* parent, a separator and n bytes. */
static const char *join(struct fields *f, const char *parent, const char *separator, const char *leaf, size_t n) {
        size_t a = strlen(parent), b = a ? strlen(separator) : 0;
        char *path = arena_alloc(f->arena, a + b + n + 1);
        if (!path) {
                f->oom = true;
                return "";
        }
        memcpy(path, parent, a);
        memcpy(path + a, separator, b);
        memcpy(path + a + b, leaf, n);
        path[a + b + n] = '\0';
        return path;
}

const char *fields_path(struct fields *f, const char *parent, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        const char *leaf = copy_text(f, fmt, ap);
        va_end(ap);
        return parent[0] ? join(f, parent, leaf[0] == '[' ? "" : ".", leaf, strlen(leaf)) : leaf;
}

const char *fields_member(struct fields *f, const char *parent, const char *name) {
        return join(f, parent, ".", name, strlen(name));
}

const char *fields_item(struct fields *f, const char *parent, size_t i) {
        char text[24], *at = text + sizeof(text);
        *--at = ']';
        do
                *--at = (char)('0' + i % 10);
        while ((i /= 10) > 0);
        *--at = '[';
        return join(f, parent, "", at, (size_t)(text + sizeof(text) - at));
}

/* A value as Go's field errors print it: strings quoted, the rest as JSON. */
static const char *value_text(struct fields *f, const struct value *value) {
        static const struct value null = {.type = VALUE_NULL};
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_BODY * 2);
        json_write(&b, value ? value : &null, 0);
        const char *text = buf_failed(&b) ? NULL : arena_strdup(f->arena, buf_str(&b));
        if (!text)
                f->oom = true;
        return text ? text : "";
}

static void push(struct fields *f, const char *path, const char *reason, const char *text) {
        if (f->oom || f->n >= LIMIT_FIELD_ERRORS)
                return;
        if (f->n == f->cap) {
                size_t cap = f->cap ? f->cap * 2 : 8;
                struct field_error *items =
                        arena_grow(f->arena, f->items, f->cap * sizeof(*items), cap * sizeof(*items));
                if (!items) {
                        f->oom = true;
                        return;
                }
                f->items = items;
                f->cap = cap;
        }
        f->items[f->n++] = (struct field_error){.path = path, .reason = reason, .text = text};
}

void fields_add(struct fields *f, const char *path, const char *reason, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        push(f, path, reason, copy_text(f, fmt, ap));
        va_end(ap);
}

void fields_invalid(struct fields *f, const char *path, const struct value *value, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        const char *why = copy_text(f, fmt, ap);
        va_end(ap);
        fields_add(f, path, "FieldValueInvalid", "Invalid value: %s: %s", value_text(f, value), why);
}

void fields_required(struct fields *f, const char *path, const char *detail) {
        if (detail && detail[0])
                fields_add(f, path, "FieldValueRequired", "Required value: %s", detail);
        else
                push(f, path, "FieldValueRequired", "Required value");
}

void fields_unsupported(struct fields *f, const char *path, const struct value *value, const char *const *supported) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_BODY);
        for (size_t i = 0; supported[i]; i++)
                buf_addf(&b, "%s\"%s\"", i ? ", " : "", supported[i]);
        fields_add(f, path, "FieldValueNotSupported", "Unsupported value: %s: supported values: %s",
                   value_text(f, value), buf_str(&b));
}

void fields_forbidden(struct fields *f, const char *path, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        const char *why = copy_text(f, fmt, ap);
        va_end(ap);
        fields_add(f, path, "FieldValueForbidden", "Forbidden: %s", why);
}

void fields_duplicate(struct fields *f, const char *path, const struct value *value) {
        fields_add(f, path, "FieldValueDuplicate", "Duplicate value: %s", value_text(f, value));
}

void fields_not_found(struct fields *f, const char *path, const struct value *value) {
        fields_add(f, path, "FieldValueNotFound", "Not found: %s", value_text(f, value));
}

void fields_too_long(struct fields *f, const char *path, size_t max) {
        fields_add(f, path, "FieldValueTooLong", "Too long: may not be more than %zu bytes", max);
}

void fields_too_many(struct fields *f, const char *path, size_t actual, size_t max) {
        fields_add(f, path, "FieldValueTooMany", "Too many: %zu: must have at most %zu item%s", actual, max,
                   max == 1 ? "" : "s");
}

/* Whether the same sentence came before: n is at most LIMIT_FIELD_ERRORS, so the square stays small. */
static bool said_before(const struct fields *f, size_t at) {
        for (size_t i = 0; i < at; i++)
                if (streq(f->items[i].path, f->items[at].path) && streq(f->items[i].text, f->items[at].text))
                        return true;
        return false;
}

int fields_finish(struct fields *f, const char *group, const char *kind, const char *name, struct err *err) {
        if (f->oom)
                return err_oom(err);
        if (!f->n)
                return 0;
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_BODY * 4);
        size_t said = 0;
        for (size_t i = 0; i < f->n; i++)
                if (!said_before(f, i))
                        buf_addf(&b, "%s%s: %s", said++ ? ", " : "", f->items[i].path, f->items[i].text);
        if (buf_failed(&b))
                return err_oom(err);
        err_set_reason(err, ERR_INVALID, "Invalid", "%s%s%s \"%s\" is invalid: %s%s%s", kind, group[0] ? "." : "",
                       group, name, said > 1 ? "[" : "", buf_str(&b), said > 1 ? "]" : "");
        for (size_t i = 0; i < f->n; i++)
                err_add_cause(err, f->items[i].reason, f->items[i].path, "%s", f->items[i].text);
        return -1;
}
