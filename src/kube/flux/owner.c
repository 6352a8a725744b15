/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/owner.h"

#include <strings.h>

#define GROUP "kustomize.toolkit.fluxcd.io"

static int set_label(struct arena *a, struct value *labels, const char *group, const char *suffix, const char *text) {
        const char *key = arena_printf(a, "%s/%s", group, suffix), *copy = arena_strdup(a, text);
        return key && copy && value_set(a, labels, key, value_str(copy)) ? 0 : -1;
}

int owner_set_labels(struct arena *a, struct value *object, const char *group, const char *name,
                     const char *namespace_) {
        struct value *metadata = value_obtain_map(a, object, "metadata");
        struct value *labels = metadata ? value_obtain_map(a, metadata, "labels") : NULL;
        if (!labels || set_label(a, labels, group, "name", name) < 0 ||
            set_label(a, labels, group, "namespace", namespace_) < 0)
                return -1;
        return 0;
}

/* The text of labels[group/suffix] or annotations[group/suffix]; NULL when absent or no string. */
static const char *mark(const struct value *object, const char *where, const char *group, const char *suffix) {
        const struct value *map = value_path(object, "metadata", where, NULL);
        size_t n = strlen(group);
        if (!value_is_map(map))
                return NULL;
        VALUE_EACH_MEMBER(m, map)
                if (strncmp(m->key, group, n) == 0 && m->key[n] == '/' && streq(m->key + n + 1, suffix))
                        return value_is_string(&m->value) ? m->value.str : NULL;
        return NULL;
}

bool owner_matches(const struct value *object, const char *group, const char *name, const char *namespace_) {
        const char *has_name = mark(object, "labels", group, "name");
        const char *has_namespace = mark(object, "labels", group, "namespace");
        return has_name && has_namespace && streq(has_name, name) && streq(has_namespace, namespace_);
}

static int set_all(struct arena *a, struct value *object, const char *where, const struct value *common) {
        if (!value_is_map(common) || !common->len)
                return 0;
        struct value *metadata = value_obtain_map(a, object, "metadata");
        struct value *map = metadata ? value_obtain_map(a, metadata, where) : NULL;
        if (!map)
                return -1;
        VALUE_EACH_MEMBER(m, common)
                if (!value_setn(a, map, m->key, m->key_len, m->value))
                        return -1;
        return 0;
}

int owner_set_metadata(struct arena *a, struct value *object, const struct value *common_labels,
                       const struct value *common_annotations) {
        if (set_all(a, object, "labels", common_labels) < 0)
                return -1;
        return set_all(a, object, "annotations", common_annotations);
}

/* True when a label or an annotation of that key has the value, in any case. */
static bool says(const struct value *object, const char *suffix, const char *text) {
        const char *label = mark(object, "labels", GROUP, suffix);
        const char *annotation = mark(object, "annotations", GROUP, suffix);
        return (label && strcasecmp(label, text) == 0) || (annotation && strcasecmp(annotation, text) == 0);
}

static bool excluded(const struct value *object) {
        return says(object, "reconcile", "disabled") || says(object, "ssa", "Ignore");
}

enum owner_action owner_apply_action(const struct value *desired, const struct value *live) {
        if (excluded(desired) || excluded(live) || (!value_is_null(live) && says(desired, "ssa", "IfNotPresent")))
                return OWNER_SKIP;
        return OWNER_APPLY;
}

bool owner_force(const struct value *desired, const struct value *live) {
        return says(desired, "force", "enabled") || says(live, "force", "enabled");
}

bool owner_prune_disabled(const struct value *live) {
        return excluded(live) || says(live, "prune", "disabled");
}

bool owner_merges(const struct value *desired, const struct value *live) {
        return says(desired, "ssa", "Merge") || says(live, "ssa", "Merge");
}
