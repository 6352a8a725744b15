/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/cgi.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/proc.h"

#include <strings.h>
#include <unistd.h>

#define GIT_PROGRAM "/usr/bin/git"
#define GIT_BACKEND "/usr/lib/git-core/git-http-backend" /* Debian's place: two processes fewer than by way of git */
#define ENV_MAX 24

struct env {
        struct arena *a;
        const char *entries[ENV_MAX];
        size_t n;
        bool failed;
};

static void env_add(struct env *env, const char *name, const char *value) {
        if (!value)
                return;
        const char *entry = env->n < ENV_MAX - 1 ? arena_printf(env->a, "%s=%s", name, value) : NULL;
        if (entry)
                env->entries[env->n++] = entry;
        else
                env->failed = true;
}

/* Nothing of this process's environment and of the user's git configuration; pushing is allowed. */
static int make_env(struct env *env, const struct cgi_request *r, struct err *err) {
        static const char *const fixed[][2] = {
                {"GIT_CONFIG_GLOBAL", "/dev/null"},  {"GIT_CONFIG_NOSYSTEM", "1"},
                {"GIT_ATTR_NOSYSTEM", "1"},          {"GIT_HTTP_EXPORT_ALL", "1"},
                {"GIT_CONFIG_COUNT", "2"},           {"GIT_CONFIG_KEY_0", "http.receivepack"},
                {"GIT_CONFIG_VALUE_0", "true"},      {"GIT_CONFIG_KEY_1", "core.hooksPath"},
                {"GIT_CONFIG_VALUE_1", "/dev/null"}, {"HOME", "/nonexistent"},
                {"PATH", "/usr/bin:/bin"},           {"LC_ALL", "C"},
                {"REMOTE_ADDR", "127.0.0.1"},
        };
        char length[24];
        snprintf(length, sizeof(length), "%zu", r->body_len);
        for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
                env_add(env, fixed[i][0], fixed[i][1]);
        env_add(env, "GIT_PROJECT_ROOT", r->root);
        env_add(env, "PATH_INFO", r->path);
        env_add(env, "REQUEST_METHOD", r->method);
        env_add(env, "QUERY_STRING", r->query);
        env_add(env, "CONTENT_LENGTH", length);
        env_add(env, "CONTENT_TYPE", r->content_type);
        env_add(env, "HTTP_CONTENT_ENCODING", r->content_encoding);
        env_add(env, "GIT_PROTOCOL", r->git_protocol);
        return env->failed ? err_oom(err) : 0;
}

/* One line of the head, without its end; NULL when there is no whole line. */
static const char *next_line(const char **at, const char *end, size_t *ret_len) {
        const char *line = *at, *newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline)
                return NULL;
        *at = newline + 1;
        *ret_len = (size_t)(newline - line);
        if (*ret_len && line[*ret_len - 1] == '\r')
                --*ret_len;
        return line;
}

static bool header_is(const char *line, size_t len, const char *name, const char **ret_value) {
        size_t n = strlen(name);
        if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
                return false;
        *ret_value = line + n + 1;
        while (**ret_value == ' ')
                ++*ret_value;
        return true;
}

/* The head ends at an empty line; everything after it is the body. */
static int parse_output(struct arena *a, struct buf *out, struct cgi_response *ret, struct err *err) {
        struct cgi_response response = {.status = 200};
        const char *at = buf_str(out), *end = at + out->len, *line, *value;
        size_t n;
        while ((line = next_line(&at, end, &n)) && n > 0) {
                if (header_is(line, n, "Status", &value))
                        response.status = (int)strtol(value, NULL, 10);
                else if (header_is(line, n, "Content-Type", &value)) {
                        response.content_type = arena_strndup(a, value, (size_t)(line + n - value));
                        if (!response.content_type)
                                return err_oom(err);
                }
        }
        if (!line || response.status < 200 || response.status > 599)
                return err_set(err, ERR_IO, "git http-backend gave no answer");
        response.body_len = (size_t)(end - at);
        size_t offset = (size_t)(at - buf_str(out));
        response.data = buf_take(out);
        if (!response.data)
                return err_oom(err);
        response.body = response.data + offset;
        *ret = response;
        return 0;
}

int cgi_run(struct arena *a, const struct cgi_request *request, struct cgi_response *ret, struct err *err) {
        static const char *const by_git[] = {GIT_PROGRAM, "http-backend", NULL};
        static const char *const direct[] = {GIT_BACKEND, NULL};
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_FORGE_ANSWER);
        _cleanup_buf_ struct buf errors = BUF_INIT(LIMIT_PROC_STDERR);
        struct env env = {.a = a};
        struct proc_exit ended;
        if (make_env(&env, request, err) < 0)
                return -1;
        struct proc_spec spec = PROC_SPEC_INIT;
        spec.argv = access(GIT_BACKEND, X_OK) == 0 ? direct : by_git;
        spec.env = env.entries;
        spec.new_group = true;
        spec.cancel_fd = request->cancel_fd;
        int64_t deadline = clock_monotonic_ns() + LIMIT_FORGE_SECONDS * NSEC_PER_SEC;
        if (proc_run(&spec, request->body, request->body_len, deadline, &out, &errors, &ended, err) < 0)
                return -1;
        if (out.len == 0)
                return err_set(err, ERR_IO, "git http-backend: %.*s", (int)strcspn(buf_str(&errors), "\n"),
                               errors.len ? buf_str(&errors) : "no output");
        return parse_output(a, &out, ret, err);
}
