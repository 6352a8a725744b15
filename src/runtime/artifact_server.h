/* SPDX-License-Identifier: Apache-2.0 */
/* Serves the files of one directory over plain HTTP: what consumers of artifacts (weir's own processes, Flux's
 * controllers) download. GET and HEAD of files only: no listings, no paths that lead out. */
#pragma once

#include "base/err.h"

struct artifact_server;

/* listen: HOST:PORT, port 0 for a free one. ret_address gets HOST:PORT as it really listens. */
int artifact_server_start(const char *root, const char *listen, char *ret_address, size_t size,
                          struct artifact_server **ret, struct err *err);
struct artifact_server *artifact_server_stop(struct artifact_server *s);
