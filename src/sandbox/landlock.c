/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define ACCESS_EXECUTE (UINT64_C(1) << 0)
#define ACCESS_WRITE_FILE (UINT64_C(1) << 1)
#define ACCESS_READ_FILE (UINT64_C(1) << 2)
#define ACCESS_READ_DIR (UINT64_C(1) << 3)
#define ACCESS_REMOVE_DIR (UINT64_C(1) << 4)
#define ACCESS_REMOVE_FILE (UINT64_C(1) << 5)
#define ACCESS_MAKE_DIR (UINT64_C(1) << 7)
#define ACCESS_MAKE_REG (UINT64_C(1) << 8)
#define ACCESS_MAKE_SOCK (UINT64_C(1) << 9)
#define ACCESS_REFER (UINT64_C(1) << 13)    /* ABI 2 */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */

#define ACCESS_ABI_1 ((UINT64_C(1) << 13) - 1)
#define ACCESS_ABI_2 ((UINT64_C(1) << 14) - 1)
#define ACCESS_ABI_3 ((UINT64_C(1) << 15) - 1)
#define ACCESS_ABI_5 ((UINT64_C(1) << 16) - 1) /* ioctl on devices */

#define NET_BIND_TCP (UINT64_C(1) << 0) /* ABI 4 */
#define NET_CONNECT_TCP (UINT64_C(1) << 1)

#define SCOPE_ABSTRACT_UNIX_SOCKET (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define CREATE_VERSION 1u
#define RULE_PATH_BENEATH 1

struct ruleset_attr {
        uint64_t handled_fs;
        uint64_t handled_net; /* ABI 4 */
        uint64_t scoped;      /* ABI 6 */
};

struct path_beneath_attr {
        uint64_t allowed;
        int32_t parent_fd;
} __attribute__((__packed__));

unsigned landlock_abi(void) {
        long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
        return abi < 0 ? 0 : (unsigned)abi;
}

static uint64_t handled_fs(unsigned abi) {
        return abi >= 5 ? ACCESS_ABI_5 : abi >= 3 ? ACCESS_ABI_3 : abi >= 2 ? ACCESS_ABI_2 : ACCESS_ABI_1;
}

/* The rights of a grant. REFER, to rename between directories, belongs to writing. */
static uint64_t rights_of(enum grant grant) {
        static const uint64_t reading = ACCESS_READ_FILE | ACCESS_READ_DIR;
        switch (grant) {
        case GRANT_READ:
                return reading;
        case GRANT_EXECUTE:
                return reading | ACCESS_EXECUTE;
        case GRANT_WRITE:
                return reading | ACCESS_WRITE_FILE | ACCESS_REMOVE_DIR | ACCESS_REMOVE_FILE | ACCESS_MAKE_DIR |
                       ACCESS_MAKE_REG | ACCESS_MAKE_SOCK | ACCESS_REFER | ACCESS_TRUNCATE;
        case GRANT_NOTHING:
                break;
        }
        return 0;
}

static int add_rule(int ruleset, int fd, uint64_t rights, struct err *err) {
        struct stat st;
        if (fstat(fd, &st) < 0)
                return err_errno(err, errno, "landlock: stat");
        /* The kernel refuses directory rights on anything else. */
        if (!S_ISDIR(st.st_mode))
                rights &= ACCESS_READ_FILE | ACCESS_WRITE_FILE | ACCESS_EXECUTE | ACCESS_TRUNCATE;
        struct path_beneath_attr attr = {.allowed = rights, .parent_fd = fd};
        if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0) < 0)
                return err_errno(err, errno, "landlock: add rule");
        return 0;
}

static int add_path(int ruleset, const struct path_grant *path, uint64_t handled, struct err *err) {
        _cleanup_close_ int fd = open(path->path, O_PATH | O_CLOEXEC);
        if (fd < 0) /* absent on this system */
                return 0;
        return add_rule(ruleset, fd, rights_of(path->grant) & handled, err) < 0 ? err_wrap(err, "%s", path->path) : 0;
}

static bool uses_network(const struct policy *policy) {
        for (const char *const *const *list = policy->calls; *list; list++)
                for (const char *const *name = *list; *name; name++)
                        if (streq(*name, "connect"))
                                return true;
        return false;
}

int landlock_apply(const struct policy *policy, const int *fds, size_t n_fds, struct err *err) {
        unsigned abi = landlock_abi();
        if (abi == 0)
                return 0;
        struct ruleset_attr attr = {.handled_fs = handled_fs(abi)};
        if (abi >= 4)
                attr.handled_net = NET_BIND_TCP | (uses_network(policy) ? 0 : NET_CONNECT_TCP);
        if (abi >= 6)
                attr.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
        /* The kernel takes any size it knows; an older one would refuse bytes it does not. */
        size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
        _cleanup_close_ int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
        if (ruleset < 0)
                return err_errno(err, errno, "landlock: create ruleset");
        for (size_t i = 0; i < n_fds; i++) {
                uint64_t rights = rights_of(policy->fds[i]) & attr.handled_fs;
                if (rights && add_rule(ruleset, fds[i], rights, err) < 0)
                        return err_wrap(err, "descriptor %zu", i);
        }
        for (const struct path_grant *path = policy->paths; path && path->path; path++)
                if (add_path(ruleset, path, attr.handled_fs, err) < 0)
                        return -1;
        if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
                return err_errno(err, errno, "landlock: restrict");
        return 0;
}
