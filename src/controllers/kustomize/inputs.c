/* SPDX-License-Identifier: Apache-2.0 */
/* What a reconcile needs before it can build. */
#include "controllers/kustomize/reconcile.h"

#include "data/base64.h"
#include "kube/flux/condition.h"

#define THINGS_MAX 130 /* a source in two namespaces, the grants, and dependencies */

/* ---- the source ---- */

struct collecting {
        struct arena *a;
        struct value list;
        bool failed;
};

static void collect_grant(void *context, const struct cached_object *o) {
        struct collecting *c = context;
        struct value copy;
        if (value_copy(c->a, &o->value, &copy, NULL) < 0 || !value_append(c->a, &c->list, copy))
                c->failed = true;
}

static bool source_exists(void *context, const char *kind, const char *namespace_, const char *name) {
        struct kustomize_context *k = context;
        _cleanup_cached_ struct cached_object *o =
                streq(kind, "GitRepository") ? git_controller_get(k->git, namespace_, name) : NULL;
        return o != NULL;
}

static int add_thing(struct reconcile *r, const char **things, size_t *n, const char *kind, const char *namespace_,
                     const char *name) {
        if (*n == THINGS_MAX)
                return 0; /* more dependencies than are watched: their own interval brings them */
        things[*n] = arena_printf(r->a, "%s/%s/%s", kind, namespace_, name);
        return things[*n] ? (int)(*n += 1, 0) : -1;
}

/* Registers what must wake this Kustomization: its source, where a nearer one could appear, grants, dependencies. */
static int watch_things(struct reconcile *r, const char *source_name) {
        const char *things[THINGS_MAX];
        size_t n = 0;
        int failed = add_thing(r, things, &n, r->source_kind, r->namespace_, source_name);
        if (r->access.namespace_ && !streq(r->access.namespace_, r->namespace_))
                failed |= add_thing(r, things, &n, r->source_kind, r->access.namespace_, source_name);
        failed |= add_thing(r, things, &n, "SourceGrant", "", "");
        const struct value *list = value_get(r->spec, "dependsOn");
        if (value_is_list(list))
                VALUE_EACH_ITEM(d, list)
                        failed |= add_thing(r, things, &n, "Kustomization",
                                            value_string_or(value_get(d, "namespace"), r->namespace_),
                                            value_string_or(value_get(d, "name"), ""));
        char *key = arena_printf(r->a, "%s/%s", r->namespace_, r->name);
        return failed || !key ? -1 : dependents_set(r->k->dependents, r->namespace_, key, things, n);
}

static int decide_access(struct reconcile *r, const struct value *ref, struct err *err) {
        struct source_ref source = {
                .from_namespace = r->namespace_,
                .kind = r->source_kind,
                .namespace_ = value_get_str(ref, "namespace"),
                .name = value_string_or(value_get(ref, "name"), ""),
        };
        _cleanup_cached_ struct cached_object *ns = informer_get(r->k->namespaces, NULL, r->namespace_);
        struct collecting grants = {.a = r->a, .list = value_list()};
        struct value *labels = arena_make(r->a, struct value);
        const struct value *live = ns ? value_path(&ns->value, "metadata", "labels", NULL) : NULL;
        informer_each(r->k->grants, collect_grant, &grants); /* few, and made by admins only */
        if (grants.failed || !labels || (live && value_copy(r->a, live, labels, NULL) < 0))
                return err_oom(err);
        struct lockdown_view view = {
                .grants = &grants.list, .namespace_labels = labels, .source_exists = source_exists, .context = r->k};
        int decided = lockdown_resolve_source(r->a, &r->k->lockdown, &view, &source, &r->access, err);
        if (watch_things(r, source.name) < 0)
                return err_oom(err);
        return decided;
}

/* The artifact's revision and hash from the source's status. */
static int read_artifact(struct reconcile *r, struct err *err) {
        _cleanup_cached_ struct cached_object *o = git_controller_get(r->k->git, r->access.namespace_, r->access.name);
        if (!o)
                return err_set_reason(err, ERR_NOT_FOUND, "ArtifactFailed",
                                      "%s.source.toolkit.fluxcd.io \"%s\" not found", r->source_kind, r->access.name);
        const struct value *artifact = value_path(&o->value, "status", "artifact", NULL);
        const char *revision = value_get_str(artifact, "revision"), *path = value_get_str(artifact, "path");
        const char *file = path ? strrchr(path, '/') : NULL;
        if (!revision || !file)
                return err_set_reason(err, ERR_UNAVAILABLE, "ArtifactFailed",
                                      "Source artifact not found, retrying in 30s");
        r->revision = arena_strdup(r->a, revision);
        r->commit = arena_strndup(r->a, file + 1, strcspn(file + 1, "."));
        return r->revision && r->commit ? 0 : err_oom(err);
}

int inputs_resolve(struct reconcile *r, struct err *err) {
        const struct value *ref = value_get(r->spec, "sourceRef");
        r->source_kind = value_string_or(value_get(ref, "kind"), "");
        if (!streq(r->source_kind, "GitRepository"))
                return err_set_reason(err, ERR_UNSUPPORTED, "ArtifactFailed",
                                      "spec.sourceRef.kind '%s' is not supported by this version of weir: expected "
                                      "'GitRepository'",
                                      r->source_kind);
        if (decide_access(r, ref, err) < 0 || read_artifact(r, err) < 0)
                return -1;
        const char *path = value_get_str(r->spec, "path");
        return lockdown_limit_path(r->a, &r->access, path, &r->folders, &r->path, err);
}

