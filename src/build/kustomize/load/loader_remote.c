/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/loader_remote.h"

#include "base/limits.h"

/* ---- refusals: what was found, where, and what to do ---- */

static int refuse(struct engine *e, const struct loader *from, const char *entry, enum err_class class, const char *why,
                  const char *what_to_do, struct err *err) {
        const char *shown = remote_redact(e->arena, entry);
        const char *where = entry == e->options.entry
                                    ? "on the command line"
                                    : arena_printf(e->arena, "by the kustomization in %s", loader_display(e, from));
        if (!shown || !where)
                return err_oom(err);
        return err_set(err, class, "remote build '%s' %s (named %s%s%s)", shown, why, where, *what_to_do ? "; " : "",
                       what_to_do);
}

static int refuse_lockdown(struct engine *e, const struct loader *from, const char *entry, struct err *err) {
        return refuse(e, from, entry, ERR_ACCESS_DENIED, "is not allowed: lockdown refuses remote bases",
                      "copy the base into the source, or allow remote bases with --no-remote-bases=false", err);
}

bool loader_is_http(const char *entry) {
        return strncasecmp(entry, "http://", 7) == 0 || strncasecmp(entry, "https://", 8) == 0;
}

int loader_refuse_http(struct engine *e, const struct loader *from, const char *entry, struct err *err) {
        if (!e->options.remotes)
                return refuse_lockdown(e, from, entry, err);
        return refuse(e, from, entry, ERR_UNSUPPORTED, "is refused: files are never got over http",
                      "copy the file into the source, or name a git repository that holds it", err);
}

/* ---- views of repositories ---- */

static bool same_repository(const struct remote *a, const struct remote *b) {
        return streq(a->url, b->url) && streq(a->ref, b->ref) && a->submodules == b->submodules;
}

/* The view of a fetched repository, made when it is entered first. */
static int make_view(struct engine *e, const struct remote *remote, int fd, struct remote_view **ret, struct err *err) {
        struct remote_view *v = arena_make(e->arena, struct remote_view);
        struct remote *own = arena_make(e->arena, struct remote);
        const char *shown = remote_redact(e->arena, remote->url);
        if (!v || !own || !shown)
                return err_oom(err);
        *own = *remote;
        *v = (struct remote_view){.next = e->remote_views, .remote = own, .whole = {.at = ".", .fd = fd}};
        v->view = (struct view){.folders = &v->whole, .n_folders = 1, .display_root = shown};
        e->remote_views = v;
        *ret = v;
        return 0;
}

/* 1: *ret is its view; 0: it is not fetched yet. */
static int find_view(struct engine *e, const struct loader *from, const struct remote *remote, struct remote_view **ret,
                     struct err *err) {
        _cleanup_err_ struct err why = ERR_INIT;
        int fd;
        for (struct remote_view *v = e->remote_views; v; v = v->next)
                if (same_repository(v->remote, remote)) {
                        *ret = v;
                        return 1;
                }
        int found = e->options.remotes->find(e->options.remotes->context, remote, &fd, &why);
        if (found < 0) {
                char *text = arena_printf(e->arena, "cannot be fetched: %s", err_message(&why));
                return text ? refuse(e, from, remote->entry, why.class, text,
                                     "check its URL and ref: only git repositories are fetched, without credentials",
                                     err)
                            : err_oom(err);
        }
        return found && make_view(e, remote, fd, ret, err) < 0 ? -1 : found;
}

void loader_done_remotes(struct engine *e) {
        for (struct remote_view *v = e->remote_views; v; v = v->next)
                view_done(&v->view);
        e->remote_views = NULL;
}

/* ---- entering ---- */

static int refuse_cycle(struct engine *e, const struct loader *l, const struct loader *before, struct err *err) {
        const char *entry = remote_redact(e->arena, l->remote->entry);
        const char *previous = before->remote ? remote_redact(e->arena, before->remote->entry) : before->root;
        if (!entry || !previous)
                return err_oom(err);
        return err_set(err, ERR_INVALID, "cycle detected: URI '%s' referenced by previous URI '%s'", entry, previous);
}

/* Kustomize's own rule looks at the text of the entries; two texts for one folder are found as well. */
static int check_cycle(struct engine *e, const struct loader *l, struct err *err) {
        unsigned depth = 0, remotes = 0;
        for (const struct loader *p = l->parent; p; p = p->parent) {
                remotes += p->remote != NULL;
                if ((p->remote && str_has_prefix(p->remote->entry, l->remote->entry)) ||
                    (p->view == l->view && streq(p->root, l->root)))
                        return refuse_cycle(e, l, p, err);
                if (remotes >= LIMIT_REMOTE_DEPTH)
                        return err_set(err, ERR_TOO_LARGE, "remote bases are nested more than %d deep",
                                       LIMIT_REMOTE_DEPTH);
                if (++depth > LIMIT_KUSTOMIZE_DEPTH)
                        return err_set(err, ERR_TOO_LARGE, "bases are nested more than %d deep", LIMIT_KUSTOMIZE_DEPTH);
        }
        return 0;
}

static int enter(struct engine *e, const struct loader *from, const struct remote *remote, struct remote_view *v,
                 struct loader *ret, struct err *err) {
        *ret = (struct loader){.parent = from, .view = &v->view, .remote = arena_make(e->arena, struct remote)};
        const char *clean = loader_join(e->arena, ".", remote->path);
        if (!ret->remote || !clean)
                return err_oom(err);
        *ret->remote = *remote;
        _cleanup_err_ struct err why = ERR_INIT;
        if (loader_confirm(e, clean, ret, &why) == 0)
                return check_cycle(e, ret, err);
        return refuse(e, from, remote->entry, why.class, err_message(&why), "", err);
}

int loader_enter_remote(struct engine *e, const struct loader *from, const char *entry, enum loader_remote *ret_kind,
                        struct loader *ret, struct err *err) {
        struct remote remote;
        struct remote_view *v = NULL;
        int is = remote_parse(e->arena, entry, &remote);
        if (is < 0)
                return err_oom(err);
        if (loader_is_http(entry) && (!is || remote_is_http_file(entry)))
                return loader_refuse_http(e, from, entry, err);
        *ret_kind = LOADER_LOCAL;
        if (!is)
                return 0;
        if (!e->options.remotes)
                return refuse_lockdown(e, from, entry, err);
        const char *what_to_do, *why_not = remote_why_not(&remote, &what_to_do);
        if (why_not)
                return refuse(e, from, entry, ERR_UNSUPPORTED, why_not, what_to_do, err);
        int found = find_view(e, from, &remote, &v, err);
        if (found < 0)
                return -1;
        e->remotes_missing |= !found;
        *ret_kind = found ? LOADER_ENTERED : LOADER_LATER;
        return found ? enter(e, from, &remote, v, ret, err) : 0;
}
