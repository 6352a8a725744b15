/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/merge/merge.h"

#include "build/kustomize/merge/merge_walk.h"
#include "build/kustomize/field/scalar.h"
#include "build/kustomize/field/shared.h"

#define DIRECTIVE "$patch"

int merge_directive(struct arena *a, const struct value *v, enum directive *ret, struct err *err) {
        const char *text = scalar_text(a, v);
        if (streq(text, "delete"))
                *ret = DIRECTIVE_DELETE;
        else if (streq(text, "replace"))
                *ret = DIRECTIVE_REPLACE;
        else if (streq(text, "merge"))
                *ret = DIRECTIVE_MERGE;
        else
                return err_set(err, ERR_INVALID, "unknown patch strategy '%s'", text);
        return 0;
}

static bool missing(const struct value *v) {
        return !v || v->type == VALUE_NULL;
}

/* ---- maps ---- */

/* Decides from the directive what the merge starts from. *src is a map; *bare is room for it without the directive.
 * 1: merge on, *dest is set, and *src is *dest when what is new is merged over itself, which drops nulls and obeys
 * directives further down; 0: the field goes away. */
static int begin_map(const struct merger *m, struct value **dest, const struct value **src, struct value *bare,
                     struct err *err) {
        enum directive d = DIRECTIVE_MERGE;
        const struct value *patch = value_get(*src, DIRECTIVE);
        bool fresh = missing(*dest), itself = *dest == *src;
        /* kyaml forgets the error when there is nothing to merge into, and keeps the field then. */
        if (patch && merge_directive(m->arena, patch, &d, fresh ? NULL : err) == 0) {
                if (itself) {
                        value_remove(*dest, DIRECTIVE);
                } else {
                        if (value_clone(m->arena, *src, bare, err) < 0)
                                return -1;
                        value_remove(bare, DIRECTIVE);
                        *src = bare;
                }
        } else if (patch && !fresh) {
                return -1;
        }
        if (d == DIRECTIVE_DELETE)
                return 0;
        if (itself)
                return 1;
        if (!fresh && d == DIRECTIVE_MERGE) {
                if (!(*dest)->len) /* the braces of an empty map go */
                        (*dest)->style = (*src)->style;
                return 1;
        }
        struct value *copy = arena_make(m->arena, struct value);
        if (!copy)
                return err_oom(err);
        if (value_clone(m->arena, *src, copy, err) < 0)
                return -1;
        *src = *dest = copy;
        return 1;
}

#define INDEX_FROM 16 /* members of a patch's map that are worth an index */

struct lookup { /* members of a patch by name, and which of them were used */
        const struct value *map;
        struct value_index index;
        bool *used;
};

static int lookup_init(struct arena *a, struct lookup *l, const struct value *map, struct err *err) {
        *l = (struct lookup){.map = map};
        if (!map)
                return 0;
        l->used = arena_zalloc(a, map->len + 1, sizeof(bool));
        if (!l->used || (map->len > INDEX_FROM && value_index_init(a, &l->index, map) < 0))
                return err_oom(err);
        return 0;
}

/* The patch's member of the same name; NULL: it has none. */
static const struct member *lookup_take(struct lookup *l, const struct member *m) {
        if (!l->map)
                return NULL;
        struct value *v = l->map->len > INDEX_FROM ? value_index_get(&l->index, l->map, m->key, m->key_len)
                                                   : value_getn(l->map, m->key, m->key_len);
        if (!v)
                return NULL;
        const struct member *found = (const struct member *)((const char *)v - offsetof(struct member, value));
        bool *used = &l->used[found - l->map->members];
        if (*used) /* a key that the object has twice: the first was meant */
                return NULL;
        *used = true;
        return found;
}

/* What is known about a field: from a comment on it in the object, in the patch, or from its type. Either member may be
 * NULL. */
static int field_of(struct merger *m, const struct merge_type *type, const struct member *dest,
                    const struct member *src, struct merge_field *ret, struct err *err) {
        int noted = dest ? merge_schema_noted(m->arena, m->schema, dest, ret, err) : 0;
        if (!noted && src)
                noted = merge_schema_noted(m->arena, m->schema, src, ret, err);
        if (!noted)
                *ret = merge_schema_field(type, dest ? dest->key : src->key, dest ? dest->key_len : src->key_len);
        return noted < 0 ? -1 : 0;
}

/* Merges into the members that are there; without patch each over itself. What stays moves up in the same array: a
 * patch of one field costs no memory for the rest of the object. */
