/* SPDX-License-Identifier: Apache-2.0 */
/* `weir build --no-remote-bases=false`: builds, fetches what the build wants in sandboxed workers, builds again. The
 * user's git configuration, keys and proxies are not used. */
#pragma once

#include "build/kustomize/kustomize.h"

struct broker;

/* To be called first: the broker then holds nothing of what is built. *ret is for broker_stop(). */
int build_remote_start(struct broker **ret, struct err *err);

/* kustomize_build() with remote bases from a broker, or without any when it is NULL. */
int build_remote_run(struct broker *broker, struct arena *a, int root_fd, const char *path,
                     const struct kustomize_options *options, struct value *ret, struct err *err);
