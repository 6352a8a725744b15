/* SPDX-License-Identifier: Apache-2.0 */
/* Flux's build around kustomize against recorded builds of kustomize-controller: the objects, and the errors' words.
 * Each row's tree is laid out in a directory of its own. */
#include "corpus.h"

#include "base/fs.h"
#include "build/flux/flux_build.h"
#include "build/flux/flux_internal.h"
#include "build/kustomize/kustomize.h"
#include "data/base64.h"
#include "data/yaml/yaml.h"

#include <sys/stat.h>

#define TEXT_MAX ((size_t)16 << 20)

struct row {
        struct corpus_case *c;
        const struct value *in;
        char top[64]; /* holds root/ and outside/ */
        struct value vars;
        bool cluster_fails; /* a reference into the cluster that the controller resolves, not the build */
};

/* ---- laying out ---- */

static int write_one(const char *path, const void *p, size_t n) {
        char dir[1024];
        snprintf(dir, sizeof(dir), "%s", path);
        *strrchr(dir, '/') = 0;
        if (fs_mkdirs(dir, 0755, NULL) < 0)
                return -1;
        if (path[strlen(path) - 1] == '/')
                return 0;
        _cleanup_close_ int fd = fs_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644, NULL);
        return fd < 0 ? -1 : fs_write_all(fd, p, n, NULL);
}

static int write_files(struct row *r, const struct value *files, const char *below, bool encoded) {
        if (!value_is_map(files))
                return 0;
        VALUE_EACH_MEMBER(m, files) {
                char path[1024];
                char *bytes = (char *)m->value.str;
                size_t n = m->value.len;
                if (encoded && base64_decode(r->c->arena, m->value.str, m->value.len, &bytes, &n, NULL) < 0)
                        return -1;
                snprintf(path, sizeof(path), "%s/%s/%s", r->top, below, m->key);
                if (write_one(path, bytes, n) < 0)
                        return -1;
        }
        return 0;
}

static int write_links(struct row *r) {
        const struct value *links = value_get(r->in, "symlinks");
        if (!value_is_map(links))
                return 0;
        VALUE_EACH_MEMBER(m, links) {
                char path[1024], target[1024];
                const char *text = m->value.str;
                bool out = str_has_prefix(text, "<OUTSIDE>");
                snprintf(path, sizeof(path), "%s/root/%s", r->top, m->key);
                if (out)
                        snprintf(target, sizeof(target), "%s/outside%s", r->top, text + strlen("<OUTSIDE>"));
                else
                        snprintf(target, sizeof(target), "%s", text);
                if (symlink(target, path) < 0)
                        return -1;
        }
        return 0;
}

static int lay_out(struct row *r) {
        snprintf(r->top, sizeof(r->top), "/tmp/weir-corpus-XXXXXX");
        char root[128];
        if (!mkdtemp(r->top))
                return -1;
        snprintf(root, sizeof(root), "%s/root", r->top);
        if (fs_mkdirs(root, 0755, NULL) < 0 || write_files(r, value_get(r->in, "tree"), "root", false) < 0 ||
            write_files(r, value_get(r->in, "treeBase64"), "root", true) < 0 ||
            write_files(r, value_get(r->in, "outside"), "outside", false) < 0)
                return -1;
        return write_links(r);
}

/* ---- variables ---- */

static const char *without_newlines(struct arena *a, const char *text) {
        char *out = arena_strdup(a, text), *to = out;
        for (const char *p = text; *p; p++)
                if (*p != '\n')
                        *to++ = *p;
        *to = 0;
        return out;
}

static void add_vars(struct row *r, const struct value *map, bool encoded) {
        if (!value_is_map(map))
                return;
        VALUE_EACH_MEMBER(m, map) {
                char *text = (char *)m->value.str;
                size_t n;
                if (encoded && base64_decode(r->c->arena, m->value.str, m->value.len, &text, &n, NULL) < 0)
                        continue;
                value_setn(r->c->arena, &r->vars, m->key, m->key_len, value_str(without_newlines(r->c->arena, text)));
        }
}

static const struct value *find_object(const struct row *r, const struct value *reference) {
        const struct value *objects = value_get(r->in, "objects");
        if (!value_is_list(objects))
                return NULL;
        VALUE_EACH_ITEM(o, objects) {
                const struct value *metadata = value_get(o, "metadata");
                if (value_equal(value_get(o, "kind"), value_get(reference, "kind")) &&
                    value_equal(value_get(metadata, "name"), value_get(reference, "name")) &&
                    value_equals_str(value_get(metadata, "namespace"), "apps"))
                        return o;
        }
        return NULL;
}

static void resolve_vars(struct row *r) {
        const struct value *post = value_path(r->in, "spec", "postBuild", NULL);
        const struct value *from = value_get(post, "substituteFrom");
        r->vars = value_map();
        if (value_is_list(from))
                VALUE_EACH_ITEM(reference, from) {
                        const struct value *o = find_object(r, reference);
                        if (!o && !value_bool_or(value_get(reference, "optional"), false))
                                r->cluster_fails = true;
                        if (!o)
                                continue;
                        add_vars(r, value_get(o, "data"), value_equals_str(value_get(o, "kind"), "Secret"));
                        add_vars(r, value_get(o, "stringData"), false);
                }
        add_vars(r, value_get(post, "substitute"), false);
}

