/* SPDX-License-Identifier: Apache-2.0 */
/* namePrefix and nameSuffix. */
#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/transform/transform.h"

struct affix_step {
        const char *text;
        bool suffix;
        const struct fieldspecs *fields;
};

static int set_affix(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct affix_step *s = context;
        if (!scalar_is(field))
                return scalar_wrong_kind("ScalarNode", field, err);
        const char *old = scalar_node_text(a, field);
        const char *text = s->suffix ? arena_concat(a, old, s->text, NULL) : arena_concat(a, s->text, old, NULL);
        if (!text)
                return err_oom(err);
        *field = scalar_styled(field, text);
        return 0;
}

static bool keeps_name(const struct gvk *gvk) {
        return streq(gvk->kind, "CustomResourceDefinition") || streq(gvk->kind, "Namespace") ||
               (streq(gvk->kind, "APIService") && streq(gvk->group, "apiregistration.k8s.io"));
}

static int run_affix(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        const struct affix_step *s = arg;
        const struct field_action action = {
                .set = set_affix, .context = (void *)s, .creates = true, .created = value_str("")};
        resmap_touch(m);
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                struct resid id;
                if (resource_original_id(e->arena, &e->scopes, r, &id) < 0)
                        return err_oom(err);
                if (keeps_name(&id.gvk))
                        continue;
                for (size_t k = 0; k < s->fields->len; k++) {
                        const struct fieldspec *fs = &s->fields->items[k];
                        if (!gvk_selected(&id.gvk, &fs->gvk))
                                continue;
                        if (streq(fs->path, "metadata/name") && *s->text &&
                            (names_add(e->arena, s->suffix ? &r->suffixes : &r->prefixes, s->text, err) < 0 ||
                             resource_store_id(e->arena, &e->scopes, r, err) < 0))
                                return -1;
                        if (fieldspec_apply(e->arena, fs, &action, &r->object, err) < 0)
                                return -1;
                }
        }
        return 0;
}

int affix_configure(struct target *t, const char *text, bool suffix, const struct fieldspecs *fields,
                    struct steps *steps, struct err *err) {
        struct affix_step *s = arena_make(t->e->arena, struct affix_step);
        if (!s)
                return err_oom(err);
        *s = (struct affix_step){.text = text, .suffix = suffix, .fields = fields};
        struct step step = {.run = run_affix, .arg = s, .kind = suffix ? "SuffixTransformer" : "PrefixTransformer"};
        return steps_add(t->e->arena, steps, step, err);
}
