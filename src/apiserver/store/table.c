/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/store/table.h"

static int compare(const struct object *o, const char *namespace_, const char *name) {
        return object_key_compare(o->namespace_, o->name, namespace_, name);
}

/* The block that holds the key or would take it: the last one whose first object is not greater. */
static size_t find_block(const struct table *t, const char *namespace_, const char *name) {
        size_t low = 0, high = t->n_blocks;
        while (high - low > 1) {
                size_t middle = low + (high - low) / 2;
                if (compare(t->blocks[middle]->items[0], namespace_, name) <= 0)
                        low = middle;
                else
                        high = middle;
        }
        return low;
}

/* The first item of a block that is not less than the key. */
static size_t find_item(const struct table_block *b, const char *namespace_, const char *name) {
        size_t low = 0, high = b->n;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (compare(b->items[middle], namespace_, name) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool find(const struct table *t, const char *namespace_, const char *name, struct table_cursor *ret) {
        *ret = (struct table_cursor){0};
        if (t->n_blocks == 0)
                return false;
        ret->block = find_block(t, namespace_, name);
        const struct table_block *b = t->blocks[ret->block];
        ret->item = find_item(b, namespace_, name);
        return ret->item < b->n && compare(b->items[ret->item], namespace_, name) == 0;
}

struct object *table_get(const struct table *t, const char *namespace_, const char *name) {
        struct table_cursor c;
        return find(t, namespace_, name, &c) ? t->blocks[c.block]->items[c.item] : NULL;
}

bool table_has_room(const struct table *t, size_t n) {
        return t->n_spares >= n && t->cap_blocks - t->n_blocks >= n;
}

/* A put of a new key needs one block more at most. */
int table_reserve(struct table *t, size_t n, struct err *err) {
        if (t->cap_blocks - t->n_blocks < n) {
                size_t cap = t->n_blocks * 2 + n;
                struct table_block **blocks = realloc(t->blocks, cap * sizeof(*blocks));
                if (!blocks)
                        return err_oom(err);
                t->blocks = blocks;
                t->cap_blocks = cap;
        }
        while (t->n_spares < n) {
                struct table_block *b = malloc(sizeof(*b));
                if (!b)
                        return err_oom(err);
                b->next_spare = t->spares;
                t->spares = b;
                t->n_spares++;
        }
        return 0;
}

static struct table_block *insert_block(struct table *t, size_t at) {
        struct table_block *b = t->spares;
        t->spares = b->next_spare;
        t->n_spares--;
        b->n = 0;
        memmove(&t->blocks[at + 1], &t->blocks[at], (t->n_blocks - at) * sizeof(*t->blocks));
        t->blocks[at] = b;
        t->n_blocks++;
        return b;
}

/* Makes room at the cursor: splits a full block. Appending at the very end starts a new block instead, so that objects
 * loaded in order fill their blocks. */
static void make_room(struct table *t, struct table_cursor *c) {
        if (t->n_blocks == 0) {
                insert_block(t, 0);
                return;
        }
        struct table_block *b = t->blocks[c->block];
        if (b->n < TABLE_BLOCK)
                return;
        bool append = c->item == b->n && c->block + 1 == t->n_blocks;
        size_t keep = append ? TABLE_BLOCK : TABLE_BLOCK / 2;
        struct table_block *next = insert_block(t, c->block + 1);
        next->n = b->n - keep;
        memcpy(next->items, &b->items[keep], next->n * sizeof(*b->items));
        b->n = keep;
        if (c->item > keep || append) {
                c->block++;
                c->item -= keep;
        }
}

struct object *table_put(struct table *t, struct object *o) {
        struct table_cursor c;
        if (find(t, o->namespace_, o->name, &c)) {
                struct object *old = t->blocks[c.block]->items[c.item];
                t->blocks[c.block]->items[c.item] = o;
                return old;
        }
        make_room(t, &c);
        struct table_block *b = t->blocks[c.block];
        memmove(&b->items[c.item + 1], &b->items[c.item], (b->n - c.item) * sizeof(*b->items));
        b->items[c.item] = o;
        b->n++;
        t->count++;
        return NULL;
}

struct object *table_remove(struct table *t, const char *namespace_, const char *name) {
        struct table_cursor c;
        if (!find(t, namespace_, name, &c))
                return NULL;
        struct table_block *b = t->blocks[c.block];
        struct object *o = b->items[c.item];
        b->n--;
        memmove(&b->items[c.item], &b->items[c.item + 1], (b->n - c.item) * sizeof(*b->items));
        t->count--;
        if (b->n == 0) {
                free(b);
                t->n_blocks--;
                memmove(&t->blocks[c.block], &t->blocks[c.block + 1], (t->n_blocks - c.block) * sizeof(*t->blocks));
        }
        return o;
}

struct table_cursor table_seek(const struct table *t, const char *namespace_, const char *name, bool after) {
        struct table_cursor c;
        bool found = find(t, namespace_, name, &c);
        if (t->n_blocks > 0 && c.item == t->blocks[c.block]->n) {
                c.block++;
                c.item = 0;
        }
        if (found && after)
                table_step(t, &c);
        return c;
}

struct object *table_at(const struct table *t, const struct table_cursor *c) {
        return c->block < t->n_blocks ? t->blocks[c->block]->items[c->item] : NULL;
}

void table_step(const struct table *t, struct table_cursor *c) {
        if (c->block < t->n_blocks && ++c->item >= t->blocks[c->block]->n) {
                c->block++;
                c->item = 0;
        }
}

size_t table_distance(const struct table *t, const struct table_cursor *from, const struct table_cursor *to) {
        size_t n = 0;
        for (size_t i = from->block; i < to->block && i < t->n_blocks; i++)
                n += t->blocks[i]->n;
        return n + to->item - from->item;
}

void table_done(struct table *t) {
        for (size_t i = 0; i < t->n_blocks; i++) {
                for (size_t j = 0; j < t->blocks[i]->n; j++)
                        object_unref(t->blocks[i]->items[j]);
                free(t->blocks[i]);
        }
        while (t->spares) {
                struct table_block *b = t->spares;
                t->spares = b->next_spare;
                free(b);
        }
        free(t->blocks);
        *t = (struct table){0};
}
