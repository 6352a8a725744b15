/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/crd/custom.h"

#include "data/text/go_names.h"

void crd_validate_scale(struct fields *f, const struct kind *k, const struct value *object) {
        static const char *const paths[] = {"specReplicasPath", "statusReplicasPath"};
        const struct value *scale = value_path(k->crd_version, "subresources", "scale", NULL);
        for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
                const char *path = value_string_or(value_get(scale, paths[i]), "");
                const struct value *v = value_at_dotted(object, path);
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
