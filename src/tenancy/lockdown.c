/* SPDX-License-Identifier: Apache-2.0 */
#include "tenancy/lockdown.h"

#include "base/limits.h"
#include "kube/select/selector.h"

static int deny(const char *kind, const char *namespace_, const char *name, struct err *err) {
        return err_set_reason(err, ERR_ACCESS_DENIED, "AccessDenied",
                              "can't access '%s/%s/%s', cross-namespace references have been blocked", kind, namespace_,
                              name);
}

/* ---- grants ---- */

static bool names_source(const struct value *grant, const char *kind, const char *name) {
        const struct value *sources = value_path(grant, "spec", "sources", NULL);
        if (value_is_list(sources))
                VALUE_EACH_ITEM(s, sources)
                        if (value_equals_str(value_get(s, "kind"), kind) &&
                            value_equals_str(value_get(s, "name"), name))
                                return true;
        return false;
}

/* Does one entry of spec.to name the namespace, by name or by label? A malformed selector matches nothing. */
static bool names_namespace(struct arena *a, const struct value *to, const char *namespace_,
                            const struct value *labels) {
        const struct value *names = value_get(to, "namespaces");
        if (value_is_list(names))
                VALUE_EACH_ITEM(n, names)
                        if (value_equals_str(n, namespace_))
                                return true;
        const struct value *selector = value_get(to, "namespaceSelector");
        struct label_selector parsed;
        if (!value_is_map(selector) || selector->len == 0)
                return false; /* an empty selector would mean everybody: a grant must say whom */
        return label_selector_from_object(a, selector, &parsed, NULL) == 0 &&
               label_selector_matches_map(&parsed, labels);
}

/* All paths that the grant shows to the namespace, as one list; NULL paths: everything. False: nothing at all. */
static bool granted_paths(struct arena *a, const struct value *grant, const struct lockdown_view *view,
                          const char *namespace_, const struct value **ret_paths) {
        struct value *all = arena_make(a, struct value);
        const struct value *entries = value_path(grant, "spec", "to", NULL);
        bool granted = false, everything = false;
        if (!all || !value_is_list(entries))
                return false;
        *all = value_list();
        VALUE_EACH_ITEM(to, entries) {
                if (!names_namespace(a, to, namespace_, view->namespace_labels))
                        continue;
                const struct value *paths = value_get(to, "paths");
                granted = true;
                if (!value_is_list(paths))
                        everything = true;
                else
                        VALUE_EACH_ITEM(p, paths)
                                if (!value_append(a, all, *p))
                                        return false;
        }
        *ret_paths = everything ? NULL : all;
        return granted;
}

/* The grant for ref in `in_namespace` (NULL: in any). *ret_count says how many namespaces offer it. */
static void find_grant(struct arena *a, const struct lockdown_view *view, const struct source_ref *ref,
                       const char *in_namespace, struct source_access *ret, size_t *ret_count) {
        *ret_count = 0;
        if (!value_is_list(view->grants))
                return;
        VALUE_EACH_ITEM(grant, view->grants) {
                const char *namespace_ = value_path_str(grant, "metadata", "namespace", NULL);
                const struct value *paths;
                if (!namespace_ || (in_namespace && !streq(in_namespace, namespace_)) ||
                    !names_source(grant, ref->kind, ref->name) ||
                    !granted_paths(a, grant, view, ref->from_namespace, &paths))
                        continue;
                const char *name = value_string_or(value_path(grant, "metadata", "name", NULL), "");
                if (*ret_count == 0) {
                        *ret = (struct source_access){
                                .namespace_ = namespace_,
                                .name = ref->name,
                                .grant = arena_printf(a, "%s/%s", namespace_, name),
                                .paths = paths,
                        };
                        *ret_count = 1;
                } else if (!streq(ret->namespace_, namespace_)) {
                        ++*ret_count;
                } else if (!paths) {
                        ret->paths = NULL;
                } else if (ret->paths) { /* two grants of one namespace add up */
                        struct value *both = arena_make(a, struct value);
                        if (!both || value_clone(a, ret->paths, both, NULL) < 0)
                                continue;
                        VALUE_EACH_ITEM(p, paths)
                                value_append(a, both, *p);
                        ret->paths = both;
                }
        }
}

