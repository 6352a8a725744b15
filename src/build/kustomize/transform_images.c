/* SPDX-License-Identifier: Apache-2.0 */
/* images: new names, tags and digests, in the fields of the table and in every list named containers. */
#include "build/kustomize/fieldpath.h"
#include "build/kustomize/transform.h"
#include "lang/regex.h"

struct images_step {
        const struct value *image; /* name, newName, newTag, tagSuffix, digest */
        const struct fieldspecs *fields;
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
        return arena_printf(a, "%s%s%s%s%s", ref.name, *ref.tag ? ":" : "", ref.tag, *ref.digest ? "@" : "",
                            ref.digest);
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

/* Recursion is as deep as the document, which the reader bounds. */
static int walk_containers(struct arena *a, struct image_context *c, struct value *v, struct err *err) {
        if (value_is_list(v)) {
                VALUE_EACH_ITEM(item, v)
                        if (walk_containers(a, c, item, err) < 0)
                                return -1;
        } else if (value_is_map(v)) {
                VALUE_EACH_MEMBER(m, v) {
                        if (walk_containers(a, c, &m->value, err) < 0)
                                return -1;
                        if (value_is_list(&m->value) &&
                            (streq(m->key, "containers") || streq(m->key, "initContainers")) &&
                            set_containers(a, c, &m->value, err) < 0)
                                return -1;
                }
        }
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
        const struct field_action action = {.set = set_image, .context = &context};
        for (int pass = 0; pass < 2; pass++)
                for (size_t i = 0; i < m->len; i++) {
                        struct value *object = &m->items[i]->object;
                        if (value_equals_str(value_get(object, "kind"), "CustomResourceDefinition"))
                                continue;
                        int failed = pass ? fieldspecs_apply(e->arena, s->fields, &action, object, err)
                                          : walk_containers(e->arena, &context, object, err);
                        if (failed)
                                return -1;
                }
        return 0;
}

int images_configure(struct target *t, const struct value *image, const struct fieldspecs *fields, struct steps *steps,
                     struct err *err) {
        struct images_step *s = arena_make(t->e->arena, struct images_step);
        if (!s)
                return err_oom(err);
        *s = (struct images_step){.image = image, .fields = fields};
        struct step step = {.run = run_images, .arg = s, .kind = "ImageTagTransformer"};
        return steps_add(t->e->arena, steps, step, err);
}
