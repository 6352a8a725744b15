/* SPDX-License-Identifier: Apache-2.0 */
/* The three patches that are not server-side apply. */
#include "apiserver/registry/private.h"

#include "data/text/go_names.h"
#include "data/patch/jsonpatch.h"
#include "data/patch/mergepatch.h"
#include "kube/smp/smp.h"

/* kube-apiserver answers every failed operation with the same words and status 422. */
static int json_patch(struct arena *a, const struct value *tree, const struct value *patch, struct value *ret,
                      struct err *err) {
        if (!value_is_list(patch))
                return err_set(err, ERR_BAD_REQUEST,
                               "error decoding patch: json: cannot unmarshal %s into Go value of type "
                               "[]handlers.jsonPatchOp",
                               go_json_type(patch));
        if (jsonpatch_check(patch, err) < 0)
                return -1;
        _cleanup_err_ struct err mine = ERR_INIT;
        if (jsonpatch_apply(a, tree, patch, ret, &mine) == 0)
                return 0;
        if (mine.class == ERR_MEMORY || mine.class == ERR_TOO_LARGE)
                return err_move(err, &mine);
        return err_set(err, ERR_INVALID, "the server rejected our request due to an error in our request");
}

int patch_apply(struct arena *a, enum registry_patch_type type, const struct schema *schema, const struct value *tree,
                const struct value *patch, struct value *ret, struct err *err) {
        static const struct schema anything = {.type = SCHEMA_ANY};
        if (type == REGISTRY_PATCH_JSON)
                return json_patch(a, tree, patch, ret, err);
        if (!value_is_map(patch))
                return err_set(err, ERR_BAD_REQUEST,
                               "error decoding patch: json: cannot unmarshal %s into Go value of type "
                               "map[string]interface {}",
                               go_json_type(patch));
        if (type == REGISTRY_PATCH_MERGE)
                return mergepatch_apply(a, tree, patch, ret, err);
        return smp_apply(a, schema ? schema : &anything, tree, patch, ret, err);
}
