/* SPDX-License-Identifier: Apache-2.0 */
/* replacements: a field of one resource copied into fields of others. */
#include "build/kustomize/loader.h"
#include "build/kustomize/lookup.h"
#include "build/kustomize/quote.h"
#include "build/kustomize/replace_inside.h"
#include "build/kustomize/select.h"
#include "build/kustomize/shape.h"
#include "build/kustomize/transform.h"
#include "data/yaml.h"

#define DEFAULT_FIELD_PATH "metadata.name"

static const char *string_at(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

/* ---- the source ---- */

static struct resid source_id(const struct value *source) {
        return (struct resid){
                .gvk = {string_at(source, "group"), string_at(source, "version"), string_at(source, "kind")},
                .name = string_at(source, "name"),
                .ns = string_at(source, "namespace"),
        };
}

/* The selector as kustomize prints it. */
static const char *source_text(struct engine *e, const struct value *source) {
        struct resid id = source_id(source);
        const struct value *options = value_get(source, "options");
        const char *path = string_at(source, "fieldPath"), *delimiter = string_at(options, "delimiter");
        const char *text = resid_string(e->arena, &id);
        bool create = value_bool_or(value_get(options, "create"), false);
        if (text && *path)
                text = arena_printf(e->arena, "%s:%s", text, path);
        if (text && (*delimiter || create))
                text = arena_printf(e->arena, "%s:%s(%lld), create=%s", text, delimiter,
                                    (long long)value_int_or(value_get(options, "index"), 0), create ? "true" : "false");
        return text ? text : "";
}

/* The ids a replacement sees: without scopes, so that every namespace counts as it is written. */
static int id_at(struct engine *e, const struct resource *r, size_t i, struct resid *ret, struct err *err) {
        int failed = i == 0 ? resource_current_id(e->arena, &e->scopes, r, ret)
                            : resource_previous_id(e->arena, r, i - 1, ret);
        ret->cluster_scoped = false;
        return failed ? err_oom(err) : 0;
}

/* One pass over the resources for each replacement. */
static int find_source(struct engine *e, struct resmap *m, const struct value *source, struct resource **ret,
                       struct err *err) {
        const struct resid want = source_id(source);
        *ret = NULL;
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                for (size_t k = 0; k <= r->n_previous; k++) {
                        struct resid id;
                        if (id_at(e, r, k, &id, err) < 0)
                                return -1;
                        if ((*want.name && !streq(want.name, id.name)) ||
                            (*want.ns && !streq(resid_effective_ns(&want), resid_effective_ns(&id))) ||
                            !gvk_selected(&id.gvk, &want.gvk))
                                continue;
                        if (*ret)
                                return err_set(err, ERR_CONFLICT, "multiple matches for selector %s",
                                               source_text(e, source));
                        *ret = r;
                        break;
                }
        }
        return *ret ? 0 : err_set(err, ERR_NOT_FOUND, "nothing selected by %s", source_text(e, source));
}

/* Splits text at the delimiter and answers piece index; NULL past the end. */
static const char *piece(struct arena *a, const char *text, const char *delimiter, int64_t index) {
        size_t n = strlen(delimiter);
        for (int64_t i = 0;; i++) {
                const char *end = strstr(text, delimiter);
                if (i == index)
                        return end ? arena_strndup(a, text, (size_t)(end - text)) : text;
                if (!end)
                        return NULL;
                text = end + n;
        }
}

