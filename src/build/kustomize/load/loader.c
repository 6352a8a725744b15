/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/loader.h"

#include "base/limits.h"
#include "build/kustomize/load/loader_remote.h"

const char *loader_display(struct engine *e, const struct loader *l) {
        return view_display(e->arena, l->view, l->root);
}

/* What was fetched from elsewhere is restricted whatever the options say. */
static bool is_restricted(const struct engine *e, const struct loader *l) {
        return !e->options.load_restrictions_none || l->view != &e->source;
}

/* Without load restrictions kustomize opens files straight away, and the system's words are those of open(). */
static int resolve_file(struct engine *e, const struct loader *from, const char *path, const struct place **ret,
                        struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        struct view *v = from->view;
        bool restricted = is_restricted(e, from);
        const char *text = view_display(e->arena, v, path);
        if (view_resolve(e, v, path, ret, &why) == 0)
                return 0;
        if (why.class == ERR_ACCESS_DENIED)
                return view_outside(e, v, "read", path, err);
        if (restricted && (why.class == ERR_NOT_FOUND || why.class == ERR_INVALID))
                err_wrap(&why, "evalsymlink failure on '%s' ", text);
        else if (why.class == ERR_NOT_FOUND)
                return err_set(err, ERR_NOT_FOUND, "open %s: %s", text,
                               str_has_suffix(err_message(&why), "not a directory") ? "not a directory"
                                                                                    : "no such file or directory");
        else if (!restricted && why.class == ERR_INVALID)
                return err_set(err, ERR_INVALID, "open %s: too many levels of symbolic links", text);
        return err_move(err, &why);
}

static bool in_or_below(const char *path, const char *dir) {
        size_t n = strlen(dir);
        return streq(dir, ".") || (strncmp(path, dir, n) == 0 && (!path[n] || path[n] == '/'));
}

/* An absolute path of a file, made relative to the tree's root. */
static int from_absolute(struct engine *e, const char *path, const struct loader *from, const char **ret,
                         struct err *err) {
        const struct view *v = from->view;
        size_t n = strlen(v->display_root);
        if (strncmp(path, v->display_root, n) != 0 || path[n] != '/')
                return !is_restricted(e, from)
                               ? err_set(err, ERR_ACCESS_DENIED,
                                         "fs-security-constraint read %s: path '%s' is not in or below '%s'", path,
                                         path, view_display(e->arena, v, "."))
                               : err_set(err, ERR_ACCESS_DENIED, "security; file '%s' is not in or below '%s'", path,
                                         loader_display(e, from));
        *ret = loader_join(e->arena, ".", path + n);
        return *ret ? 0 : err_oom(err);
}

/* Kustomize's restriction: files lie in or below the directory of the kustomization that names them. */
static int check_below(struct engine *e, const struct loader *from, const char *path, const struct place *place,
                       struct err *err) {
        const char *slash = strrchr(place->real, '/');
        const char *dir = slash ? arena_strndup(e->arena, place->real, (size_t)(slash - place->real)) : ".";
        if (!dir)
                return err_oom(err);
        if (!is_restricted(e, from) || in_or_below(dir, from->root))
                return 0;
        return err_set(err, ERR_ACCESS_DENIED, "security; file '%s' is not in or below '%s'",
                       view_display(e->arena, from->view, path), loader_display(e, from));
}

int loader_read_once(struct engine *e, const struct loader *from, const char *path, char **ret, size_t *ret_len,
                     struct err *err) {
        const char *clean;
        const struct place *place;
        if (loader_is_http(path))
                return loader_refuse_http(e, from, path, err);
        if (path[0] == '/') {
                if (from_absolute(e, path, from, &clean, err) < 0)
                        return -1;
        } else if (!(clean = loader_join(e->arena, from->root, path))) {
                return err_oom(err);
        }
        if (resolve_file(e, from, clean, &place, err) < 0)
                return -1;
        if (place->directory)
                return err_set(err, ERR_INVALID,
                               is_restricted(e, from) ? "'%s' must resolve to a file" : "read %s: is a directory",
                               view_display(e->arena, from->view, clean));
        if (check_below(e, from, clean, place, err) < 0)
                return -1;
        return view_read(from->view, place->real, ret, ret_len, err);
}

int loader_read(struct engine *e, const struct loader *from, const char *path, const char **ret, size_t *ret_len,
                struct err *err) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        if (loader_read_once(e, from, path, &text, &n, err) < 0)
                return -1;
        *ret = arena_strndup(e->arena, text, n);
        *ret_len = n;
        return *ret ? 0 : err_oom(err);
}

int loader_confirm(struct engine *e, const char *clean, struct loader *l, struct err *err) {
        const struct place *place;
        _cleanup_err_ struct err why = ERR_INIT;
        const char *shown = view_display(e->arena, l->view, clean);
        if (view_resolve(e, l->view, clean, &place, &why) < 0) {
                if (why.class == ERR_ACCESS_DENIED)
                        view_outside(e, l->view, "abs", clean, &why);
                else if (why.class == ERR_NOT_FOUND || why.class == ERR_INVALID)
                        err_wrap(&why, "evalsymlink failure on '%s' ", shown);
                err_move(err, &why);
                return err_wrap(err, "must build at directory: not a valid directory");
        }
        if (!place->directory)
                return err_set(err, ERR_INVALID, "must build at directory: '%s': file is not directory", shown);
        l->root = place->real;
        return 0;
}

int loader_top(struct engine *e, const char *path, struct loader *ret, struct err *err) {
        *ret = (struct loader){.view = &e->source};
        const char *clean = loader_join(e->arena, ".", path);
        return clean ? loader_confirm(e, clean, ret, err) : err_oom(err);
}

int loader_enter(struct engine *e, const struct loader *from, const char *path, struct loader *ret, struct err *err) {
        if (!*path)
                return err_set(err, ERR_INVALID, "new root cannot be empty");
        if (path[0] == '/')
                return err_set(err, ERR_INVALID, "new root '%s' cannot be absolute", path);
        const char *clean = loader_join(e->arena, from->root, path);
        if (!clean)
                return err_oom(err);
        *ret = (struct loader){.parent = from, .view = from->view};
        if (loader_confirm(e, clean, ret, err) < 0)
                return -1;
        unsigned depth = 0;
        bool same_clone = true; /* kustomize clones anew for each entry, so paths of two of them never meet */
        for (const struct loader *l = from; l; l = l->parent) {
                if (same_clone ? in_or_below(l->root, ret->root) : l->view == ret->view && streq(l->root, ret->root))
                        return err_set(err, ERR_INVALID,
                                       "cycle detected: candidate root '%s' contains visited root '%s'",
                                       loader_display(e, ret), loader_display(e, l));
                same_clone = same_clone && !l->remote;
                if (++depth > LIMIT_KUSTOMIZE_DEPTH)
                        return err_set(err, ERR_TOO_LARGE, "bases are nested more than %d deep", LIMIT_KUSTOMIZE_DEPTH);
        }
        return 0;
}
