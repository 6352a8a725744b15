/* SPDX-License-Identifier: Apache-2.0 */
/* `weir build DIR`: prints what `kustomize build` prints, with its exit codes. A directory that is called
 * "kustomization" or "ks" is to be named "./ks", for those words begin the other form. */
#include "cli/cli.h"

#include "base/fs.h"
#include "base/limits.h"
#include "build/kustomize/kustomize.h"
#include "build/kustomize/load/remote.h"
#include "build/kustomize/resource/resid.h"
#include "cli/build.h"
#include "cli/build_remote.h"
#include "cli/options.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

struct build_args {
        const char *dir;
        const char *output; /* a file, or a directory that gets one file for each object; NULL: standard output */
        const char *restrictor;
        const char *reorder;
        bool managed_by, no_remote_bases;
        struct broker *broker; /* fetches remote bases; NULL: they are refused */
        struct kustomize_options options;
};

/* Why weir takes none of kustomize's flags for these. */
static const char no_programs[] = "weir runs no programs and no containers out of a source tree";
static const char no_charts[] = "charts are rendered by HelmRelease, not by a build";

/* Turns flags into the engine's options. */
static int read_flags(struct build_args *b, struct err *err) {
        struct kustomize_options *o = &b->options;
        o->managed_by_label = b->managed_by;
        o->load_restrictions_none = b->restrictor && streq(b->restrictor, "LoadRestrictionsNone");
        if (b->restrictor && !o->load_restrictions_none && !streq(b->restrictor, "LoadRestrictionsRootOnly"))
                return err_set(err, ERR_BAD_REQUEST,
                               "illegal flag value --load-restrictor %s; legal values: [LoadRestrictionsRootOnly "
                               "LoadRestrictionsNone]",
                               b->restrictor);
        if (!b->reorder)
                return 0;
        fputs("Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.\n",
              stderr);
        o->reorder = streq(b->reorder, "none") ? KUSTOMIZE_REORDER_NONE : KUSTOMIZE_REORDER_LEGACY;
        if (streq(b->reorder, "none") || streq(b->reorder, "legacy"))
                return 0;
        return err_set(err, ERR_BAD_REQUEST, "illegal flag value --reorder %s; legal values: [legacy none]",
                       b->reorder);
}

/* ---- output ---- */

static int print(const struct value *objects, struct buf *out, struct err *err) {
        if (kustomize_print(out, objects, err) < 0)
                return -1;
        return buf_failed(out) ? err_set(err, ERR_TOO_LARGE, "the output is larger than %zu bytes", out->max) : 0;
}

/* Whether an object has a namespace of its own, and which one counts. */
static const char *namespace_of(const struct scopes *scopes, const struct value *object) {
        const char *ns = value_path_str(object, "metadata", "namespace", NULL);
        const char *version = value_string_or(value_get(object, "apiVersion"), "");
        if (scopes_is_cluster(scopes, version, value_string_or(value_get(object, "kind"), "")))
                return NULL;
        return ns && *ns ? ns : "default";
}

/* With objects of several namespaces their files bear the namespace in front. */
static bool has_several(const struct scopes *scopes, const struct value *objects) {
        const char *first = NULL;
        VALUE_EACH_ITEM(object, objects) {
                const char *ns = namespace_of(scopes, object);
                if (ns && first && !streq(ns, first))
                        return true;
                first = ns ? ns : first;
        }
        return false;
}

/* "group_version_kind_name.yaml" in lower case, as `kustomize build -o DIR` names files. */
static int file_name(struct arena *a, const struct value *object, const char *dir, const char *ns, char **ret,
                     struct err *err) {
        const char *version = value_string_or(value_get(object, "apiVersion"), "");
        const char *kind = value_string_or(value_get(object, "kind"), "");
        const char *name = value_path_str(object, "metadata", "name", NULL);
        char *base = arena_printf(a, "%s%s%s%s%s_%s.yaml", ns ? ns : "", ns ? "_" : "", version, *version ? "_" : "",
                                  kind, name ? name : "");
        if (!base)
                return err_oom(err);
        for (char *p = base; *p; p++)
                *p = *p == '/' ? '_' : *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
        *ret = arena_printf(a, "%s/%s", dir, base);
        return *ret ? 0 : err_oom(err);
}

static int write_files(struct arena *a, const char *dir, const struct scopes *scopes, const struct value *objects,
                       struct err *err) {
        bool several = has_several(scopes, objects);
        VALUE_EACH_ITEM(object, objects) {
                _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_KUSTOMIZE_OUTPUT);
                const struct value one = {.type = VALUE_LIST, .len = 1, .items = object};
                const char *ns = several ? namespace_of(scopes, object) : NULL;
                char *path;
                if (print(&one, &text, err) < 0 || file_name(a, object, dir, ns, &path, err) < 0 ||
                    fs_write_atomic(path, buf_str(&text), text.len, 0644, err) < 0)
                        return -1;
        }
        return 0;
}

static int write_directory(struct arena *a, const char *dir, const struct value *objects, struct err *err) {
        struct scopes scopes = {0};
        int failed = scopes_init(a, &scopes, err) < 0 || write_files(a, dir, &scopes, objects, err) < 0;
        scopes_done(&scopes);
        return failed ? -1 : 0;
}

