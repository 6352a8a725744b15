/* SPDX-License-Identifier: Apache-2.0 */
/* `weir build --no-remote-bases=false`: builds, fetches what the build wants in sandboxed workers, builds again. The
 * user's git configuration, keys and proxies are not used. */
#pragma once

#include "build/kustomize/kustomize.h"

struct broker;

/* To be called first: the broker then holds nothing of what is built. *ret is for broker_stop(). */
int build_remote_start(struct broker **ret, struct err *err);

/* One build; remotes: where remote bases are, or NULL: they are refused. Its result stays with the context. */
typedef int (*build_remote_step)(void *context, const struct kustomize_remotes *remotes, struct err *err);

/* Builds once without a broker (NULL); with one as often as it takes to fetch what the build wants. */
int build_remote_run(struct broker *broker, struct arena *a, build_remote_step step, void *context, struct err *err);
