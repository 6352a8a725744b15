/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "base/fs.h"
#include "base/proc.h"
#include "build/kustomize/kustomize.h"

#include <stdarg.h>
#include <setjmp.h>

#include <cmocka.h>

#define OUTPUT_MAX ((size_t)64 << 20)

void tree_init(struct tree *t) {
        snprintf(t->top, sizeof(t->top), "/tmp/weir-tree-XXXXXX");
        assert_non_null(mkdtemp(t->top));
        t->fd = fs_open_dir(AT_FDCWD, t->top, NULL);
        assert_true(t->fd >= 0);
}

void tree_done(struct tree *t) {
        close_fd(&t->fd);
        fs_remove_tree(t->top, NULL);
}

void tree_add(struct tree *t, const char *path, const char *text) {
        char full[512];
        snprintf(full, sizeof(full), "%s/%s", t->top, path);
        char *slash = strrchr(full, '/');
        *slash = 0;
        assert_int_equal(fs_mkdirs(full, 0755, NULL), 0);
        *slash = '/';
        assert_int_equal(fs_write_atomic(full, text, strlen(text), 0644, NULL), 0);
}

void tree_link(struct tree *t, const char *path, const char *target) {
        assert_int_equal(symlinkat(target, t->fd, path), 0);
}

/* hint: the error's hint is wanted, not its text. */
static char *build_own(struct tree *t, const char *path, bool hint) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct kustomize_options options = {.reorder = KUSTOMIZE_REORDER_NONE, .display_root = "/src"};
        struct buf out = BUF_INIT(OUTPUT_MAX);
        struct value objects;
        if (kustomize_build(a, t->fd, path, &options, &objects, &err) < 0 ||
            kustomize_print(&out, &objects, &err) < 0) {
                buf_clear(&out);
                buf_addf(&out, "error: %s", !hint ? err_message(&err) : err.hint ? err.hint : "no hint");
        }
        return out.data ? buf_take(&out) : strdup("");
}

static void add_placeless(struct buf *to, const char *text, const char *place) {
        for (const char *at; (at = strstr(text, place)); text = at + strlen(place)) {
                buf_add(to, text, (size_t)(at - text));
                buf_adds(to, "/src");
        }
        buf_adds(to, text);
}

static char *build_theirs(const char *program, struct tree *t, const char *path) {
        const char *const argv[] = {program, "build", "--reorder", "none", path, NULL};
        struct proc_spec spec = PROC_SPEC_INIT;
        struct proc_exit ended;
        struct buf out = BUF_INIT(OUTPUT_MAX);
        _cleanup_buf_ struct buf said = BUF_INIT(OUTPUT_MAX);
        spec.argv = argv;
        spec.cwd_fd = t->fd;
        assert_int_equal(proc_run(&spec, NULL, 0, 0, &out, &said, &ended, NULL), 0);
        if (ended.status != 0) {
                const char *error = strstr(buf_str(&said), "Error: ");
                assert_non_null(error);
                said.data[said.len - 1] = '\0'; /* the end of its line */
                buf_clear(&out);
                buf_adds(&out, "error: ");
                add_placeless(&out, error + strlen("Error: "), t->top);
        }
        return out.data ? buf_take(&out) : strdup("");
}

char *tree_build(struct tree *t, const char *path) {
        const char *theirs = getenv("WEIR_KUSTOMIZE");
        return theirs ? build_theirs(theirs, t, path) : build_own(t, path, false);
}

void tree_expect_hint(struct tree *t, const char *path, const char *hint) {
        _cleanup_free_ char *out = build_own(t, path, true);
        assert_true(str_has_prefix(out, "error: "));
        assert_string_equal(out + strlen("error: "), hint);
}

void tree_expect(struct tree *t, const char *path, const char *text) {
        _cleanup_free_ char *out = tree_build(t, path);
        assert_string_equal(out, text);
}

void tree_expect_part(struct tree *t, const char *path, const char *part) {
        _cleanup_free_ char *out = tree_build(t, path);
        if (!strstr(out, part))
                assert_string_equal(out, part);
}
