/* SPDX-License-Identifier: Apache-2.0 */
/* ValueAddTransformer: a value put into fields, or into a path within a field. */
#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/field/lookup.h"
#include "build/kustomize/load/loader.h"
#include "build/kustomize/plugin/plugin.h"
#include "build/kustomize/resource/select.h"
#include "build/kustomize/file/shape.h"
#include "data/yaml/yaml.h"

struct valueadd_step {
        const char *value;
        struct value targets; /* list of {selector, fieldPath, filePathPosition} */
};

/* The path with one more part at position (from 0). A leading slash stays in front. */
static const char *insert_part(struct arena *a, const char *path, int64_t position, const char *part) {
        const char *const *parts;
        size_t n;
        bool absolute = path[0] == '/';
        _cleanup_buf_ struct buf out = BUF_INIT(SIZE_MAX / 2);
        if (fieldpath_split(a, path + absolute, '/', &parts, &n, NULL) < 0)
                return NULL;
        if (n == 1 && !*parts[0])
                n = 0;
        size_t at = position > (int64_t)n ? n : (size_t)position;
        for (size_t i = 0; i <= n; i++) {
                if (i == at)
                        buf_addf(&out, "%s%s", out.len || absolute ? "/" : "", part);
                if (i < n)
                        buf_addf(&out, "%s%s", out.len || absolute ? "/" : "", parts[i]);
        }
        return buf_failed(&out) ? NULL : arena_strndup(a, buf_str(&out), out.len);
}

static int add_value(struct arena *a, const struct valueadd_step *s, const struct value *target, struct value *object,
                     struct err *err) {
        struct path path;
        struct value *field;
        const char *text = s->value;
        int64_t position = value_int_or(value_get(target, "filePathPosition"), 0);
        if (fieldpath_split(a, value_string_or(value_get(target, "fieldPath"), ""), '/', &path.parts, &path.n, err) <
                    0 ||
            lookup_obtain(a, object, &path, &field, err) < 0)
                return -1;
        if (!field)
                return 0;
        if (!scalar_is(field))
                return scalar_wrong_kind("ScalarNode", field, err);
        if (position > 0)
                text = insert_part(a, scalar_node_text(a, field), position - 1, text);
        if (!text)
                return err_oom(err);
        *field = scalar_styled(field, text);
        return 0;
}

static int run_valueadd(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        const struct valueadd_step *s = arg;
        VALUE_EACH_ITEM(target, &s->targets) {
                const struct value *selector = value_get(target, "selector");
                _cleanup_select_ struct select *select = NULL;
                if (selector && select_new(e, selector, &select, err) < 0)
                        return -1;
                for (size_t i = 0; i < m->len; i++) {
                        bool selected = true;
                        if (select && select_resource(e, select, m->items[i], &selected, err) < 0)
                                return -1;
                        if (selected && add_value(e->arena, s, target, &m->items[i]->object, err) < 0)
                                return -1;
                }
        }
        resmap_touch(m);
        return 0;
}

static int add_targets(struct arena *a, struct valueadd_step *s, const struct value *config, struct err *err) {
        const struct value *targets = value_get(config, "targets");
        if (value_is_list(targets))
                VALUE_EACH_ITEM(target, targets)
                        if (!value_append(a, &s->targets, *target))
                                return err_oom(err);
        return 0;
}

static int add_target_file(struct target *t, struct valueadd_step *s, const char *path, struct err *err) {
        const struct yaml_options options = {.dialect = YAML_SIGS};
        const char *text;
        size_t n;
        struct value v, shaped;
        if (loader_read(t->e, &t->loader, path, &text, &n, err) < 0 ||
            yaml_parse(t->e->arena, text, n, &options, &v, err) < 0 ||
            shape_read(t->e->arena, &shape_valueadd_targets, &v, SHAPE_COERCE, &shaped, err) < 0)
                return -1;
        return add_targets(t->e->arena, s, &shaped, err);
}

int valueadd_configure(struct target *t, const struct value *config, struct steps *steps, struct err *err) {
        struct arena *a = t->e->arena;
        struct valueadd_step *s = arena_make(a, struct valueadd_step);
        const char *file = value_string_or(value_get(config, "targetFilePath"), "");
        if (!s)
                return err_oom(err);
        s->targets = value_list();
        s->value = value_string_or(value_get(config, "value"), "");
        if (!*s->value) {
                const char *root = loader_display(t->e, &t->loader), *slash = strrchr(root, '/');
                s->value = slash ? slash + 1 : root;
        }
        if (add_targets(a, s, config, err) < 0 || (*file && add_target_file(t, s, file, err) < 0))
                return -1;
        if (!s->targets.len)
                return err_set(err, ERR_INVALID, "must specify at least one target");
        VALUE_EACH_ITEM(target, &s->targets) {
                int64_t position = value_int_or(value_get(target, "filePathPosition"), 0);
                if (!*value_string_or(value_get(target, "fieldPath"), ""))
                        return err_set(err, ERR_INVALID, "fieldPath cannot be empty");
                if (position < 0)
                        return err_set(err, ERR_INVALID, "value of FilePathPosition (%lld) cannot be negative",
                                       (long long)position);
        }
        return steps_add(a, steps, (struct step){.run = run_valueadd, .arg = s, .kind = "ValueAddTransformer"}, err);
}