/* ---- dependencies ---- */

static int not_ready(const char *namespace_, const char *name, const char *why, struct err *err) {
        return err_set_reason(err, ERR_UNAVAILABLE, "DependencyNotReady", "dependency '%s/%s' %s", namespace_, name,
                              why);
}

static bool same_source(const struct value *a, const char *a_namespace, const struct value *b,
                        const char *b_namespace) {
        const struct value *x = value_path(a, "spec", "sourceRef", NULL), *y = value_path(b, "spec", "sourceRef", NULL);
        return value_equal(value_get(x, "name"), value_get(y, "name")) &&
               value_equal(value_get(x, "kind"), value_get(y, "kind")) &&
               streq(value_string_or(value_get(x, "namespace"), a_namespace),
                     value_string_or(value_get(y, "namespace"), b_namespace));
}

static int check_dependency(struct reconcile *r, const struct value *d, struct err *err) {
        const char *namespace_ = value_string_or(value_get(d, "namespace"), r->namespace_);
        const char *name = value_string_or(value_get(d, "name"), "");
        if (lockdown_check_reference(&r->k->lockdown, r->namespace_, "Kustomization", namespace_, name, err) < 0)
                return -1;
        if (value_get(d, "readyExpr"))
                return err_set_reason(err, ERR_UNSUPPORTED, "InvalidCELExpression",
                                      "spec.dependsOn[].readyExpr is not supported by this version of weir: remove it");
        _cleanup_cached_ struct cached_object *o = informer_get(r->k->kustomizations, namespace_, name);
        if (!o)
                return not_ready(namespace_, name, "not found", err);
        int64_t generation = value_int_or(value_path(&o->value, "metadata", "generation", NULL), 0);
        if (value_int_or(value_path(&o->value, "status", "observedGeneration", NULL), -1) != generation ||
            !condition_is(&o->value, "Ready", "True"))
                return not_ready(namespace_, name, "is not ready", err);
        if (same_source(&r->object, r->namespace_, &o->value, namespace_) &&
            !value_equals_str(value_path(&o->value, "status", "lastAppliedRevision", NULL), r->revision))
                return not_ready(namespace_, name, "revision is not up to date", err);
        return 0;
}

int inputs_check_dependencies(struct reconcile *r, struct err *err) {
        const struct value *list = value_get(r->spec, "dependsOn");
        if (value_is_list(list))
                VALUE_EACH_ITEM(d, list)
                        if (check_dependency(r, d, err) < 0)
                                return -1;
        return 0;
}

/* ---- substitutions ---- */

/* A variable's value without its newlines, as Flux substitutes it. */
static int set_variable(struct reconcile *r, struct value *vars, const struct member *m, const char *text, size_t n) {
        char *flat = arena_alloc(r->a, n + 1), *to = flat;
        if (!flat)
                return -1;
        for (size_t i = 0; i < n; i++)
                if (text[i] != '\n')
                        *to++ = text[i];
        *to = '\0';
        return value_setn(r->a, vars, m->key, m->key_len, value_strn(flat, (size_t)(to - flat))) ? 0 : -1;
}

/* Puts the data of one ConfigMap or Secret over the variables. */
static int add_from(struct reconcile *r, const struct value *from, struct value *vars, struct err *err) {
        const char *kind = value_string_or(value_get(from, "kind"), ""),
                   *name = value_string_or(value_get(from, "name"), "");
        bool secret = streq(kind, "Secret"), optional = value_bool_or(value_get(from, "optional"), false);
        struct value o;
        if (client_get(r->k->manager->client, r->a, NULL, "v1", kind, r->namespace_, name, &o, err) < 0) {
                if (err->class == ERR_NOT_FOUND && optional) {
                        err_done(err);
                        return 0;
                }
                return err_wrap(err, "substitute from '%s/%s' error", kind, name);
        }
        const struct value *data = value_get(&o, "data");
        if (value_is_map(data))
                VALUE_EACH_MEMBER(m, data) {
                        const char *text = m->value.str;
                        size_t n = m->value.len;
                        char *decoded;
                        if (m->value.type != VALUE_STRING)
                                continue;
                        if (secret) {
                                if (base64_decode(r->a, text, n, &decoded, &n, err) < 0)
                                        return err_wrap(err, "Secret '%s' key '%s'", name, m->key);
                                text = decoded;
                        }
                        if (set_variable(r, vars, m, text, n) < 0)
                                return err_oom(err);
                }
        return 0;
}

int inputs_variables(struct reconcile *r, const struct value **ret, struct err *err) {
        const struct value *post = value_get(r->spec, "postBuild");
        *ret = NULL;
        if (!value_is_map(post))
                return 0;
        struct value *vars = arena_make(r->a, struct value);
        if (!vars)
                return err_oom(err);
        *vars = value_map();
        const struct value *from = value_get(post, "substituteFrom"), *inline_ = value_get(post, "substitute");
        if (value_is_list(from))
                VALUE_EACH_ITEM(f, from)
                        if (add_from(r, f, vars, err) < 0)
                                return -1;
        if (value_is_map(inline_))
                VALUE_EACH_MEMBER(m, inline_)
                        if (value_is_string(&m->value) && set_variable(r, vars, m, m->value.str, m->value.len) < 0)
                                return err_oom(err);
        *ret = vars;
        return 0;
}
