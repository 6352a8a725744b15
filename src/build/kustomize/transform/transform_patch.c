/* SPDX-License-Identifier: Apache-2.0 */
/* patches, patchesStrategicMerge and patchesJson6902. */
#include "base/limits.h"
#include "build/kustomize/load/loader.h"
#include "build/kustomize/merge/merge.h"
#include "build/kustomize/field/quote.h"
#include "build/kustomize/resource/select.h"
#include "build/kustomize/transform/transform.h"
#include "data/json/json.h"
#include "data/patch/jsonpatch.h"
#include "data/yaml/yaml.h"

struct patch_step {
        struct resources merges; /* strategic merge patches, or */
        struct value operations; /* a JSON patch: a list */
        bool is_operations;
        bool stores_id;             /* the resource remembers the id it had before */
        const struct value *target; /* NULL: by the patch's own id */
        bool named_error;           /* `patches` says which patch found nothing */
        const char *source;         /* for messages */
};

/* ---- applying ---- */

static int keep_identity(struct engine *e, struct resource *r, const struct resource *patch, const char *const *was,
                         struct err *err) {
        struct arena *a = e->arena;
        if (!patch->allow_kind_change && resource_set_kind(a, r, was[2], err) < 0)
                return -1;
        if (!patch->allow_name_change && resource_set_name(a, r, was[0], err) < 0)
                return -1;
        return resource_set_ns(a, r, was[1], err);
}

static int merge_into(struct engine *e, struct resource *r, const struct resource *patch, const struct value *body,
                      struct err *err) {
        struct arena *a = e->arena;
        const char *was[] = {resource_name(a, r), resource_ns(a, r), resource_kind(a, r)};
        if ((patch->allow_name_change || patch->allow_kind_change) && resource_store_id(a, &e->scopes, r, err) < 0)
                return -1;
        /* kustomize drops the object that a patch puts in the whole object's place. */
        if (value_equals_str(value_get(body, "$patch"), "replace"))
                return keep_identity(e, r, patch, was, err);
        if (resource_show_notes(a, r, err) < 0)
                return -1;
        bool noted = resource_shows_notes(r);
        /* The result shares nodes with what it is given, and later steps write into results. */
        struct value own;
        struct merge_schema *schema = engine_schema(e, err);
        if (!schema || value_clone(a, body, &own, err) < 0 || merge_strategic(a, schema, &r->object, &own, err) < 0)
                return -1;
        if (noted && !resource_shows_notes(r)) /* no one writes them again, as after a JSON patch */
                resource_lose_notes(r);
        return resource_is_empty(r) ? 0 : keep_identity(e, r, patch, was, err);
}

/* The patch as it is merged into resources that a target selects: of their kind, with plain labels and annotations. */
static int body_for(struct engine *e, const struct resource *patch, const struct resource *r, struct value *ret,
                    struct err *err) {
        struct arena *a = e->arena;
        if (value_clone(a, &patch->object, ret, err) < 0)
                return -1;
        resource_normalize_metadata(a, ret, "labels");
        resource_normalize_metadata(a, ret, "annotations");
        const char *api_version = resource_api_version(a, r);
        if (*api_version && !value_set(a, ret, "apiVersion", value_str(api_version)))
                return err_oom(err);
        return 0;
}

static int merge_selected(struct engine *e, struct resmap *m, const struct patch_step *s, struct err *err) {
        if (s->merges.len > 1)
                return err_set(err, ERR_INVALID,
                               "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set "
                               "`patches.target` field: %s",
                               s->source);
        if (!s->merges.len)
                return 0;
        const struct resource *patch = s->merges.items[0];
        _cleanup_select_ struct select *select = NULL;
        if (select_new(e, s->target, &select, err) < 0)
                return -1;
        for (size_t i = 0; i < m->len; i++) {
                bool selected;
                struct value body;
                if (select_resource(e, select, m->items[i], &selected, err) < 0)
                        return -1;
                if (selected && (body_for(e, patch, m->items[i], &body, err) < 0 ||
                                 merge_into(e, m->items[i], patch, &body, err) < 0))
                        return -1;
        }
        resmap_touch(m);
        resmap_drop_empty(m);
        return resmap_check_unique(m, err);
}

static int merge_by_id(struct engine *e, struct resmap *m, const struct patch_step *s, struct err *err) {
        for (size_t i = 0; i < s->merges.len; i++) {
                const struct resource *patch = s->merges.items[i];
                struct resource *r;
                struct resid id;
                struct value body = patch->object;
                if (resource_original_id(e->arena, &e->scopes, patch, &id) < 0)
                        return err_oom(err);
                if (resmap_find_target(m, &id, &r, err) < 0)
                        return s->named_error ? err_wrap(err, "no resource matches strategic merge patch \"%s\"",
                                                         resid_string(e->arena, &id))
                                              : -1;
                if (!s->named_error && body_for(e, patch, r, &body, err) < 0)
                        return -1;
                if (merge_into(e, r, patch, &body, err) < 0)
                        return -1;
                if (patch->allow_name_change || patch->allow_kind_change || resource_is_empty(r))
                        resmap_touch(m);
                if (!s->named_error)
                        resmap_drop_empty(m);
        }
        return 0;
}

