/* SPDX-License-Identifier: Apache-2.0 */
/* What a write may set and what the server sets itself: system metadata, status and spec apart, generations. */
#include "apiserver/strategy/prepare.h"

#include "apiserver/strategy/strategy.h"
#include "apiserver/strategy/traits.h"
#include "base/clock.h"
#include "base/random.h"

/* generateName: the prefix is cut so that five letters fit into a label of 63 bytes (apiserver storage/names). */
#define GENERATED_LETTERS 5
#define GENERATED_PREFIX_MAX 58

bool strategy_create_on_update(const struct kind *k) {
        return traits_of(k)->create_on_update;
}

bool strategy_unconditional_update(const struct kind *k) {
        return traits_of(k)->unconditional_update;
}

const char *strategy_deprecation(const struct kind *k) {
        if (k->custom || k->group[0])
                return NULL;
        if (streq(k->resource, "endpoints"))
                return "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
        return streq(k->resource, "componentstatuses") ? "v1 ComponentStatus is deprecated in v1.19+" : NULL;
}

const char *const *strategy_reset_fields(const struct kind *k, const char *subresource) {
        static const char *const none[] = {NULL};
        static const char *const status[] = {"status", NULL};
        static const char *const spec[] = {"spec", NULL};
        static const char *const spec_and_labels[] = {"spec", "metadata.labels", NULL};
        static const char *const spec_and_metadata[] = {"spec", "metadata", NULL};
        static const char *const spec_and_status[] = {"spec", "status", NULL};
        if (!traits_has_status(k))
                return none;
        bool request = streq(k->resource, "certificatesigningrequests");
        if (!subresource)
                return request ? spec_and_status : status;
        if (streq(subresource, "scale") || streq(subresource, "approval"))
                return none;
        if (!streq(subresource, "status"))
                return status;
        /* of a custom object a status write changes nothing but status; managedFields has rules of its own */
        bool whole_metadata = k->custom || streq(k->resource, "customresourcedefinitions") ||
                              streq(k->resource, "servicecidrs") || streq(k->resource, "flowschemas") ||
                              streq(k->resource, "prioritylevelconfigurations") ||
                              streq(k->resource, "volumeattachments") || streq(k->resource, "resourceclaims") ||
                              streq(k->resource, "validatingadmissionpolicies") || streq(k->resource, "apiservices");
        if (whole_metadata)
                return spec_and_metadata;
        return traits_of(k)->keep_labels ? spec_and_labels : spec;
}

int prepare_set(struct arena *a, struct value *map, const char *key, const struct value *v, struct err *err) {
        if (!v) {
                value_remove(map, key);
                return 0;
        }
        return value_set(a, map, key, *v) ? 0 : err_oom(err);
}

static int system_metadata(struct strategy_context *c, struct value *metadata, struct err *err) {
        static const char *const cleared[] = {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink",
                                              "resourceVersion"};
        for (size_t i = 0; i < ARRAY_LEN(cleared); i++)
                value_remove(metadata, cleared[i]);
        const char *name = value_string_or(value_get(metadata, "name"), "");
        const char *prefix = value_string_or(value_get(metadata, "generateName"), "");
        if (!name[0] && prefix[0]) {
                char suffix[GENERATED_LETTERS + 1];
                random_suffix(suffix, GENERATED_LETTERS);
                struct value made = value_strf(c->arena, "%.*s%s", GENERATED_PREFIX_MAX, prefix, suffix);
                if (value_is_null(&made) || !value_set(c->arena, metadata, "name", made))
                        return err_oom(err);
        }
        char uuid[UUID_TEXT_MAX], time[TIME_TEXT_MAX];
        struct value uid = value_strf(c->arena, "%s", random_uuid(uuid));
        struct value created = value_strf(c->arena, "%s", time_format_rfc3339(time, c->now_ns / NSEC_PER_SEC));
        if (value_is_null(&uid) || value_is_null(&created) || !value_set(c->arena, metadata, "uid", uid) ||
            !value_set(c->arena, metadata, "creationTimestamp", created))
                return err_oom(err);
        if (c->kind->namespaced)
                return value_set(c->arena, metadata, "namespace", value_str(c->namespace)) ? 0 : err_oom(err);
        value_remove(metadata, "namespace");
        return 0;
}

