/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define NEW_NAMESPACES                                                                                                 \
        (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static void release_context(scmp_filter_ctx *context) {
        if (*context)
                seccomp_release(*context);
}

static bool is_allowed(const struct policy *policy, const char *call) {
        for (const char *const *const *list = policy->calls; *list; list++)
                for (const char *const *name = *list; *name; name++)
                        if (streq(*name, call))
                                return true;
        return false;
}

/* Sockets of four families only: no packet sockets, no AF_ALG, no vsock. Another family fails as if unknown. */
static int allow_socket(scmp_filter_ctx context) {
        static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
        int r = 0;
        for (size_t i = 0; r == 0 && i < ARRAY_LEN(families); i++)
                r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
        return r;
}

static int allow(scmp_filter_ctx context, const char *name) {
        int call = seccomp_syscall_resolve_name(name);
        if (call == __NR_SCMP_ERROR)
                return -EINVAL;
        if (streq(name, "socket"))
                return allow_socket(context);
        if (streq(name, "clone")) /* processes and threads, no namespaces */
                return seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 1,
                                        SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0));
        int r = seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 0);
        return r == -EDOM ? 0 : r; /* a call that this architecture does not have */
}

static int add_rules(scmp_filter_ctx context, const struct policy *policy, struct err *err) {
        for (const char *const *const *list = policy->calls; *list; list++)
                for (const char *const *name = *list; *name; name++) {
                        int r = allow(context, *name);
                        if (r < 0)
                                return err_errno(err, -r, "seccomp: allow %s", *name);
                }
        for (const struct polite_refusal *refusal = policy_polite_refusals; refusal->name; refusal++) {
                int call = seccomp_syscall_resolve_name(refusal->name);
                if (call == __NR_SCMP_ERROR || is_allowed(policy, refusal->name))
                        continue; /* newer than this libseccomp: nothing here calls it yet */
                int r = seccomp_rule_add(context, SCMP_ACT_ERRNO((uint32_t)refusal->errno_value), call, 0);
                if (r < 0 && r != -EDOM)
                        return err_errno(err, -r, "seccomp: refuse %s", refusal->name);
        }
        return 0;
}

/* libseccomp writes the program to a descriptor only. */
static int export_program(scmp_filter_ctx context, struct filter *ret, struct err *err) {
        _cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
        if (fd < 0)
                return err_errno(err, errno, "seccomp: memfd");
        int r = seccomp_export_bpf(context, fd);
        if (r < 0)
                return err_errno(err, -r, "seccomp: export");
        struct stat st;
        if (fstat(fd, &st) < 0)
                return err_errno(err, errno, "seccomp: stat");
        size_t size = (size_t)st.st_size;
        if (size == 0 || size % sizeof(struct sock_filter) || size / sizeof(struct sock_filter) > BPF_MAXINSNS)
                return err_set(err, ERR_INTERNAL, "seccomp: a program of %zu bytes", size);
        _cleanup_free_ char *program = malloc(size);
        if (!program)
                return err_oom(err);
        if (pread(fd, program, size, 0) != (ssize_t)size)
                return err_errno(err, errno, "seccomp: read program");
        *ret = (struct filter){
                .instructions = TAKE_PTR(program),
                .n = (unsigned short)(size / sizeof(struct sock_filter)),
        };
        return 0;
}

int filter_compile(const struct policy *policy, struct filter *ret, struct err *err) {
        _cleanup_(release_context) scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);
        if (!context)
                return err_oom(err);
        /* A binary tree instead of a list: the fetch worker's list is long and git calls often. */
        seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        if (add_rules(context, policy, err) < 0)
                return -1;
        return export_program(context, ret, err);
}

int filter_install(const struct filter *filter, struct err *err) {
        struct sock_fprog program = {.len = filter->n, .filter = filter->instructions};
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
                return err_errno(err, errno, "seccomp: install");
        return 0;
}

void filter_done(struct filter *filter) {
        if (filter)
                free(filter->instructions);
}
