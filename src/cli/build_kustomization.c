/* SPDX-License-Identifier: Apache-2.0 */
/* weir build kustomization NAME --path DIR: prints what a Flux Kustomization would apply, as `flux build kustomization`
 * does. The Kustomization comes from a file or from the cluster; nothing is written anywhere. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "build/flux/flux_build.h"
#include "build/flux/flux_mask.h"
#include "cli/build.h"
#include "cli/build_remote.h"
#include "cli/cli.h"
#include "cli/session.h"
#include "data/base64.h"
#include "data/yaml/yaml.h"
#include "kube/flux/owner.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#define GROUP "kustomize.toolkit.fluxcd.io"
#define API_VERSION GROUP "/v1"

struct ks_build {
        struct session session;
        const char *path, *file;
        bool dry_run, strict, recursive, in_memory, no_remote_bases;
        struct broker *broker; /* fetches remote bases; NULL: they are refused */
        struct option_list ignore_paths, local_sources;
        const char *ignore;  /* the lines of ignore_paths; "" when there are none */
        int root;            /* descriptor of "/": the user builds what is the user's own */
        struct strmap built; /* "namespace/name" of the Kustomizations that were built: each is built once */
        struct buf out;
};

/* ---- the Kustomization ---- */

static bool is_kustomization(const struct value *object) {
        return value_equals_str(value_get(object, "kind"), "Kustomization") &&
               str_has_prefix(value_string_or(value_get(object, "apiVersion"), ""), GROUP "/");
}

/* One that names no namespace is taken for the one of the command line. */
static bool is_wanted(const struct ks_build *b, const struct value *object, const char *name) {
        const char *ns = value_path_str(object, "metadata", "namespace", NULL);
        return is_kustomization(object) && value_equals_str(value_path(object, "metadata", "name", NULL), name) &&
               (!ns || !*ns || streq(ns, b->session.namespace_));
}

static int find_in_file(struct ks_build *b, const char *name, struct value *ret, struct err *err) {
        struct arena *a = b->session.arena;
        _cleanup_free_ char *text = NULL;
        size_t n;
        struct value documents;
        if (fs_read(AT_FDCWD, b->file, LIMIT_KUSTOMIZE_FILE, &text, &n, err) < 0 ||
            yaml_parse_all(a, text, n, NULL, &documents, err) < 0)
                return -1;
        VALUE_EACH_ITEM(document, &documents)
                if (is_wanted(b, document, name))
                        return value_copy(a, document, ret, err);
        return err_set(err, ERR_NOT_FOUND, "failed find kustomization with name '%s' and namespace '%s' in file '%s'",
                       name, b->session.namespace_, b->file);
}

static int find_kustomization(struct ks_build *b, const char *name, struct value *ret, struct err *err) {
        int failed = b->file ? find_in_file(b, name, ret, err)
                             : client_get(b->session.client, b->session.arena, NULL, API_VERSION, "Kustomization",
                                          b->session.namespace_, name, ret, err);
        if (failed)
                return err_wrap(err, "failed to get kustomization object");
        struct value *metadata = value_obtain_map(b->session.arena, ret, "metadata");
        const char *ns = value_path_str(ret, "metadata", "namespace", NULL);
        if (!metadata ||
            ((!ns || !*ns) && !value_set(b->session.arena, metadata, "namespace", value_str(b->session.namespace_))))
                return err_oom(err);
        return 0;
}

/* ---- variables ---- */

/* A value without its newlines, as Flux substitutes it. */
static int set_variable(struct arena *a, struct value *vars, const struct member *m, const char *text, size_t n) {
        char *flat = arena_alloc(a, n + 1), *to = flat;
        if (!flat)
                return -1;
        for (size_t i = 0; i < n; i++)
                if (text[i] != '\n')
                        *to++ = text[i];
        *to = '\0';
        return value_setn(a, vars, m->key, m->key_len, value_strn(flat, (size_t)(to - flat))) ? 0 : -1;
}

