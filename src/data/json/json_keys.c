/* SPDX-License-Identifier: Apache-2.0 */
/* Duplicate keys while a map is being read: found in constant time, reported with their path. */
#include "data/json/json_reader.h"

#include "base/limits.h"
#include "base/strmap.h"

#define INDEX_FROM 24 /* smaller maps are searched by comparing hashes */

/* Marks a child, in value.flags, whose duplicates have been reported; cleared when the map is closed. */
#define REPORTED 1

void json_frame_done(struct json_frame *f) {
        free(f->index);
        f->index = NULL;
}

static bool same_key(const struct member *a, const struct member *b) {
        return a->hash == b->hash && a->key_len == b->key_len && memcmp(a->key, b->key, a->key_len) == 0;
}

static uint32_t slot_of(const struct json_frame *f, const struct member *m) {
        return (uint32_t)str_hash(m->key, m->key_len) & f->index_mask;
}

/* Builds the index over the first n children with room for twice as many. */
static int build_index(struct json_frame *f, const struct member *children, uint32_t n) {
        uint32_t size = 64; /* a power of two, so that the mask reaches every slot */
        while (size < 4 * n)
                size *= 2;
        free(f->index);
        f->index = calloc(size, sizeof(*f->index));
        if (!f->index)
                return -1;
        f->index_mask = size - 1;
        for (uint32_t i = 0; i < n; i++) {
                uint32_t at = slot_of(f, &children[i]);
                while (f->index[at])
                        at = (at + 1) & f->index_mask;
                f->index[at] = i + 1;
        }
        return 0;
}

/* The number of the child with this key + 1, or 0 after adding the child as number n. */
static uint32_t find_or_add(struct json_frame *f, const struct member *children, uint32_t n) {
        const struct member *newest = &children[n];
        uint32_t at = slot_of(f, newest);
        for (; f->index[at]; at = (at + 1) & f->index_mask)
                if (same_key(&children[f->index[at] - 1], newest))
                        return f->index[at];
        f->index[at] = n + 1;
        return 0;
}

/* Appends the way to the newest child of the innermost map: "spec.containers[0].name". */
static void add_path(struct buf *b, const struct json_reader *r) {
        for (uint32_t d = 0; d < r->depth; d++) {
                const struct json_frame *f = &r->frames[d];
                uint32_t top = d + 1 < r->depth ? r->frames[d + 1].first : r->n_nodes;
                if (!f->is_map) {
                        buf_addf(b, "[%u]", top - 1 - f->first);
                        continue;
                }
                if (b->len)
                        buf_addc(b, '.');
                buf_add(b, r->nodes[top - 1].key, r->nodes[top - 1].key_len);
        }
}

static int report(struct json_reader *r) {
        struct value *list = &r->report->duplicates;
        if (list->len >= LIMIT_STRICT_ERRORS)
                return 0;
        _cleanup_buf_ struct buf path = BUF_INIT((size_t)(r->end - r->text) + 16 * (size_t)r->depth + 16);
        add_path(&path, r);
        VALUE_EACH_ITEM(known, list)
                if (value_equals_str(known, buf_str(&path)))
                        return 0;
        char *kept = arena_strndup(r->report->arena, buf_str(&path), path.len);
        if (buf_failed(&path) || !kept || !value_append(r->report->arena, list, value_strn(kept, path.len)))
                return err_oom(r->err);
        return 0;
}

int json_reader_note_key(struct json_reader *r) {
        struct json_frame *f = &r->frames[r->depth - 1];
        struct member *children = r->nodes + f->first;
        uint32_t n = r->n_nodes - f->first - 1; /* children before the newest */
        uint32_t found = 0;
        if (n < INDEX_FROM) {
                for (uint32_t i = 0; i < n && !found; i++)
                        if (same_key(&children[i], &children[n]))
                                found = i + 1;
        } else {
                if ((!f->index || 2 * n > f->index_mask) && build_index(f, children, n) < 0)
                        return err_oom(r->err);
                found = find_or_add(f, children, n);
        }
        f->replaces = found;
        if (!found)
                return 0;
        f->has_duplicates = true;
        if (!(r->flags & JSON_REPORT_DUPLICATES) || !r->report || (children[found - 1].value.flags & REPORTED))
                return 0;
        children[found - 1].value.flags |= REPORTED;
        return report(r);
}
