/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/config/config.h"

#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/field/lookup_part.h"
#include "build/kustomize/config/table.h"

static const char *const section_names[CONFIG_SECTIONS] = {
        [CONFIG_NAME_PREFIX] = "namePrefix",
        [CONFIG_NAME_SUFFIX] = "nameSuffix",
        [CONFIG_NAMESPACE] = "namespace",
        [CONFIG_COMMON_LABELS] = "commonLabels",
        [CONFIG_LABELS] = "labels",
        [CONFIG_TEMPLATE_LABELS] = "templateLabels",
        [CONFIG_COMMON_ANNOTATIONS] = "commonAnnotations",
        [CONFIG_IMAGES] = "images",
        [CONFIG_REPLICAS] = "replicas",
        [CONFIG_VAR_REFERENCE] = "varReference",
};

static int make_part(struct arena *a, const char *text, struct fieldspec_part *ret, struct err *err) {
        bool list = str_has_suffix(text, "[]");
        const char *field = list ? arena_strndup(a, text, strlen(text) - 2) : text;
        const char *name = field ? lookup_trim(a, field) : NULL;
        if (!name)
                return err_oom(err);
        size_t len = strlen(name), index;
        *ret = (struct fieldspec_part){
                .text = text,
                .name = name,
                .len = (uint32_t)len,
                .hash = value_key_hash(name, len),
                .list = list,
                .blank = *field && !*name,
                .misfit = lookup_is_index(name, &index) || streq(name, "-") || lookup_is_element(name) ||
                          lookup_check_part(name, NULL) < 0,
        };
        return 0;
}

static int split_path(struct arena *a, struct fieldspec *fs, struct err *err) {
        const char *const *names;
        size_t n;
        if (fieldpath_split(a, fs->path, '/', &names, &n, err) < 0)
                return -1;
        struct fieldspec_part *parts = arena_zalloc(a, n, sizeof(*parts));
        if (!parts)
                return err_oom(err);
        for (size_t i = 0; i < n; i++)
                if (make_part(a, names[i], &parts[i], err) < 0)
                        return -1;
        fs->parts = parts;
        fs->n_parts = n;
        return 0;
}

int fieldspecs_add(struct arena *a, struct fieldspecs *list, struct fieldspec fs, struct err *err) {
        if (!fs.parts && split_path(a, &fs, err) < 0)
                return -1;
        struct fieldspec *items = arena_grow_one(a, (struct fieldspec *)list->items, list->len, sizeof(fs));
        if (!items)
                return err_oom(err);
        items[list->len++] = fs;
        list->items = items;
        return 0;
}

/* ---- merging ---- */

static int add_merged(struct arena *a, struct fieldspecs *list, const struct fieldspec *fs, struct err *err) {
        for (size_t i = 0; i < list->len; i++) {
                const struct fieldspec *old = &list->items[i];
                if (!gvk_selected(&old->gvk, &fs->gvk) || !streq(old->path, fs->path))
                        continue;
                if (old->create != fs->create)
                        return err_set(err, ERR_CONFLICT, "conflicting fieldspecs");
                return 0;
        }
        return fieldspecs_add(a, list, *fs, err);
}

/* Linear search for each entry: these lists are written by hand, and hold a few hundred at most. */
int fieldspecs_merge(struct arena *a, const struct fieldspecs *list, const struct fieldspecs *more,
                     struct fieldspecs *ret, struct err *err) {
        struct fieldspecs out = {0};
        for (size_t i = 0; i < list->len; i++)
                if (fieldspecs_add(a, &out, list->items[i], err) < 0)
                        return -1;
        for (size_t i = 0; i < more->len; i++)
                if (add_merged(a, &out, &more->items[i], err) < 0)
                        return -1;
        *ret = out;
        return 0;
}

int backrefs_add(struct arena *a, struct backrefs *list, const struct gvk *target, const struct fieldspecs *referrers,
                 struct err *err) {
        size_t size = list->len * sizeof(struct backref);
        struct backref *grown = arena_memdup(a, list->len ? (const void *)list->items : "", size);
        if (grown)
                grown = arena_grow(a, grown, size, size + sizeof(*grown));
        if (!grown)
                return err_oom(err);
        struct backref *at = grown;
        while (at < grown + list->len && !gvk_equal(&at->target, target))
                at++;
        if (at == grown + list->len) {
                *at = (struct backref){.target = *target};
                list->len++;
        }
        list->items = grown;
        return fieldspecs_merge(a, &at->referrers, referrers, &at->referrers, err);
}

/* ---- sorting ---- */

static int compare_fieldspec(const void *x, const void *y) {
        const struct fieldspec *const *a = x, *const *b = y;
        int c = gvk_compare(&(*a)->gvk, &(*b)->gvk);
        return c ? c : (*a < *b ? -1 : *a > *b);
}

static bool is_sorted(const struct fieldspecs *list) {
        for (size_t i = 1; i < list->len; i++)
                if (gvk_compare(&list->items[i - 1].gvk, &list->items[i].gvk) > 0)
                        return false;
        return true;
}

static int sort_fieldspecs(struct arena *a, struct fieldspecs *list, struct err *err) {
        if (is_sorted(list))
                return 0;
        const struct fieldspec **order = arena_zalloc(a, list->len + 1, sizeof(*order));
        struct fieldspec *sorted = arena_zalloc(a, list->len + 1, sizeof(*sorted));
        if (!order || !sorted)
                return err_oom(err);
        for (size_t i = 0; i < list->len; i++)
                order[i] = &list->items[i];
        qsort(order, list->len, sizeof(*order), compare_fieldspec);
        for (size_t i = 0; i < list->len; i++)
                sorted[i] = *order[i];
        list->items = sorted;
        return 0;
}

