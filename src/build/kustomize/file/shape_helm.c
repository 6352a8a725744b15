/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes of helmCharts, helmGlobals and of the older helmChartInflationGenerator. */
#include "build/kustomize/file/shape.h"

#include "base/util.h"

static const struct shape_field globals[] = {{"chartHome", SHAPE_STRING, NULL}, {"configHome", SHAPE_STRING, NULL}};
SHAPE(shape_helm_globals, "types.HelmGlobals", globals);

static const struct shape_field chart[] = {
        {"name", SHAPE_STRING, NULL},        {"version", SHAPE_STRING, NULL},
        {"repo", SHAPE_STRING, NULL},        {"releaseName", SHAPE_STRING, NULL},
        {"namespace", SHAPE_STRING, NULL},   {"additionalValuesFiles", SHAPE_STRINGS, NULL},
        {"valuesFile", SHAPE_STRING, NULL},  {"valuesInline", SHAPE_MAP, NULL},
        {"valuesMerge", SHAPE_STRING, NULL}, {"includeCRDs", SHAPE_BOOL, NULL},
        {"skipHooks", SHAPE_BOOL, NULL},     {"apiVersions", SHAPE_STRINGS, NULL},
        {"kubeVersion", SHAPE_STRING, NULL}, {"nameTemplate", SHAPE_STRING, NULL},
        {"skipTests", SHAPE_BOOL, NULL},     {"debug", SHAPE_BOOL, NULL},
        {"devel", SHAPE_BOOL, NULL},
};
SHAPE(shape_helm_chart, "types.HelmChart", chart);

static const struct shape_field chart_args[] = {
        {"chartName", SHAPE_STRING, NULL},     {"chartVersion", SHAPE_STRING, NULL},
        {"chartRepoUrl", SHAPE_STRING, NULL},  {"chartHome", SHAPE_STRING, NULL},
        {"chartRepoName", SHAPE_STRING, NULL}, {"helmBin", SHAPE_STRING, NULL},
        {"helmHome", SHAPE_STRING, NULL},      {"values", SHAPE_STRING, NULL},
        {"valuesLocal", SHAPE_MAP, NULL},      {"valuesMerge", SHAPE_STRING, NULL},
        {"releaseName", SHAPE_STRING, NULL},   {"releaseNamespace", SHAPE_STRING, NULL},
        {"extraArgs", SHAPE_STRINGS, NULL},
};
SHAPE(shape_helm_chart_args, "types.HelmChartArgs", chart_args);