static int write_out(struct arena *a, const struct build_args *b, const struct value *objects, struct err *err) {
        struct stat st;
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_KUSTOMIZE_OUTPUT);
        if (b->output && stat(b->output, &st) == 0 && S_ISDIR(st.st_mode))
                return write_directory(a, b->output, objects, err);
        if (print(objects, &text, err) < 0)
                return -1;
        return b->output ? fs_write_atomic(b->output, buf_str(&text), text.len, 0644, err)
                         : fs_write_all(STDOUT_FILENO, buf_str(&text), text.len, err);
}

/* ---- building ---- */

struct one_build {
        struct build_args *b;
        struct arena *a;
        int root;
        const char *path;
        struct value objects;
};

static int build_once(void *context, const struct kustomize_remotes *remotes, struct err *err) {
        struct one_build *o = context;
        o->b->options.remotes = remotes;
        buf_clear(o->b->options.warnings); /* each run warns again */
        return kustomize_build(o->a, o->root, o->path, &o->b->options, &o->objects, err);
}

/* The whole file system is the tree: the user builds what is the user's own. Paths in messages come out absolute. As
 * for kustomize, what reads as a URL is one, whatever directories there are. */
static int build(struct build_args *b, struct buf *warnings, struct err *err) {
        char real[PATH_MAX] = "/";
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_BUILD);
        struct remote remote;
        if (!a)
                return err_oom(err);
        if (remote_parse(a, b->dir, &remote) == 1)
                b->options.entry = b->dir;
        else if (!realpath(b->dir, real))
                return err_set(
                        err, ERR_NOT_FOUND,
                        "must build at directory: not a valid directory: evalsymlink failure on '%s' : lstat %s: %s",
                        b->dir, b->dir, errno == ENOENT ? "no such file or directory" : strerror(errno));
        _cleanup_close_ int root = fs_open_dir(AT_FDCWD, "/", err);
        if (root < 0)
                return -1;
        b->options.warnings = warnings;
        struct one_build one = {.b = b, .a = a, .root = root, .path = real[1] ? real + 1 : "."};
        return build_remote_run(b->broker, a, build_once, &one, err) < 0 ? -1 : write_out(a, b, &one.objects, err);
}

int cmd_build(int argc, char **argv) {
        if (argc > 1 && (streq(argv[1], "kustomization") || streq(argv[1], "ks")))
                return build_kustomization(argc - 1, argv + 1);
        struct build_args b = {.dir = ".", .no_remote_bases = true};
        const struct option options[] = {
                {"output", 'o', OPTION_STRING, &b.output, "write to this file, or one file each into this directory"},
                {"load-restrictor", 0, OPTION_STRING, &b.restrictor,
                 "LoadRestrictionsRootOnly or LoadRestrictionsNone"},
                {"reorder", 0, OPTION_STRING, &b.reorder, "legacy or none (deprecated)"},
                {"enable-managedby-label", 0, OPTION_BOOL, &b.managed_by, "add app.kubernetes.io/managed-by"},
                {"no-remote-bases", 0, OPTION_BOOL, &b.no_remote_bases,
                 "refuse remote bases (default true); false: fetch them over http(s), without credentials"},
                {"enable-alpha-plugins", 0, OPTION_REFUSED, NULL, no_programs},
                {"enable-exec", 0, OPTION_REFUSED, NULL, no_programs},
                {"as-current-user", 0, OPTION_REFUSED, NULL, no_programs},
                {"env", 'e', OPTION_REFUSED, NULL, no_programs},
                {"mount", 0, OPTION_REFUSED, NULL, no_programs},
                {"network", 0, OPTION_REFUSED, NULL, no_programs},
                {"network-name", 0, OPTION_REFUSED, NULL, no_programs},
                {"enable-helm", 0, OPTION_REFUSED, NULL, no_charts},
                {"helm-command", 0, OPTION_REFUSED, NULL, no_charts},
                {"helm-api-versions", 0, OPTION_REFUSED, NULL, no_charts},
                {"helm-kube-version", 0, OPTION_REFUSED, NULL, no_charts},
                {"helm-debug", 0, OPTION_REFUSED, NULL, no_charts},
                {NULL, 0, OPTION_BOOL, NULL, NULL},
        };
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf warnings = BUF_INIT(LIMIT_KUSTOMIZE_OUTPUT);
        struct option_list words = {.len = 0};
        if (options_want_help(argc, argv, "build [DIR]", options))
                return 0;
        int failed = options_parse(argc, argv, options, &words, &err);
        if (!failed && words.len > 1)
                failed = err_set(&err, ERR_BAD_REQUEST, "specify one path to a kustomization directory");
        if (!failed && words.len)
                b.dir = words.items[0];
        failed = failed || read_flags(&b, &err) < 0 ||
                 (!b.no_remote_bases && build_remote_start(&b.broker, &err) < 0) || build(&b, &warnings, &err) < 0;
        broker_stop(b.broker);
        fputs(buf_str(&warnings), stderr);
        if (!failed)
                return 0;
        fprintf(stderr, "Error: %s\n", err_message(&err));
        if (err.hint)
                fprintf(stderr, "Hint: %s\n", err.hint);
        return 1;
}
