/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/policy.h"

#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

/* Reading, memory, the end: what a pure function over an open directory needs. openat is not here: files are opened
 * by openat2 beneath a directory descriptor only. */
static const char *const calls_core[] = {
        "read",   "pread64", "write",      "writev",        "close",           "fstat",  "newfstatat",
        "lseek",  "openat2", "getdents64", "mmap",          "munmap",          "mremap", "mprotect",
        "brk",    "madvise", "futex",      "exit",          "exit_group",      "fcntl",  "rt_sigreturn",
        "getpid", "gettid",  "getrandom",  "clock_gettime", "restart_syscall", NULL,
};

/* Following symlinks by hand, as kustomize does to know where a file really lies. Like newfstatat it is not confined by
 * Landlock: it tells where a link of the system points, never what is in a file. */
static const char *const calls_links[] = {"readlinkat", NULL};

/* Making a tree beneath a directory. */
static const char *const calls_write_tree[] = {
        "mkdirat", "unlinkat", "fchmod", "fchmodat", "ftruncate", "pwrite64", "fsync", "fdatasync", NULL,
};

/* Running git, ssh and what they run. No setsid and setpgid: one kill reaches the whole group. No kill, prctl, ptrace,
 * mount, unshare, bpf, keyctl, io_uring, userfaultfd. clone has rules of its own in filter.c. */
static const char *const calls_programs[] = {
        "access",
        "alarm",
        "arch_prctl",
        "chdir",
        "chmod",
        "clock_getres",
        "clock_nanosleep",
        "clone",
        "creat",
        "dup",
        "dup2",
        "dup3",
        "execve",
        "faccessat",
        "faccessat2",
        "fadvise64",
        "fchdir",
        "flock",
        "fork",
        "fstatfs",
        "getcwd",
        "getegid",
        "geteuid",
        "getgid",
        "getgroups",
        "getitimer",
        "getpgrp",
        "getppid",
        "getresgid",
        "getresuid",
        "getrlimit",
        "gettimeofday",
        "getuid",
        "ioctl",
        "link",
        "linkat",
        "lstat",
        "memfd_create",
        "mkdir",
        "nanosleep",
        "open",
        "openat",
        "pidfd_open",
        "pipe",
        "pipe2",
        "poll",
        "ppoll",
        "prlimit64",
        "pselect6",
        "readlink",
        "readlinkat",
        "readv",
        "rename",
        "renameat",
        "renameat2",
        "rmdir",
        "rseq",
        "rt_sigaction",
        "rt_sigprocmask",
        "rt_sigsuspend",
        "sched_getaffinity",
        "sched_yield",
        "select",
        "set_robust_list",
        "set_tid_address",
        "setitimer",
        "sigaltstack",
        "stat",
        "statfs",
        "statx",
        "sync_file_range",
        "sysinfo",
        "time",
        "truncate",
        "umask",
        "uname",
        "unlink",
        "utime",
        "utimensat",
        "utimes",
        "vfork",
        "wait4",
        "waitid",
        NULL,
};

/* Talking to a server. socket has rules of its own in filter.c; bind is for netlink, which getaddrinfo() asks for the
 * machine's addresses (Landlock forbids binding TCP ports where the kernel can). */
static const char *const calls_network[] = {
        "bind",        "connect",     "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2",
        "getpeername", "getsockname", "getsockopt",    "recvfrom",  "recvmmsg",    "recvmsg",    "sendmmsg",
        "sendmsg",     "sendto",      "setsockopt",    "shutdown",  "socket",      "socketpair", NULL,
};

/* What the sanitizers' own runtimes call at any time; only builds with one of them have it. */
#ifdef SANITIZED
static const char *const calls_sanitizer[] = {
        "openat",
        "open",
        "readlink",
        "readlinkat",
        "access",
        "stat",
        "lstat",
        "clone",
        "clone3",
        "wait4",
        "prctl",
        "ptrace",
        "sigaltstack",
        "rt_sigaction",
        "rt_sigprocmask",
        "sched_yield",
        "sched_getaffinity",
        "getrlimit",
        "prlimit64",
        "getppid",
        "tgkill",
        "kill",
        "arch_prctl",
        "personality",
        "clock_nanosleep",
        "nanosleep",
        "process_vm_readv",
        "getuid",
        "geteuid",
        "gettimeofday",
        "sysinfo",
        "uname",
        "set_robust_list",
        "rseq",
        "dup",
        "pipe2",
        "pipe",
        "msync",
        "mincore",
        "getcwd",
        "writev",
        NULL,
};
#define SANITIZER_CALLS calls_sanitizer,
#else
#define SANITIZER_CALLS
#endif

static const char *const *const calls_of_build[] = {calls_core, calls_links, SANITIZER_CALLS NULL};
static const char *const *const calls_of_tree[] = {calls_core, calls_write_tree, SANITIZER_CALLS NULL};
static const char *const *const calls_of_fetch[] = {calls_core, calls_write_tree, calls_programs, calls_network,
                                                    SANITIZER_CALLS NULL};

