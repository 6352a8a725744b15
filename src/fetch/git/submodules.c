/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/submodules.h"

#include "base/fs.h"
#include "base/limits.h"
#include "fetch/git/commit.h"

#define FETCHED "refs/weir/submodule"
#define HISTORY "refs/weir/history"
#define KEY_PREFIX "submodule."

/* ---- .gitmodules ---- */

struct module {
        const char *name;
        size_t name_len;
        const char *path;
        const char *url;
};

struct modules {
        struct module *items;
        size_t n;
};

/* The module of that name, made when it is new. NULL: too many. */
static struct module *module_of(struct modules *m, const char *name, size_t len) {
        for (size_t i = 0; i < m->n; i++)
                if (m->items[i].name_len == len && memcmp(m->items[i].name, name, len) == 0)
                        return &m->items[i];
        if (m->n == LIMIT_GIT_SUBMODULES)
                return NULL;
        m->items[m->n] = (struct module){.name = name, .name_len = len};
        return &m->items[m->n++];
}

/* Entries "submodule.NAME.path\nVALUE\0" among others, as git config -z prints them; the last of a key wins. */
static int parse_modules(char *text, size_t n, struct modules *m, struct err *err) {
        for (char *entry = text, *next; entry < text + n; entry = next) {
                char *value = strchr(entry, '\n');
                next = entry + strlen(entry) + 1;
                if (!value || !str_has_prefix(entry, KEY_PREFIX))
                        continue;
                *value++ = '\0';
                const char *key = strrchr(entry, '.');
                const char *name = entry + strlen(KEY_PREFIX);
                if (key < name)
                        continue;
                struct module *module = module_of(m, name, (size_t)(key - name));
                if (!module)
                        return err_set(err, ERR_TOO_LARGE, ".gitmodules names more than %d submodules",
                                       LIMIT_GIT_SUBMODULES);
                if (streq(key, ".path"))
                        module->path = value;
                else if (streq(key, ".url"))
                        module->url = value;
        }
        return 0;
}

/* Whether the commit has the file: git config would fail without it. */
static int has_modules(struct git_setup *s, struct git_objects *o, const char *commit, bool *ret, struct err *err) {
        _cleanup_err_ struct err local = ERR_INIT;
        struct git_object object;
        char *content;
        char name[128];
        snprintf(name, sizeof(name), "%s:.gitmodules", commit);
        *ret = false;
        if (git_objects_ask(o, name, err) < 0)
                return -1;
        if (git_objects_next(o, &object, &local) < 0)
                return local.class == ERR_NOT_FOUND ? 0 : err_move(err, &local);
        *ret = true;
        return git_objects_read(o, &object, s->a, LIMIT_GIT_COMMIT, &content, err);
}

static int read_modules(struct git_setup *s, const char *commit, struct modules *ret, struct err *err) {
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_GIT_COMMIT);
        const char *blob = arena_printf(s->a, "--blob=%s:.gitmodules", commit);
        ret->items = arena_zalloc(s->a, LIMIT_GIT_SUBMODULES, sizeof(*ret->items));
        if (!blob || !ret->items)
                return err_oom(err);
        const char *args[] = {"config", blob, "-z", "--list", NULL};
        if (git_run(s, args, "unable to read the submodules of", &out, err) < 0)
                return -1;
        char *kept = arena_memdup(s->a, buf_str(&out), out.len + 1);
        return kept ? parse_modules(kept, out.len, ret, err) : err_oom(err);
}

/* ---- URLs ---- */

const char *git_submodule_url(struct arena *a, const char *parent, const char *url) {
        if (!str_has_prefix(url, "./") && !str_has_prefix(url, "../"))
                return arena_strdup(a, url);
        const char *host = strstr(parent, "://") + 3;
        size_t n = strlen(parent);
        while (parent[n - 1] == '/')
                n--;
        for (;;) {
                if (str_has_prefix(url, "./")) {
                        url += 2;
                } else if (str_has_prefix(url, "../")) {
                        const char *slash = memrchr(host, '/', n - (size_t)(host - parent));
                        if (!slash)
                                return NULL;
                        n = (size_t)(slash - parent);
                        url += 3;
                } else {
                        return arena_printf(a, "%.*s/%s", (int)n, parent, url);
                }
        }
}

/* Scheme, host and port are the same. */
static bool is_same_server(const char *x, const char *y) {
        size_t n = (size_t)(strstr(x, "://") + 3 - x);
        n += strcspn(x + n, "/?#");
        return strncmp(x, y, n) == 0 && (y[n] == '\0' || strchr("/?#", y[n]));
}

