/* SPDX-License-Identifier: Apache-2.0 */
/* labels, annotations and replicas: plain values at the ends of field specs. */
#include "build/kustomize/load/documents.h"
#include "build/kustomize/field/fieldpath.h"
#include "build/kustomize/field/shared.h"
#include "build/kustomize/transform/transform.h"

/* ---- labels and annotations ---- */

struct labels_step {
        struct value pairs; /* sorted by key */
        const struct fieldspecs *fields;
};

struct pair_context {
        struct engine *e;
        const struct member *pair;
        uint32_t n_pairs; /* of the step: so many come into a map that is made for them */
        struct value *object;
        struct value fresh; /* what stands where the key was not there before */
};

static int set_pair(struct arena *a, void *context, struct value *field, struct err *err) {
        const struct pair_context *c = context;
        const struct member *pair = c->pair;
        if (field->type == VALUE_NULL)
                *field = value_map();
        if (!value_is_map(field))
                return scalar_wrong_kind("MappingNode", field, err);
        if (!field->items && value_reserve(a, field, c->n_pairs) < 0)
                return err_oom(err);
        const struct value *old = value_getn(field, pair->key, pair->key_len);
        if (scalar_is_shared(old)) {
                const struct value was = *old;
                return shared_spread(a, c->object, &was, &pair->value, err);
        }
        if (!old && engine_add_key(c->e, pair->key, err) < 0)
                return -1;
        return value_setn(a, field, pair->key, pair->key_len, old ? pair->value : c->fresh) ? 0 : err_oom(err);
}

static int run_labels(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        const struct labels_step *s = arg;
        struct pair_context context;
        const struct field_action action = {
                .set = set_pair, .context = &context, .creates = true, .created = value_map()};
        for (size_t i = 0; i < m->len; i++) {
                if (resource_show_notes(e->arena, m->items[i], err) < 0)
                        return -1;
                VALUE_EACH_MEMBER(pair, &s->pairs) {
                        context = (struct pair_context){
                                .e = e,
                                .pair = pair,
                                .n_pairs = s->pairs.len,
                                .object = &m->items[i]->object,
                                .fresh = shared_new(e->arena, &pair->value),
                        };
                        if (fieldspecs_apply(e->arena, s->fields, &action, &m->items[i]->object, err) < 0)
                                return -1;
                }
        }
        return 0;
}

int labels_configure(struct target *t, const struct value *pairs, bool annotations, const struct fieldspecs *fields,
                     struct steps *steps, struct err *err) {
        struct arena *a = t->e->arena;
        static const struct value none = {.type = VALUE_MAP};
        struct labels_step *s = arena_make(a, struct labels_step);
        struct fieldspecs *own = arena_memdup(a, fields, sizeof(*fields));
        if (!s || !own)
                return err_oom(err);
        if (value_clone(a, value_is_map(pairs) ? pairs : &none, &s->pairs, err) < 0)
                return -1;
        value_sort_keys(&s->pairs);
        s->fields = own;
        struct step step = {
                .run = run_labels, .arg = s, .kind = annotations ? "AnnotationsTransformer" : "LabelTransformer"};
        return steps_add(a, steps, step, err);
}

/* ---- replicas ---- */

struct replicas_step {
        const char *name;
        struct value count;
        const struct fieldspecs *fields;
};

static int set_count(struct arena *a, void *context, struct value *field, struct err *err) {
        struct value count = *(const struct value *)context;
        return scalar_keep_quotes(a, field, &count, err) < 0 ? -1 : field_set_scalar(field, count, err);
}

/* The resources that have or had this name, of whatever kind: mostly one of thousands. */
static int find_named(struct engine *e, const struct resmap *m, const char *name, struct resources *ret,
                      struct err *err) {
        *ret = (struct resources){.items = NULL};
        for (size_t i = 0; i < m->len; i++) {
                const struct resource *r = m->items[i];
                bool named = streq(resource_name(e->arena, r), name);
                for (size_t k = 0; k < r->n_previous && !named; k++)
                        named = streq(r->previous[k].name, name);
                if (named && resources_add(e->arena, ret, m->items[i], err) < 0)
                        return -1;
        }
        return 0;
}

/* True when the resource has or had this name as a kind of the spec. */
static int has_id(struct engine *e, const struct resource *r, const char *name, const struct gvk *gvk, bool *ret,
                  struct err *err) {
        struct resid id;
        *ret = false;
        for (size_t i = 0; i <= r->n_previous && !*ret; i++) {
                int failed = i < r->n_previous ? resource_previous_id(e->arena, r, i, &id)
                                               : resource_current_id(e->arena, &e->scopes, r, &id);
                if (failed)
                        return err_oom(err);
                *ret = streq(id.name, name) && gvk_selected(&id.gvk, gvk);
        }
        return 0;
}

static int not_found(struct engine *e, const struct replicas_step *s, struct err *err) {
        _cleanup_buf_ struct buf kinds = BUF_INIT(65536);
        for (size_t i = 0; i < s->fields->len; i++)
                buf_addf(&kinds, "%s%s", i ? " " : "", gvk_string(e->arena, &s->fields->items[i].gvk));
        return err_set(err, ERR_NOT_FOUND, "resource with name %s does not match a config with the following GVK [%s]",
                       s->name, buf_str(&kinds));
}

static int run_replicas(struct engine *e, struct resmap *m, const void *arg, struct err *err) {
        const struct replicas_step *s = arg;
        const struct field_action action = {
                .set = set_count, .context = (void *)&s->count, .creates = true, .created = value_null()};
        struct resources named;
        bool found = false;
        if (find_named(e, m, s->name, &named, err) < 0)
                return -1;
        for (size_t k = 0; k < s->fields->len; k++)
                for (size_t i = 0; i < named.len; i++) {
                        bool matches;
                        if (has_id(e, named.items[i], s->name, &s->fields->items[k].gvk, &matches, err) < 0)
                                return -1;
                        if (!matches)
                                continue;
                        found = true;
                        if (fieldspec_apply(e->arena, &s->fields->items[k], &action, &named.items[i]->object, err) < 0)
                                return -1;
                }
        return found ? 0 : not_found(e, s, err);
}

int replicas_configure(struct target *t, const struct value *replica, const struct fieldspecs *fields,
                       struct steps *steps, struct err *err) {
        struct replicas_step *s = arena_make(t->e->arena, struct replicas_step);
        if (!s)
                return err_oom(err);
        *s = (struct replicas_step){
                .name = value_string_or(value_get(replica, "name"), ""),
                .count = value_int(value_int_or(value_get(replica, "count"), 0)),
                .fields = fields,
        };
        struct step step = {.run = run_replicas, .arg = s, .kind = "ReplicaCountTransformer"};
        return steps_add(t->e->arena, steps, step, err);
}
