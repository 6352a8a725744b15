/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/objects.h"

#include "base/clock.h"
#include "base/fs.h"

#include <errno.h>
#include <poll.h>

int git_objects_open(const struct git_setup *s, struct git_objects *ret, struct err *err) {
        static const char *const args[] = {"cat-file", "--batch", NULL};
        const char *argv[GIT_MAX_ARGS];
        struct proc_spec spec;
        _cleanup_close_ int in_read = -1, in_write = -1, out_read = -1, out_write = -1;
        if (proc_pipe(&in_read, &in_write, err) < 0 || proc_pipe(&out_read, &out_write, err) < 0)
                return -1;
        git_setup_spec(s, args, argv, &spec);
        spec.stdin_fd = in_read;
        spec.stdout_fd = out_write;
        *ret = (struct git_objects){.proc = PROC_INIT, .in = -1, .out = -1, .deadline_ns = s->deadline_ns};
        if (proc_spawn(&spec, &ret->proc, err) < 0)
                return -1;
        ret->in = TAKE_FD(in_write);
        ret->out = TAKE_FD(out_read);
        return 0;
}

void git_objects_close(struct git_objects *o) {
        struct proc_exit ignored;
        close_fd(&o->in); /* its end of input: git leaves by itself, which a sandbox that forbids kill relies on */
        close_fd(&o->out);
        if (o->proc.pid > 0 && proc_wait(&o->proc, o->deadline_ns, &ignored, NULL) < 0)
                proc_kill(&o->proc);
}

int git_objects_ask(struct git_objects *o, const char *name, struct err *err) {
        char line[128];
        int n = snprintf(line, sizeof(line), "%s\n", name);
        return fs_write_all(o->in, line, (size_t)n, err);
}

static int fill(struct git_objects *o, struct err *err) {
        int64_t left = (o->deadline_ns - clock_monotonic_ns()) / NSEC_PER_MSEC;
        struct pollfd polled = {.fd = o->out, .events = POLLIN};
        int n = poll(&polled, 1, left > 0 ? (int)left : 0);
        if (n == 0)
                return err_set(err, ERR_TIMEOUT, "git cat-file: context deadline exceeded");
        ssize_t got = n < 0 ? -1 : read(o->out, o->block, sizeof(o->block));
        if (got < 0)
                return errno == EINTR ? 0 : err_errno(err, errno, "git cat-file");
        if (got == 0)
                return err_set(err, ERR_IO, "git cat-file ended early");
        o->at = 0;
        o->end = (size_t)got;
        return 0;
}

static int next_byte(struct git_objects *o, char *ret, struct err *err) {
        while (o->at == o->end)
                if (fill(o, err) < 0)
                        return -1;
        *ret = o->block[o->at++];
        return 0;
}

static int read_line(struct git_objects *o, char *line, size_t size, struct err *err) {
        for (size_t n = 0; n < size; n++) {
                if (next_byte(o, &line[n], err) < 0)
                        return -1;
                if (line[n] == '\n') {
                        line[n] = '\0';
                        return 0;
                }
        }
        return err_set(err, ERR_IO, "git cat-file: a broken answer");
}

int git_objects_next(struct git_objects *o, struct git_object *ret, struct err *err) {
        char line[256];
        if (read_line(o, line, sizeof(line), err) < 0)
                return -1;
        if (str_has_suffix(line, " missing") || str_has_suffix(line, " ambiguous"))
                return err_set(err, ERR_NOT_FOUND, "object not found");
        unsigned long long size;
        if (sscanf(line, "%64s %7s %llu", ret->hash, ret->type, &size) != 3)
                return err_set(err, ERR_IO, "git cat-file: a broken answer");
        ret->size = size;
        return 0;
}

/* The newline that follows each content. */
static int end_of_content(struct git_objects *o, struct err *err) {
        char c;
        if (next_byte(o, &c, err) < 0)
                return -1;
        return c == '\n' ? 0 : err_set(err, ERR_IO, "git cat-file: a broken answer");
}

int git_objects_read(struct git_objects *o, const struct git_object *object, struct arena *a, size_t max, char **ret,
                     struct err *err) {
        if (object->size > max)
                return err_set(err, ERR_TOO_LARGE, "%s %s has %llu bytes, the limit is %zu", object->type, object->hash,
                               (unsigned long long)object->size, max);
        size_t n = (size_t)object->size;
        char *content = arena_alloc(a, n + 1);
        if (!content)
                return err_oom(err);
        for (size_t at = 0; at < n;) {
                if (o->at == o->end && fill(o, err) < 0)
                        return -1;
                size_t piece = o->end - o->at < n - at ? o->end - o->at : n - at;
                memcpy(content + at, o->block + o->at, piece);
                o->at += piece;
                at += piece;
        }
        content[n] = '\0';
        *ret = content;
        return end_of_content(o, err);
}

int git_objects_copy(struct git_objects *o, const struct git_object *object, int fd, struct err *err) {
        for (uint64_t left = object->size; left > 0;) {
                if (o->at == o->end && fill(o, err) < 0)
                        return -1;
                size_t piece = o->end - o->at < left ? o->end - o->at : (size_t)left;
                if (fs_write_all(fd, o->block + o->at, piece, err) < 0)
                        return -1;
                o->at += piece;
                left -= piece;
        }
        return end_of_content(o, err);
}