/* A status that create leaves behind: nothing of the client's, the kind's own beginning. */
static int initial_status(struct strategy_context *c, const struct traits *traits, struct value *object,
                          struct err *err) {
        if (!traits_has_status(c->kind) || traits->keep_status)
                return 0;
        if (!traits->status) {
                value_remove(object, "status");
                return 0;
        }
        struct value status;
        if (value_clone(c->arena, traits->status, &status, err) < 0)
                return -1;
        return value_set(c->arena, object, "status", status) ? 0 : err_oom(err);
}

int strategy_prepare_create(struct strategy_context *c, struct value *object, struct err *err) {
        const struct traits *traits = traits_of(c->kind);
        struct value *metadata = value_obtain_map(c->arena, object, "metadata");
        if (!metadata)
                return err_oom(err);
        if (system_metadata(c, metadata, err) < 0)
                return -1;
        if (traits->generation != GENERATION_NONE && !value_set(c->arena, metadata, "generation", value_int(1)))
                return err_oom(err);
        if (!c->kind->custom || traits_has_status(c->kind))
                if (initial_status(c, traits, object, err) < 0)
                        return -1;
        return prepare_kind_create(c, object, err);
}

/* Puts back everything but `keep` (a top-level member) from old; metadata keeps what the client may set. */
static int restore_all_but(struct strategy_context *c, struct value *object, const struct value *old, const char *keep,
                           struct err *err) {
        struct value result = value_map();
        VALUE_EACH_MEMBER(m, old)
                if (!streq(m->key, keep) && !streq(m->key, "metadata") &&
                    !value_setn(c->arena, &result, m->key, m->key_len, m->value))
                        return err_oom(err);
        static const char *const own[] = {"apiVersion", "kind", "metadata"};
        for (size_t i = 0; i < ARRAY_LEN(own); i++) {
                const struct value *v = value_get(object, own[i]);
                if (v && !value_set(c->arena, &result, own[i], *v))
                        return err_oom(err);
        }
        const struct value *kept = value_get(object, keep);
        if (kept && !value_set(c->arena, &result, keep, *kept))
                return err_oom(err);
        *object = result;
        return 0;
}

/* The metadata of a status write: for custom objects wholly old but for managedFields, for others old labels where the
 * kind says so. */
static int restore_metadata(struct strategy_context *c, struct value *object, const struct value *old,
                            struct err *err) {
        const char *const *reset = strategy_reset_fields(c->kind, "status");
        struct value *metadata = value_get(object, "metadata");
        const struct value *before = value_get(old, "metadata");
        for (; *reset; reset++) {
                if (streq(*reset, "metadata.labels") &&
                    prepare_set(c->arena, metadata, "labels", value_get(before, "labels"), err) < 0)
                        return -1;
                if (!streq(*reset, "metadata"))
                        continue;
                static const char *const client[] = {"labels", "annotations", "finalizers", "ownerReferences"};
                for (size_t i = 0; i < ARRAY_LEN(client); i++)
                        if (prepare_set(c->arena, metadata, client[i], value_get(before, client[i]), err) < 0)
                                return -1;
        }
        return 0;
}

/* Two objects differ outside metadata and (with a status subresource) status. */
static bool spec_differs(const struct kind *k, const struct value *object, const struct value *old) {
        const struct value *sides[] = {object, old};
        for (size_t side = 0; side < 2; side++) {
                VALUE_EACH_MEMBER(m, sides[side]) {
                        if (streq(m->key, "metadata") || streq(m->key, "apiVersion") || streq(m->key, "kind") ||
                            (streq(m->key, "status") && (!k->custom || traits_has_status(k))))
                                continue;
                        const struct value *other = value_getn(sides[!side], m->key, m->key_len);
                        if (!other || !value_equal(other, &m->value))
                                return true;
                }
        }
        return false;
}