static int merge_present(struct merger *m, const struct merge_type *type, struct value *dest, struct lookup *patch,
                         struct err *err) {
        uint32_t kept = 0;
        VALUE_EACH_MEMBER(member, dest) {
                const struct member *own = patch ? lookup_take(patch, member) : member;
                struct merge_field field;
                struct value v;
                if (field_of(m, type, member, own, &field, err) < 0)
                        return -1;
                int there = merge_walk(m, &member->value, own ? &own->value : NULL, field, &v, err);
                if (there < 0)
                        return -1;
                if (!there)
                        continue;
                dest->members[kept] = *member;
                dest->members[kept++].value = v;
        }
        dest->len = kept;
        return 0;
}

/* A field that the patch brings. Its comment does not come along, unless the map around it is new as well. */
static int merge_new(struct merger *m, const struct merge_type *type, struct value *dest, const struct member *member,
                     struct err *err) {
        struct merge_field field;
        struct value v;
        const char *key = member->key;
        if (field_of(m, type, NULL, member, &field, err) < 0)
                return -1;
        int there = merge_walk(m, NULL, &member->value, field, &v, err);
        if (there > 0 && m->schema->notes.len)
                key = arena_strndup(m->arena, key, member->key_len);
        if (there > 0 && (!key || !value_add(m->arena, dest, key, member->key_len, v)))
                return err_oom(err);
        return there < 0 ? -1 : 0;
}

static const struct merge_type *type_of_object(const struct merger *m, const struct value *v) {
        const char *version = value_get_str(v, "apiVersion"), *kind = value_get_str(v, "kind");
        return version && kind ? merge_schema_kind(m->schema, version, kind) : NULL;
}

static int merge_map(struct merger *m, struct value *dest, const struct value *src, const struct merge_type *type,
                     struct value *ret, struct err *err) {
        struct value bare;
        int on = src ? begin_map(m, &dest, &src, &bare, err) : 1;
        if (on <= 0)
                return on;
        if (!type && !(type = type_of_object(m, dest)) && src)
                type = type_of_object(m, src);
        struct lookup patch;
        bool itself = dest == src;
        if (!itself && lookup_init(m->arena, &patch, src, err) < 0)
                return -1;
        if (merge_present(m, type, dest, itself ? NULL : &patch, err) < 0)
                return -1;
        for (size_t i = 0; src && !itself && i < src->len; i++)
                if (!patch.used[i] && merge_new(m, type, dest, &src->members[i], err) < 0)
                        return -1;
        *ret = *dest;
        return 1;
}

/* ---- all kinds ---- */

static int check_kinds(const struct value *dest, const struct value *src, struct err *err) {
        if (missing(dest) || missing(src))
                return 0;
        const char *want = scalar_node_kind(dest);
        return streq(want, scalar_node_kind(src)) ? 0 : scalar_wrong_kind(want, src, err);
}

static int note_shared(struct merger *m, const struct value *was, const struct value *now, struct err *err) {
        struct merge_shared *s = arena_make(m->arena, struct merge_shared);
        if (!s)
                return err_oom(err);
        *s = (struct merge_shared){*was, *now, m->shared};
        m->shared = s;
        return 1;
}

/* Recursion is as deep as the documents, which the readers bound. */
int merge_walk(struct merger *m, struct value *dest, const struct value *src, struct merge_field field,
               struct value *ret, struct err *err) {
        if (check_kinds(dest, src, err) < 0)
                return -1;
        const struct value *kind = missing(dest) ? src : dest;
        if (missing(kind)) {
                /* An explicit null that no patch mentions stays; an empty one goes, as any null in a patch. */
                *ret = dest ? *dest : value_null();
                return !src && dest && dest->len > 0;
        }
        if (src && src->type == VALUE_NULL)
                return 0;
        if (kind->type == VALUE_MAP) {
                int there = merge_map(m, missing(dest) ? NULL : dest, src, field.type, ret, err);
                /* A null becomes a map of its own, without the patch's braces. */
                if (there > 0 && dest && missing(dest))
                        ret->style = VALUE_STYLE_ANY;
                return there;
        }
        if (kind->type == VALUE_LIST && field.merges)
                return merge_list(m, missing(dest) ? NULL : dest, src, field, ret, err);
        *ret = src ? *src : *dest;
        if (src && dest && scalar_keep_quotes(m->arena, dest, ret, err) < 0)
                return -1;
        return src && src != dest && scalar_is_shared(dest) ? note_shared(m, dest, ret, err) : 1;
}

int merge_strategic(struct arena *a, struct merge_schema *schema, struct value *object, const struct value *patch,
                    struct err *err) {
        struct merger m = {.arena = a, .schema = schema};
        struct value out;
        int there = merge_walk(&m, object, patch, (struct merge_field){0}, &out, err);
        if (there < 0)
                return -1;
        *object = there ? out : value_null();
        for (const struct merge_shared *s = m.shared; s; s = s->next)
                if (shared_spread(a, object, &s->was, &s->now, err) < 0)
                        return -1;
        return 0;
}
