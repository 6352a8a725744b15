/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/resource/select.h"

#include "kube/select/selector.h"
#include "lang/regex.h"

enum select_field { FIELD_GROUP, FIELD_VERSION, FIELD_KIND, FIELD_NAME, FIELD_NAMESPACE, FIELDS };

struct select {
        struct regex *pattern[FIELDS]; /* NULL: any */
        struct label_selector labels, annotations;
        bool has_labels, has_annotations;
        struct err bad_labels, bad_annotations; /* kustomize reads them when a resource gets as far as these */
};

static int compile(struct engine *e, const char *text, struct regex **ret, struct err *err) {
        if (!*text)
                return 0;
        const char *anchored = arena_printf(e->arena, "^(?:%s)$", text);
        return anchored ? regex_new(anchored, strlen(anchored), ret, err) : err_oom(err);
}

int select_new(struct engine *e, const struct value *selector, struct select **ret, struct err *err) {
        static const char *const names[FIELDS] = {"group", "version", "kind", "name", "namespace"};
        _cleanup_select_ struct select *s = calloc(1, sizeof(*s));
        if (!s)
                return err_oom(err);
        for (size_t i = 0; i < FIELDS; i++)
                if (compile(e, value_string_or(value_get(selector, names[i]), ""), &s->pattern[i], err) < 0)
                        return -1;
        const char *labels = value_string_or(value_get(selector, "labelSelector"), "");
        const char *annotations = value_string_or(value_get(selector, "annotationSelector"), "");
        s->has_labels = *labels != 0;
        s->has_annotations = *annotations != 0;
        if (s->has_labels)
                (void)label_selector_parse(e->arena, labels, &s->labels, &s->bad_labels);
        if (s->has_annotations)
                (void)label_selector_parse(e->arena, annotations, &s->annotations, &s->bad_annotations);
        *ret = TAKE_PTR(s);
        return 0;
}

struct select *select_free(struct select *s) {
        for (size_t i = 0; s && i < FIELDS; i++)
                regex_free(s->pattern[i]);
        if (s) {
                err_done(&s->bad_labels);
                err_done(&s->bad_annotations);
        }
        free(s);
        return NULL;
}

static bool matches(const struct select *s, enum select_field field, const char *text) {
        return !s->pattern[field] || regex_match(s->pattern[field], text, strlen(text));
}

static bool select_gvk(const struct select *s, const struct gvk *gvk) {
        return matches(s, FIELD_KIND, gvk->kind) && matches(s, FIELD_GROUP, gvk->group) &&
               matches(s, FIELD_VERSION, gvk->version);
}

bool select_id(const struct select *s, const struct resid *id) {
        return select_gvk(s, &id->gvk) && matches(s, FIELD_NAME, id->name) && matches(s, FIELD_NAMESPACE, id->ns);
}

bool select_has_id(const struct select *s) {
        for (size_t i = 0; i < FIELDS; i++)
                if (s->pattern[i])
                        return true;
        return false;
}

bool select_has_metadata(const struct select *s) {
        return s->has_labels || s->has_annotations;
}

/* labels or annotations with every value as a text, as kustomize looks at them. */
static int metadata_matches(struct engine *e, const struct label_selector *selector, const struct err *bad,
                            const struct value *object, const char *field, bool *ret, struct err *err) {
        if (bad->class)
                return err_set(err, bad->class, "%s", err_message(bad));
        struct value texts = value_map();
        const struct value *map = value_path(object, "metadata", field, NULL);
        if (value_is_map(map))
                VALUE_EACH_MEMBER(m, map)
                        if (!value_add(e->arena, &texts, m->key, m->key_len,
                                       value_str(scalar_text(e->arena, &m->value))))
                                return err_oom(err);
        *ret = label_selector_matches_map(selector, &texts);
        return 0;
}

int select_metadata(struct engine *e, const struct select *s, const struct value *object, bool *ret, struct err *err) {
        *ret = true;
        if (s->has_labels && metadata_matches(e, &s->labels, &s->bad_labels, object, "labels", ret, err) < 0)
                return -1;
        if (*ret && s->has_annotations &&
            metadata_matches(e, &s->annotations, &s->bad_annotations, object, "annotations", ret, err) < 0)
                return -1;
        return 0;
}

int select_resource(struct engine *e, const struct select *s, const struct resource *r, bool *ret, struct err *err) {
        struct resid now, then;
        *ret = false;
        if (resource_current_id(e->arena, &e->scopes, r, &now) < 0 ||
            resource_original_id(e->arena, &e->scopes, r, &then) < 0)
                return err_oom(err);
        if (!matches(s, FIELD_NAMESPACE, resid_effective_ns(&then)) &&
            !matches(s, FIELD_NAMESPACE, resid_effective_ns(&now)))
                return 0;
        if (!matches(s, FIELD_NAME, then.name) && !matches(s, FIELD_NAME, now.name))
                return 0;
        if (!select_gvk(s, &now.gvk))
                return 0;
        return select_metadata(e, s, &r->object, ret, err);
}
