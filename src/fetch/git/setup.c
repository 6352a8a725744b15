/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/setup.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/limits.h"
#include "data/base64.h"
#include "fetch/git/errors.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define GIT_PROGRAM "/usr/bin/git"
#define SSH_PROGRAM "/usr/bin/ssh"
#define SSH_DIR "ssh"
#define CONFIG_MAX 65536

/* What is the same for every fetch. Programs that a repository or a server could name are switched off; objects are
 * checked as they arrive; nothing runs in the background; large files are streamed, because memory is limited. */
static const char common_config[] = "[protocol]\n\tallow = never\n"
                                    "[protocol \"http\"]\n\tallow = always\n"
                                    "[protocol \"https\"]\n\tallow = always\n"
                                    "[protocol \"ssh\"]\n\tallow = always\n"
                                    "[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\taskPass =\n"
                                    "\tsymlinks = false\n\tattributesFile = /dev/null\n\texcludesFile = /dev/null\n"
                                    "[credential]\n\thelper =\n"
                                    "[transfer]\n\tfsckObjects = true\n"
                                    "[fetch]\n\trecurseSubmodules = false\n\tunpackLimit = 1\n"
                                    "\twriteCommitGraph = false\n"
                                    "[core]\n\tbigFileThreshold = 32m\n\tpackedGitWindowSize = 32m\n"
                                    "\tpackedGitLimit = 256m\n"
                                    "[gc]\n\tauto = 0\n"
                                    "[maintenance]\n\tauto = false\n"
                                    "[pack]\n\tthreads = 1\n"
                                    "[safe]\n\tbareRepository = explicit\n\tdirectory = *\n";

/* One quoted value of git's configuration. Control characters were refused when the request was read. */
static void add_quoted(struct buf *b, const char *s) {
        buf_addc(b, '"');
        for (; *s; s++) {
                if (*s == '"' || *s == '\\')
                        buf_addc(b, '\\');
                buf_addc(b, *s);
        }
        buf_addc(b, '"');
}

static void add_setting(struct buf *b, const char *key, const char *value) {
        buf_addf(b, "\t%s = ", key);
        add_quoted(b, value);
        buf_addc(b, '\n');
}

/* Opened as /proc/self/fd/N; inherited under the same number by git and its helpers. */
int git_setup_memory(struct git_setup *s, const void *p, size_t n, const char **ret_path, struct err *err) {
        if (s->n_fds == GIT_SETUP_FDS)
                return err_set(err, ERR_INTERNAL, "too many memory files");
        _cleanup_close_ int fd = memfd_create("git", MFD_CLOEXEC);
        if (fd < 0)
                return err_errno(err, errno, "memfd");
        if (fs_write_all(fd, p, n, err) < 0)
                return -1;
        *ret_path = arena_printf(s->a, "/proc/self/fd/%d", fd);
        if (!*ret_path)
                return err_oom(err);
        s->fds[s->n_fds++] = TAKE_FD(fd);
        return 0;
}

static int add_file_setting(struct git_setup *s, struct buf *b, const char *key, const char *content, struct err *err) {
        const char *path;
        if (!content)
                return 0;
        if (git_setup_memory(s, content, strlen(content), &path, err) < 0)
                return err_wrap(err, "%s", key);
        add_setting(b, key, path);
        return 0;
}

static int add_authorization(struct git_setup *s, struct buf *b, struct err *err) {
        const struct git_request *r = s->request;
        char *header = NULL;
        if (r->bearer_token) {
                header = arena_printf(s->a, "Authorization: Bearer %s", r->bearer_token);
        } else if (r->username || r->password) {
                char *pair =
                        arena_printf(s->a, "%s:%s", r->username ? r->username : "", r->password ? r->password : "");
                size_t n;
                char *text = pair ? base64_encode(s->a, pair, strlen(pair), &n) : NULL;
                header = text ? arena_printf(s->a, "Authorization: Basic %s", text) : NULL;
        } else {
                return 0;
        }
        if (!header)
                return err_oom(err);
        add_setting(b, "extraHeader", header);
        return 0;
}

