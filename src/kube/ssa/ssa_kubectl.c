/* SPDX-License-Identifier: Apache-2.0 */
/* The step from kubectl's client-side apply, which kept what it applied in an annotation, to server-side apply. */
#include "kube/ssa/ssa_internal.h"

#include "base/limits.h"
#include "data/json/json.h"
#include "kube/ssa/ssa_typed.h"

#define ANNOTATION "kubectl.kubernetes.io/last-applied-configuration"

static const struct value *annotation_of(const struct value *object) {
        const struct value *v = value_path(object, "metadata", "annotations", ANNOTATION, NULL);
        return value_is_string(v) && v->len ? v : NULL;
}

/* The fields that the annotation names and that still hold what it says. False: there is no usable annotation. */
static bool allowed_fields(struct arena *a, const struct ssa_request *r, const struct value *live,
                           struct fieldset *ret) {
        const struct value *text = annotation_of(live);
        struct value last;
        struct ssa_comparison c;
        return text && json_parse(a, text->str, text->len, JSON_KUBERNETES, NULL, &last, NULL) == 0 &&
               value_equals_str(value_get(&last, "apiVersion"), r->api_version) &&
               ssa_validate(a, r->schema, live, false, NULL) == 0 &&
               ssa_validate(a, r->schema, &last, false, NULL) == 0 && ssa_to_set(a, r->schema, &last, ret, NULL) == 0 &&
               ssa_compare(a, r->schema, &last, live, &c, NULL) == 0 &&
               fieldset_difference(a, ret, &c.modified, ret, NULL) == 0 &&
               fieldset_difference(a, ret, &c.added, ret, NULL) == 0 &&
               fieldset_difference(a, ret, &c.removed, ret, NULL) == 0;
}

struct paths {
        struct arena *a;
        struct fieldset *allowed; /* left of the texts of paths */
        struct ssa_conflicts *left;
        const struct ssa_conflict *all;
        size_t at;
};

/* Conflicts were collected by walking the same sets: the nth path visited is the nth conflict. */
static int keep_forbidden(void *userdata, const struct fieldset_element *path, size_t n) {
        struct paths *p = userdata;
        const struct ssa_conflict *one = &p->all[p->at++];
        if (!fieldset_has(p->allowed, path, n))
                p->left->items[p->left->n++] = *one;
        return 0;
}

int ssa_kubectl_allows(struct arena *a, const struct ssa_request *r, const struct value *live,
                       const struct ssa_conflicts *conflicts, bool *ret, struct err *err) {
        struct fieldset allowed;
        struct ssa_conflicts left = {0};
        *ret = false;
        if (!allowed_fields(a, r, live, &allowed))
                return 0;
        left.items = arena_zalloc(a, conflicts->n + 1, sizeof(*left.items));
        if (!left.items)
                return err_oom(err);
        struct paths p = {.a = a, .allowed = &allowed, .left = &left, .all = conflicts->items};
        for (size_t i = 0; p.at < conflicts->n; i++)
                if (fieldset_walk(&conflicts->sets[i], keep_forbidden, &p) < 0)
                        return err_oom(err);
        *ret = left.n == 0;
        return left.n ? ssa_conflicts_error(a, &left, err) : 0;
}

/* The object with one annotation set, or left out when text is NULL. Shares everything else. */
static int set_annotation(struct arena *a, const struct value *object, const char *text, struct value *ret,
                          struct err *err) {
        const struct value *meta = value_get(object, "metadata"), *old = value_get(meta, "annotations");
        struct value annotations = value_map(), new_meta = value_map(), out = value_map();
        if (value_is_map(old)) {
                VALUE_EACH_MEMBER(m, old)
                        if (!streq(m->key, ANNOTATION) && !value_add(a, &annotations, m->key, m->key_len, m->value))
                                return err_oom(err);
        }
        if (text && !value_add(a, &annotations, ANNOTATION, strlen(ANNOTATION), value_str(text)))
                return err_oom(err);
        if (value_is_map(meta)) {
                VALUE_EACH_MEMBER(m, meta)
                        if (!streq(m->key, "annotations") && !value_add(a, &new_meta, m->key, m->key_len, m->value))
                                return err_oom(err);
        }
        if (annotations.len && !value_add(a, &new_meta, "annotations", 11, annotations))
                return err_oom(err);
        VALUE_EACH_MEMBER(m, object)
                if (!value_add(a, &out, m->key, m->key_len, streq(m->key, "metadata") ? new_meta : m->value))
                        return err_oom(err);
        *ret = out;
        return 0;
}

static size_t annotations_size(const struct value *object) {
        const struct value *annotations = value_path(object, "metadata", "annotations", NULL);
        size_t n = 0;
        if (value_is_map(annotations)) {
                VALUE_EACH_MEMBER(m, annotations)
                        n += m->key_len + (value_is_string(&m->value) ? m->value.len : 0);
        }
        return n;
}

int ssa_kubectl_annotate(struct arena *a, const struct value *patch, struct value *object, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_STORED_OBJECT);
        struct value config;
        if (!annotation_of(object))
                return 0;
        if (set_annotation(a, patch, NULL, &config, err) < 0)
                return -1;
        json_write(&b, &config, JSON_HTML_ESCAPE | JSON_SORT_KEYS);
        buf_addc(&b, '\n');
        const char *text = buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
        if (!text)
                return err_oom(err);
        if (set_annotation(a, object, text, object, err) < 0)
                return -1;
        if (annotations_size(object) > LIMIT_ANNOTATIONS) /* kube-apiserver drops it rather than fail */
                return set_annotation(a, object, NULL, object, err);
        return 0;
}
