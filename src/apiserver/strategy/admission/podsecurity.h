/* SPDX-License-Identifier: Apache-2.0 */
/* Pod Security Standards (k8s.io/pod-security-admission 0.36, policy "latest"): what a pod's spec breaks of a level.
 * Not looked at: AppArmor, SELinux, Windows host processes and hosts of probes. */
#pragma once

#include "base/buf.h"
#include "data/value.h"

enum podsecurity_level { PODSECURITY_PRIVILEGED, PODSECURITY_BASELINE, PODSECURITY_RESTRICTED };

/* A namespace's level of a mode ("enforce", "warn"), by its labels. text (may be NULL): "restricted:latest". */
enum podsecurity_level podsecurity_of(struct arena *a, const struct value *namespace, const char *mode,
                                      const char **ret_text);

/* Appends every violation, separated by ", "; nothing when the spec is within the level. */
void podsecurity_check(struct buf *b, const struct value *pod_spec, enum podsecurity_level level);
