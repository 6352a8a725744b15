/* SPDX-License-Identifier: Apache-2.0 */
/* The second form of `weir build`. */
#pragma once

/* `weir build kustomization NAME`: arguments from the word "kustomization" on; answers the exit status. */
int build_kustomization(int argc, char **argv);