static int apply_operations(struct engine *e, struct resmap *m, const struct patch_step *s, struct err *err) {
        if (!s->target)
                return err_set(err, ERR_INVALID, "must specify a target for JSON patch %s", s->source);
        _cleanup_select_ struct select *select = NULL;
        if (select_new(e, s->target, &select, err) < 0)
                return -1;
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                bool selected;
                struct value out;
                if (select_resource(e, select, r, &selected, err) < 0)
                        return -1;
                if (!selected)
                        continue;
                if (s->stores_id && resource_store_id(e->arena, &e->scopes, r, err) < 0)
                        return -1;
                /* It sees kustomize's notes, and numbers, not how they were written. */
                if (resource_show_notes(e->arena, r, err) < 0 || engine_check_keys(e, &r->object, err) < 0 ||
                    scalar_settle(e->arena, &r->object, err) < 0 ||
                    jsonpatch_apply(e->arena, &r->object, &s->operations, &out, err) < 0)
                        return -1;
                /* Nothing is left of it; but only a strategic merge takes an object away. */
                if (!value_is_map(&out) || !out.len)
                        return err_set(err, ERR_INVALID, "missing kind in object: a JSON patch left %s in its place",
                                       value_is_map(&out) ? "an empty map" : "something that is no map");
                r->object = out;
                /* JSON has no comments: keys of their own lead to none. */
                if (e->schema.notes.len && value_copy(e->arena, &out, &r->object, err) < 0)
                        return -1;
                if (scalar_through_json(e->arena, &r->object, true, err) < 0)
                        return -1;
                resource_keep_notes(r);
                resource_normalize_metadata(e->arena, &r->object, "annotations");
                resmap_touch(m);
        }
        return 0;
}

static int run_patch(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        const struct patch_step *s = arg;
        if (s->is_operations)
                return apply_operations(e, m, s, err);
        return s->target ? merge_selected(e, m, s, err) : merge_by_id(e, m, s, err);
}

/* ---- configuring ---- */

/* A JSON patch is a list of objects; null is an empty one. What begins as a JSON list must be JSON. */
static int read_operations(struct engine *e, const char *text, size_t n, struct value *ret, struct err *err) {
        const struct yaml_options options = {.dialect = YAML_SIGS};
        if (!n)
                return err_set(err, ERR_SYNTAX, "empty json patch operations");
        int failed = *text == '[' ? json_parse(e->arena, text, n, JSON_KUBERNETES, NULL, ret, err)
                                  : yaml_parse(e->arena, text, n, &options, ret, err);
        if (failed)
                return -1;
        if (ret->type == VALUE_NULL)
                *ret = value_list();
        return jsonpatch_check(ret, err);
}

static const char *trim(struct arena *a, const char *text) {
        while (*text && strchr(" \t\r\n\v\f", *text))
                text++;
        size_t n = strlen(text);
        while (n && strchr(" \t\r\n\v\f", text[n - 1]))
                n--;
        return arena_strndup(a, text, n);
}

static int read_patch(struct target *t, struct patch_step *s, const char *text, size_t n, struct err *err) {
        _cleanup_err_ struct err no_merge = ERR_INIT, no_operations = ERR_INIT;
        struct value operations = value_list();
        const char *late_error = t->e->late_error;
        int merge_failed = documents_read(t->e, text, n, &s->merges, &no_merge);
        int operations_failed = read_operations(t->e, text, n, &operations, &no_operations);
        if (!merge_failed && !operations_failed && s->merges.len && operations.len)
                return err_set(err, ERR_INVALID, "illegally qualifies as both an SM and JSON patch: %s", s->source);
        if (merge_failed && operations_failed)
                return no_merge.class == ERR_MEMORY || no_merge.class == ERR_TOO_LARGE
                               ? err_move(err, &no_merge)
                               : err_set(err, ERR_INVALID, "unable to parse SM or JSON patch from %s", s->source);
        s->is_operations = merge_failed != 0 || (!s->merges.len && operations.len);
        if (s->is_operations)
                t->e->late_error = late_error; /* what is wrong with it as a resource does not count */
        s->operations = operations;
        return 0;
}

static int add_step(struct target *t, struct patch_step *s, const char *kind, struct steps *steps, struct err *err) {
        return steps_add(t->e->arena, steps, (struct step){.run = run_patch, .arg = s, .kind = kind}, err);
}