/* ---- running ---- */

/* Puts the row's names for directories back into a text. */
static void restore_names(const struct row *r, const char *text, struct buf *out) {
        size_t top = strlen(r->top);
        while (*text) {
                if (strncmp(text, r->top, top) != 0) {
                        buf_addc(out, *text++);
                        continue;
                }
                text += top;
                bool root = str_has_prefix(text, "/root");
                buf_adds(out, root ? "<ROOT>" : "<OUTSIDE>");
                text += root ? strlen("/root") : 0;
        }
}

/* Builds the row: 0 with its text in out, -1 with the error in said. */
static int run(struct row *r, struct buf *out, struct buf *said) {
        char root[128];
        _cleanup_err_ struct err err = ERR_INIT;
        struct value kustomization = value_map(), objects, built;
        const struct value *spec = value_get(r->in, "spec");
        struct flux_build_options options = {
                .vars = &r->vars,
                .strict = value_bool_or(value_get(r->in, "strictSubstitutions"), false),
                .display_root = root,
                .ret_built = &built,
        };
        snprintf(root, sizeof(root), "%s/root", r->top);
        _cleanup_close_ int fd = fs_open_dir(AT_FDCWD, root, &err);
        value_set(r->c->arena, &kustomization, "spec", spec ? *spec : value_map());
        if (fd >= 0 &&
            flux_build_with(r->c->arena, fd, value_string_or(value_get(spec, "path"), ""), &kustomization, &options,
                            &objects, &err) == 0 &&
            kustomize_print(out, &built, &err) == 0)
                return 0;
        restore_names(r, err_message(&err), said);
        return -1;
}

static int run_row(struct corpus_case *c, struct row *r, struct buf *out, struct buf *said) {
        *r = (struct row){.c = c, .in = value_get(c->row, "in")};
        resolve_vars(r);
        int failed = lay_out(r) < 0 ? (buf_adds(said, "the tree could not be laid out"), -1) : run(r, out, said);
        fs_remove_tree(r->top, NULL);
        return failed;
}

static enum corpus_verdict check(struct corpus_case *c, bool messages) {
        _cleanup_buf_ struct buf out = BUF_INIT(TEXT_MAX), said = BUF_INIT(TEXT_MAX);
        const char *error = value_get_str(c->row, "error");
        struct row r;
        bool remote = corpus_has_tag(c, "remote");
        int failed = remote ? 0 : run_row(c, &r, &out, &said);
        /* What needs a server of its own, or the cluster, is not this function's. */
        if (remote || r.cluster_fails)
                return CORPUS_SKIP;
        if (messages)
                return error ? corpus_same(c, "error", error, failed ? buf_str(&said) : NULL) : CORPUS_SKIP;
        if (error)
                return failed ? CORPUS_PASS : corpus_fail(c, "no error: %s", buf_str(&out));
        if (failed)
                return corpus_fail(c, "%s", buf_str(&said));
        return corpus_same(c, "yaml", value_path_str(c->row, "out", "yaml", NULL), buf_str(&out));
}

static enum corpus_verdict check_objects(struct corpus_case *c) {
        return check(c, false);
}

static enum corpus_verdict check_messages(struct corpus_case *c) {
        return check(c, true);
}

/* ---- envsubst/substitute-variables: one object alone ---- */

static enum corpus_verdict check_substitution(struct corpus_case *c) {
        const struct value *in = value_get(c->row, "in"), *vars = value_get(in, "substitute");
        const struct yaml_options options = {.dialect = YAML_KYAML};
        const char *resource = value_string_or(value_get(in, "resource"), ""), *error = value_get_str(c->row, "error");
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf out = BUF_INIT(TEXT_MAX);
        struct row r = {.c = c, .vars = value_map()};
        struct value object;
        bool skipped = false, strict = value_bool_or(value_get(in, "strict"), false);
        bool always = value_bool_or(value_get(in, "always"), false);
        if (corpus_has_tag(c, "nonstring"))
                return CORPUS_SKIP; /* whoever reads spec.postBuild refuses those */
        add_vars(&r, vars, false);
        int failed = yaml_parse(c->arena, resource, strlen(resource), &options, &object, &err);
        if (failed)
                return error && str_has_prefix(error, "parse: ") ? CORPUS_PASS
                                                                 : corpus_fail(c, "%s", err_message(&err));
        if (r.vars.len || always)
                failed = flux_substitute_object(c->arena, &r.vars, strict, &object, &skipped, &err);
        if (error || failed)
                return corpus_same(c, "error", error, failed ? err_message(&err) : NULL);
        const struct value *want = value_get(c->row, "out");
        if (value_get(want, "skipped"))
                return skipped || !r.vars.len ? CORPUS_PASS : corpus_fail(c, "was not skipped");
        yaml_write(&out, &object, YAML_SIGS);
        return corpus_same(c, "yaml", value_get_str(want, "yaml"), buf_str(&out));
}

int main(int argc, char **argv) {
        static const struct corpus_table objects[] = {
                {"build/build", check_objects},
                {"envsubst/substitute-variables", check_substitution},
        };
        static const struct corpus_table messages[] = {{"build/build", check_messages}};
        bool words = argc > 1 && streq(argv[1], "messages");
        return words ? corpus_main(messages, 1) : corpus_main(objects, ARRAY_LEN(objects));
}
