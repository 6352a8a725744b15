/* SPDX-License-Identifier: Apache-2.0 */
/* Where a replacement's value goes. */
#include "build/kustomize/field/lookup.h"
#include "build/kustomize/field/quote.h"
#include "build/kustomize/replace/replace.h"
#include "build/kustomize/replace/replace_inside.h"
#include "build/kustomize/field/shared.h"

static const char *string_at(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

/* The target's text with one piece put in place. */
static const char *put_piece(struct arena *a, const char *old, const char *delimiter, int64_t index, const char *text) {
        _cleanup_buf_ struct buf out = BUF_INIT(SIZE_MAX / 2);
        size_t n = strlen(delimiter);
        bool placed = index < 0;
        if (placed)
                buf_addf(&out, "%s%s", text, delimiter);
        for (int64_t i = 0;; i++) {
                const char *end = strstr(old, delimiter);
                size_t len = end ? (size_t)(end - old) : strlen(old);
                if (i == index) {
                        buf_adds(&out, text);
                        placed = true;
                } else {
                        buf_add(&out, old, len);
                }
                if (!end)
                        break;
                buf_adds(&out, delimiter);
                old = end + n;
        }
        if (!placed)
                buf_addf(&out, "%s%s", delimiter, text);
        return buf_failed(&out) ? NULL : arena_strndup(a, buf_str(&out), out.len);
}

/* Annotations become strings in the end, whatever type they are given, and go when they are no map. */
static bool is_annotation(const struct value *object, const struct value *field) {
        const struct value *annotations = value_path(object, "metadata", "annotations", NULL);
        if (value_is_map(annotations))
                VALUE_EACH_MEMBER(m, annotations)
                        if (&m->value == field)
                                return true;
        return annotations == field;
}

static int put_field(struct arena *a, const struct value *object, struct value *field, const struct value *value,
                     const struct value *options, struct err *err) {
        const char *delimiter = string_at(options, "delimiter");
        const char *text = scalar_node_text(a, value);
        if (*delimiter) {
                if (!scalar_is(field))
                        return err_set(err, ERR_INVALID, "delimiter option can only be used with scalar nodes");
                text = put_piece(a, scalar_node_text(a, field), delimiter, value_int_or(value_get(options, "index"), 0),
                                 text);
                if (!text)
                        return err_oom(err);
        }
        if (scalar_is(field)) {
                if (field->flags & SCALAR_UNTYPED)
                        *field = scalar_plain(text);
                else if (is_annotation(object, field) && (*text || field->type != VALUE_NULL))
                        *field = value_str(text);
                else
                        return scalar_retyped_late(field, text, field, err);
                return 0;
        }
        return value_clone(a, value, field, err);
}

static int set_field(struct arena *a, struct value *object, struct value *field, const struct value *value,
                     const struct value *options, struct err *err) {
        const struct value was = *field;
        if (put_field(a, object, field, value, options, err) < 0)
                return -1;
        return scalar_is_shared(&was) ? shared_spread(a, object, &was, field, err) : 0;
}

static int copy_to_path(struct engine *e, struct value *object, struct replace_source *source, const char *text,
                        const struct value *options, struct err *err) {
        struct path path;
        struct matches found;
        const struct value *value = &source->value;
        if (replace_read_source(e, source, err) < 0)
                return -1;
        bool create = value_bool_or(value_get(options, "create"), false);
        if (create && !*text)
                return scalar_wrong_kind("ScalarNode", object, err) < 0
                               ? err_wrap(err, "unable to find or create field \"\" in replacement target")
                               : 0;
        if (lookup_split(e->arena, text, &path, err) < 0)
                return -1;
        int inside = replace_inside(e->arena, object, &path, value, create, err);
        if (inside)
                return inside < 0 ? -1 : 0;
        int failed = lookup_match(e->arena, object, &path, create ? value : NULL, &found, err);
        const char *quoted = quote_text(e->arena, text);
        if (failed || !found.len) {
                const char *what = create ? "unable to find or create field" : "unable to find field";
                return failed ? err_wrap(err, "%s %s in replacement target", what, quoted ? quoted : "")
                              : err_set(err, ERR_NOT_FOUND, "%s %s in replacement target", what, quoted ? quoted : "");
        }
        for (size_t i = 0; i < found.len; i++) /* the source may hold the field, just made or written */
                if (replace_read_source(e, source, err) < 0 ||
                    set_field(e->arena, object, found.items[i], value, options, err) < 0)
                        return -1;
        return 0;
}

int replace_copy(struct engine *e, struct value *object, struct replace_source *source, const struct value *target,
                 struct err *err) {
        const struct value *paths = value_get(target, "fieldPaths"), *options = value_get(target, "options");
        if (!value_is_list(paths) || !paths->len)
                return copy_to_path(e, object, source, REPLACE_DEFAULT_PATH, options, err);
        VALUE_EACH_ITEM(path, paths)
                if (copy_to_path(e, object, source, path->str, options, err) < 0)
                        return -1;
        return 0;
}
