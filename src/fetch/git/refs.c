/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/refs.h"

#include "base/limits.h"
#include "lang/semver.h"

#define DEFAULT_BRANCH "master"
#define HEADS "refs/heads/"
#define TAGS "refs/tags/"
#define PEELED "^{}"

/* ---- the list of refs ---- */

/* One line of ls-remote: "<hash>\t<ref>". Texts point into the list. */
struct ref {
        const char *hash;
        const char *name;
};

/* Takes the next line apart in place. False at the end; lines of another form are skipped. */
static bool next_ref(char **at, struct ref *ret) {
        while (**at) {
                char *line = *at, *end = strchr(line, '\n');
                *at = end ? end + 1 : line + strlen(line);
                if (end)
                        *end = '\0';
                size_t digits = strspn(line, "0123456789abcdef");
                if ((digits == 40 || digits == 64) && line[digits] == '\t') {
                        line[digits] = '\0';
                        *ret = (struct ref){.hash = line, .name = line + digits + 1};
                        return true;
                }
        }
        return false;
}

/* Asks for heads, tags or everything; *ret is in the buffer, which the caller owns. */
static int list_refs(struct git_setup *s, const char *only, struct buf *out, struct err *err) {
        const char *args[] = {"ls-remote", "--quiet", only ? only : "origin", only ? "origin" : NULL, NULL};
        return git_run(s, args, "unable to list remote for", out, err);
}

int git_remote_is_empty(struct git_setup *s, bool *ret, struct err *err) {
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_GIT_REFS);
        if (list_refs(s, NULL, &out, err) < 0)
                return -1;
        *ret = out.len == 0;
        return 0;
}

/* The hash of one ref, peeled when it is an annotated tag; NULL when the remote lacks it. */
static int find_ref(struct git_setup *s, const char *name, const char **ret, struct err *err) {
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_GIT_REFS);
        const char *only = str_has_prefix(name, HEADS) ? "--heads" : str_has_prefix(name, TAGS) ? "--tags" : NULL;
        if (list_refs(s, only, &out, err) < 0)
                return -1;
        size_t n = strlen(name);
        *ret = NULL;
        struct ref ref;
        for (char *at = out.data; at && next_ref(&at, &ref);)
                if (strncmp(ref.name, name, n) == 0 && (ref.name[n] == '\0' || streq(ref.name + n, PEELED))) {
                        *ret = arena_strdup(s->a, ref.hash);
                        if (!*ret)
                                return err_oom(err);
                }
        return 0;
}

/* ---- the highest tag within a range ---- */

struct tags {
        const char **names; /* without refs/tags/ */
        const char **hashes;
        size_t n;
        size_t cap;
};

static int add_tag(struct arena *a, struct tags *t, const struct ref *ref, struct err *err) {
        size_t len = strlen(ref->name) - strlen(TAGS);
        const char *name = ref->name + strlen(TAGS);
        bool peeled = str_has_suffix(name, PEELED);
        if (peeled)
                len -= strlen(PEELED);
        char *hash = arena_strdup(a, ref->hash);
        if (!hash)
                return err_oom(err);
        /* The peeled line follows its tag's own. */
        if (peeled && t->n && strlen(t->names[t->n - 1]) == len && strncmp(t->names[t->n - 1], name, len) == 0) {
                t->hashes[t->n - 1] = hash;
                return 0;
        }
        if (t->n == t->cap) {
                size_t cap = t->cap ? t->cap * 2 : 64;
                const char **names = arena_grow(a, t->names, t->n * sizeof(*names), cap * sizeof(*names));
                const char **hashes = arena_grow(a, t->hashes, t->n * sizeof(*hashes), cap * sizeof(*hashes));
                if (!names || !hashes)
                        return err_oom(err);
                t->names = names;
                t->hashes = hashes;
                t->cap = cap;
        }
        t->names[t->n] = arena_strndup(a, name, len);
        t->hashes[t->n] = hash;
        return t->names[t->n++] ? 0 : err_oom(err);
}

static int list_tags(struct git_setup *s, struct tags *ret, struct err *err) {
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_GIT_REFS);
        if (list_refs(s, "--tags", &out, err) < 0)
                return -1;
        struct ref ref;
        for (char *at = out.data; at && next_ref(&at, &ref);)
                if (str_has_prefix(ref.name, TAGS) && add_tag(s->a, ret, &ref, err) < 0)
                        return -1;
        return 0;
}

