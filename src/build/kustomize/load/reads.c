/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/reads.h"

#include "base/limits.h"
#include "build/kustomize/engine.h"
#include "build/kustomize/load/listing.h"
#include "data/digest.h"

/* The words that entries begin with. */
#define WORD_PATH "path" /* path, where it really is or null, whether a directory */
#define WORD_FILE "file" /* path, digest of the content */
#define WORD_LIST "list" /* path, digest of the names */

void reads_done(struct reads *r) {
        strmap_done(&r->seen);
}

void reads_lose(struct reads *r) {
        if (r)
                r->lost = true;
}

/* True when it is to be recorded: the first look counts, for the tree does not change under a build. */
static bool begin(struct reads *r, const char *word, const char *path) {
        if (!r || r->lost)
                return false;
        char *key = arena_printf(r->arena, "%s %s", word, path);
        int there = key ? strmap_add(&r->seen, key, strlen(key), r, NULL) : -1;
        r->lost = there < 0 || r->list.len >= LIMIT_BUILD_READS;
        return !there && !r->lost;
}

static void record(struct reads *r, const char *word, const char *path, struct value answer, struct value more) {
        struct value entry = value_list();
        const char *own = arena_strdup(r->arena, path);
        if (!own || !value_append(r->arena, &entry, value_str(word)) ||
            !value_append(r->arena, &entry, value_str(own)) || !value_append(r->arena, &entry, answer) ||
            !value_append(r->arena, &entry, more) || !value_append(r->arena, &r->list, entry))
                r->lost = true;
}

static void record_digest(struct reads *r, const char *word, const char *path, const char *text, size_t n) {
        char hex[DIGEST_HEX_MAX];
        const char *own = digest_hex(DIGEST_SHA256, text, n, hex, NULL) < 0 ? NULL : arena_strdup(r->arena, hex);
        if (own)
                record(r, word, path, value_str(own), value_null());
        else
                r->lost = true;
}

void reads_path(struct reads *r, const char *path, const struct place *found) {
        if (begin(r, WORD_PATH, path))
                record(r, WORD_PATH, path, found ? value_str(found->real) : value_null(),
                       value_bool(found && found->directory));
}

void reads_file(struct reads *r, const char *real, const char *text, size_t n) {
        if (!begin(r, WORD_FILE, real))
                return;
        r->bytes += n;
        if (r->bytes > LIMIT_BUILD_READ_BYTES)
                r->lost = true;
        else
                record_digest(r, WORD_FILE, real, text, n);
}

/* Names one after the other, each with its NUL, which no name holds. */
static void join(struct buf *b, const char *const *names, size_t n) {
        for (size_t i = 0; i < n; i++)
                buf_add(b, names[i], strlen(names[i]) + 1);
}

void reads_listing(struct reads *r, const char *dir, const char *const *names, size_t n) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_BUILD_READ_BYTES);
        if (!begin(r, WORD_LIST, dir))
                return;
        join(&text, names, n);
        if (buf_failed(&text))
                r->lost = true;
        else
                record_digest(r, WORD_LIST, dir, buf_str(&text), text.len);
}

/* ---- comparing ---- */

struct comparing {
        struct engine e; /* only its arena and its counters are used */
        struct view view;
        size_t bytes;
};

static bool same_path(struct comparing *c, const char *path, const struct value *real, const struct value *directory) {
        const struct place *place;
        _cleanup_err_ struct err err = ERR_INIT;
        if (view_resolve(&c->e, &c->view, path, &place, &err) == 0)
                return value_equals_str(real, place->real) && value_bool_or(directory, false) == place->directory;
        return real->type == VALUE_NULL && err.class == ERR_NOT_FOUND;
}

static bool same_digest(const struct value *digest, const char *text, size_t n) {
        char hex[DIGEST_HEX_MAX];
        return digest_hex(DIGEST_SHA256, text, n, hex, NULL) == 0 && value_equals_str(digest, hex);
}

static bool same_file(struct comparing *c, const char *path, const struct value *digest) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        if (view_read(&c->view, path, &text, &n, NULL) < 0)
                return false;
        c->bytes += n;
        return c->bytes <= LIMIT_BUILD_READ_BYTES && same_digest(digest, text, n);
}

static bool same_listing(struct comparing *c, const char *path, const struct value *digest) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_BUILD_READ_BYTES);
        struct listing names = {.items = NULL};
        if (listing_read(c->e.arena, &c->view, path, &names, NULL) < 0)
                return false;
        join(&text, names.items, names.len);
        return !buf_failed(&text) && same_digest(digest, buf_str(&text), text.len);
}

static bool same_entry(struct comparing *c, const struct value *entry) {
        if (!value_is_list(entry) || entry->len != 4 || !value_is_string(&entry->items[0]) ||
            !value_is_string(&entry->items[1]))
                return false;
        const char *word = entry->items[0].str, *path = entry->items[1].str;
        if (streq(word, WORD_PATH))
                return same_path(c, path, &entry->items[2], &entry->items[3]);
        if (streq(word, WORD_FILE))
                return same_file(c, path, &entry->items[2]);
        return streq(word, WORD_LIST) && same_listing(c, path, &entry->items[2]);
}

bool reads_same(const struct kustomize_folder *folders, size_t n_folders, const struct value *list) {
        _cleanup_arena_ struct arena *a = arena_new(LIMIT_JOB_MEMORY);
        struct comparing c = {.e = {.arena = a},
                              .view = {.folders = folders, .n_folders = n_folders, .display_root = ""}};
        bool same = a && value_is_list(list) && list->len > 0 && list->len <= LIMIT_BUILD_READS;
        for (size_t i = 0; same && i < list->len; i++)
                same = same_entry(&c, &list->items[i]);
        view_done(&c.view);
        return same;
}