int lockdown_resolve_source(struct arena *a, const struct lockdown *l, const struct lockdown_view *view,
                            const struct source_ref *ref, struct source_access *ret, struct err *err) {
        struct source_access found = {0};
        size_t offers = 0;
        bool foreign = ref->namespace_ && *ref->namespace_ && !streq(ref->namespace_, ref->from_namespace);
        if (foreign) {
                find_grant(a, view, ref, ref->namespace_, &found, &offers);
                if (offers == 0 && l->no_cross_namespace_refs)
                        return deny(ref->kind, ref->namespace_, ref->name, err);
                *ret = offers ? found : (struct source_access){.namespace_ = ref->namespace_, .name = ref->name};
                return 0;
        }
        bool named = ref->namespace_ && *ref->namespace_;
        if (!named && !view->source_exists(view->context, ref->kind, ref->from_namespace, ref->name))
                find_grant(a, view, ref, NULL, &found, &offers);
        if (offers > 1)
                return err_set_reason(err, ERR_ACCESS_DENIED, "AccessDenied",
                                      "%zu namespaces grant %s '%s' to namespace '%s': set spec.sourceRef.namespace to "
                                      "say which one is meant",
                                      offers, ref->kind, ref->name, ref->from_namespace);
        *ret = offers ? found : (struct source_access){.namespace_ = ref->from_namespace, .name = ref->name};
        return 0;
}

/* ---- paths ---- */

/* "./a//b/" to "a/b", "" for the root. NULL: a ".." segment, an absolute path is taken as relative (as Flux does). */
static char *clean_path(struct arena *a, const char *path) {
        char *out = arena_alloc(a, strlen(path) + 1), *to = out;
        if (!out)
                return NULL;
        for (const char *p = path; *p;) {
                size_t n = strcspn(p, "/");
                if (n == 2 && p[0] == '.' && p[1] == '.')
                        return NULL;
                if (n && !(n == 1 && *p == '.')) {
                        if (to != out)
                                *to++ = '/';
                        memcpy(to, p, n);
                        to += n;
                }
                p += n + (p[n] == '/');
        }
        *to = '\0';
        return out;
}

static int not_there(const char *path, struct err *err) {
        return err_set_reason(err, ERR_NOT_FOUND, "ArtifactFailed",
                              "kustomization path not found: stat %s: no such file or directory", path);
}

/* path beneath granted: the rest; NULL when it is not beneath. Both cleaned. */
static const char *beneath(const char *granted, const char *path) {
        size_t n = strlen(granted);
        if (n == 0)
                return path;
        if (strncmp(granted, path, n) != 0 || (path[n] != '/' && path[n] != '\0'))
                return NULL;
        return path[n] == '/' ? path + n + 1 : path + n;
}

static bool holds(const struct value *folders, const char *path) {
        VALUE_EACH_ITEM(f, folders)
                if (beneath(f->str, path))
                        return true;
        return false;
}

/* Adds a granted folder to the list; those beneath another one add nothing, and the list is kept without them. */
static int add_folder(struct arena *a, struct value *folders, const char *granted, struct err *err) {
        struct value kept = value_list();
        if (holds(folders, granted))
                return 0;
        VALUE_EACH_ITEM(f, folders)
                if (!beneath(granted, f->str) && !value_append(a, &kept, *f))
                        return err_oom(err);
        if (kept.len == LIMIT_GRANTED_FOLDERS)
                return err_set_reason(err, ERR_TOO_LARGE, "ArtifactFailed",
                                      "the grants of this source show more than %d folders: grant a folder above them",
                                      LIMIT_GRANTED_FOLDERS);
        *folders = kept;
        return value_append(a, folders, value_str(granted)) ? 0 : err_oom(err);
}

int lockdown_limit_path(struct arena *a, const struct source_access *access, const char *path,
                        struct value *ret_folders, const char **ret_path, struct err *err) {
        const char *clean = clean_path(a, path ? path : "");
        struct value folders = value_list();
        if (!clean)
                return not_there(path, err);
        if (!access->paths && add_folder(a, &folders, "", err) < 0)
                return -1;
        if (access->paths)
                VALUE_EACH_ITEM(p, access->paths) {
                        const char *granted = value_is_string(p) ? clean_path(a, p->str) : NULL;
                        if (granted && add_folder(a, &folders, granted, err) < 0)
                                return -1;
                }
        if (!holds(&folders, clean))
                return not_there(path && *path ? path : ".", err);
        VALUE_EACH_ITEM(f, &folders)
                if (!*f->str)
                        *f = value_str(".");
        *ret_folders = folders;
        *ret_path = *clean ? clean : ".";
        return 0;
}

/* ---- identities ---- */

int lockdown_impersonate(struct arena *a, const struct lockdown *l, const char *namespace_, const char *account,
                         const char **ret, struct err *err) {
        if (!account || !*account)
                account = l->default_service_account;
        *ret = NULL;
        if (!account || !*account)
                return 0;
        *ret = arena_printf(a, "system:serviceaccount:%s:%s", namespace_, account);
        return *ret ? 0 : err_oom(err);
}

int lockdown_check_reference(const struct lockdown *l, const char *from, const char *kind, const char *to,
                             const char *name, struct err *err) {
        if (!l->no_cross_namespace_refs || !to || !*to || streq(from, to))
                return 0;
        return deny(kind, to, name, err);
}