static int proxy_url(struct git_setup *s, const char **ret, struct err *err) {
        const struct git_request *r = s->request;
        const char *rest = strstr(r->proxy, "://");
        if (!r->proxy_username || !rest) {
                *ret = r->proxy;
                return 0;
        }
        if (strpbrk(r->proxy_username, "@:/?#%") || (r->proxy_password && strpbrk(r->proxy_password, "@:/?#%")))
                return err_set(err, ERR_UNSUPPORTED, "the proxy's username or password holds one of @:/?#%%");
        *ret = arena_printf(s->a, "%.*s://%s:%s@%s", (int)(rest - r->proxy), r->proxy, r->proxy_username,
                            r->proxy_password ? r->proxy_password : "", rest + 3);
        return *ret ? 0 : err_oom(err);
}

bool git_setup_has_credentials(const struct git_setup *s) {
        const struct git_request *r = s->request;
        return r->ssh || r->bearer_token || r->username || r->password || r->cert_file || strchr(r->url, '@');
}

/* Redirects are followed on the first request only, and not at all when a credential could travel with them: git sends
 * http.extraHeader to the target as well. */
static int add_http(struct git_setup *s, bool credentials, struct buf *b, struct err *err) {
        const struct git_request *r = s->request;
        bool secret = credentials && git_setup_has_credentials(s);
        buf_adds(b, "[http]\n");
        add_setting(b, "followRedirects", secret ? "false" : "initial");
        buf_addf(b, "\tlowSpeedLimit = 1\n\tlowSpeedTime = %lld\n", (long long)(r->timeout_ns / NSEC_PER_SEC));
        if (add_file_setting(s, b, "sslCAInfo", r->ca_file, err) < 0)
                return -1;
        if (credentials &&
            (add_authorization(s, b, err) < 0 || add_file_setting(s, b, "sslCert", r->cert_file, err) < 0 ||
             add_file_setting(s, b, "sslKey", r->key_file, err) < 0))
                return -1;
        if (r->ca_file) /* reading the system's whole bundle besides costs 30 ms */
                add_setting(b, "sslCAPath", "/nonexistent");
        if (r->proxy) {
                const char *url;
                if (proxy_url(s, &url, err) < 0)
                        return -1;
                add_setting(b, "proxy", url);
        }
        return 0;
}

static int write_file(int dir, const char *name, const char *content, struct err *err) {
        _cleanup_close_ int fd = fs_open(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, err);
        if (fd < 0 || fs_write_all(fd, content, strlen(content), err) < 0)
                return -1;
        size_t n = strlen(content);
        if (n && content[n - 1] != '\n') /* ssh refuses a key without a last newline */
                return fs_write_all(fd, "\n", 1, err);
        return 0;
}

/* ssh closes every descriptor above 2, so key and known hosts are files, in the staging directory. */
static int setup_ssh(struct git_setup *s, struct buf *b, struct err *err) {
        if (mkdirat(s->staging, SSH_DIR, 0700) < 0)
                return err_errno(err, errno, "make the SSH directory");
        _cleanup_close_ int dir = fs_open_dir(s->staging, SSH_DIR, err);
        if (dir < 0 || write_file(dir, "identity", s->request->identity, err) < 0 ||
            write_file(dir, "known_hosts", s->request->known_hosts, err) < 0)
                return -1;
        buf_adds(b, "[ssh]\n\tvariant = ssh\n[core]\n");
        add_setting(b, "sshCommand",
                    SSH_PROGRAM " -F none -i " SSH_DIR "/identity -o IdentitiesOnly=yes -o IdentityAgent=none "
                                "-o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=" SSH_DIR
                                "/known_hosts -o GlobalKnownHostsFile=/dev/null -o ProxyCommand=none "
                                "-o ControlPath=none -o UpdateHostKeys=no -o PermitLocalCommand=no "
                                "-o ConnectTimeout=30");
        return 0;
}

static int write_config(struct git_setup *s, bool credentials, const char **ret_path, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(CONFIG_MAX);
        buf_adds(&b, common_config);
        buf_adds(&b, "[remote \"origin\"]\n");
        add_setting(&b, "url", s->request->url);
        if (s->request->ssh && credentials ? setup_ssh(s, &b, err) < 0 : add_http(s, credentials, &b, err) < 0)
                return -1;
        if (buf_failed(&b))
                return err_set(err, ERR_TOO_LARGE, "the git configuration has more than %d bytes", CONFIG_MAX);
        int r = git_setup_memory(s, buf_str(&b), b.len, ret_path, err);
        explicit_bzero(b.data, b.len);
        return r;
}