/* The setup that may talk to the URL: the request's own, or one without its credentials. */
static int setup_for(struct git_setup *s, const char *url, struct git_setup *ret, struct err *err) {
        const char *safe;
        bool ssh;
        if (git_url_check(s->a, url, &safe, &ssh, err) < 0)
                return -1;
        if (is_same_server(s->request->safe_url, safe) || (!ssh && !git_setup_has_credentials(s))) {
                *ret = *s;
                return 0;
        }
        if (ssh)
                return err_set(err, ERR_ACCESS_DENIED, "the credentials are not used for another server: '%s'", safe);
        return git_setup_without_credentials(s, ret, err);
}

/* ---- fetching ---- */

static int fetch_from(struct git_setup *s, const char *url, const char *refspec, bool shallow, struct err *err) {
        _cleanup_buf_ struct buf out = BUF_INIT(65536);
        const char *args[] = {
                "fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--no-write-fetch-head", "--", url,
                refspec, NULL,      NULL};
        if (shallow) {
                args[5] = "--depth=1";
                args[6] = "--";
                args[7] = url;
                args[8] = refspec;
        }
        return git_run(s, args, "unable to clone a submodule of", &out, err);
}

/* By its hash, or out of the whole history of the branches where a server does not hand out hashes. */
static int fetch_module(struct git_setup *s, const char *url, const char *hash, struct err *err) {
        _cleanup_err_ struct err first = ERR_INIT;
        struct git_setup mine;
        const char *refspec = arena_printf(s->a, "+%s:" FETCHED, hash);
        if (!refspec)
                return err_oom(err);
        if (setup_for(s, url, &mine, err) < 0)
                return -1;
        if (fetch_from(&mine, url, refspec, true, &first) == 0)
                return 0;
        bool refused = strstr(err_message(&first), "not our ref") || strstr(err_message(&first), "unadvertised object");
        if (!refused)
                return err_move(err, &first);
        return fetch_from(&mine, url, "+refs/heads/*:" HISTORY "/*", false, err);
}

static int export_module(struct git_setup *s, struct git_objects *o, const char *hash, int dir, struct git_export *done,
                         struct err *err) {
        struct git_object object;
        struct git_commit commit;
        char *text;
        if (git_objects_ask(o, hash, err) < 0 || git_objects_next(o, &object, err) < 0)
                return -1;
        if (!streq(object.type, "commit"))
                return err_set(err, ERR_INVALID, "%s is a %s, not a commit", hash, object.type);
        if (git_objects_read(o, &object, s->a, LIMIT_GIT_COMMIT, &text, err) < 0 ||
            git_commit_parse(text, &commit, err) < 0)
                return -1;
        return git_export_tree(s->a, o, commit.tree, NULL, dir, done, err);
}

static int fill_links(struct git_setup *s, struct git_objects *o, const char *commit, const char *url, int dir,
                      struct git_export *done, unsigned depth, struct err *err);

static int fill_link(struct git_setup *s, struct git_objects *o, const struct git_link *link,
                     const struct module *module, const char *parent, int dir, struct git_export *done, unsigned depth,
                     struct err *err) {
        const char *url = git_submodule_url(s->a, parent, module->url);
        _cleanup_close_ int place = fs_open_dir(dir, link->path, err);
        if (place < 0)
                return -1;
        if (!url)
                return err_set(err, ERR_INVALID, "the url '%s' leads out of its server", module->url);
        if (fetch_module(s, url, link->hash, err) < 0 || export_module(s, o, link->hash, place, done, err) < 0)
                return -1;
        return fill_links(s, o, link->hash, url, place, done, depth + 1, err);
}

/* Recursion: at most LIMIT_GIT_SUBMODULE_DEPTH deep. Names are compared one by one; both sides are bounded. */
static int fill_links(struct git_setup *s, struct git_objects *o, const char *commit, const char *url, int dir,
                      struct git_export *done, unsigned depth, struct err *err) {
        const struct git_link *links = done->links;
        size_t n = done->n_links;
        struct modules modules = {0};
        bool has;
        if (n == 0)
                return 0;
        if (n > LIMIT_GIT_SUBMODULES)
                return err_set(err, ERR_TOO_LARGE, "the tree has more than %d submodules", LIMIT_GIT_SUBMODULES);
        if (depth > LIMIT_GIT_SUBMODULE_DEPTH)
                return err_set(err, ERR_TOO_LARGE, "submodules are nested deeper than %d", LIMIT_GIT_SUBMODULE_DEPTH);
        if (has_modules(s, o, commit, &has, err) < 0 || (has && read_modules(s, commit, &modules, err) < 0))
                return -1;
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < modules.n; k++) {
                        const struct module *module = &modules.items[k];
                        if (!module->path || !module->url || !streq(module->path, links[i].path))
                                continue;
                        if (fill_link(s, o, &links[i], module, url, dir, done, depth, err) < 0)
                                return err_wrap(err, "submodule '%s'", links[i].path);
                        break;
                }
        return 0;
}

int git_submodules(struct git_setup *s, struct git_objects *o, const char *commit, const char *url, int dir,
                   struct git_export *done, struct err *err) {
        return fill_links(s, o, commit, url, dir, done, 1, err);
}