static int add_data(struct arena *a, const struct value *data, bool encoded, struct value *vars, struct err *err) {
        if (!value_is_map(data))
                return 0;
        VALUE_EACH_MEMBER(m, data) {
                char *text = (char *)value_string_or(&m->value, "");
                size_t n = value_is_string(&m->value) ? m->value.len : 0;
                if (encoded && base64_decode(a, text, n, &text, &n, err) < 0)
                        return err_wrap(err, "key '%s'", m->key);
                if (set_variable(a, vars, m, text, n) < 0)
                        return err_oom(err);
        }
        return 0;
}

static int add_from_cluster(struct ks_build *b, const struct value *from, const char *ns, struct value *vars,
                            struct err *err) {
        const char *kind = value_string_or(value_get(from, "kind"), "");
        const char *name = value_string_or(value_get(from, "name"), "");
        struct value object;
        if (client_get(b->session.client, b->session.arena, NULL, "v1", kind, ns, name, &object, err) < 0) {
                if (err->class != ERR_NOT_FOUND || !value_bool_or(value_get(from, "optional"), false))
                        return err_wrap(err, "substitute from '%s/%s' error", kind, name);
                err_done(err);
                return 0;
        }
        if (add_data(b->session.arena, value_get(&object, "data"), streq(kind, "Secret"), vars, err) < 0)
                return err_wrap(err, "substitute from '%s/%s' error", kind, name);
        return 0;
}

static int read_variables(struct ks_build *b, const struct value *kustomization, struct value *ret, struct err *err) {
        const struct value *post = value_path(kustomization, "spec", "postBuild", NULL);
        const struct value *from = value_get(post, "substituteFrom");
        const char *ns = value_path_str(kustomization, "metadata", "namespace", NULL);
        *ret = value_map();
        for (size_t i = 0; !b->dry_run && value_is_list(from) && i < from->len; i++)
                if ((!b->session.client && session_open(&b->session, err) < 0) ||
                    add_from_cluster(b, &from->items[i], ns, ret, err) < 0)
                        return -1;
        return add_data(b->session.arena, value_get(post, "substitute"), false, ret, err);
}

/* ---- building ---- */

/* Where the manifests of a Kustomization are that another one made: its source is one of --local-sources. */
static int local_path(struct ks_build *b, const struct value *kustomization, const char **ret, struct err *err) {
        const struct value *reference = value_path(kustomization, "spec", "sourceRef", NULL);
        const char *ns = value_get_str(reference, "namespace");
        const char *key = arena_printf(
                b->session.arena, "%s/%s/%s=", value_string_or(value_get(reference, "kind"), ""),
                ns && *ns ? ns : value_string_or(value_path(kustomization, "metadata", "namespace", NULL), ""),
                value_string_or(value_get(reference, "name"), ""));
        if (!key)
                return err_oom(err);
        for (size_t i = 0; i < b->local_sources.len; i++) {
                if (!str_has_prefix(b->local_sources.items[i], key))
                        continue;
                *ret = arena_printf(b->session.arena, "%s/%s", b->local_sources.items[i] + strlen(key),
                                    value_string_or(value_path(kustomization, "spec", "path", NULL), ""));
                return *ret ? 0 : err_oom(err);
        }
        return err_set(
                err, ERR_NOT_FOUND, "kustomization '%s' is of source '%.*s', which --local-sources does not name",
                value_string_or(value_path(kustomization, "metadata", "name", NULL), ""), (int)strlen(key) - 1, key);
}

static int finish(struct ks_build *b, const struct value *kustomization, struct value *object, struct err *err) {
        struct arena *a = b->session.arena;
        const struct value *metadata = value_get(kustomization, "metadata");
        const struct value *common = value_path(kustomization, "spec", "commonMetadata", NULL);
        if (flux_mask_secret(a, object, err) < 0)
                return -1;
        if (owner_set_labels(a, object, GROUP, value_string_or(value_get(metadata, "name"), ""),
                             value_string_or(value_get(metadata, "namespace"), "")) < 0 ||
            owner_set_metadata(a, object, value_get(common, "labels"), value_get(common, "annotations")) < 0)
                return err_oom(err);
        if (yaml_marshal(&b->out, object, YAML_SIGS, err) < 0)
                return -1;
        buf_adds(&b->out, "---\n");
        return 0;
}

