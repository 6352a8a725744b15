/* SPDX-License-Identifier: Apache-2.0 */
/* The scale subresource: autoscaling/v1 Scale as a view of a workload or of a custom object. */
#include "apiserver/strategy/fields.h"
#include "apiserver/strategy/strategy.h"
#include "kube/select/selector.h"

static const struct value *crd_scale(const struct kind *k) {
        return k->custom ? value_path(k->crd_version, "subresources", "scale", NULL) : NULL;
}

const char *strategy_scale_path(const struct kind *k) {
        const struct value *scale = crd_scale(k);
        return scale ? value_string_or(value_get(scale, "specReplicasPath"), ".spec.replicas") : ".spec.replicas";
}

/* The text of the selector whose pods the replicas are. */
static int selector_text(struct strategy_context *c, const struct value *object, const char **ret, struct err *err) {
        const struct value *scale = crd_scale(c->kind);
        if (scale) {
                const char *path = value_string_or(value_get(scale, "labelSelectorPath"), "");
                *ret = value_string_or(value_at_dotted(object, path), "");
                return 0;
        }
        const struct value *selector = value_path(object, "spec", "selector", NULL);
        struct value wrapped = value_map();
        if (streq(c->kind->kind, "ReplicationController") && selector) {
                if (!value_set(c->arena, &wrapped, "matchLabels", *selector))
                        return err_oom(err);
                selector = &wrapped;
        }
        struct label_selector parsed;
        if (label_selector_from_object(c->arena, selector, &parsed, err) < 0)
                return -1;
        *ret = label_selector_text(c->arena, &parsed);
        return *ret ? 0 : err_oom(err);
}

static int scale_metadata(struct strategy_context *c, const struct value *object, struct value *ret, struct err *err) {
        static const char *const shown[] = {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"};
        *ret = value_map();
        for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
                const struct value *v = value_path(object, "metadata", shown[i], NULL);
                if (v && !value_set(c->arena, ret, shown[i], *v))
                        return err_oom(err);
        }
        return 0;
}

int strategy_scale_get(struct strategy_context *c, const struct value *object, struct value *ret, struct err *err) {
        const struct value *scale = crd_scale(c->kind);
        const char *path = strategy_scale_path(c->kind);
        const char *status_path =
                scale ? value_string_or(value_get(scale, "statusReplicasPath"), "") : ".status.replicas";
        const struct value *replicas = value_at_dotted(object, path);
        struct value metadata, spec = value_map(), status = value_map();
        const char *selector = "";
        if (!replicas && scale)
                return err_set(err, ERR_NOT_FOUND, "the spec replicas field \"%s\" does not exist", path);
        if (scale_metadata(c, object, &metadata, err) < 0 || selector_text(c, object, &selector, err) < 0)
                return -1;
        int64_t wanted = value_int_or(replicas, 0);
        *ret = value_map();
        /* zero replicas are left out, as omitempty does; status.replicas is always there */
        if ((wanted && !value_set(c->arena, &spec, "replicas", value_int(wanted))) ||
            !value_set(c->arena, &status, "replicas",
                       value_int(value_int_or(value_at_dotted(object, status_path), 0))) ||
            (selector[0] && !value_set(c->arena, &status, "selector", value_str(selector))) ||
            !value_set(c->arena, ret, "kind", value_str("Scale")) ||
            !value_set(c->arena, ret, "apiVersion", value_str("autoscaling/v1")) ||
            !value_set(c->arena, ret, "metadata", metadata) || !value_set(c->arena, ret, "spec", spec) ||
            !value_set(c->arena, ret, "status", status))
                return err_oom(err);
        return 0;
}

int strategy_scale_set(struct strategy_context *c, const struct value *scale, struct value *object, struct err *err) {
        const struct value *wanted = value_path(scale, "spec", "replicas", NULL);
        int64_t n = value_int_or(wanted, 0);
        if (n < 0 || n > INT32_MAX) {
                struct fields f = FIELDS_INIT(c->arena);
                fields_invalid(&f, "spec.replicas", wanted, "must be greater than or equal to 0");
                return fields_finish(&f, "autoscaling", "Scale",
                                     value_string_or(value_path(scale, "metadata", "name", NULL), ""), err);
        }
        const char *path = strategy_scale_path(c->kind);
        struct value *at = object;
        while (*path == '.') {
                size_t len = strcspn(++path, ".");
                char *key = arena_strndup(c->arena, path, len);
                if (!key)
                        return err_oom(err);
                path += len;
                at = *path ? value_obtain_map(c->arena, at, key) : value_set(c->arena, at, key, value_int(n));
                if (!at)
                        return err_oom(err);
        }
        return 0;
}
