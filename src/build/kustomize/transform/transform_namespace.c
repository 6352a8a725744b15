/* SPDX-License-Identifier: Apache-2.0 */
/* namespace: of resources, of the subjects of role bindings, of what the table names. */
#include "base/limits.h"
#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/transform/transform.h"
#include "data/json/json.h"

struct namespace_step {
        const char *ns;
        struct fieldspecs metadata; /* metadata/namespace, of all kinds */
        const struct fieldspecs *fields;
        bool unset_only;
        enum subjects subjects;
};

static int set_namespace(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct namespace_step *s = context;
        if (s->unset_only && *scalar_text(a, field))
                return 0;
        struct value ns = value_str(s->ns);
        if (scalar_is_quoted(field))
                ns.style = field->style; /* quotes stay, which messages show */
        return field_set_scalar(field, ns, err);
}

static bool is_binding(const char *kind) {
        return streq(kind, "RoleBinding") || streq(kind, "ClusterRoleBinding");
}

/* 1: the subject is one of those whose namespace is set. */
static int is_wanted(const struct namespace_step *s, const struct value *subject, struct err *err) {
        const char *key = s->subjects == SUBJECTS_ALL ? "kind" : "name";
        const struct value *v = value_get(subject, key);
        int failed = 0;
        if (!value_is_null(subject) && !value_is_map(subject))
                failed = scalar_wrong_kind("MappingNode", subject, err);
        else if (v && !scalar_is(v))
                failed = scalar_wrong_kind("ScalarNode", v, err);
        if (failed)
                return err_wrap(err, "looking up %s on (cluster)role binding subject", key);
        return value_equals_str(v, s->subjects == SUBJECTS_ALL ? "ServiceAccount" : "default");
}

static int set_subjects(struct arena *a, const struct namespace_step *s, struct value *object, struct err *err) {
        struct value *subjects = value_get(object, "subjects");
        if (s->subjects == SUBJECTS_NONE || value_is_null(subjects))
                return 0;
        if (!value_is_list(subjects))
                return scalar_wrong_kind("SequenceNode", subjects, err);
        VALUE_EACH_ITEM(subject, subjects) {
                int wanted = is_wanted(s, subject, err);
                if (!wanted)
                        continue;
                struct value *field = wanted > 0 ? value_get(subject, "namespace") : NULL;
                if (wanted > 0 && !field && !(field = value_set(a, subject, "namespace", value_str(""))))
                        return err_oom(err);
                if (wanted < 0 || set_namespace(a, (void *)s, field, err) < 0)
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
        if (!cluster_scoped && fieldspec_apply(a, &s->metadata.items[0], &action, &r->object, err) < 0)
                return -1;
        bool binding = is_binding(resource_kind(a, r));
        if (binding && set_subjects(a, s, &r->object, err) < 0)
                return -1;
        const char *api_version = resource_api_version(a, r);
        for (size_t i = 0; i < s->fields->len; i++)
                if (field_applies(&s->fields->items[i], api_version, binding) &&
                    fieldspec_apply(a, &s->fields->items[i], &action, &r->object, err) < 0)
                        return strstr(err_message(err), "expected ScalarNode")
                                       ? err_wrap(err, "namespace field specs must target scalar nodes")
                                       : err_wrap(err, "namespace transformation failed");
        return 0;
}

/* Appends the resource as kustomize's own text has it: JSON, with what it was called before in annotations. */
static int show(struct arena *a, const struct resource *r, struct buf *text, struct err *err) {
        static const char *const keys[] = {"previousKinds", "previousNames", "previousNamespaces"};
        struct value copy, *annotations = NULL;
        if (value_clone(a, &r->object, &copy, err) < 0)
                return -1;
        struct value *metadata = value_obtain_map(a, &copy, "metadata");
        if (!metadata || !(annotations = value_obtain_map(a, metadata, "annotations")))
                return err_oom(err);
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
                _cleanup_buf_ struct buf joined = BUF_INIT(65536);
                for (size_t i = 0; i < r->n_previous; i++) {
                        const struct resid *id = &r->previous[i];
                        const char *const parts[] = {id->gvk.kind, id->name, id->ns};
                        buf_addf(&joined, "%s%s", i ? "," : "", parts[k]);
                }
                const char *key = arena_printf(a, "internal.config.kubernetes.io/%s", keys[k]);
                if (!key || !value_set(a, annotations, key, value_strf(a, "%s", buf_str(&joined))))
                        return err_oom(err);
        }
        json_write(text, &copy, JSON_HTML_ESCAPE | JSON_SORT_KEYS);
        return 0;
}

static int conflict(struct engine *e, const struct resmap *m, const struct resid *id, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_MESSAGE_VALUE);
        size_t n, other_n;
        const char *key = resid_key(e->arena, id, &n);
        for (size_t i = 0; key && i < m->len; i++) {
                struct resid other;
                const char *other_key;
                if (resource_current_id(e->arena, &e->scopes, m->items[i], &other) < 0 ||
                    !(other_key = resid_key(e->arena, &other, &other_n)))
                        return err_oom(err);
                if (n != other_n || memcmp(key, other_key, n) != 0)
                        continue;
                if (text.len)
                        buf_addc(&text, ' ');
                if (show(e->arena, m->items[i], &text, err) < 0)
                        return -1;
        }
        return err_set(err, ERR_CONFLICT, "namespace transformation produces ID conflict: [%s]", buf_str(&text));
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
        _cleanup_arena_ struct arena *scratch = arena_new(0);
        struct resid id;
        if (!scratch)
                return err_oom(err);
        for (size_t i = 0; i < m->len; i++)
                if (resource_current_id(e->arena, &e->scopes, m->items[i], &id) < 0 ||
                    count_id(scratch, &counts, &id, 1) < 0)
                        return err_oom(err);
        resmap_touch(m);
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                if (from_helm(r))
                        continue;
                if (resource_current_id(e->arena, &e->scopes, r, &id) < 0 || count_id(scratch, &counts, &id, -1) < 0)
                        return err_oom(err);
                if (resource_store_id(e->arena, &e->scopes, r, err) < 0 ||
                    namespace_one(e, s, r, id.cluster_scoped, err) < 0)
                        return -1;
                if (resource_current_id(e->arena, &e->scopes, r, &id) < 0)
                        return err_oom(err);
                if (count_id(scratch, &counts, &id, 1) != 1)
                        return conflict(e, m, &id, err);
        }
        return 0;
}

int namespace_configure(struct target *t, const char *ns, const struct fieldspecs *fields, bool unset_only,
                        enum subjects subjects, struct steps *steps, struct err *err) {
        struct namespace_step *s = arena_make(t->e->arena, struct namespace_step);
        if (!s)
                return err_oom(err);
        *s = (struct namespace_step){.ns = ns, .fields = fields, .unset_only = unset_only, .subjects = subjects};
        struct fieldspec metadata = {.gvk = {"", "", ""}, .path = "metadata/namespace", .create = true};
        if (fieldspecs_add(t->e->arena, &s->metadata, metadata, err) < 0)
                return -1;
        struct step step = {.run = run_namespace, .arg = s, .kind = "NamespaceTransformer"};
        return steps_add(t->e->arena, steps, step, err);
}
