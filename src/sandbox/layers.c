/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel offers to a sandbox, for `weir check`. */
#include "sandbox/landlock.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

struct landlock_step {
        unsigned abi;
        const char *missing_below;
};

static const struct landlock_step landlock_steps[] = {
        {2, "renaming between directories"}, {3, "truncating files"}, {4, "TCP ports"}, {5, "ioctl on devices"},
        {6, "signals and abstract sockets"},
};

static void describe_landlock(struct sandbox_layer *layer) {
        unsigned abi = landlock_abi();
        *layer = (struct sandbox_layer){.name = "landlock", .present = abi > 0};
        if (abi == 0) {
                snprintf(layer->detail, sizeof(layer->detail), "absent: paths are held by system call filters only");
                return;
        }
        for (size_t i = 0; i < ARRAY_LEN(landlock_steps); i++)
                if (abi < landlock_steps[i].abi) {
                        snprintf(layer->detail, sizeof(layer->detail), "ABI %u, does not confine %s", abi,
                                 landlock_steps[i].missing_below);
                        return;
                }
        snprintf(layer->detail, sizeof(layer->detail), "ABI %u", abi);
}

static void describe_seccomp(struct sandbox_layer *layer) {
        uint32_t action = SECCOMP_RET_KILL_PROCESS;
        bool present = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
        *layer = (struct sandbox_layer){.name = "seccomp", .present = present};
        snprintf(layer->detail, sizeof(layer->detail), "%s", present ? "filters that end the process" : "absent");
}

static void describe_no_new_privs(struct sandbox_layer *layer) {
        bool present = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
        *layer = (struct sandbox_layer){.name = "no_new_privs", .present = present};
        snprintf(layer->detail, sizeof(layer->detail), "%s", present ? "setuid programs gain nothing" : "absent");
}

static void describe_close_range(struct sandbox_layer *layer) {
        bool present = syscall(SYS_close_range, ~0u, ~0u, 0) == 0;
        *layer = (struct sandbox_layer){.name = "close_range", .present = present};
        snprintf(layer->detail, sizeof(layer->detail), "%s", present ? "foreign descriptors are closed" : "absent");
}

size_t sandbox_layers(struct sandbox_layer *ret, size_t max) {
        static void (*const describe[])(struct sandbox_layer *) = {describe_landlock, describe_seccomp,
                                                                   describe_no_new_privs, describe_close_range};
        size_t n = 0;
        for (; n < ARRAY_LEN(describe) && n < max; n++)
                describe[n](&ret[n]);
        return n;
}