/* Versions that differ in build metadata only are equal; Flux then takes the youngest commit, which a list of refs
 * does not tell: the first of them in the remote's order is taken. */
static int resolve_semver(struct git_setup *s, struct git_target *ret, struct err *err) {
        struct semver_range *range;
        struct tags tags = {0};
        if (semver_range_parse(s->a, s->request->semver, &range, err) < 0)
                return err_wrap(err, "semver parse error");
        if (list_tags(s, &tags, err) < 0)
                return -1;
        size_t *indexes = arena_zalloc(s->a, tags.n + 1, sizeof(*indexes));
        if (!indexes)
                return err_oom(err);
        long n = semver_sort_flux(range, tags.names, tags.n, indexes, err);
        if (n < 0)
                return -1;
        if (n == 0)
                return err_set(err, ERR_NOT_FOUND, "no match found for semver: %s", s->request->semver);
        ret->ref = ret->reference = arena_printf(s->a, TAGS "%s", tags.names[indexes[0]]);
        ret->hash = tags.hashes[indexes[0]];
        return ret->ref ? 0 : err_oom(err);
}

/* ---- the target ---- */

static int resolve_commit(struct git_setup *s, const char *commit, struct git_target *ret, struct err *err) {
        const struct git_request *r = s->request;
        char *hash = arena_strdup(s->a, commit);
        if (!hash)
                return err_oom(err);
        for (char *p = hash; *p; p++)
                if (*p >= 'A' && *p <= 'F')
                        *p = (char)(*p - 'A' + 'a');
        ret->hash = hash;
        if (r->branch) {
                ret->fallback = ret->reference = arena_printf(s->a, HEADS "%s", r->branch);
                if (!ret->fallback)
                        return err_oom(err);
        }
        return 0;
}

static int resolve_name(struct git_setup *s, struct git_target *ret, struct err *err) {
        const char *name = s->request->name;
        if (find_ref(s, name, &ret->hash, err) < 0)
                return -1;
        if (!ret->hash)
                return err_set(err, ERR_NOT_FOUND, "unable to resolve ref '%s' to a specific commit", name);
        ret->ref = ret->reference = name;
        ret->absolute = true;
        return 0;
}

static bool is_hash(const char *text) {
        return strlen(text) == 40 && strspn(text, "0123456789abcdefABCDEF") == 40;
}

static int resolve_any(const struct git_request *r, struct git_target *ret) {
        ret->ref = ret->reference = r->any;
        ret->absolute = true;
        return 0;
}

/* A branch or a tag needs no list of refs: the fetch itself names it. Only when there is a revision to compare with is
 * the remote asked first, because most reconciliations end there; not those after a push. */
static int resolve_ref(struct git_setup *s, struct git_target *ret, struct err *err) {
        const struct git_request *r = s->request;
        const char *branch = r->branch ? r->branch : DEFAULT_BRANCH;
        ret->ref = r->tag ? arena_printf(s->a, TAGS "%s", r->tag) : arena_printf(s->a, HEADS "%s", branch);
        if (!ret->ref)
                return err_oom(err);
        ret->reference = ret->ref;
        return r->observed && !r->pushed ? find_ref(s, ret->ref, &ret->hash, err) : 0;
}

int git_resolve(struct git_setup *s, struct git_target *ret, struct err *err) {
        const struct git_request *r = s->request;
        *ret = (struct git_target){0};
        if (r->commit)
                return resolve_commit(s, r->commit, ret, err);
        if (r->any)
                return is_hash(r->any) ? resolve_commit(s, r->any, ret, err) : resolve_any(r, ret);
        if (r->name)
                return resolve_name(s, ret, err);
        if (!r->tag && r->semver)
                return resolve_semver(s, ret, err);
        return resolve_ref(s, ret, err);
}

const char *git_revision(struct arena *a, const struct git_target *target, const char *hash) {
        const char *algorithm = strlen(hash) == 40 ? "sha1" : "sha256";
        const char *reference = target->reference;
        if (!reference)
                return arena_printf(a, "%s:%s", algorithm, hash);
        if (!target->absolute) /* what stands behind the second slash: "refs/heads/" and "refs/tags/" go */
                reference = strchr(strchr(reference, '/') + 1, '/') + 1;
        return arena_printf(a, "%s@%s:%s", reference, algorithm, hash);
}