/* What "git init --bare --template=" makes, without a process. */
static int make_repository(int staging, struct err *err) {
        if (mkdirat(staging, GIT_REPOSITORY, 0700) < 0)
                return err_errno(err, errno, "make the repository");
        _cleanup_close_ int dir = fs_open_dir(staging, GIT_REPOSITORY, err);
        if (dir < 0)
                return -1;
        if (mkdirat(dir, "objects", 0700) < 0 || mkdirat(dir, "refs", 0700) < 0)
                return err_errno(err, errno, "make the repository");
        if (write_file(dir, "HEAD", "ref: refs/heads/none\n", err) < 0)
                return -1;
        return write_file(dir, "config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n", err);
}

int git_setup(struct arena *a, const struct git_request *r, int staging, struct git_setup *ret, struct err *err) {
        struct git_setup s = {
                .a = a, .request = r, .staging = staging, .deadline_ns = clock_monotonic_ns() + r->timeout_ns};
        const char *config;
        if (make_repository(staging, err) < 0 || write_config(&s, true, &config, err) < 0) {
                git_setup_done(&s);
                return -1;
        }
        const char *global = arena_printf(a, "GIT_CONFIG_GLOBAL=%s", config);
        if (!global) {
                git_setup_done(&s);
                return err_oom(err);
        }
        const char *env[] = {global,
                             "GIT_CONFIG_NOSYSTEM=1",
                             "GIT_ATTR_NOSYSTEM=1",
                             "GIT_TERMINAL_PROMPT=0",
                             "GIT_ALLOW_PROTOCOL=http:https:ssh",
                             "GIT_PROTOCOL_FROM_USER=0",
                             "GIT_DIR=" GIT_REPOSITORY,
                             "HOME=/nonexistent",
                             "LC_ALL=C",
                             "PATH=/usr/bin:/bin",
                             "TMPDIR=.",
                             NULL};
        _Static_assert(sizeof(env) <= sizeof(s.env), "room for the environment");
        memcpy(s.env, env, sizeof(env));
        *ret = s;
        return 0;
}

int git_setup_without_credentials(struct git_setup *s, struct git_setup *ret, struct err *err) {
        if (!s->anonymous) {
                const char *config;
                if (write_config(s, false, &config, err) < 0)
                        return -1;
                s->anonymous = arena_printf(s->a, "GIT_CONFIG_GLOBAL=%s", config);
                if (!s->anonymous)
                        return err_oom(err);
        }
        *ret = *s;
        ret->env[0] = s->anonymous;
        return 0;
}

void git_setup_done(struct git_setup *s) {
        for (size_t i = 0; i < s->n_fds; i++)
                close_fd(&s->fds[i]);
        s->n_fds = 0;
        if (s->staging >= 0) {
                fs_remove_tree_at(s->staging, GIT_REPOSITORY, NULL);
                fs_remove_tree_at(s->staging, SSH_DIR, NULL);
        }
}

void git_setup_spec(const struct git_setup *s, const char *const *args, const char *argv[GIT_MAX_ARGS],
                    struct proc_spec *ret) {
        size_t n = 0;
        argv[n++] = GIT_PROGRAM;
        while (*args && n < GIT_MAX_ARGS - 1)
                argv[n++] = *args++;
        argv[n] = NULL;
        *ret = PROC_SPEC_INIT;
        ret->argv = argv;
        ret->env = s->env;
        ret->inherit = s->fds;
        ret->n_inherit = s->n_fds;
        ret->cwd_fd = s->staging;
}

int git_run(struct git_setup *s, const char *const *args, const char *what, struct buf *out, struct err *err) {
        _cleanup_buf_ struct buf errors = BUF_INIT(LIMIT_PROC_STDERR);
        _cleanup_err_ struct err local = ERR_INIT;
        const char *argv[GIT_MAX_ARGS];
        struct proc_spec spec;
        struct proc_exit ended;
        git_setup_spec(s, args, argv, &spec);
        if (proc_run(&spec, NULL, 0, s->deadline_ns, out, &errors, &ended, &local) < 0) {
                if (local.class == ERR_TIMEOUT) {
                        char text[TIME_TEXT_MAX];
                        return err_set(err, ERR_TIMEOUT, "%s '%s': context deadline exceeded: no end after %s", what,
                                       s->request->safe_url, duration_format(text, s->request->timeout_ns));
                }
                return err_move(err, &local);
        }
        if (ended.status == 0)
                return 0;
        return git_error(s->request, what, &ended, errors.data, err);
}
