/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the manifests of a directory that has no kustomization. */
#include "build/flux/flux_internal.h"

#include "base/limits.h"
#include "build/kustomize/load/documents.h"
#include "build/kustomize/load/listing.h"
#include "build/kustomize/load/loader.h"
#include "lang/gitignore.h"

bool flux_is_file(struct engine *e, const char *dir, const char *name) {
        const char *path = loader_join(e->arena, dir, name);
        const struct place *place;
        return path && view_resolve(e, &e->source, path, &place, NULL) == 0 && !place->directory;
}

static bool is_base(struct engine *e, const char *dir) {
        for (size_t i = 0; i < ARRAY_LEN(flux_kustomization_names); i++)
                if (flux_is_file(e, dir, flux_kustomization_names[i]))
                        return true;
        return false;
}

/* Every file must hold Kubernetes objects: one that does not ends the build, whatever else is there. */
static int check_file(struct engine *e, const char *path, struct err *err) {
        const struct loader root = {.view = &e->source, .root = "."};
        struct resources found;
        const char *text;
        size_t n;
        if (loader_read(e, &root, path, &text, &n, err) < 0)
                return -1;
        if (documents_read(e, text, n, &found, err) < 0)
                return err_wrap(err, "failed to decode Kubernetes YAML from %s",
                                view_display(e->arena, &e->source, path));
        return 0;
}

struct scan {
        struct engine *e;
        const struct gitignore *ignore; /* or NULL */
        size_t prefix;                  /* bytes of the base's path and its slash, which the results do not bear */
        struct value *ret;
};

static int add_path(struct scan *s, const char *path, struct err *err) {
        struct value v = value_strf(s->e->arena, "./%s", path + s->prefix);
        return value_is_string(&v) && value_append(s->e->arena, s->ret, v) ? 0 : err_oom(err);
}

static int scan_directory(struct scan *s, const char *dir, unsigned depth, struct err *err);

static int scan_entry(struct scan *s, const char *path, unsigned depth, struct err *err) {
        struct engine *e = s->e;
        const struct place *place;
        _cleanup_err_ struct err why = ERR_INIT;
        const char *text = view_display(e->arena, &e->source, path);
        bool there = view_resolve(e, &e->source, path, &place, &why) == 0;
        if (why.class == ERR_ACCESS_DENIED)
                return err_set(err, ERR_ACCESS_DENIED,
                               "fs-security-constraint walk %s: path '%s' is not in or below '%s'", text, text,
                               view_display(e->arena, &e->source, "."));
        if (why.class == ERR_MEMORY || why.class == ERR_TOO_LARGE)
                return err_move(err, &why);
        bool symlink = there && !streq(place->real, path);
        if (there && place->directory && !symlink)
                return is_base(e, path) ? add_path(s, path, err) : scan_directory(s, path, depth + 1, err);
        const char *dot = strrchr(path, '.');
        if (!dot || strchr(dot, '/') || (!streq(dot, ".yaml") && !streq(dot, ".yml")))
                return 0;
        if (s->ignore && gitignore_match(s->ignore, path + s->prefix, false))
                return 0;
        return check_file(e, path, err) < 0 ? -1 : add_path(s, path, err);
}

/* Recursion is bounded by the depth of trees that are taken in. */
static int scan_directory(struct scan *s, const char *dir, unsigned depth, struct err *err) {
        struct listing names = {.items = NULL};
        if (depth > LIMIT_TREE_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "directories are nested more than %d deep", LIMIT_TREE_DEPTH);
        if (listing_read(s->e->arena, &s->e->source, dir, &names, err) < 0)
                return -1;
        for (size_t i = 0; i < names.len; i++) {
                const char *path = loader_join(s->e->arena, dir, names.items[i]);
                if (!path)
                        return err_oom(err);
                if (scan_entry(s, path, depth, err) < 0)
                        return -1;
        }
        return 0;
}

int flux_scan(struct engine *e, const char *dir, const struct gitignore *ignore, struct value *ret, struct err *err) {
        struct scan s = {.e = e, .ignore = ignore, .prefix = streq(dir, ".") ? 0 : strlen(dir) + 1, .ret = ret};
        *ret = value_list();
        return scan_directory(&s, dir, 0, err);
}
