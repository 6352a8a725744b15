/* SPDX-License-Identifier: Apache-2.0 */
/* An APIService for each group and version of custom resources: that is where clients look for what is served. */
#include "apiserver/controllers/internal.h"
#include "apiserver/crd/crd.h"
#include "base/limits.h"

/* What kube-apiserver gives to groups that nobody ranked. */
#define GROUP_PRIORITY 1000
#define VERSION_PRIORITY 100
#define AUTOMANAGED "kube-aggregator.kubernetes.io/automanaged"

static int make(struct controllers *c, const struct kind *k, struct arena *a, const char *group, const char *version,
                struct err *err) {
        const struct registry_options options = {.manager = "kube-apiserver"};
        struct value object = value_map(), metadata = value_map(), labels = value_map(), spec = value_map();
        struct value name = value_strf(a, "%s.%s", version, group);
        _cleanup_object_ struct object *live = NULL;
        if (value_is_null(&name))
                return err_oom(err);
        if (registry_get(c->registry, k, "", name.str, &live, NULL) == 0)
                return 0;
        if (!value_set(a, &labels, AUTOMANAGED, value_str("true")) || !value_set(a, &metadata, "name", name) ||
            !value_set(a, &metadata, "labels", labels) || !value_set(a, &spec, "group", value_str(group)) ||
            !value_set(a, &spec, "version", value_str(version)) ||
            !value_set(a, &spec, "groupPriorityMinimum", value_int(GROUP_PRIORITY)) ||
            !value_set(a, &spec, "versionPriority", value_int(VERSION_PRIORITY)) ||
            !value_set(a, &object, "apiVersion", value_str("apiregistration.k8s.io/v1")) ||
            !value_set(a, &object, "kind", value_str("APIService")) || !value_set(a, &object, "metadata", metadata) ||
            !value_set(a, &object, "spec", spec))
                return err_oom(err);
        return registry_create(c->registry, a, k, "", &object, &options, NULL, err);
}

static bool served(const struct kind_set *kinds, const char *group, const char *version) {
        for (size_t i = 0; i < kind_count(kinds); i++)
                if (streq(kind_at(kinds, i)->group, group) && streq(kind_at(kinds, i)->version, version))
                        return true;
        return false;
}

static int remove_service(struct controllers *c, const struct kind *k, struct arena *a, const char *group,
                          const char *version, struct err *err) {
        const struct registry_options options = {.manager = "kube-apiserver"};
        const char *name = arena_printf(a, "%s.%s", version, group);
        _cleanup_object_ struct object *live = NULL;
        if (!name)
                return err_oom(err);
        if (registry_get(c->registry, k, "", name, &live, NULL) < 0 || !object_label(live, AUTOMANAGED))
                return 0;
        return registry_delete(c->registry, a, k, "", name, NULL, &options, NULL, err);
}

/* o: a CRD that came, changed or (deleted) went. */
void apiservices_sync(struct controllers *c, const struct kind_set *kinds, const struct object *o, bool deleted) {
        const struct kind *k = kind_by_resource(kinds, "apiregistration.k8s.io", "v1", "apiservices");
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value crd;
        if (!a || !k || object_tree(o, a, &crd, NULL) < 0 || (!deleted && !crd_established(&crd)))
                return;
        const char *group = value_string_or(value_path(&crd, "spec", "group", NULL), "");
        const struct value *versions = value_path(&crd, "spec", "versions", NULL);
        if (!value_is_list(versions))
                return;
        VALUE_EACH_ITEM(version, versions) {
                const char *name = value_string_or(value_get(version, "name"), "");
                /* the snapshot of kinds may not have the new CRD yet: what was established is served */
                bool wanted = !deleted && value_bool_or(value_get(version, "served"), false);
                if (!wanted && served(kinds, group, name))
                        continue;
                if ((wanted ? make(c, k, a, group, name, &err) : remove_service(c, k, a, group, name, &err)) < 0)
                        controllers_report("api services", NULL, o->name, &err);
        }
}