static int read_source(struct engine *e, struct resmap *m, const struct value *source, struct value *ret,
                       struct err *err) {
        struct resource *r;
        struct path path;
        struct value *found;
        const char *text = string_at(source, "fieldPath");
        if (!*text)
                text = DEFAULT_FIELD_PATH;
        if (find_source(e, m, source, &r, err) < 0 || lookup_split(e->arena, text, &path, err) < 0)
                return -1;
        if (lookup_get(e->arena, &r->object, &path, &found, err) < 0)
                return err_wrap(err, "error looking up replacement source");
        bool empty = !found || found->type == VALUE_NULL || (!scalar_is(found) && !found->len);
        if (empty) {
                struct resid id = source_id(source);
                return err_set(err, ERR_NOT_FOUND, "fieldPath `%s` is missing for replacement source %s", text,
                               resid_string(e->arena, &id));
        }
        const struct value *options = value_get(source, "options");
        const char *delimiter = string_at(options, "delimiter");
        if (!*delimiter)
                return value_clone(e->arena, found, ret, err);
        if (!scalar_is(found))
                return err_set(err, ERR_INVALID, "delimiter option can only be used with scalar nodes");
        const char *whole = scalar_text(e->arena, found);
        int64_t index = value_int_or(value_get(options, "index"), 0);
        const char *part = index < 0 ? NULL : piece(e->arena, whole, delimiter, index);
        if (!part)
                return err_set(err, ERR_INVALID, "options.index %lld is out of bounds for value %s", (long long)index,
                               whole);
        *ret = value_str(part);
        return 0;
}

/* ---- the targets ---- */

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

static int set_field(struct arena *a, struct value *field, const struct value *value, const struct value *options,
                     struct err *err) {
        const char *delimiter = string_at(options, "delimiter");
        const char *text = scalar_text(a, value);
        if (*delimiter) {
                if (!scalar_is(field))
                        return err_set(err, ERR_INVALID, "delimiter option can only be used with scalar nodes");
                text = put_piece(a, scalar_text(a, field), delimiter, value_int_or(value_get(options, "index"), 0),
                                 text);
                if (!text)
                        return err_oom(err);
        }
        if (scalar_is(field)) {
                if (!(field->flags & LOOKUP_UNTYPED))
                        return scalar_retyped(field, text, field, err);
                *field = scalar_plain(text);
                return 0;
        }
        return value_clone(a, value, field, err);
}

static int copy_to_path(struct engine *e, struct value *object, const struct value *value, const char *text,
                        const struct value *options, struct err *err) {
        struct path path;
        struct matches found;
        bool create = value_bool_or(value_get(options, "create"), false);
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
        for (size_t i = 0; i < found.len; i++)
                if (set_field(e->arena, found.items[i], value, options, err) < 0)
                        return -1;
        return 0;
}

static int copy_to(struct engine *e, struct value *object, const struct value *value, const struct value *target,
                   struct err *err) {
        const struct value *paths = value_get(target, "fieldPaths"), *options = value_get(target, "options");
        if (!value_is_list(paths) || !paths->len)
                return copy_to_path(e, object, value, DEFAULT_FIELD_PATH, options, err);
        VALUE_EACH_ITEM(path, paths)
                if (copy_to_path(e, object, value, path->str, options, err) < 0)
                        return -1;
        return 0;
}

/* The compiled selectors of one target. */
struct target_select {
        struct select *select;
        struct select **reject;
        size_t n_reject;
};

static void target_select_done(struct target_select *s) {
        select_free(s->select);
        for (size_t i = 0; i < s->n_reject; i++)
                select_free(s->reject[i]);
}

static int target_select_init(struct engine *e, const struct value *target, struct target_select *s, struct err *err) {
        const struct value *select = value_get(target, "select"), *reject = value_get(target, "reject");
        *s = (struct target_select){.select = NULL};
        if (!select)
                return err_set(err, ERR_INVALID, "target must specify resources to select");
        if (select_new(e, select, &s->select, err) < 0)
                return err_wrap(err, "error creating target selector");
        if (!value_is_list(reject))
                return 0;
        s->reject = arena_zalloc(e->arena, reject->len + 1, sizeof(*s->reject));
        if (!s->reject)
                return err_oom(err);
        VALUE_EACH_ITEM(item, reject)
                if (select_new(e, item, &s->reject[s->n_reject++], err) < 0)
                        return err_wrap(err, "error creating target selector");
        return 0;
}