static int bump_generation(struct strategy_context *c, struct value *object, const struct value *old, struct err *err) {
        const struct traits *traits = traits_of(c->kind);
        struct value *metadata = value_get(object, "metadata");
        const struct value *was = value_path(old, "metadata", "generation", NULL);
        if (prepare_set(c->arena, metadata, "generation", was, err) < 0)
                return -1;
        if (traits->generation == GENERATION_NONE || traits->generation == GENERATION_FIXED)
                return 0;
        bool changed = spec_differs(c->kind, object, old);
        if (!changed && traits->generation == GENERATION_ANNOTATIONS) {
                const struct value *now = value_get(metadata, "annotations");
                const struct value *before = value_path(old, "metadata", "annotations", NULL);
                bool empty = (value_is_null(now) || !now->len) && (value_is_null(before) || !before->len);
                changed = !empty && (!now || !before || !value_equal(now, before));
        }
        if (!changed)
                return 0;
        return value_set(c->arena, metadata, "generation", value_int(value_int_or(was, 0) + 1)) ? 0 : err_oom(err);
}

/* uid: absent means "whichever"; another one is another object. */
static int check_uid(struct strategy_context *c, const struct value *metadata, const struct value *before,
                     struct err *err) {
        const char *uid = value_string_or(value_get(metadata, "uid"), "");
        const char *live = value_string_or(value_get(before, "uid"), "");
        if (!uid[0] || streq(uid, live) || c->kind->custom)
                return 0;
        const char *group = c->kind->group;
        const char *name = value_string_or(value_get(before, "name"), "");
        return err_set(err, ERR_CONFLICT,
                       "Operation cannot be fulfilled on %s%s%s \"%s\": StorageError: invalid object, Code: 4, Key: "
                       "/registry/%s/%s%s%s, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in "
                       "precondition: %s, UID in object meta: %s",
                       c->kind->resource, group[0] ? "." : "", group, name, c->kind->resource, c->namespace,
                       c->namespace[0] ? "/" : "", name, uid, live);
}

static int restore_system_metadata(struct strategy_context *c, struct value *metadata, const struct value *before,
                                   struct err *err) {
        /* creationTimestamp is put back silently; what else may not change is told by validation when it was set */
        static const char *const when_absent[] = {"uid", "deletionTimestamp", "deletionGracePeriodSeconds",
                                                  "namespace"};
        for (size_t i = 0; i < ARRAY_LEN(when_absent); i++) {
                const struct value *was = value_get(before, when_absent[i]);
                if (was && value_is_null(value_get(metadata, when_absent[i])) &&
                    !value_set(c->arena, metadata, when_absent[i], *was))
                        return err_oom(err);
        }
        value_remove(metadata, "selfLink");
        return prepare_set(c->arena, metadata, "creationTimestamp", value_get(before, "creationTimestamp"), err);
}

int strategy_prepare_update(struct strategy_context *c, struct value *object, const struct value *old,
                            struct err *err) {
        struct value *metadata = value_obtain_map(c->arena, object, "metadata");
        const struct value *before = value_get(old, "metadata");
        if (!metadata)
                return err_oom(err);
        if (check_uid(c, metadata, before, err) < 0 || restore_system_metadata(c, metadata, before, err) < 0)
                return -1;
        const char *sub = c->subresource;
        if (!sub && traits_has_status(c->kind)) {
                if (prepare_set(c->arena, object, "status", value_get(old, "status"), err) < 0)
                        return -1;
        } else if (sub && (streq(sub, "status") || streq(sub, "approval"))) {
                if (restore_all_but(c, object, old, "status", err) < 0 || restore_metadata(c, object, old, err) < 0)
                        return -1;
        } else if (sub && streq(sub, "finalize")) {
                if (restore_all_but(c, object, old, "spec", err) < 0)
                        return -1;
        }
        if (prepare_kind_update(c, object, old, err) < 0)
                return -1;
        return bump_generation(c, object, old, err);
}
