/* SPDX-License-Identifier: Apache-2.0 */
/* The kustomize engine against recorded builds of kustomize 5.8.1: what it prints, and what it says when it fails. */
#include "corpus.h"

#include "base/fs.h"
#include "base/proc.h"
#include "build/kustomize/kustomize.h"
#include "data/json/json.h"

#include <dirent.h>

#define TEXT_MAX ((size_t)64 << 20)

struct run_case {
        struct arena *arena;
        char dir[600];
        const char *args[16];
        size_t n_args;
        bool refused; /* needs the network or a tool, or has no one answer */
        bool stderr_varies;
        bool looks_outside; /* kustomize looked at paths outside of the case's tree */
};

/* A file of the case; NULL when it is not there. */
static char *read_file(const struct run_case *c, const char *name) {
        char path[700], *text;
        size_t n;
        snprintf(path, sizeof(path), "%s/%s", c->dir, name);
        return fs_read(AT_FDCWD, path, TEXT_MAX, &text, &n, NULL) < 0 ? NULL : text;
}

static int read_json(struct run_case *c, const char *name, struct value *ret) {
        _cleanup_free_ char *text = read_file(c, name);
        return text ? json_parse(c->arena, text, strlen(text), 0, NULL, ret, NULL) : -1;
}

/* The recorded error names a path outside of the tree, as the text behind "lstat". */
static bool looks_outside(const struct run_case *c) {
        _cleanup_free_ char *error = read_file(c, "expected_error.txt");
        const char *at = error ? strstr(error, "lstat ") : NULL;
        return at && !str_has_prefix(at, "lstat @ROOT@");
}

static int load_case(struct run_case *c) {
        struct value args, meta;
        if (read_json(c, "args.json", &args) < 0 || read_json(c, "meta.json", &meta) < 0)
                return -1;
        VALUE_EACH_ITEM(item, &args)
                if (c->n_args < ARRAY_LEN(c->args))
                        c->args[c->n_args++] = item->str;
        c->refused = value_bool_or(value_get(&meta, "needs_network_or_tool"), false) ||
                     value_bool_or(value_get(&meta, "nondeterministic"), false);
        c->looks_outside = looks_outside(c);
        c->stderr_varies = value_bool_or(value_get(&meta, "stderr_nondeterministic"), false);
        return 0;
}

static void set_options(const struct run_case *c, struct kustomize_options *o) {
        for (size_t i = 1; i < c->n_args; i++) {
                const char *next = i + 1 < c->n_args ? c->args[i + 1] : "";
                if (streq(c->args[i], "--reorder"))
                        o->reorder = streq(next, "none") ? KUSTOMIZE_REORDER_NONE : KUSTOMIZE_REORDER_LEGACY;
                if (streq(c->args[i], "--load-restrictor"))
                        o->load_restrictions_none = streq(next, "LoadRestrictionsNone");
                if (streq(c->args[i], "--enable-managedby-label"))
                        o->managed_by_label = true;
        }
}

/* The recordings have 0xPTR where Go printed an address; the engine, which has none to print, writes 0x0. */
static void add_error(struct buf *said, const char *message) {
        const char *address = strstr(message, "&{0x0 ");
        if (address)
                buf_addf(said, "Error: %.*s&{0xPTR %s\n", (int)(address - message), message,
                         address + strlen("&{0x0 "));
        else
                buf_addf(said, "Error: %s\n", message);
}

static int build_at(struct run_case *c, int root, const char *path, struct kustomize_options *options, struct buf *out,
                    struct buf *said) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value objects;
        options->warnings = said;
        set_options(c, options);
        if (kustomize_build(c->arena, root, path, options, &objects, &err) == 0 &&
            kustomize_print(out, &objects, &err) == 0)
                return 0;
        add_error(said, err_message(&err));
        return -1;
}

/* Appends the text with the place of the build, and the temporary directory that a case of kustomize's own tests names,
 * as the recordings have them. */
static void add_placeless(struct buf *to, const char *text, const char *place) {
        static const char theirs[] = "/tmp/kustomize-";
        while (*text) {
                if (str_has_prefix(text, place)) {
                        buf_adds(to, "@ROOT@");
                        text += strlen(place);
                } else if (str_has_prefix(text, theirs)) {
                        buf_adds(to, "@TMP@");
                        text += strlen(theirs);
                        text += strspn(text, "0123456789");
                } else {
                        buf_addc(to, *text++);
                }
        }
}

/* As the command does, which has the whole file system before it: in a folder of its own below /tmp, where the case was
 * recorded. */
static int build_below_tmp(struct run_case *c, struct buf *out, struct buf *said) {
        char place[] = "/tmp/weir-kustomize-XXXXXX", input[700];
        _cleanup_buf_ struct buf raw = BUF_INIT(TEXT_MAX), ignored = BUF_INIT(TEXT_MAX);
        struct kustomize_options options = {0};
        struct proc_exit ended = {.status = -1};
        _cleanup_close_ int root = fs_open_dir(AT_FDCWD, "/", NULL);
        snprintf(input, sizeof(input), "%s/input/.", c->dir);
        if (root < 0 || !mkdtemp(place))
                return -1;
        const char *const argv[] = {"/bin/cp", "-R", input, place, NULL};
        struct proc_spec spec = PROC_SPEC_INIT;
        spec.argv = argv;
        int r = proc_run(&spec, NULL, 0, 0, &ignored, &ignored, &ended, NULL);
        if (r == 0 && ended.status == 0)
                r = build_at(c, root, arena_printf(c->arena, "%s/%s", place + 1, c->args[0]), &options, out, &raw);
        add_placeless(said, buf_str(&raw), place);
        fs_remove_tree(place, NULL);
        return r;
}