static int selects(struct engine *e, const struct target_select *s, const struct resource *r, bool *ret,
                   struct err *err) {
        bool selected;
        *ret = false;
        if (select_metadata(e, s->select, &r->object, &selected, err) < 0)
                return -1;
        if (!selected)
                return 0;
        for (size_t i = 0; i < s->n_reject; i++) {
                bool rejected = false;
                if (select_has_metadata(s->reject[i]) &&
                    select_metadata(e, s->reject[i], &r->object, &rejected, err) < 0)
                        return -1;
                if (rejected)
                        return 0;
        }
        for (size_t k = 0; k <= r->n_previous; k++) {
                struct resid id;
                if (id_at(e, r, k, &id, err) < 0)
                        return -1;
                for (size_t i = 0; i < s->n_reject; i++)
                        if (select_has_id(s->reject[i]) && select_id(s->reject[i], &id)) {
                                *ret = false;
                                return 0;
                        }
                *ret |= select_id(s->select, &id);
        }
        return 0;
}

static int apply_target(struct engine *e, struct resmap *m, const struct value *value, const struct value *target,
                        const struct target_select *s, struct err *err) {
        for (size_t i = 0; i < m->len; i++) {
                bool selected;
                if (selects(e, s, m->items[i], &selected, err) < 0)
                        return -1;
                if (selected && copy_to(e, &m->items[i]->object, value, target, err) < 0)
                        return -1;
        }
        return 0;
}

static int replace(struct engine *e, struct resmap *m, const struct value *replacement, struct err *err) {
        const struct value *source = value_get(replacement, "source");
        const struct value *constant = value_get(replacement, "sourceValue");
        const struct value *targets = value_get(replacement, "targets");
        struct value value;
        if ((!source && !constant) || !targets)
                return err_set(err, ERR_INVALID, "replacements must specify a source and at least one target");
        if (source && constant)
                return err_set(err, ERR_INVALID, "value and resource selectors are mutually exclusive");
        if (constant)
                value = *constant;
        else if (read_source(e, m, source, &value, err) < 0)
                return -1;
        VALUE_EACH_ITEM(target, targets) {
                struct target_select s;
                int failed = target_select_init(e, target, &s, err);
                if (!failed)
                        failed = apply_target(e, m, &value, target, &s, err);
                target_select_done(&s);
                if (failed)
                        return -1;
        }
        return 0;
}

static int run_replacements(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        const struct value *list = arg;
        VALUE_EACH_ITEM(item, list)
                if (replace(e, m, item, err) < 0)
                        return -1;
        resmap_touch(m);
        return 0;
}

/* ---- configuring ---- */

static int add_from_file(struct target *t, const char *path, struct value *list, struct err *err) {
        struct arena *a = t->e->arena;
        const struct yaml_options options = {.dialect = YAML_SIGS};
        const char *text;
        size_t n;
        struct value v, shaped;
        if (loader_read(t->e, &t->loader, path, &text, &n, err) < 0)
                return -1;
        if (yaml_parse(a, text, n, &options, &v, err) < 0)
                return err_wrap(err, "error converting YAML to JSON");
        if (!value_is_list(&v) && !value_is_map(&v))
                return err_set(err, ERR_INVALID, "unsupported replacement type encountered within replacement path: %s",
                               v.type == VALUE_NULL ? "invalid" : value_type_name(&v));
        const struct value *items = value_is_list(&v) ? v.items : &v;
        size_t len = value_is_list(&v) ? v.len : 1;
        for (size_t i = 0; i < len; i++) {
                if (shape_read(a, &shape_replacement, &items[i], SHAPE_COERCE, &shaped, err) < 0)
                        return err_wrap(err, "error unmarshaling JSON: while decoding JSON");
                if (!value_append(a, list, shaped))
                        return err_oom(err);
        }
        return 0;
}

int replacements_configure(struct target *t, const struct value *list, struct steps *steps, struct err *err) {
        struct arena *a = t->e->arena;
        struct value *all = arena_make(a, struct value);
        if (!all)
                return err_oom(err);
        *all = value_list();
        VALUE_EACH_ITEM(item, list) {
                const char *path = string_at(item, "path");
                const struct value *targets = value_get(item, "targets");
                if (*path && (value_get(item, "source") || (targets && targets->len)))
                        return err_set(err, ERR_INVALID, "cannot specify both path and inline replacement");
                int failed = *path ? add_from_file(t, path, all, err) : value_append(a, all, *item) ? 0 : err_oom(err);
                if (failed)
                        return -1;
        }
        struct step step = {.run = run_replacements, .arg = all, .kind = "ReplacementTransformer"};
        return steps_add(a, steps, step, err);
}
