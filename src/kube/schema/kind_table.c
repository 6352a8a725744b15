/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/schema/kind_internal.h"

#define COLUMNS 10
#define SUBRESOURCES_MAX 16

struct reader {
        struct kind_set *set;
        struct arena *arena;
        struct kind *last; /* whose subresources follow */
        struct kind_subresource *subresources;
        const char **storage; /* for each kind: "group/version" it is stored in, NULL: itself */
        struct err *err;
};

static unsigned verbs_of(const char *letters) {
        static const char order[] = "glwcupdD"; /* as enum kind_verb */
        unsigned verbs = 0;
        for (size_t i = 0; order[i]; i++)
                if (strchr(letters, order[i]))
                        verbs |= 1u << i;
        return verbs;
}

/* "-" stands for nothing. */
static const char *text_of(const char *column) {
        return streq(column, "-") ? "" : column;
}

/* "a,b" as a NULL-terminated array; the text is cut in place. */
static const char *const *names_of(struct arena *a, char *column) {
        size_t n = 0;
        if (*text_of(column))
                for (const char *p = column; p; p = strchr(p + 1, ','))
                        n++;
        const char **names = arena_zalloc(a, n + 1, sizeof(*names));
        for (size_t i = 0; names && i < n; i++) {
                char *comma = strchr(column, ',');
                if (comma)
                        *comma = '\0';
                names[i] = column;
                column = comma ? comma + 1 : column;
        }
        return names;
}

static int read_kind(struct reader *r, char *column[static COLUMNS]) {
        struct kind *k = arena_make(r->arena, struct kind);
        if (!k)
                return err_oom(r->err);
        *k = (struct kind){.group = text_of(column[0]),
                           .version = column[1],
                           .kind = column[2],
                           .list_kind = arena_printf(r->arena, "%sList", column[2]),
                           .resource = column[3],
                           .singular = column[4],
                           .namespaced = *column[5] == 'n',
                           .verbs = verbs_of(column[6]),
                           .short_names = names_of(r->arena, column[7]),
                           .categories = names_of(r->arena, column[8]),
                           .storage_version = streq(column[9], "-"),
                           .schema = schema_of_kind(text_of(column[0]), column[1], column[2])};
        if (!k->list_kind || !k->short_names || !k->categories)
                return err_oom(r->err);
        if (!k->schema)
                return err_set(r->err, ERR_INTERNAL, "kind table: no schema of %s", k->kind);
        r->subresources = NULL;
        r->storage[r->set->n_kinds] = k->storage_version ? NULL : column[9];
        r->set->kinds[r->set->n_kinds++] = k;
        r->last = k;
        return kind_index(r->set, k, r->err);
}

static int read_subresource(struct reader *r, char *column[static COLUMNS]) {
        if (!r->last || r->last->n_subresources == SUBRESOURCES_MAX)
                return err_set(r->err, ERR_INTERNAL, "kind table: subresource %s", column[0]);
        if (!r->subresources) {
                r->subresources = arena_zalloc(r->arena, SUBRESOURCES_MAX, sizeof(*r->subresources));
                if (!r->subresources)
                        return err_oom(r->err);
                r->last->subresources = r->subresources;
        }
        r->subresources[r->last->n_subresources++] = (struct kind_subresource){.name = column[0] + 1,
                                                                               .group = text_of(column[1]),
                                                                               .version = column[2],
                                                                               .kind = column[3],
                                                                               .verbs = verbs_of(column[4])};
        return 0;
}

/* Cuts a line at its tabs and reads it. */
static int read_line(struct reader *r, char *line) {
        char *column[COLUMNS];
        size_t n = 0;
        for (char *p = line; p && n < COLUMNS; n++) {
                column[n] = p;
                p = strchr(p, '\t');
                if (p)
                        *p++ = '\0';
        }
        if (*line == '#' || !*line)
                return 0;
        if (*line == '+' && n == 5)
                return read_subresource(r, column);
        if (n == COLUMNS)
                return read_kind(r, column);
        return err_set(r->err, ERR_INTERNAL, "kind table: line of %s", line);
}

/* "group/version" of the kind's own storage column. */
static const struct kind *find_kind(const struct kind_set *set, const char *group_version, const char *kind) {
        size_t n = strcspn(group_version, "/");
        for (size_t i = 0; i < set->n_kinds; i++) {
                const struct kind *k = set->kinds[i];
                if (strlen(k->group) == n && memcmp(k->group, group_version, n) == 0 &&
                    streq(k->version, group_version + n + 1) && streq(k->kind, kind))
                        return k;
        }
        return NULL;
}

static int resolve_storage(struct reader *r) {
        for (size_t i = 0; i < r->set->n_kinds; i++) {
                struct kind *k = (struct kind *)r->set->kinds[i];
                const char *storage = r->storage[i];
                k->storage = storage && strchr(storage, '/') ? find_kind(r->set, storage, k->kind) : k;
                if (!k->storage)
                        return err_set(r->err, ERR_INTERNAL, "kind table: storage of %s", k->kind);
        }
        return 0;
}

int kind_table_load(struct kind_set *set, const char *text, size_t n, struct err *err) {
        char *copy = arena_strndup(set->arena, text, n);
        if (!copy)
                return err_oom(err);
        size_t lines = 0;
        for (const char *p = copy; (p = strchr(p, '\n')); p++)
                lines++;
        struct reader r = {.set = set, .arena = set->arena, .err = err};
        set->kinds = arena_zalloc(set->arena, lines + 1, sizeof(struct kind *));
        r.storage = arena_zalloc(set->arena, lines + 1, sizeof(*r.storage));
        if (!set->kinds || !r.storage)
                return err_oom(err);
        for (char *line = copy, *end; *line; line = end) {
                end = line + strcspn(line, "\n");
                if (*end)
                        *end++ = '\0';
                if (read_line(&r, line) < 0)
                        return -1;
        }
        return resolve_storage(&r);
}
