/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/field/fieldpath.h"

#include "base/buf.h"
#include "build/kustomize/field/lookup_part.h"
#include "build/kustomize/resource/resource.h"

int fieldpath_split(struct arena *a, const char *path, char separator, const char *const **ret, size_t *ret_n,
                    struct err *err) {
        size_t n = 1;
        for (const char *p = path; *p; p++)
                n += *p == separator;
        const char **parts = arena_zalloc(a, n + 1, sizeof(*parts));
        char *text = arena_strdup(a, path);
        if (!parts || !text)
                return err_oom(err);
        if (text[0] == separator && text[1])
                text++;
        size_t count = 0;
        char *to = text;
        parts[count++] = to;
        for (const char *from = text; *from; from++) {
                if (*from != separator) {
                        *to++ = *from;
                } else if (to > parts[count - 1] && to[-1] == '\\') {
                        to[-1] = separator;
                } else {
                        *to++ = 0;
                        parts[count++] = to;
                }
        }
        *to = 0;
        *ret = parts;
        *ret_n = count;
        return 0;
}

struct walk {
        struct arena *arena;
        const struct fieldspec *fs;
        const struct field_action *action;
};

static int walk_value(const struct walk *w, size_t at, struct value *v, struct err *err);

/* The path that is left, as Go's %v prints it. */
static int wrap_rest(const struct walk *w, size_t at, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(4096);
        for (size_t i = at; i < w->fs->n_parts; i++)
                buf_addf(&text, "%s%s", i > at ? " " : "", w->fs->parts[i].text);
        return err_wrap(err, "visit traversal on path: [%s]", buf_str(&text));
}

static int refuse_part(struct arena *a, const struct fieldspec_part *part, const struct value *map, struct err *err) {
        const char *name, *value;
        bool element = lookup_is_element(part->name);
        if (lookup_check_part(part->name, err) == 0 &&
            (!element || lookup_split_element(a, part->name, &name, &value, err) == 0))
                scalar_wrong_kind("SequenceNode", map, err);
        return err_wrap(err, "fieldName: %.*s", (int)(strlen(part->text) - (part->list ? 2 : 0)), part->text);
}

static int walk_map(const struct walk *w, size_t at, struct value *map, struct err *err) {
        const struct fieldspec_part *part = &w->fs->parts[at];
        if (part->blank)
                return walk_value(w, at + 1, map, err);
        if (part->len == 0)
                return err_set(err, ERR_INVALID, "cannot set or create an empty field name");
        if (part->misfit)
                return refuse_part(w->arena, part, map, err);
        bool last = at + 1 == w->fs->n_parts;
        bool create = w->fs->create && w->action->creates && !part->list;
        struct value *field = value_get_hashed(map, part->name, part->len, part->hash);
        struct value fresh = last ? w->action->created : value_map();
        if (!field) {
                if (!create)
                        return 0;
                field = value_add(w->arena, map, part->name, part->len, fresh);
                if (!field)
                        return err_oom(err);
        } else if (field->type == VALUE_NULL) {
                if (part->list)
                        *field = value_list();
                else if (create)
                        *field = fresh;
        }
        return walk_value(w, at + 1, field, err);
}

/* Recursion: one level for each part of the path and each list in between, which the readers bound. */
static int walk_value(const struct walk *w, size_t at, struct value *v, struct err *err) {
        if (at == w->fs->n_parts)
                return w->action->set(w->arena, w->action->context, v, err);
        if (v->type == VALUE_NULL)
                return 0;
        if (value_is_map(v))
                return walk_map(w, at, v, err);
        if (!value_is_list(v))
                return err_set(err, ERR_INVALID, "expected sequence or mapping node");
        VALUE_EACH_ITEM(item, v)
                if (walk_value(w, at, item, err) < 0)
                        return wrap_rest(w, at, err);
        return 0;
}

/* What the object is, read once for all specs. */
static int read_gvk(struct arena *a, const struct value *object, struct gvk *ret) {
        ret->kind = scalar_text(a, value_get(object, "kind"));
        return gvk_split(a, scalar_text(a, value_get(object, "apiVersion")), &ret->group, &ret->version);
}

static int apply(struct arena *a, const struct fieldspec *fs, const struct field_action *action, struct value *object,
                 struct err *err) {
        struct walk w = {.arena = a, .fs = fs, .action = action};
        if (walk_value(&w, 0, object, err) == 0)
                return 0;
        struct resource r = {.object = *object};
        struct scopes none = {0};
        struct resid id;
        if (resource_current_id(a, &none, &r, &id) < 0)
                return err_oom(err);
        return err_wrap(err, "considering field '%s' of object %s", fs->path, resid_string(a, &id));
}

int fieldspecs_apply(struct arena *a, const struct fieldspecs *list, const struct field_action *action,
                     struct value *object, struct err *err) {
        struct gvk gvk;
        if (read_gvk(a, object, &gvk) < 0)
                return err_oom(err);
        for (size_t i = 0; i < list->len; i++)
                if (gvk_selected(&gvk, &list->items[i].gvk) && apply(a, &list->items[i], action, object, err) < 0)
                        return -1;
        return 0;
}

int fieldspec_apply(struct arena *a, const struct fieldspec *fs, const struct field_action *action,
                    struct value *object, struct err *err) {
        struct gvk gvk = {"", "", ""};
        if (*fs->gvk.kind && !streq(fs->gvk.kind, scalar_text(a, value_get(object, "kind"))))
                return 0; /* most are for other kinds */
        bool picky = *fs->gvk.kind || *fs->gvk.group || *fs->gvk.version;
        if (picky && read_gvk(a, object, &gvk) < 0)
                return err_oom(err);
        return gvk_selected(&gvk, &fs->gvk) ? apply(a, fs, action, object, err) : 0;
}

int field_set_scalar(struct value *field, struct value v, struct err *err) {
        if (!scalar_is(field))
                return scalar_wrong_kind("ScalarNode", field, err);
        *field = v;
        return 0;
}
