/* SPDX-License-Identifier: Apache-2.0 */
/* images: new names, tags and digests, in the fields of the table and in every list named containers. */
#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/transform/transform.h"
#include "lang/regex.h"

/* All lists named containers of a layer, in the order of the objects. Looking for them means to walk through
 * everything, so image steps that follow one another share what the first found: they write nothing but images. */
struct container_lists {
        struct value **items;
        size_t len;
        bool found;
};

struct images_step {
        const struct value *image; /* name, newName, newTag, tagSuffix, digest */
        const struct fieldspecs *fields;
        struct container_lists *lists;
};

struct image_context {
        const struct value *image;
        const struct regex *pattern; /* NULL: the name is no pattern, which matters once there is an image */
};

struct image_ref {                       /* the parts of "name:tag@digest" */
        const char *name, *tag, *digest; /* NULL: memory */
};

/* The registry's part before the first slash may hold a port: no tag is looked for in it. */
static struct image_ref split_image(struct arena *a, const char *text) {
        const char *slash = strchr(text, '/');
        const char *from = slash && slash > text ? slash : text;
        const char *at = strchr(from, '@'), *colon = strchr(from, ':');
        if (at && colon && at < colon)
                colon = NULL;
        const char *name_end = colon ? colon : at ? at : text + strlen(text);
        struct image_ref ref = {.name = arena_strndup(a, text, (size_t)(name_end - text)), .tag = "", .digest = ""};
        if (colon)
                ref.tag = at ? arena_strndup(a, colon + 1, (size_t)(at - colon - 1)) : colon + 1;
        if (at)
                ref.digest = at + 1;
        return ref;
}

static const char *rewrite(struct arena *a, const struct value *image, const char *old) {
        struct image_ref ref = split_image(a, old);
        const char *name = value_string_or(value_get(image, "newName"), "");
        const char *tag = value_string_or(value_get(image, "newTag"), "");
        const char *suffix = value_string_or(value_get(image, "tagSuffix"), "");
        const char *digest = value_string_or(value_get(image, "digest"), "");
        if (*name)
                ref.name = name;
        if (*tag || *digest) {
                ref.tag = tag;
                ref.digest = digest;
        } else if (*suffix) {
                ref.tag = ref.tag ? arena_printf(a, "%s%s", ref.tag, suffix) : NULL;
                ref.digest = "";
        }
        if (!ref.name || !ref.tag)
                return NULL;
        return arena_concat(a, ref.name, *ref.tag ? ":" : "", ref.tag, *ref.digest ? "@" : "", ref.digest, NULL);
}

static int set_image(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct image_context *c = context;
        if (field->type == VALUE_NULL)
                return 0;
        if (!scalar_is(field))
                return scalar_wrong_kind("ScalarNode", field, err);
        const char *old = scalar_text(a, field);
        if (!c->pattern)
                return err_set(err, ERR_INVALID, "images: the name '%s' is no regular expression",
                               value_string_or(value_get(c->image, "name"), ""));
        if (!regex_match(c->pattern, old, strlen(old)))
                return 0;
        const char *text = rewrite(a, c->image, old);
        if (!text)
                return err_oom(err);
        *field = scalar_styled(field, text);
        return 0;
}

static int set_containers(struct arena *a, struct image_context *c, struct value *list, struct err *err) {
        VALUE_EACH_ITEM(item, list) {
                struct value *image = value_get(item, "image");
                if (item->type != VALUE_NULL && !value_is_map(item))
                        return scalar_wrong_kind("MappingNode", item, err);
                if (image && set_image(a, c, image, err) < 0)
                        return -1;
        }
        return 0;
}

static int add_list(struct arena *a, struct container_lists *lists, struct value *list) {
        struct value **items = arena_grow_one(a, lists->items, lists->len, sizeof(*items));
        if (!items)
                return -1;
        items[lists->len++] = list;
        lists->items = items;
        return 0;
}

/* Recursion is as deep as the document, which the reader bounds. */
static int find_lists(struct arena *a, struct container_lists *lists, struct value *v) {
        if (value_is_list(v)) {
                VALUE_EACH_ITEM(item, v)
                        if (find_lists(a, lists, item) < 0)
                                return -1;
        } else if (value_is_map(v)) {
                VALUE_EACH_MEMBER(m, v) {
                        if (m->value.type != VALUE_LIST && m->value.type != VALUE_MAP)
                                continue;
                        if (find_lists(a, lists, &m->value) < 0)
                                return -1;
                        if (value_is_list(&m->value) &&
                            (streq(m->key, "containers") || streq(m->key, "initContainers")) &&
                            add_list(a, lists, &m->value) < 0)
                                return -1;
                }
        }
        return 0;
}

static bool has_images(const struct resource *r) {
        return !value_equals_str(value_get(&r->object, "kind"), "CustomResourceDefinition");
}

static int set_all(struct engine *e, struct resmap *m, const struct images_step *s, struct image_context *c,
                   struct err *err) {
        const struct field_action action = {.set = set_image, .context = c};
        for (size_t i = 0; i < m->len && !s->lists->found; i++)
                if (has_images(m->items[i]) && find_lists(e->arena, s->lists, &m->items[i]->object) < 0)
                        return err_oom(err);
        s->lists->found = true;
        for (size_t i = 0; i < s->lists->len; i++)
                if (set_containers(e->arena, c, s->lists->items[i], err) < 0)
                        return -1;
        for (size_t i = 0; i < m->len; i++)
                if (has_images(m->items[i]) &&
                    fieldspecs_apply(e->arena, s->fields, &action, &m->items[i]->object, err) < 0)
                        return -1;
        return 0;
}

static int run_images(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        const struct images_step *s = arg;
        _cleanup_regex_ struct regex *pattern = NULL;
        /* The name is a pattern itself, as in kustomize. */
        const char *text = arena_printf(e->arena, "^%s(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$",
                                        value_string_or(value_get(s->image, "name"), ""));
        if (!text)
                return err_oom(err);
        _cleanup_err_ struct err why = ERR_INIT;
        if (regex_new(text, strlen(text), &pattern, &why) < 0 && why.class != ERR_SYNTAX)
                return err_move(err, &why);
        struct image_context context = {.image = s->image, .pattern = pattern};
        return set_all(e, m, s, &context, err);
}

int images_configure(struct target *t, const struct value *image, const struct fieldspecs *fields, struct steps *steps,
                     struct err *err) {
        struct arena *a = t->e->arena;
        struct images_step *s = arena_make(a, struct images_step);
        if (!s)
                return err_oom(err);
        *s = (struct images_step){.image = image, .fields = fields};
        const struct step *before = steps->len ? &steps->items[steps->len - 1] : NULL;
        if (before && before->run == run_images)
                s->lists = ((const struct images_step *)before->arg)->lists;
        else if (!(s->lists = arena_make(a, struct container_lists)))
                return err_oom(err);
        struct step step = {.run = run_images, .arg = s, .kind = "ImageTagTransformer"};
        return steps_add(a, steps, step, err);
}