static int build_one(struct ks_build *b, const struct value *kustomization, const char *path, unsigned depth,
                     struct err *err);

/* A Kustomization that was built already, as when two make each other, is not built again. */
static int build_inner(struct ks_build *b, const struct value *kustomization, unsigned depth, struct err *err) {
        const char *path;
        if (depth > LIMIT_KUSTOMIZE_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "Kustomizations make each other more than %d deep",
                               LIMIT_KUSTOMIZE_DEPTH);
        return local_path(b, kustomization, &path, err) < 0 ? -1 : build_one(b, kustomization, path, depth, err);
}

/* One run of the engine for one Kustomization. */
struct engine_run {
        struct ks_build *b;
        const struct value *kustomization;
        const char *path;
        struct flux_build_options options;
        struct value objects;
};

static int run_engine(void *context, const struct kustomize_remotes *remotes, struct err *err) {
        struct engine_run *run = context;
        run->options.remotes = remotes;
        return flux_build_with(run->b->session.arena, run->b->root, run->path, run->kustomization, &run->options,
                               &run->objects, err);
}

static int build_one(struct ks_build *b, const struct value *kustomization, const char *path, unsigned depth,
                     struct err *err) {
        struct arena *a = b->session.arena;
        _cleanup_free_ char *real = realpath(path, NULL);
        struct value vars;
        if (!real)
                return err_set(err, ERR_NOT_FOUND, "invalid resource path \"%s\"", path);
        const struct value *metadata = value_get(kustomization, "metadata");
        const char *id = arena_printf(a, "%s/%s", value_string_or(value_get(metadata, "namespace"), ""),
                                      value_string_or(value_get(metadata, "name"), ""));
        int there = id ? strmap_add(&b->built, id, strlen(id), b, NULL) : -1;
        if (there)
                return there < 0 ? err_oom(err) : 0;
        if (read_variables(b, kustomization, &vars, err) < 0)
                return -1;
        struct engine_run engine = {.b = b,
                                    .kustomization = kustomization,
                                    .path = real,
                                    .options = {.vars = &vars, .strict = b->strict, .ignore = b->ignore}};
        if (build_remote_run(b->broker, a, run_engine, &engine, err) < 0)
                return -1;
        VALUE_EACH_ITEM(object, &engine.objects)
                if (finish(b, kustomization, object, err) < 0)
                        return -1;
        VALUE_EACH_ITEM(object, &engine.objects)
                if (b->recursive && is_kustomization(object) && build_inner(b, object, depth + 1, err) < 0)
                        return -1;
        return 0;
}

/* ---- the command ---- */

/* The path as flux shows it: absolute, whether it is there or not. */
static int check_path(struct ks_build *b, struct err *err) {
        struct stat st;
        char here[PATH_MAX];
        if (b->path && *b->path && stat(b->path, &st) == 0 && S_ISDIR(st.st_mode))
                return 0;
        if (!b->path || !*b->path)
                return err_set(err, ERR_BAD_REQUEST, "invalid resource path \"\"");
        bool relative = b->path[0] != '/' && getcwd(here, sizeof(here));
        const char *path = str_has_prefix(b->path, "./") ? b->path + 2 : b->path;
        return err_set(err, ERR_NOT_FOUND, "invalid resource path \"%s%s%s\"", relative ? here : "",
                       relative ? "/" : "", path);
}

