/* SPDX-License-Identifier: Apache-2.0 */
/* weir create tenant NAME: namespace, service account and role binding of a tenant (spec/flux/flux-cli.md 9.3). */
#include "cli/cli.h"
#include "cli/session.h"
#include "data/yaml/yaml.h"

#define LABEL "toolkit.fluxcd.io/tenant"

struct tenant {
        const char *name;
        struct option_list namespaces;
        const char *cluster_role;
        const char *service_account;
        struct option_list users;
        bool skip_namespace;
        bool export;
};

static bool set(struct arena *a, struct value *map, const char *key, const char *s) {
        return value_set(a, map, key, value_str(s)) != NULL;
}

/* An object with apiVersion, kind and metadata; false when memory is out. */
static bool head(struct arena *a, const struct tenant *t, const char *api_version, const char *kind, const char *name,
                 const char *namespace_, struct value *ret) {
        struct value meta = value_map(), labels = value_map();
        *ret = value_map();
        return set(a, &labels, LABEL, t->name) && value_set(a, &meta, "labels", labels) &&
               set(a, &meta, "name", name) && (!namespace_ || set(a, &meta, "namespace", namespace_)) &&
               set(a, ret, "apiVersion", api_version) && set(a, ret, "kind", kind) &&
               value_set(a, ret, "metadata", meta);
}

static bool add_subject(struct arena *a, struct value *subjects, const char *kind, const char *name,
                        const char *namespace_) {
        struct value s = value_map();
        return (namespace_ || set(a, &s, "apiGroup", "rbac.authorization.k8s.io")) && set(a, &s, "kind", kind) &&
               set(a, &s, "name", name) && (!namespace_ || set(a, &s, "namespace", namespace_)) &&
               value_append(a, subjects, s);
}

static bool binding(struct arena *a, const struct tenant *t, const char *namespace_, struct value *ret) {
        struct value role = value_map(), subjects = value_list();
        char *name = arena_printf(a, "%s-reconciler", t->name),
             *user = arena_printf(a, "gotk:%s:reconciler", namespace_);
        bool ok = name && user && head(a, t, "rbac.authorization.k8s.io/v1", "RoleBinding", name, namespace_, ret) &&
                  set(a, &role, "apiGroup", "rbac.authorization.k8s.io") && set(a, &role, "kind", "ClusterRole") &&
                  set(a, &role, "name", t->cluster_role) && value_set(a, ret, "roleRef", role) &&
                  add_subject(a, &subjects, "User", user, NULL) &&
                  add_subject(a, &subjects, "ServiceAccount", t->service_account, namespace_);
        for (size_t i = 0; ok && i < t->users.len; i++)
                ok = add_subject(a, &subjects, "User", t->users.items[i], NULL);
        return ok && value_set(a, ret, "subjects", subjects);
}

static int objects_of(struct arena *a, const struct tenant *t, struct value *ret, struct err *err) {
        *ret = value_list();
        for (size_t i = 0; i < t->namespaces.len; i++) {
                const char *ns = t->namespaces.items[i];
                struct value o;
                if ((!t->skip_namespace &&
                     (!head(a, t, "v1", "Namespace", ns, NULL, &o) || !value_append(a, ret, o))) ||
                    !head(a, t, "v1", "ServiceAccount", t->service_account, ns, &o) || !value_append(a, ret, o) ||
                    !binding(a, t, ns, &o) || !value_append(a, ret, o))
                        return err_oom(err);
        }
        return 0;
}

/* A role binding's roleRef cannot change: it is made anew when it differs. */
static int apply(struct session *s, const struct value *o, struct err *err) {
        struct client_apply_options options = {.field_manager = "flux", .force = true};
        const char *kind = value_get_str(o, "kind"), *name = value_path_str(o, "metadata", "name", NULL);
        int r = client_apply(s->client, s->arena, NULL, o, &options, NULL, err);
        if (r < 0 && err->class == ERR_INVALID && streq(kind, "RoleBinding")) {
                err_done(err);
                r = client_delete(s->client, s->arena, NULL, value_get_str(o, "apiVersion"), kind,
                                  value_path_str(o, "metadata", "namespace", NULL), name, NULL, err);
                if (r == 0)
                        r = client_apply(s->client, s->arena, NULL, o, &options, NULL, err);
        }
        return r < 0 ? err_wrap(err, "%s/%s", kind, name) : 0;
}

static void print(const struct value *objects) {
        _cleanup_buf_ struct buf b = BUF_INIT(1 << 24);
        VALUE_EACH_ITEM(o, objects) {
                buf_adds(&b, "---\n");
                yaml_write(&b, o, YAML_SIGS);
        }
        fwrite(buf_str(&b), 1, b.len, stdout);
}

static int create(struct session *s, const struct tenant *t, struct err *err) {
        struct value objects;
        if (t->export) {
                s->arena = arena_new(0);
                if (!s->arena || objects_of(s->arena, t, &objects, err) < 0)
                        return err_oom(err);
                print(&objects);
                return 0;
        }
        if (session_open(s, err) < 0 || objects_of(s->arena, t, &objects, err) < 0)
                return -1;
        VALUE_EACH_ITEM(o, &objects) {
                say_action("applying %s %s", value_get_str(o, "kind"), value_path_str(o, "metadata", "name", NULL));
                if (apply(s, o, err) < 0)
                        return -1;
        }
        say_success("tenant setup completed");
        return 0;
}

int cmd_create(int argc, char **argv) {
        _cleanup_session_ struct session s = SESSION_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        struct tenant t = {.cluster_role = "cluster-admin"};
        struct option_list words;
        const struct option table[] = {
                {"with-namespace", 0, OPTION_LIST, &t.namespaces, "namespace belonging to this tenant"},
                {"cluster-role", 0, OPTION_STRING, &t.cluster_role, "cluster role of the tenant role binding"},
                {"with-service-account", 0, OPTION_STRING, &t.service_account, "service account of this tenant"},
                {"with-user", 0, OPTION_LIST, &t.users, "user who is bound as well (weir's own)"},
                {"skip-namespace", 0, OPTION_BOOL, &t.skip_namespace, "skip namespace creation (must exist already)"},
                {"export", 0, OPTION_BOOL, &t.export, "export in YAML format to stdout"},
                SESSION_OPTIONS(s),
        };
        if (options_want_help(argc, argv, "create tenant NAME [flags]", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        if (words.len == 0 || !streq(words.items[0], "tenant")) {
                say_failure("create %s: expected `create tenant NAME`; other kinds are not built yet",
                            words.len ? words.items[0] : "");
                return 1;
        }
        if (words.len < 2 || t.namespaces.len == 0) {
                say_failure(words.len < 2 ? "name is required" : "with-namespace is required");
                return 1;
        }
        t.name = words.items[1];
        if (!t.service_account)
                t.service_account = t.name;
        return create(&s, &t, &err) < 0 ? session_fail(&err) : 0;
}
