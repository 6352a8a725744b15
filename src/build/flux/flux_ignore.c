/* SPDX-License-Identifier: Apache-2.0 */
/* What the flux CLI leaves out of a build: Flux's default exclusions, the .sourceignore files below the directory, and
 * lines of the command line. (On a cluster the source's artifact has been filtered before.) */
#include "build/flux/flux_internal.h"

#include "base/limits.h"
#include "build/kustomize/load/listing.h"
#include "build/kustomize/load/loader.h"
#include "lang/gitignore.h"

#define IGNORE_FILE ".sourceignore"

struct loading {
        struct engine *e;
        struct gitignore *set;
        size_t prefix; /* bytes of the top directory and its slash */
        size_t n_files;
};

static int load_file(struct loading *l, const char *dir, const char *domain, struct err *err) {
        struct engine *e = l->e;
        const struct loader at = {.view = &e->source, .root = dir};
        const char *text;
        size_t n;
        if (!flux_is_file(e, dir, IGNORE_FILE))
                return 0;
        if (++l->n_files > LIMIT_IGNORE_FILES)
                return err_set(err, ERR_TOO_LARGE, "more than %d " IGNORE_FILE " files", LIMIT_IGNORE_FILES);
        if (loader_read(e, &at, IGNORE_FILE, &text, &n, err) < 0)
                return -1;
        if (n > LIMIT_IGNORE_FILE)
                return err_set(err, ERR_TOO_LARGE, "%s/" IGNORE_FILE " has more than %zu bytes", dir,
                               LIMIT_IGNORE_FILE);
        return gitignore_add(l->set, text, n, domain, err);
}

static int load_directory(struct loading *l, const char *dir, unsigned depth, struct err *err) {
        struct engine *e = l->e;
        struct listing names = {.items = NULL};
        if (depth > LIMIT_TREE_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "directories are nested more than %d deep", LIMIT_TREE_DEPTH);
        if (load_file(l, dir, depth ? dir + l->prefix : "", err) < 0 ||
            listing_read(e->arena, &e->source, dir, &names, err) < 0)
                return -1;
        for (size_t i = 0; i < names.len; i++) {
                const struct place *place;
                const char *path = loader_join(e->arena, dir, names.items[i]);
                if (!path)
                        return err_oom(err);
                bool inside = !streq(names.items[i], ".git") && view_resolve(e, &e->source, path, &place, NULL) == 0 &&
                              place->directory && streq(place->real, path);
                if (inside && load_directory(l, path, depth + 1, err) < 0)
                        return -1;
        }
        return 0;
}

int flux_ignore_load(struct engine *e, const char *dir, const char *lines, struct gitignore **ret, struct err *err) {
        struct loading l = {.e = e, .set = gitignore_new(e->arena), .prefix = streq(dir, ".") ? 0 : strlen(dir) + 1};
        if (!l.set)
                return err_oom(err);
        if (gitignore_add_vcs(l.set, err) < 0 || gitignore_add_defaults(l.set, err) < 0 ||
            load_directory(&l, dir, 0, err) < 0 || gitignore_add(l.set, lines, strlen(lines), "", err) < 0)
                return -1;
        *ret = l.set;
        return 0;
}

/* What leads out of the directory no pattern speaks of, and what is not there the build will complain about. */
static bool is_ignored(struct engine *e, const char *dir, const struct gitignore *set, const struct value *path) {
        const struct place *place;
        const char *clean = value_is_string(path) ? loader_join(e->arena, "", path->str) : NULL;
        const char *whole = clean ? loader_join(e->arena, dir, clean) : NULL;
        if (!whole || str_has_prefix(clean, "..") || view_resolve(e, &e->source, whole, &place, NULL) < 0)
                return false;
        return gitignore_match(set, clean, place->directory);
}

int flux_ignore_filter(struct engine *e, const char *dir, const struct gitignore *set, struct value *kustomization,
                       struct err *err) {
        static const char *const fields[] = {"resources", "components", "crds"};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                struct value *list = value_get(kustomization, fields[i]), kept = value_list();
                if (!value_is_list(list))
                        continue;
                VALUE_EACH_ITEM(item, list)
                        if (!is_ignored(e, dir, set, item) && !value_append(e->arena, &kept, *item))
                                return err_oom(err);
                *list = kept;
        }
        return 0;
}
