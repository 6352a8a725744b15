/* SPDX-License-Identifier: Apache-2.0 */
/* replacements: a field of one resource copied into fields of others. */
#include "build/kustomize/load/loader.h"
#include "build/kustomize/replace/replace.h"
#include "build/kustomize/resource/select.h"
#include "build/kustomize/file/shape.h"
#include "build/kustomize/transform/transform.h"
#include "data/yaml/yaml.h"

static const char *string_at(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
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
                if (replace_id(e, r, k, &id, err) < 0)
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

/* kustomize's notes are among the annotations, so that there are some where the object itself has none, and are gone
 * when something else takes the place of all annotations. */
static int copy_to(struct engine *e, struct resource *r, struct replace_source *source, const struct value *target,
                   struct err *err) {
        if (resource_show_notes(e->arena, r, err) < 0)
                return -1;
        bool noted = resource_shows_notes(r);
        if (replace_copy(e, &r->object, source, target, err) < 0)
                return -1;
        if (noted && !resource_shows_notes(r))
                resource_lose_notes(r);
        return 0;
}

static int apply_target(struct engine *e, struct resmap *m, struct replace_source *source, const struct value *target,
                        const struct target_select *s, struct err *err) {
        if (engine_charge(e, m->len, err) < 0)
                return -1;
        for (size_t i = 0; i < m->len; i++) {
                bool selected;
                if (selects(e, s, m->items[i], &selected, err) < 0)
                        return -1;
                if (selected && copy_to(e, m->items[i], source, target, err) < 0)
                        return -1;
        }
        return 0;
}

static int replace(struct engine *e, struct resmap *m, const struct value *replacement, struct err *err) {
        const struct value *source = value_get(replacement, "source");
        const struct value *constant = value_get(replacement, "sourceValue");
        const struct value *targets = value_get(replacement, "targets");
        struct replace_source from = {.object = NULL};
        if ((!source && !constant) || !targets)
                return err_set(err, ERR_INVALID, "replacements must specify a source and at least one target");
        if (source && constant)
                return err_set(err, ERR_INVALID, "value and resource selectors are mutually exclusive");
        if (constant)
                from.value = scalar_plain(constant->str); /* a node without a tag */
        else if (replace_find_source(e, m, source, &from, err) < 0)
                return -1;
        VALUE_EACH_ITEM(target, targets) {
                struct target_select s;
                int failed = target_select_init(e, target, &s, err);
                if (!failed)
                        failed = apply_target(e, m, &from, target, &s, err);
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