/* The files that git, ssh, curl and the resolver read; nothing of weir's and nothing of the user's. */
static const struct path_grant paths_of_fetch[] = {
        {"/usr", GRANT_EXECUTE},          {"/lib", GRANT_EXECUTE},          {"/lib64", GRANT_EXECUTE},
        {"/bin", GRANT_EXECUTE},          {"/etc/ld.so.cache", GRANT_READ}, {"/etc/nsswitch.conf", GRANT_READ},
        {"/etc/resolv.conf", GRANT_READ}, {"/etc/hosts", GRANT_READ},       {"/etc/host.conf", GRANT_READ},
        {"/etc/gai.conf", GRANT_READ},    {"/etc/passwd", GRANT_READ},      {"/etc/services", GRANT_READ},
        {"/etc/localtime", GRANT_READ},   {"/etc/ssl/certs", GRANT_READ},   {"/etc/ssl/openssl.cnf", GRANT_READ},
        {"/dev/urandom", GRANT_READ},     {"/dev/null", GRANT_WRITE},       {NULL, GRANT_NOTHING},
};

#define MIB ((uint64_t)1 << 20)

static const struct policy policies[JOB_KINDS] = {
        [JOB_FETCH_GIT] =
                {
                        .name = "the fetch",
                        .process = "weir-fetch",
                        .wall_ns = 60 * NSEC_PER_SEC,
                        .cpu_seconds = 120,
                        .memory_bytes = 1024 * MIB,
                        .file_bytes = LIMIT_ARCHIVE_BYTES,
                        .open_files = 256,
                        .processes = 4096,
                        .fds = {GRANT_WRITE},
                        .paths = paths_of_fetch,
                        .calls = calls_of_fetch,
                },
        [JOB_UNPACK] =
                {
                        .name = "unpacking",
                        .process = "weir-unpack",
                        .wall_ns = 60 * NSEC_PER_SEC,
                        .cpu_seconds = 60,
                        .memory_bytes = 512 * MIB,
                        .file_bytes = LIMIT_TREE_BYTES,
                        .open_files = 256,
                        .processes = 1,
                        .fds = {GRANT_NOTHING, GRANT_WRITE},
                        .calls = calls_of_tree,
                },
        [JOB_ARCHIVE] =
                {
                        .name = "archiving",
                        .process = "weir-archive",
                        .wall_ns = 60 * NSEC_PER_SEC,
                        .cpu_seconds = 60,
                        .memory_bytes = 512 * MIB,
                        .file_bytes = LIMIT_ARCHIVE_BYTES,
                        .open_files = 256,
                        .processes = 1,
                        .fds = {GRANT_WRITE},
                        .calls = calls_of_tree,
                },
        [JOB_BUILD] =
                {
                        .name = "the build",
                        .process = "weir-build",
                        .wall_ns = 60 * NSEC_PER_SEC,
                        .cpu_seconds = 30,
                        .memory_bytes = 1024 * MIB,
                        .file_bytes = 0,
                        .open_files = 256,
                        .processes = 1,
                        .fds = {[0 ... JOB_MAX_FDS - 1] = GRANT_READ},
                        .calls = calls_of_build,
                },
};

const struct polite_refusal policy_polite_refusals[] = {
        {"open", EACCES},
        {"openat", EACCES},
        {"access", EACCES},
        {"faccessat", EACCES},
        {"faccessat2", EACCES},
        {"stat", EACCES},
        {"lstat", EACCES},
        {"statx", ENOSYS},
        {"readlink", EACCES},
        {"readlinkat", EACCES},
        {"socket", EACCES},
        {"clone3", ENOSYS},
        {"ioctl", ENOTTY},
        {"prctl", EPERM},
        {"setsid", EPERM},
        {"setpgid", EPERM},
        {"kill", EPERM},
        {"tgkill", EPERM},
        {"tkill", EPERM},
        {"sched_getaffinity", ENOSYS},
        {"sysinfo", EPERM},
        {"rt_sigaction", EPERM},
        {"rt_sigprocmask", EPERM},
        {"symlink", EPERM},
        {"symlinkat", EPERM},
        {"chown", EPERM},
        {"fchown", EPERM},
        {"fchownat", EPERM},
        {"getpriority", EPERM},
        {"setpriority", EPERM},
        {"setrlimit", EPERM},
        {"close_range", ENOSYS},
        {"fchmodat2", ENOSYS},
        {"getcpu", ENOSYS},
        {"membarrier", EPERM},
        {"getrusage", EPERM},
        {"times", ENOSYS},
        {"mlock", EPERM},
        {"getpgid", EPERM},
        {"getsid", EPERM},
        {"epoll_pwait2", ENOSYS},
        {"futex_waitv", ENOSYS},
        {"mseal", ENOSYS},
        {"map_shadow_stack", ENOSYS},
        {NULL, 0},
};

const struct policy *policy_of(enum job_kind kind) {
        return (unsigned)kind < JOB_KINDS ? &policies[kind] : NULL;
}

bool policy_sanitized(void) {
#ifdef SANITIZED
        return true;
#else
        return false;
#endif
}
