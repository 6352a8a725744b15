/* SPDX-License-Identifier: Apache-2.0 */
/* namespace, namePrefix and nameSuffix. */
#include "build/kustomize/fieldpath.h"
#include "build/kustomize/transform.h"

/* ---- namespace ---- */

struct namespace_step {
        const char *ns;
        const struct fieldspecs *fields;
        bool unset_only;
        enum subjects subjects;
};

static int set_namespace(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct namespace_step *s = context;
        if (s->unset_only && *scalar_text(a, field))
                return 0;
        return field_set_scalar(field, value_str(s->ns), err);
}

static bool is_binding(const char *kind) {
        return streq(kind, "RoleBinding") || streq(kind, "ClusterRoleBinding");
}

static int set_subjects(struct arena *a, const struct namespace_step *s, struct value *object, struct err *err) {
        struct value *subjects = value_get(object, "subjects");
        if (s->subjects == SUBJECTS_NONE || value_is_null(subjects))
                return 0;
        if (!value_is_list(subjects))
                return scalar_wrong_kind("SequenceNode", subjects, err);
        VALUE_EACH_ITEM(subject, subjects) {
                bool wanted = s->subjects == SUBJECTS_ALL ? value_equals_str(value_get(subject, "kind"), "ServiceAccount")
                                                          : value_equals_str(value_get(subject, "name"), "default");
                if (!wanted)
                        continue;
                struct value *field = value_get(subject, "namespace");
                if (!field && !(field = value_set(a, subject, "namespace", value_str(""))))
                        return err_oom(err);
                if (set_namespace(a, (void *)s, field, err) < 0)
                        return err_wrap(err, "setting namespace on (cluster)role binding subjects");
        }
        return 0;
}

static bool field_applies(const struct fieldspec *fs, const char *api_version, bool binding) {
        if (streq(fs->path, "metadata/namespace"))
                return false;
        if (streq(fs->path, "metadata/name") && !streq(api_version, "v1"))
                return false;
        return !(binding && is_binding(fs->gvk.kind) && streq(fs->path, "subjects/namespace"));
}

/* What helm rendered has its namespace already. */
static bool from_helm(const struct resource *r) {
        const struct value *annotations = value_path(&r->object, "metadata", "annotations", NULL);
        return value_equals_str(value_get(annotations, "internal.config.kubernetes.io/helm-generated"), "true");
}

static int namespace_one(struct engine *e, const struct namespace_step *s, struct resource *r, bool cluster_scoped,
                         struct err *err) {
        struct arena *a = e->arena;
        struct field_action action = {
                .set = set_namespace, .context = (void *)s, .creates = true, .created = value_str("")};
        static const char *const parts[] = {"metadata", "namespace"};
        const struct fieldspec metadata = {
                .gvk = {"", "", ""}, .path = "metadata/namespace", .parts = parts, .n_parts = 2, .create = true};
        if (!cluster_scoped && fieldspec_apply(a, &metadata, &action, &r->object, err) < 0)
                return -1;
        bool binding = is_binding(resource_kind(a, r));
        if (binding && set_subjects(a, s, &r->object, err) < 0)
                return -1;
        const char *api_version = resource_api_version(a, r);
        for (size_t i = 0; i < s->fields->len; i++)
                if (field_applies(&s->fields->items[i], api_version, binding) &&
                    fieldspec_apply(a, &s->fields->items[i], &action, &r->object, err) < 0)
                        return err_wrap(err, "namespace transformation failed");
        return 0;
}

/* Adds n to the count of an id and answers the new count. */
static long count_id(struct arena *a, struct strmap *counts, const struct resid *id, long n) {
        size_t len;
        const char *key = resid_key(a, id, &len);
        long *count = key ? strmap_get(counts, key, len) : NULL;
        if (!count) {
                count = key ? arena_make(a, long) : NULL;
                if (!count || strmap_set(counts, key, len, count) < 0)
                        return -1;
        }
        return *count += n;
}

static int run_namespace(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        const struct namespace_step *s = arg;
        _cleanup_strmap_ struct strmap counts = STRMAP_INIT;
        struct resid id;
        for (size_t i = 0; i < m->len; i++)
                if (resource_current_id(e->arena, &e->scopes, m->items[i], &id) < 0 ||
                    count_id(e->arena, &counts, &id, 1) < 0)
                        return err_oom(err);
        resmap_touch(m);
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                if (from_helm(r))
                        continue;
                if (resource_current_id(e->arena, &e->scopes, r, &id) < 0 ||
                    count_id(e->arena, &counts, &id, -1) < 0)
                        return err_oom(err);
                if (resource_store_id(e->arena, &e->scopes, r, err) < 0 ||
                    namespace_one(e, s, r, id.cluster_scoped, err) < 0)
                        return -1;
                if (resource_current_id(e->arena, &e->scopes, r, &id) < 0)
                        return err_oom(err);
                if (count_id(e->arena, &counts, &id, 1) != 1)
                        return err_set(err, ERR_CONFLICT, "namespace transformation produces ID conflict: %s",
                                       resid_string(e->arena, &id));
        }
        return 0;
}

int namespace_configure(struct target *t, const char *ns, const struct fieldspecs *fields, bool unset_only,
                        enum subjects subjects, struct steps *steps, struct err *err) {
        struct namespace_step *s = arena_make(t->e->arena, struct namespace_step);
        if (!s)
                return err_oom(err);
        *s = (struct namespace_step){.ns = ns, .fields = fields, .unset_only = unset_only, .subjects = subjects};
        struct step step = {.run = run_namespace, .arg = s, .kind = "NamespaceTransformer"};
        return steps_add(t->e->arena, steps, step, err);
}

/* ---- prefix and suffix ---- */

struct affix_step {
        const char *text;
        bool suffix;
        const struct fieldspecs *fields;
};

static int set_affix(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct affix_step *s = context;
        if (!scalar_is(field))
                return scalar_wrong_kind("ScalarNode", field, err);
        const char *old = scalar_text(a, field);
        const char *text = s->suffix ? arena_printf(a, "%s%s", old, s->text) : arena_printf(a, "%s%s", s->text, old);
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
        struct step step = {
                .run = run_affix, .arg = s, .kind = suffix ? "SuffixTransformer" : "PrefixTransformer"};
        return steps_add(t->e->arena, steps, step, err);
}