static int check_arguments(struct ks_build *b, const struct option_list *words, struct err *err) {
        struct stat st;
        if (words->len == 0)
                return err_set(err, ERR_BAD_REQUEST, "kustomization name is required");
        if (words->len > 1)
                return err_set(err, ERR_BAD_REQUEST, "name one Kustomization, not %zu", words->len);
        if (check_path(b, err) < 0)
                return -1;
        if (b->dry_run && !b->file)
                return err_set(err, ERR_BAD_REQUEST, "dry-run mode requires a kustomization file");
        if (b->file && (stat(b->file, &st) < 0 || S_ISDIR(st.st_mode)))
                return err_set(err, ERR_NOT_FOUND, "invalid kustomization file \"%s\"", b->file);
        return 0;
}

static int join_lines(struct arena *a, const struct option_list *list, const char **ret, struct err *err) {
        _cleanup_buf_ struct buf lines = BUF_INIT(LIMIT_IGNORE_FILE);
        for (size_t i = 0; i < list->len; i++)
                buf_addf(&lines, "%s\n", list->items[i]);
        *ret = buf_failed(&lines) ? NULL : arena_strdup(a, buf_str(&lines));
        return *ret ? 0 : err_oom(err);
}

static int run(struct ks_build *b, const char *name, struct err *err) {
        struct value kustomization;
        if (!(b->session.arena = arena_new(ARENA_MAX_BUILD)))
                return err_oom(err);
        if (!b->file && session_open(&b->session, err) < 0)
                return -1;
        _cleanup_close_ int root = fs_open_dir(AT_FDCWD, "/", err);
        b->root = root;
        if (root < 0 || join_lines(b->session.arena, &b->ignore_paths, &b->ignore, err) < 0 ||
            find_kustomization(b, name, &kustomization, err) < 0 || build_one(b, &kustomization, b->path, 0, err) < 0)
                return -1;
        return buf_failed(&b->out) ? err_set(err, ERR_TOO_LARGE, "the output is larger than %zu bytes", b->out.max)
                                   : fs_write_all(STDOUT_FILENO, buf_str(&b->out), b->out.len, err);
}

int build_kustomization(int argc, char **argv) {
        struct ks_build b = {.session = SESSION_INIT, .no_remote_bases = true, .out = BUF_INIT(LIMIT_KUSTOMIZE_OUTPUT)};
        const struct option options[] = {
                {"path", 0, OPTION_STRING, &b.path, "where the manifests are"},
                {"kustomization-file", 0, OPTION_STRING, &b.file, "read the Kustomization from here, not the cluster"},
                {"ignore-paths", 0, OPTION_LIST, &b.ignore_paths, "leave these out, in .gitignore's format"},
                {"dry-run", 0, OPTION_BOOL, &b.dry_run, "ask no cluster: substituteFrom is left out"},
                {"strict-substitute", 0, OPTION_BOOL, &b.strict, "a variable without value and default is an error"},
                {"recursive", 'r', OPTION_BOOL, &b.recursive, "build the Kustomizations that are made, too"},
                {"local-sources", 0, OPTION_LIST, &b.local_sources, "Kind/namespace/name=path of their sources"},
                {"in-memory-build", 0, OPTION_BOOL, &b.in_memory, "no difference: weir never writes into the tree"},
                {"no-remote-bases", 0, OPTION_BOOL, &b.no_remote_bases,
                 "refuse remote bases (default true); false: fetch them over http(s), without credentials"},
                SESSION_OPTIONS(b.session),
        };
        _cleanup_err_ struct err err = ERR_INIT;
        struct option_list words = {.len = 0};
        if (options_want_help(argc, argv, "build kustomization NAME --path DIR [flags]", options))
                return 0;
        int failed = options_parse(argc, argv, options, &words, &err) < 0 || check_arguments(&b, &words, &err) < 0 ||
                     (!b.no_remote_bases && build_remote_start(&b.broker, &err) < 0) ||
                     run(&b, words.items[0], &err) < 0;
        session_close(&b.session);
        broker_stop(b.broker);
        strmap_done(&b.built);
        buf_done(&b.out);
        return failed ? session_fail(&err) : 0;
}