int patch_configure(struct target *t, const struct value *patch, struct steps *steps, struct err *err) {
        struct arena *a = t->e->arena;
        struct patch_step *s = arena_make(a, struct patch_step);
        const char *path = value_string_or(value_get(patch, "path"), "");
        const char *text = trim(a, value_string_or(value_get(patch, "patch"), ""));
        if (!s || !text)
                return err_oom(err);
        if (!*text == !*path) {
                _cleanup_buf_ struct buf config = BUF_INIT(65536);
                transform_print_config(&config, patch);
                return err_set(err, ERR_INVALID, "%s\n%s",
                               *text ? "patch and path can't be set at the same time"
                                     : "must specify one of patch and path in",
                               buf_str(&config));
        }
        size_t n = strlen(text);
        if (*path && loader_read(t->e, &t->loader, path, &text, &n, err) < 0)
                return err_wrap(err, "failed to get the patch file from path(%s)", path);
        const char *quoted = quote_text(a, *path ? path : text);
        s->source = quoted ? arena_printf(a, "[%s: %s]", *path ? "path" : "patch", quoted) : NULL;
        if (!s->source)
                return err_oom(err);
        s->target = value_get(patch, "target");
        s->stores_id = s->named_error = true;
        if (read_patch(t, s, text, n, err) < 0)
                return -1;
        const struct value *options = value_get(patch, "options");
        for (size_t i = 0; i < s->merges.len; i++) {
                struct resource *merge = s->merges.items[i];
                merge->allow_name_change = value_bool_or(value_get(options, "allowNameChange"), false);
                merge->allow_kind_change = value_bool_or(value_get(options, "allowKindChange"), false);
                if (merge->allow_name_change || merge->allow_kind_change) /* kustomize notes that there */
                        resource_normalize_metadata(a, &merge->object, "annotations");
        }
        return add_step(t, s, "PatchTransformer", steps, err);
}

static int append_patches(struct arena *a, struct resources *list, const struct resources *more, struct err *err) {
        size_t size = list->len * sizeof(*list->items), add = more->len * sizeof(*more->items);
        struct resource **grown = arena_grow(a, list->items, size, size + add);
        if (!grown)
                return err_oom(err);
        if (add)
                memcpy(grown + list->len, more->items, add);
        list->items = grown;
        list->len += more->len;
        return 0;
}

int patch_configure_merge(struct target *t, const struct value *paths, const char *text, struct steps *steps,
                          struct err *err) {
        struct arena *a = t->e->arena;
        struct patch_step *s = arena_make(a, struct patch_step);
        struct resources found;
        if (!s)
                return err_oom(err);
        if (!(paths && paths->len) && !(text && *text))
                return err_set(err, ERR_INVALID, "empty file path and empty patch content");
        if (paths)
                VALUE_EACH_ITEM(path, paths) {
                        /* Either the patch itself or a file's name: whatever reads as a resource is one. */
                        if (documents_read(t->e, path->str, path->len, &found, NULL) < 0 &&
                            documents_read_file(t->e, &t->loader, path->str, &found, err) < 0)
                                return -1;
                        if (append_patches(a, &s->merges, &found, err) < 0)
                                return -1;
                }
        if (text && *text &&
            (documents_read(t->e, text, strlen(text), &found, err) < 0 ||
             append_patches(a, &s->merges, &found, err) < 0))
                return -1;
        if (!s->merges.len) {
                _cleanup_buf_ struct buf files = BUF_INIT(65536);
                for (size_t i = 0; paths && i < paths->len; i++)
                        buf_addf(&files, "%s%s", i ? " " : "", paths->items[i].str);
                return err_set(err, ERR_INVALID, "patch appears to be empty; files=[%s], Patch=%s", buf_str(&files),
                               text ? text : "");
        }
        return add_step(t, s, "PatchStrategicMergeTransformer", steps, err);
}

int patch_configure_json(struct target *t, const struct value *target, const char *path, const char *operations,
                         struct steps *steps, struct err *err) {
        struct patch_step *s = arena_make(t->e->arena, struct patch_step);
        const char *text = operations;
        size_t n = strlen(operations);
        if (!s)
                return err_oom(err);
        if (!*value_string_or(value_get(target, "name"), ""))
                return err_set(err, ERR_INVALID, "must specify the target name");
        if (!*path && !*operations)
                return err_set(err, ERR_INVALID, "empty file path and empty jsonOp");
        if (*path && *operations)
                return err_set(err, ERR_INVALID, "must specify a file path or jsonOp, not both");
        if (*path && loader_read(t->e, &t->loader, path, &text, &n, err) < 0)
                return -1;
        if (!n)
                return err_set(err, ERR_INVALID, "patch file '%s' empty seems to be empty", path);
        if (read_operations(t->e, text, n, &s->operations, err) < 0) {
                _cleanup_buf_ struct buf shown = BUF_INIT(LIMIT_MESSAGE_VALUE);
                json_write(&shown, &s->operations, JSON_HTML_ESCAPE | JSON_SORT_KEYS);
                return err_wrap(err, "decoding %s", buf_str(&shown));
        }
        if (!s->operations.len)
                return err_set(err, ERR_INVALID, "patch appears to be empty; file=%s, JsonOp=%s", path, text);
        s->is_operations = true;
        s->target = target;
        s->source = text;
        return add_step(t, s, "PatchJson6902Transformer", steps, err);
}
