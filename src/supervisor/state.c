/* SPDX-License-Identifier: Apache-2.0 */
/* The state file and what other commands do with it. */
#include "supervisor/supervisor.h"

#include "base/clock.h"
#include "base/fs.h"
#include "data/json/json.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <time.h>

#define STATE_MAX ((size_t)65536)

/* True when a living supervisor holds the directory's lock. */
static bool is_running(const char *data_dir) {
        _cleanup_free_ char *path = NULL;
        if (asprintf(&path, "%s/run/weir.lock", data_dir) < 0)
                return false;
        _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
        return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

int supervisor_state(struct arena *a, const char *data_dir, struct value *ret, struct err *err) {
        if (!is_running(data_dir))
                return err_set(err, ERR_NOT_FOUND, "no weir runs on %s; start one with `weir up --data %s`", data_dir,
                               data_dir);
        _cleanup_free_ char *path = NULL, *text = NULL;
        size_t n;
        if (asprintf(&path, "%s/run/state.json", data_dir) < 0)
                return err_oom(err);
        if (fs_read(AT_FDCWD, path, STATE_MAX, &text, &n, err) < 0)
                return err_wrap(err, "weir is starting or stopping");
        return json_parse(a, text, n, JSON_KUBERNETES, NULL, ret, err);
}

int supervisor_stop(const char *data_dir, int64_t timeout_ns, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value state;
        if (!a)
                return err_oom(err);
        if (supervisor_state(a, data_dir, &state, err) < 0)
                return -1;
        int64_t pid = value_int_or(value_get(&state, "pid"), 0);
        if (pid <= 1 || kill((pid_t)pid, SIGTERM) < 0)
                return err_set(err, ERR_IO, "cannot signal the supervisor (pid %lld): %s", (long long)pid,
                               strerror(errno));
        for (int64_t deadline = clock_monotonic_ns() + timeout_ns; is_running(data_dir);) {
                if (clock_monotonic_ns() > deadline)
                        return err_set(err, ERR_TIMEOUT, "weir (pid %lld) has not stopped yet", (long long)pid);
                nanosleep(&(struct timespec){.tv_nsec = 5 * NSEC_PER_MSEC}, NULL);
        }
        return 0;
}

/* What weir itself puts into its directory. */
static const char *const own_entries[] = {"run",      "pki",          "git",          "sources", "admin.kubeconfig",
                                          "state.db", "state.db-wal", "state.db-shm", "port",    "log"};

static bool is_own(const char *name) {
        for (size_t i = 0; i < ARRAY_LEN(own_entries); i++)
                if (streq(name, own_entries[i]))
                        return true;
        return false;
}

int supervisor_erase(const char *data_dir, struct err *err) {
        if (is_running(data_dir))
                return err_set(err, ERR_EXISTS, "a weir runs on %s; stop it with `weir down --data %s`", data_dir,
                               data_dir);
        DIR *d = opendir(data_dir);
        if (!d)
                return errno == ENOENT ? 0 : err_errno(err, errno, "open %s", data_dir);
        int r = 0;
        for (struct dirent *e; r == 0 && (e = readdir(d));)
                if (!streq(e->d_name, ".") && !streq(e->d_name, "..") && !is_own(e->d_name))
                        r = err_set(err, ERR_INVALID,
                                    "--fresh would remove %s, but it holds \"%s\", which is not weir's: name another "
                                    "directory with --data",
                                    data_dir, e->d_name);
        closedir(d);
        for (size_t i = 0; r == 0 && i < ARRAY_LEN(own_entries); i++) {
                _cleanup_free_ char *path = NULL;
                if (asprintf(&path, "%s/%s", data_dir, own_entries[i]) < 0)
                        return err_oom(err);
                r = fs_remove_tree(path, err);
        }
        return r;
}

void supervisor_enter_role(const char *role) {
        char name[16]; /* the kernel keeps 15 bytes */
        snprintf(name, sizeof(name), "weir-%s", role);
        prctl(PR_SET_NAME, name, 0, 0, 0);
        const char *parent = getenv("WEIR_SUPERVISED");
        if (!parent)
                return;
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if ((long)getppid() != strtol(parent, NULL, 10))
                raise(SIGTERM); /* it died before the line above */
}