/* Builds the case: 0 with the text in out, -1 with the text of standard error in said. */
static int build(struct run_case *c, struct buf *out, struct buf *said) {
        char input[700];
        struct kustomize_options options = {.display_root = "@ROOT@"};
        if (c->looks_outside)
                return build_below_tmp(c, out, said);
        snprintf(input, sizeof(input), "%s/input", c->dir);
        _cleanup_close_ int root = fs_open_dir(AT_FDCWD, input, NULL);
        return build_at(c, root, c->args[0], &options, out, said);
}

/* Lines that the command prints about its flags are none of the engine's. */
static const char *skip_flags(const char *text) {
        while (text && str_has_prefix(text, "Flag --")) {
                const char *eol = strchr(text, '\n');
                text = eol ? eol + 1 : "";
        }
        return text;
}

static void check_output(struct corpus_run *run, const char *name, struct run_case *c, int failed, struct buf *out,
                         struct buf *said) {
        _cleanup_free_ char *expected = read_file(c, "expected.yaml"), *error = read_file(c, "expected_error.txt");
        if (!corpus_wants(run, name))
                return;
        if (c->refused)
                corpus_result(run, name, CORPUS_SKIP, NULL, NULL);
        else if (error)
                corpus_result(run, name, failed ? CORPUS_PASS : CORPUS_FAIL, error, buf_str(out));
        else
                corpus_result(run, name, !failed && streq(expected, buf_str(out)) ? CORPUS_PASS : CORPUS_FAIL, expected,
                              failed ? buf_str(said) : buf_str(out));
}

static int by_text(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* kustomize lists the vars that nobody uses in the order of a Go map, another one each time: sorts them. */
static void sort_unused_vars(char *text) {
        static const char head[] = "well-defined vars that were never replaced: ";
        char *at = text ? strstr(text, head) : NULL, *names[64], *rest = NULL;
        size_t n = 0;
        if (!at)
                return;
        at += strlen(head);
        size_t len = strcspn(at, "\n");
        _cleanup_free_ char *copy = strndup(at, len);
        for (char *p = copy; n < ARRAY_LEN(names) && (names[n] = strtok_r(p, ",", &rest)); p = NULL)
                n++;
        if (n == ARRAY_LEN(names))
                return;
        qsort(names, n, sizeof(*names), by_text);
        for (size_t i = 0; i < n; i++) {
                memcpy(at, names[i], strlen(names[i]));
                at += strlen(names[i]);
                if (i + 1 < n)
                        *at++ = ',';
        }
}

/* Messages that differ, and of these the ones whose first line is equal: what the corpus calls stable. */
static size_t differing, first_lines;

static bool same_first_line(const char *a, const char *b) {
        size_t n = strcspn(a, "\n");
        return strcspn(b, "\n") == n && memcmp(a, b, n) == 0;
}

static void check_message(struct corpus_run *run, const char *name, struct run_case *c, struct buf *said) {
        _cleanup_free_ char *error = read_file(c, "expected_error.txt"), *warned = read_file(c, "expected_stderr.txt");
        const char *expected = skip_flags(error ? error : warned ? warned : "");
        _cleanup_free_ char *found = strdup(buf_str(said));
        if (!corpus_wants(run, name) || !found)
                return;
        sort_unused_vars(warned);
        sort_unused_vars(found);
        bool same = c->refused || c->stderr_varies || streq(expected, found);
        differing += !same;
        first_lines += !same && same_first_line(expected, found);
        corpus_result(run, name,
                      c->refused || c->stderr_varies ? CORPUS_SKIP
                      : same                         ? CORPUS_PASS
                                                     : CORPUS_FAIL,
                      expected, found);
}

static void run_case(const char *root, const char *name, struct corpus_run *output, struct corpus_run *message) {
        _cleanup_arena_ struct arena *arena = arena_new(0);
        struct run_case c = {.arena = arena};
        _cleanup_buf_ struct buf out = BUF_INIT(TEXT_MAX), said = BUF_INIT(TEXT_MAX);
        if (!corpus_wants(output, name))
                return;
        snprintf(c.dir, sizeof(c.dir), "%s/kustomize/%s", root, name);
        if (load_case(&c) < 0) {
                corpus_result(output, name, CORPUS_FAIL, "a case", "no args.json or meta.json");
                return;
        }
        int failed = c.refused ? 0 : build(&c, &out, &said);
        check_output(output, name, &c, failed, &out, &said);
        check_message(message, name, &c, &said);
}

static int by_name(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

int main(void) {
        corpus_plan(2);
        struct corpus_run *output = corpus_begin("kustomize/output"), *message = corpus_begin("kustomize/messages");
        const char *root = corpus_root();
        char path[600];
        struct dirent **list;
        snprintf(path, sizeof(path), "%s/kustomize", root ? root : "");
        int n = root ? scandir(path, &list, NULL, by_name) : 0;
        for (int i = 0; i < n; i++) {
                if (list[i]->d_name[0] != '.')
                        run_case(root, list[i]->d_name, output, message);
                free(list[i]);
        }
        if (n > 0)
                free(list);
        if (differing)
                printf("# note: kustomize/messages: of %zu that differ %zu have the same first line\n", differing,
                       first_lines);
        bool fine = corpus_end(output);
        return corpus_end(message) && fine ? 0 : 1;
}
