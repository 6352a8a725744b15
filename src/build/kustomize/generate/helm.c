/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/generate/helm.h"

#include "build/kustomize/transform/transform.h"

static int copy_field(struct arena *a, struct value *to, const char *name, const struct value *from, const char *old,
                      struct err *err) {
        const struct value *v = value_get(from, old);
        return !v || value_set(a, to, name, *v) ? 0 : err_oom(err);
}

static int migrate_chart(struct arena *a, const struct value *old, struct value *ret, struct err *err) {
        static const struct {
                const char *old, *name;
        } fields[] = {
                {"chartName", "name"},          {"chartVersion", "version"},     {"chartRepoUrl", "repo"},
                {"values", "valuesFile"},       {"valuesLocal", "valuesInline"}, {"valuesMerge", "valuesMerge"},
                {"releaseName", "releaseName"},
        };
        *ret = value_map();
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
                if (copy_field(a, ret, fields[i].name, old, fields[i].old, err) < 0)
                        return -1;
        return 0;
}

/* The last home that is not empty counts. */
static int note_home(struct arena *a, struct value *globals, const char *name, const struct value *old,
                     const char *old_name, struct err *err) {
        const char *home = value_get_str(old, old_name);
        return home && *home ? copy_field(a, globals, name, old, old_name, err) : 0;
}

int helm_migrate(struct arena *a, struct value *spec, struct err *err) {
        struct value *old = value_get(spec, "helmChartInflationGenerator");
        if (!old)
                return 0;
        struct value args = *old, globals = value_map();
        value_remove(spec, "helmChartInflationGenerator");
        if (!args.len)
                return 0;
        struct value *charts = value_get(spec, "helmCharts");
        if (!charts && !(charts = value_set(a, spec, "helmCharts", value_list())))
                return err_oom(err);
        VALUE_EACH_ITEM(arg, &args) {
                struct value chart;
                if (migrate_chart(a, arg, &chart, err) < 0 ||
                    note_home(a, &globals, "chartHome", arg, "chartHome", err) < 0 ||
                    note_home(a, &globals, "configHome", arg, "helmHome", err) < 0)
                        return -1;
                if (!value_append(a, charts, chart))
                        return err_oom(err);
        }
        if (!globals.len || value_get(spec, "helmGlobals"))
                return 0;
        return value_set(a, spec, "helmGlobals", globals) ? 0 : err_oom(err);
}

/* Go leaves out what is false or an empty map; transform_trouble() sees to empty texts and lists. */
static bool is_set(const struct value *v) {
        return v->type == VALUE_BOOL ? v->boolean : !value_is_map(v) || v->len;
}

/* What kustomize would hand its generator: the chart with the globals and the layer's namespace. */
static int generator_config(struct target *t, const struct value *chart, struct value *ret, struct err *err) {
        struct arena *a = t->e->arena;
        const struct value *globals = value_get(&t->file.spec, "helmGlobals");
        const char *namespace = value_get_str(chart, "namespace");
        *ret = value_map();
        VALUE_EACH_MEMBER(m, chart)
                if (is_set(&m->value) && copy_field(a, ret, m->key, chart, m->key, err) < 0)
                        return -1;
        if (copy_field(a, ret, "chartHome", globals, "chartHome", err) < 0 ||
            copy_field(a, ret, "configHome", globals, "configHome", err) < 0)
                return -1;
        if ((!namespace || !*namespace) && copy_field(a, ret, "namespace", &t->file.spec, "namespace", err) < 0)
                return -1;
        value_sort_keys(ret);
        return 0;
}

int helm_unsupported(struct err *err) {
        err_set(err, ERR_UNSUPPORTED, "must specify --enable-helm");
        return err_hint(err, "weir does not render charts in builds yet; write what `helm template` prints into a file "
                             "and list that file under resources");
}

int helm_refuse(struct target *t, struct err *err) {
        const struct value *charts = value_get(&t->file.spec, "helmCharts");
        struct value config;
        if (!charts || !charts->len)
                return 0;
        if (generator_config(t, charts->items, &config, err) < 0)
                return -1;
        helm_unsupported(err);
        return transform_trouble("HelmChartInflationGenerator", &config, err);
}
