/* SPDX-License-Identifier: Apache-2.0 */
/* Generators that are configured by a file of their own. */
#include "build/kustomize/generate/generate.h"
#include "build/kustomize/generate/helm.h"
#include "build/kustomize/resource/origin.h"
#include "build/kustomize/plugin/plugin.h"
#include "build/kustomize/file/shape.h"

static const char *string_at(const struct value *map, const char *key) {
        return value_string_or(value_get(map, key), "");
}

static int generate_map(struct target *t, struct accumulator *acc, const struct resource *r, bool secret,
                        struct err *err) {
        struct arena *a = t->e->arena;
        struct value args, settled;
        struct resource *made;
        if (plugin_settle(t, r, &settled, err) < 0)
                return err_wrap(err, "loading generator plugins: failed to load generator");
        const struct shape *shape = secret ? &shape_plugin_secret : &shape_plugin_config_map;
        if (shape_read(a, shape, &settled, SHAPE_COERCE, &args, err) < 0)
                return plugin_fails(t, r, err);
        const char *name = resource_name(a, r), *ns = resource_ns(a, r);
        if ((!*string_at(&args, "name") && *name && !value_set(a, &args, "name", value_str(name))) ||
            (!*string_at(&args, "namespace") && *ns && !value_set(a, &args, "namespace", value_str(ns))))
                return err_oom(err);
        if (generate_one(t, &args, secret, &made, err) < 0)
                return -1;
        if (t->origin && !(made->origin = origin_plugin(a, r)))
                return err_oom(err);
        return generate_absorb(acc, made, err);
}

/* A ServiceAccount that is bound to one of a cloud's. */
static int generate_iam(struct target *t, struct accumulator *acc, const struct resource *r, struct err *err) {
        struct arena *a = t->e->arena;
        struct value object = value_map(), metadata = value_map(), annotations = value_map(), settled;
        if (plugin_settle(t, r, &settled, err) < 0)
                return err_wrap(err, "loading generator plugins: failed to load generator");
        const struct value *service = value_get(&settled, "kubernetesService");
        const struct value *account = value_get(&settled, "serviceAccount");
        const char *cloud = string_at(&settled, "cloud"), *ns = string_at(service, "namespace");
        if (!streq(cloud, "gke"))
                return err_set(err, ERR_INVALID, "cloud provider %s not supported yet", cloud);
        struct value address = value_strf(a, "%s@%s.iam.gserviceaccount.com", string_at(account, "name"),
                                          string_at(account, "projectId"));
        if (!value_set(a, &annotations, "iam.gke.io/gcp-service-account", address) ||
            !value_set(a, &metadata, "annotations", annotations) ||
            !value_set(a, &metadata, "name", value_str(string_at(service, "name"))) ||
            (*ns && !value_set(a, &metadata, "namespace", value_str(ns))) ||
            !value_set(a, &object, "apiVersion", value_str("v1")) ||
            !value_set(a, &object, "kind", value_str("ServiceAccount")) || !value_set(a, &object, "metadata", metadata))
                return err_oom(err);
        struct resource *made = resource_new(a, object);
        if (!made || (t->origin && !(made->origin = origin_plugin(a, r))))
                return err_oom(err);
        return generate_absorb(acc, made, err);
}

static int generate_from(struct target *t, struct accumulator *acc, const struct resource *r, struct err *err) {
        const char *kind = resource_kind(t->e->arena, r);
        if (streq(kind, "ConfigMapGenerator") || streq(kind, "SecretGenerator"))
                return generate_map(t, acc, r, streq(kind, "SecretGenerator"), err);
        if (streq(kind, "IAMPolicyGenerator"))
                return generate_iam(t, acc, r, err);
        if (streq(kind, "HelmChartInflationGenerator")) {
                helm_unsupported(err);
                plugin_fails(t, r, err);
        } else {
                const struct gvk gvk = {.group = "", .version = "builtin", .kind = kind};
                err_set(err, ERR_INVALID, "unable to load builtin %s", gvk_string(t->e->arena, &gvk));
        }
        return err_wrap(err, "loading generator plugins: failed to load generator");
}

int plugin_generators(struct target *t, struct accumulator *acc, const struct value *list, struct err *err) {
        _cleanup_accumulator_ struct accumulator found;
        if (accumulator_init(t->e, &found, err) < 0)
                return -1;
        if (plugin_load(t, list, "generator", &found, err) < 0)
                return err_wrap(err, "loading generator plugins");
        for (size_t i = 0; i < found.resources->len; i++)
                if (plugin_check(t, found.resources->items[i], err) < 0)
                        return err_wrap(err, "loading generator plugins: failed to load generator");
        for (size_t i = 0; i < found.resources->len; i++)
                if (generate_from(t, acc, found.resources->items[i], err) < 0)
                        return -1;
        return 0;
}
