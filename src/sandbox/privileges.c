/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

extern char **environ;

int privileges_close_descriptors(int *keep, bool keep_stderr, struct err *err) {
        int null = open("/dev/null", O_RDWR);
        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
                return err_errno(err, errno, "open /dev/null");
        if ((!keep_stderr || fcntl(2, F_GETFD) < 0) && dup2(null, 2) < 0)
                return err_errno(err, errno, "dup");
        int high = fcntl(*keep, F_DUPFD_CLOEXEC, 3);
        if (high < 0 || (high != 3 && dup3(high, 3, O_CLOEXEC) < 0))
                return err_errno(err, errno, "dup");
        if (syscall(SYS_close_range, 4, ~0u, 0) < 0)
                return err_errno(err, errno, "close_range");
        *keep = 3;
        return 0;
}

void privileges_reset_signals(void) {
        for (int signal_number = 1; signal_number < NSIG; signal_number++)
                signal(signal_number, SIG_DFL);
}

void privileges_forget_environment(void) {
        for (char **entry = environ; entry && *entry; entry++)
                explicit_bzero(*entry, strlen(*entry));
        clearenv();
}

int privileges_drop_capabilities(struct err *err) {
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
                if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EPERM) /* EPERM: we have none to drop */
                        return err_errno(err, errno, "drop capability %lu", cap);
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}, {0}};
        if (syscall(SYS_capset, &header, none) < 0)
                return err_errno(err, errno, "capset");
        return 0;
}
