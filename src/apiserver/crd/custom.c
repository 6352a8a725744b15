/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/crd/rules.h"

/* The value at ".spec.replicas". */
static const struct value *at_json_path(const struct value *object, const char *path) {
        while (object && *path == '.') {
                size_t n = strcspn(++path, ".");
                object = value_getn(object, path, n);
                path += n;
        }
        return object;
}

static const char *go_type(const struct value *v) {
        switch (v->type) {
        case VALUE_STRING:
                return "string";
        case VALUE_BOOL:
                return "bool";
        case VALUE_FLOAT:
                return "float64";
        case VALUE_LIST:
                return "[]interface {}";
        default:
                return "map[string]interface {}";
        }
}

/* The scale subresource reads spec and status replicas as integers. */
static void check_scale(struct fields *f, const struct kind *k, const struct value *object) {
        static const char *const paths[] = {"specReplicasPath", "statusReplicasPath"};
        const struct value *scale = value_path(k->crd_version, "subresources", "scale", NULL);
        for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
                const char *path = value_string_or(value_get(scale, paths[i]), "");
                const struct value *v = at_json_path(object, path);
                struct value shown = value_int(value_int_or(v, 0));
                if (!path[0] || value_is_null(v))
                        continue;
                if (v->type != VALUE_INT)
                        fields_invalid(f, path, &shown, "%s accessor error: %s is of the type %s, expected int64", path,
                                       value_string_or(v, ""), go_type(v));
                else if (v->i < 0)
                        fields_invalid(f, path, v, "should be a non-negative integer");
                else if (v->i > INT32_MAX)
                        fields_invalid(f, path, v, "should be less than or equal to 2147483647");
        }
}

/* Any x-kubernetes-validations in a schema. Bounded by the size of the CRD. */
static bool has_rules(const struct value *schema) {
        static const char *const one[] = {"items", "additionalProperties"};
        const struct value *rules = value_get(schema, "x-kubernetes-validations");
        const struct value *properties = value_get(schema, "properties");
        if (value_is_list(rules) && rules->len)
                return true;
        for (size_t i = 0; i < ARRAY_LEN(one); i++)
                if (value_is_map(value_get(schema, one[i])) && has_rules(value_get(schema, one[i])))
                        return true;
        if (value_is_map(properties))
                VALUE_EACH_MEMBER(m, properties)
                        if (has_rules(&m->value))
                                return true;
        return false;
}

int crd_validate_rules(struct arena *a, const struct kind *k, const struct value *object, const struct value *old,
                       bool valid, struct fields *fields, struct err *err) {
        check_scale(fields, k, object);
        const struct value *schema = value_path(k->crd_version, "schema", "openAPIV3Schema", NULL);
        if (!schema || !has_rules(schema))
                return 0;
        if (!valid)
                fields_invalid(fields, "<nil>", NULL,
                               "some validation rules were not checked because the object was invalid; correct the "
                               "existing errors to complete validation");
        return 0;
}
