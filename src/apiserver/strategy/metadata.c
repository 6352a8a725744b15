/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/metadata.h"

#include "base/limits.h"
#include "base/strmap.h"

#include <ctype.h>

void metadata_validate_annotations(struct fields *f, const char *path, const struct value *annotations) {
        if (!value_is_map(annotations))
                return;
        size_t total = 0;
        VALUE_EACH_MEMBER(m, annotations) {
                /* keys are qualified names in any case of letters */
                char *lower = arena_strndup(f->arena, m->key, m->key_len);
                if (!lower) {
                        f->oom = true;
                        return;
                }
                for (char *p = lower; *p; p++)
                        *p = (char)tolower((unsigned char)*p);
                names_check_qualified(f, path, lower);
                total += m->key_len + (value_is_string(&m->value) ? m->value.len : 0);
        }
        if (total > LIMIT_ANNOTATIONS)
                fields_too_long(f, path, LIMIT_ANNOTATIONS);
}

static void require_text(struct fields *f, const char *path, const struct value *owner, const char *field) {
        const char *text = value_string_or(value_get(owner, field), "");
        struct value empty = value_str("");
        if (!text[0])
                fields_invalid(f, fields_path(f, path, "%s", field), &empty, "%s",
                               streq(field, "apiVersion") ? "version must not be empty" : "must not be empty");
}

static void validate_owners(struct fields *f, const char *path, const struct value *owners) {
        if (!value_is_list(owners))
                return;
        const struct value *controller = NULL;
        VALUE_EACH_ITEM(owner, owners) {
                static const char *const required[] = {"apiVersion", "kind", "name", "uid"};
                for (size_t i = 0; i < ARRAY_LEN(required); i++)
                        require_text(f, path, owner, required[i]);
                if (value_equals_str(value_get(owner, "apiVersion"), "v1") &&
                    value_equals_str(value_get(owner, "kind"), "Event"))
                        fields_invalid(f, path, owner, "/v1, Kind=Event is disallowed from being an owner");
                if (!value_bool_or(value_get(owner, "controller"), false))
                        continue;
                if (controller)
                        fields_invalid(f, path, owners,
                                       "Only one reference can have Controller set to true. Found \"true\" in "
                                       "references for %s/%s and %s/%s",
                                       value_string_or(value_get(controller, "kind"), ""),
                                       value_string_or(value_get(controller, "name"), ""),
                                       value_string_or(value_get(owner, "kind"), ""),
                                       value_string_or(value_get(owner, "name"), ""));
                controller = owner;
        }
}

static void validate_finalizers(struct fields *f, const char *path, const struct value *finalizers) {
        if (!value_is_list(finalizers))
                return;
        VALUE_EACH_ITEM(item, finalizers)
                names_check_qualified(f, path, value_string_or(item, ""));
        if (value_list_has(finalizers, "orphan") && value_list_has(finalizers, "foregroundDeletion"))
                fields_invalid(f, path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
}

static void validate_common(struct fields *f, const char *path, const struct value *metadata) {
        names_check_labels(f, fields_path(f, path, "labels"), value_get(metadata, "labels"));
        metadata_validate_annotations(f, fields_path(f, path, "annotations"), value_get(metadata, "annotations"));
        validate_owners(f, fields_path(f, path, "ownerReferences"), value_get(metadata, "ownerReferences"));
}

void metadata_validate(struct fields *f, const char *path, const struct value *metadata, bool namespaced,
                       enum name_form form) {
        const char *name = value_string_or(value_get(metadata, "name"), "");
        const char *prefix = value_string_or(value_get(metadata, "generateName"), "");
        const char *namespace = value_string_or(value_get(metadata, "namespace"), "");
        if (prefix[0])
                names_check(f, fields_path(f, path, "generateName"), prefix, form, true);
        if (!name[0])
                fields_required(f, fields_path(f, path, "name"), "name or generateName is required");
        else
                names_check(f, fields_path(f, path, "name"), name, form, false);
        if (namespaced && !namespace[0])
                fields_required(f, fields_path(f, path, "namespace"), NULL);
        else if (namespaced)
                names_check(f, fields_path(f, path, "namespace"), namespace, NAME_LABEL, false);
        else if (namespace[0])
                fields_forbidden(f, fields_path(f, path, "namespace"), "not allowed on this type");
        validate_common(f, path, metadata);
        validate_finalizers(f, fields_path(f, path, "finalizers"), value_get(metadata, "finalizers"));
}

/* Finalizers that came while the object is being deleted, as Go prints a []string. */
static void validate_new_finalizers(struct fields *f, const char *path, const struct value *metadata,
                                    const struct value *old) {
        const struct value *finalizers = value_get(metadata, "finalizers");
        if (!value_is_list(finalizers) || value_is_null(value_get(old, "deletionTimestamp")))
                return;
        const struct value *known = value_get(old, "finalizers");
        _cleanup_strmap_ struct strmap held = STRMAP_INIT;
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_REQUEST_BODY);
        size_t n = 0;
        if (value_is_list(known))
                VALUE_EACH_ITEM(item, known)
                        if (value_is_string(item) && strmap_set(&held, item->str, item->len, item) < 0)
                                f->oom = true;
        VALUE_EACH_ITEM(item, finalizers)
                if (value_is_string(item) && !strmap_get(&held, item->str, item->len))
                        buf_addf(&b, "%s\"%s\"", n++ ? ", " : "", value_string_or(item, ""));
        if (n)
                fields_forbidden(f, fields_path(f, path, "finalizers"),
                                 "no new finalizers can be added if the object is being deleted, found new finalizers "
                                 "[]string{%s}",
                                 buf_str(&b));
}

void metadata_validate_update(struct fields *f, const char *path, const struct value *metadata,
                              const struct value *old) {
        static const char *const immutable[] = {
                "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"};
        validate_new_finalizers(f, path, metadata, old);
        const struct value *generation = value_get(metadata, "generation");
        if (value_int_or(generation, 0) < value_int_or(value_get(old, "generation"), 0))
                fields_invalid(f, fields_path(f, path, "generation"), generation, "must not be decremented");
        for (size_t i = 0; i < ARRAY_LEN(immutable); i++) {
                const struct value *now = value_get(metadata, immutable[i]), *was = value_get(old, immutable[i]);
                if (value_is_null(now) && value_is_null(was))
                        continue;
                if (!now || !was || !value_equal(now, was))
                        fields_invalid(f, fields_path(f, path, "%s", immutable[i]), now, "field is immutable");
        }
        validate_common(f, path, metadata);
}
