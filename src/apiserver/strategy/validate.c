/* SPDX-License-Identifier: Apache-2.0 */
/* strategy_validate_*: metadata, then the rules of the types, then what custom kinds say themselves. */
#include "apiserver/strategy/strategy.h"

#include "apiserver/crd/custom.h"
#include "apiserver/strategy/metadata.h"
#include "apiserver/strategy/admission/not_built.h"
#include "apiserver/strategy/rules/rules.h"
#include "apiserver/strategy/traits.h"
#include "kube/schema/prune.h"

/* Appends the causes that the structural schema found. Consumes found. */
static void take_causes(struct fields *f, struct err *found) {
        for (size_t i = 0; i < found->n_causes; i++) {
                const struct err_cause *cause = &found->causes[i];
                const char *path = arena_strdup(f->arena, cause->field ? cause->field : "");
                const char *reason = arena_strdup(f->arena, cause->reason ? cause->reason : "FieldValueInvalid");
                if (!path || !reason)
                        f->oom = true;
                else
                        fields_add(f, path, reason, "%s", cause->message ? cause->message : "");
        }
        err_done(found);
}

static int validate_custom(struct rules *r, const struct value *object, struct err *err) {
        _cleanup_err_ struct err found = ERR_INIT;
        const struct kind *k = r->context->kind;
        if (prune_validate(r->fields->arena, k->schema, object, &found) < 0) {
                if (found.class != ERR_INVALID)
                        return err_move(err, &found);
                take_causes(r->fields, &found);
        }
        crd_validate_scale(r->fields, k, object);
        return 0;
}

static int finish(struct rules *r, const struct value *object, struct err *err) {
        const struct kind *k = r->context->kind;
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), "");
        if (fields_finish(r->fields, k->group, k->kind, name, err) < 0)
                return -1;
        return not_built_warn(r->context, object, !r->old_root, err);
}

static int validate_content(struct rules *r, const struct value *object, const struct value *old, struct err *err) {
        const struct kind *k = r->context->kind;
        if (k->custom)
                return validate_custom(r, object, err);
        /* a status, approval or finalize write cannot have changed what the rules look at */
        if (r->context->subresource && !streq(r->context->subresource, "scale"))
                return 0;
        return k->schema ? rules_walk(r, k->schema, "", object, old, err) : 0;
}

int strategy_validate_create(struct strategy_context *c, const struct value *object, struct err *err) {
        struct fields fields = FIELDS_INIT(c->arena);
        struct rules r = {.fields = &fields, .context = c, .root = object};
        const struct traits *traits = traits_of(c->kind);
        metadata_validate(&fields, "metadata", value_get(object, "metadata"), c->kind->namespaced, traits->name);
        /* an object without a name gets no further: the server refuses it before it looks at the kind */
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), "");
        if (name[0] && validate_content(&r, object, NULL, err) < 0)
                return -1;
        return finish(&r, object, err);
}

int strategy_validate_update(struct strategy_context *c, const struct value *object, const struct value *old,
                             bool had_version, struct err *err) {
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), "");
        struct fields fields = FIELDS_INIT(c->arena);
        struct rules r = {.fields = &fields, .context = c, .root = object, .old_root = old};
        if (!had_version && !strategy_unconditional_update(c->kind)) {
                struct value zero = value_int(0);
                fields_invalid(&fields, "metadata.resourceVersion", &zero, "must be specified for an update");
                /* this one error names the resource, not the kind */
                return fields_finish(&fields, c->kind->group, c->kind->resource, name, err);
        }
        const struct value *metadata = value_get(object, "metadata"), *before = value_get(old, "metadata");
        /* kube-apiserver checks metadata for all kinds and again in each kind: its causes come twice, its message says
         * each sentence once */
        metadata_validate_update(&fields, "metadata", metadata, before);
        if (fields.n)
                metadata_validate_update(&fields, "metadata", metadata, before);
        if (validate_content(&r, object, old, err) < 0)
                return -1;
        return finish(&r, object, err);
}
