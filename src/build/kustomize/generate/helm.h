/* SPDX-License-Identifier: Apache-2.0 */
/* Charts in kustomization files are read and checked, and then refused: weir's builds render none. */
#pragma once

#include "build/kustomize/target.h"

/* Entries of the older helmChartInflationGenerator become helmCharts, their homes helmGlobals, as kustomize 5.8
 * converts them. */
int helm_migrate(struct arena *a, struct value *spec, struct err *err);

/* ERR_UNSUPPORTED, in kustomize's words for a build without --enable-helm. Answers -1. */
int helm_unsupported(struct err *err);

/* 0: the layer has no charts. Else ERR_UNSUPPORTED in kustomize's words for a build without --enable-helm. */
int helm_refuse(struct target *t, struct err *err);