static int compare_backref(const void *x, const void *y) {
        return gvk_compare(&((const struct backref *)x)->target, &((const struct backref *)y)->target);
}

static int sort_config(struct arena *arena, struct config *c, struct err *err) {
        for (size_t i = 0; i < CONFIG_SECTIONS; i++)
                if (sort_fieldspecs(arena, &c->section[i], err) < 0)
                        return -1;
        struct backref *sorted = arena_memdup(arena, c->references.len ? (const void *)c->references.items : "",
                                              c->references.len * sizeof(*sorted));
        if (!sorted)
                return err_oom(err);
        qsort(sorted, c->references.len, sizeof(*sorted), compare_backref);
        c->references.items = sorted;
        return 0;
}

int config_merge(struct arena *arena, const struct config *a, const struct config *b, struct config *ret,
                 struct err *err) {
        struct config out = *a;
        bool changed = false;
        for (size_t i = 0; i < CONFIG_SECTIONS; i++) {
                const struct fieldspecs *more = &b->section[i];
                /* Layers mostly bring the built-in table along: the same list is merged already. */
                if (!more->len || more->items == a->section[i].items)
                        continue;
                if (!a->section[i].len && more->merged) {
                        out.section[i] = *more;
                        continue;
                }
                /* Even merging into nothing drops entries: those that an earlier, narrower one makes superfluous. */
                changed = true;
                if (fieldspecs_merge(arena, &a->section[i], more, &out.section[i], err) < 0)
                        return err_wrap(err, "failed to merge %s fieldSpec", section_names[i]);
        }
        if (!a->references.len) {
                out.references = b->references;
        } else if (a->references.items != b->references.items) {
                changed = true;
                for (size_t i = 0; i < b->references.len; i++) {
                        const struct backref *ref = &b->references.items[i];
                        if (backrefs_add(arena, &out.references, &ref->target, &ref->referrers, err) < 0)
                                return err_wrap(err, "failed to merge NameReference fieldSpec");
                }
        }
        if (changed && sort_config(arena, &out, err) < 0)
                return -1;
        for (size_t i = 0; changed && i < CONFIG_SECTIONS; i++)
                out.section[i].merged = !a->section[i].len;
        *ret = out;
        return 0;
}

/* ---- sources ---- */

static struct gvk gvk_of(const struct value *v) {
        return (struct gvk){
                .group = value_string_or(value_get(v, "group"), ""),
                .version = value_string_or(value_get(v, "version"), ""),
                .kind = value_string_or(value_get(v, "kind"), ""),
        };
}

int fieldspecs_from_value(struct arena *a, const struct value *list, struct fieldspecs *ret, struct err *err) {
        struct fieldspecs out = {0};
        if (value_is_list(list))
                VALUE_EACH_ITEM(item, list) {
                        struct fieldspec fs = {
                                .gvk = gvk_of(item),
                                .path = value_string_or(value_get(item, "path"), ""),
                                .create = value_bool_or(value_get(item, "create"), false),
                        };
                        if (fieldspecs_add(a, &out, fs, err) < 0)
                                return -1;
                }
        *ret = out;
        return 0;
}

int config_from_value(struct arena *a, const struct value *v, struct config *ret, struct err *err) {
        struct config out = {0};
        for (size_t i = 0; i < CONFIG_SECTIONS; i++)
                if (fieldspecs_from_value(a, value_get(v, section_names[i]), &out.section[i], err) < 0)
                        return -1;
        const struct value *references = value_get(v, "nameReference");
        if (value_is_list(references))
                VALUE_EACH_ITEM(item, references) {
                        struct fieldspecs referrers;
                        struct gvk target = gvk_of(item);
                        if (fieldspecs_from_value(a, value_get(item, "fieldSpecs"), &referrers, err) < 0 ||
                            backrefs_add(a, &out.references, &target, &referrers, err) < 0)
                                return -1;
                }
        if (sort_config(a, &out, err) < 0)
                return -1;
        *ret = out;
        return 0;
}

int config_builtin(struct arena *a, struct config *ret, struct err *err) {
        struct config raw = {0};
        struct table t = TABLE(kustomize_fieldspecs);
        const char *c[9];
        struct fieldspecs pending = {0};
        struct gvk target = {0};
        while (table_next(&t, a, c, ARRAY_LEN(c))) {
                struct fieldspec fs = {
                        .gvk = {.group = c[4], .version = c[5], .kind = c[6]}, .path = c[7], .create = *c[8] != 0};
                if (streq(c[0], "nameReference")) {
                        struct gvk next = {.group = c[1], .version = c[2], .kind = c[3]};
                        if (pending.len && !gvk_equal(&next, &target)) {
                                if (backrefs_add(a, &raw.references, &target, &pending, err) < 0)
                                        return -1;
                                pending = (struct fieldspecs){0};
                        }
                        target = next;
                        if (fieldspecs_add(a, &pending, fs, err) < 0)
                                return -1;
                        continue;
                }
                for (size_t i = 0; i < CONFIG_SECTIONS; i++)
                        if (streq(c[0], section_names[i]) && fieldspecs_add(a, &raw.section[i], fs, err) < 0)
                                return -1;
        }
        if (pending.len && backrefs_add(a, &raw.references, &target, &pending, err) < 0)
                return -1;
        const struct config none = {0};
        if (sort_config(a, &raw, err) < 0)
                return -1;
        return config_merge(a, &none, &raw, ret, err);
}
