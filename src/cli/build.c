/* SPDX-License-Identifier: Apache-2.0 */
/* `weir build DIR`: prints what `kustomize build` prints, with its exit codes. */
#include "cli/cli.h"

#include "base/fs.h"
#include "base/limits.h"
#include "build/kustomize/kustomize.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>

struct build_args {
        const char *dir;
        const char *output; /* NULL: standard output */
        struct kustomize_options options;
};

static const char usage[] =
        "Usage: weir build [DIR] [-o FILE] [--load-restrictor LoadRestrictionsRootOnly|LoadRestrictionsNone]\n"
        "                  [--reorder legacy|none] [--enable-managedby-label]\n";

static int refuse(const char *flag, const char *why) {
        fprintf(stderr, "Error: %s is refused: %s\n", flag, why);
        return 1;
}

static int read_restrictor(struct build_args *b, const char *value) {
        b->options.load_restrictions_none = streq(value, "LoadRestrictionsNone");
        if (b->options.load_restrictions_none || streq(value, "LoadRestrictionsRootOnly"))
                return 0;
        fprintf(stderr,
                "Error: illegal flag value --load-restrictor %s; legal values: [LoadRestrictionsRootOnly "
                "LoadRestrictionsNone]\n",
                value);
        return 1;
}

static int read_reorder(struct build_args *b, const char *value) {
        b->options.reorder = streq(value, "none") ? KUSTOMIZE_REORDER_NONE : KUSTOMIZE_REORDER_LEGACY;
        fprintf(stderr, "Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml "
                        "instead.\n");
        if (streq(value, "none") || streq(value, "legacy"))
                return 0;
        fprintf(stderr, "Error: illegal flag value --reorder %s; legal values: [legacy none]\n", value);
        return 1;
}

/* 0: go on; -1: help was printed; else the exit status. */
static int parse(int argc, char **argv, struct build_args *b) {
        enum { RESTRICTOR = 256, REORDER, MANAGED_BY, ALPHA_PLUGINS, EXEC, HELM, HELP };
        static const struct option options[] = {
                {"output", required_argument, NULL, 'o'},
                {"load-restrictor", required_argument, NULL, RESTRICTOR},
                {"reorder", required_argument, NULL, REORDER},
                {"enable-managedby-label", no_argument, NULL, MANAGED_BY},
                {"enable-alpha-plugins", no_argument, NULL, ALPHA_PLUGINS},
                {"enable-exec", no_argument, NULL, EXEC},
                {"enable-helm", no_argument, NULL, HELM},
                {"help", no_argument, NULL, HELP},
                {0},
        };
        int status = 0;
        for (int c; !status && (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
                if (c == 'o')
                        b->output = optarg;
                else if (c == RESTRICTOR)
                        status = read_restrictor(b, optarg);
                else if (c == REORDER)
                        status = read_reorder(b, optarg);
                else if (c == MANAGED_BY)
                        b->options.managed_by_label = true;
                else if (c == ALPHA_PLUGINS || c == EXEC)
                        status = refuse("--enable-alpha-plugins", "weir runs no programs out of a source tree");
                else if (c == HELM)
                        status = refuse("--enable-helm", "charts are rendered by HelmRelease, not by a build");
                else if (c == HELP || c == 'h')
                        status = fputs(usage, stdout) < 0 ? 1 : -1;
                else
                        status = 1;
        }
        if (!status && argc - optind > 1) {
                fputs("Error: specify one path to a kustomization directory\n", stderr);
                status = 1;
        }
        b->dir = argc > optind ? argv[optind] : ".";
        return status;
}

static int write_out(const struct build_args *b, const struct buf *text, struct err *err) {
        if (!b->output)
                return fs_write_all(STDOUT_FILENO, buf_str(text), text->len, err);
        _cleanup_close_ int fd = fs_open(AT_FDCWD, b->output, O_WRONLY | O_CREAT | O_TRUNC, 0644, err);
        return fd < 0 ? -1 : fs_write_all(fd, buf_str(text), text->len, err);
}

/* The whole file system is the tree: the user builds what is the user's own. Paths in messages come out absolute. */
static int build(const struct build_args *b, struct buf *warnings, struct err *err) {
        char real[PATH_MAX];
        if (!realpath(b->dir, real))
                return err_set(
                        err, ERR_NOT_FOUND,
                        "must build at directory: not a valid directory: evalsymlink failure on '%s' : lstat %s: %s",
                        b->dir, b->dir, strerror(errno));
        _cleanup_arena_ struct arena *arena = arena_new(ARENA_MAX_BUILD);
        _cleanup_close_ int root = fs_open_dir(AT_FDCWD, "/", err);
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_KUSTOMIZE_OUTPUT);
        struct kustomize_options options = b->options;
        struct value objects;
        if (!arena)
                return err_oom(err);
        options.warnings = warnings;
        const char *path = real[1] ? real + 1 : ".";
        if (root < 0 || kustomize_build(arena, root, path, &options, &objects, err) < 0 ||
            kustomize_print(&out, &objects, err) < 0)
                return -1;
        if (buf_failed(&out))
                return err_set(err, ERR_TOO_LARGE, "the output is larger than %zu bytes", LIMIT_KUSTOMIZE_OUTPUT);
        return write_out(b, &out, err);
}

int cmd_build(int argc, char **argv) {
        struct build_args b = {.dir = "."};
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf warnings = BUF_INIT(LIMIT_KUSTOMIZE_OUTPUT);
        int status = parse(argc, argv, &b);
        if (status)
                return status < 0 ? 0 : status;
        int failed = build(&b, &warnings, &err);
        fputs(buf_str(&warnings), stderr);
        if (!failed)
                return 0;
        fprintf(stderr, "Error: %s\n", err_message(&err));
        return 1;
}
