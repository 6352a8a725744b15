/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/crd/definition.h"

#include "apiserver/strategy/names.h"
#include "base/strmap.h"

#include <ctype.h>

#define SELECTABLE_FIELDS_MAX 8

static bool is_empty(const struct value *v) {
        return value_is_null(v) ||
               ((v->type == VALUE_LIST || v->type == VALUE_MAP || v->type == VALUE_STRING) && !v->len);
}

/* The server keeps what all versions share once: then the path of an error names spec, not a version. */
static bool shared_by_versions(const struct value *versions, const char *field) {
        const struct value *first = value_get(&versions->items[0], field);
        VALUE_EACH_ITEM(version, versions) {
                const struct value *other = value_get(version, field);
                if (is_empty(first) != is_empty(other) || (!is_empty(first) && !value_equal(first, other)))
                        return false;
        }
        return true;
}

/* Calls check for what each version (or all together) says in a field. */
static void each_version(struct fields *f, const struct value *versions, const char *field, const char *shared_name,
                         void (*check)(struct fields *, const char *, const struct value *, const struct value *)) {
        bool shared = shared_by_versions(versions, field);
        size_t i = 0;
        VALUE_EACH_ITEM(version, versions) {
                const struct value *v = value_get(version, field);
                const char *path = shared ? fields_path(f, "spec", "%s", shared_name)
                                          : fields_path(f, "spec", "versions[%zu].%s", i, field);
                i++;
                if (!is_empty(v))
                        check(f, path, v, version);
                if (shared)
                        break;
        }
}

static void check_schema(struct fields *f, const char *path, const struct value *v, const struct value *version) {
        const struct value *schema = value_get(v, "openAPIV3Schema");
        if (value_is_map(schema))
                crd_validate_schema(f, fields_path(f, path, "openAPIV3Schema"), schema);
}

static bool check_simple_path(struct fields *f, const char *at, const struct value *v) {
        if (value_string_or(v, "")[0] == '.')
                return true;
        fields_invalid(f, at, v, "must be a simple json path starting with .");
        return false;
}

static void check_columns(struct fields *f, const char *path, const struct value *v, const struct value *version) {
        static const char *const types[] = {"boolean", "date", "integer", "number", "string"};
        size_t i = 0;
        if (!value_is_list(v))
                return;
        VALUE_EACH_ITEM(column, v) {
                const char *at = fields_path(f, path, "[%zu]", i++);
                const struct value *type = value_get(column, "type"), *json_path = value_get(column, "jsonPath");
                if (is_empty(value_get(column, "name")))
                        fields_required(f, fields_path(f, at, "name"), NULL);
                bool known = false;
                for (size_t t = 0; t < ARRAY_LEN(types); t++)
                        known = known || value_equals_str(type, types[t]);
                if (is_empty(type))
                        fields_required(f, fields_path(f, at, "type"),
                                        "must be one of boolean,date,integer,number,string");
                else if (!known)
                        fields_invalid(f, fields_path(f, at, "type"), type,
                                       "must be one of boolean,date,integer,number,string");
                if (is_empty(json_path))
                        fields_required(f, fields_path(f, at, "JSONPath"), NULL);
                else
                        check_simple_path(f, fields_path(f, at, "JSONPath"), json_path);
        }
}

static void check_scale_path(struct fields *f, const char *path, const struct value *scale, const char *field,
                             const char *below, const char *text) {
        const struct value *v = value_get(scale, field);
        const char *at = fields_path(f, path, "scale.%s", field);
        if (is_empty(v)) {
                if (!streq(field, "labelSelectorPath"))
                        fields_required(f, at, NULL);
                return;
        }
        if (!check_simple_path(f, at, v))
                return;
        bool good = below ? str_has_prefix(v->str, below)
                          : str_has_prefix(v->str, ".spec.") || str_has_prefix(v->str, ".status.");
        if (!good)
                fields_invalid(f, at, v, "should be a json path under %s", text);
}

static void check_subresources(struct fields *f, const char *path, const struct value *v, const struct value *version) {
        const struct value *scale = value_get(v, "scale");
        if (!value_is_map(scale))
                return;
        check_scale_path(f, path, scale, "specReplicasPath", ".spec.", ".spec");
        check_scale_path(f, path, scale, "statusReplicasPath", ".status.", ".status");
        check_scale_path(f, path, scale, "labelSelectorPath", NULL, "either .spec or .status");
}

/* The schema a dotted path leads to, or NULL. */
static const struct value *schema_at(const struct value *schema, const char *path) {
        while (schema && *path == '.') {
                size_t n = strcspn(++path, ".");
                schema = value_getn(value_get(schema, "properties"), path, n);
                path += n;
        }
        return schema;
}

static void check_selectable(struct fields *f, const char *path, const struct value *v, const struct value *version) {
        const struct value *root = value_path(version, "schema", "openAPIV3Schema", NULL);
        size_t i = 0;
        if (!value_is_list(v))
                return;
        VALUE_EACH_ITEM(field, v) {
                const struct value *json_path = value_get(field, "jsonPath");
                const char *at = fields_path(f, path, "[%zu].jsonPath", i++);
                if (is_empty(json_path)) {
                        fields_required(f, at, NULL);
                        continue;
                }
                const struct value *schema = schema_at(root, json_path->str);
                if (!schema || json_path->str[0] != '.') {
                        fields_invalid(f, at, json_path, "is an invalid path: does not refer to a valid field");
                        continue;
                }
                if (str_has_prefix(json_path->str, ".metadata."))
                        fields_invalid(f, at, json_path, "must not point to fields in metadata");
                const struct value *type = value_get(schema, "type");
                if (!value_equals_str(type, "string") && !value_equals_str(type, "boolean") &&
                    !value_equals_str(type, "integer"))
                        fields_invalid(f, at, json_path,
                                       "must point to a field of type string, boolean or integer. Enum string fields "
                                       "and strings with formats are allowed.");
        }
        if (v->len > SELECTABLE_FIELDS_MAX)
                fields_too_many(f, path, v->len, SELECTABLE_FIELDS_MAX);
}

/* The versions as Go prints its internal type, where what all share has moved away. */
static struct value shown_versions(struct fields *f, const struct value *versions) {
        static const char *const empty[] = {"DeprecationWarning", "Schema", "Subresources", "AdditionalPrinterColumns",
                                            "SelectableFields"};
        struct value list = value_list();
        VALUE_EACH_ITEM(version, versions) {
                struct value shown = value_map();
                bool oom = !value_set(f->arena, &shown, "Name",
                                      value_str(value_string_or(value_get(version, "name"), ""))) ||
                           !value_set(f->arena, &shown, "Served",
                                      value_bool(value_bool_or(value_get(version, "served"), false))) ||
                           !value_set(f->arena, &shown, "Storage",
                                      value_bool(value_bool_or(value_get(version, "storage"), false))) ||
                           !value_set(f->arena, &shown, "Deprecated",
                                      value_bool(value_bool_or(value_get(version, "deprecated"), false)));
                for (size_t i = 0; i < ARRAY_LEN(empty); i++)
                        oom = oom || !value_set(f->arena, &shown, empty[i], value_null());
                if (oom || !value_append(f->arena, &list, shown))
                        f->oom = true;
        }
        return list;
}

static void check_versions(struct fields *f, const struct value *spec) {
        const struct value *versions = value_get(spec, "versions");
        _cleanup_strmap_ struct strmap names = STRMAP_INIT;
        size_t storage = 0, i = 0;
        bool unique = true;
        if (!value_is_list(versions) || !versions->len) {
                fields_required(f, "spec.versions", NULL);
                return;
        }
        VALUE_EACH_ITEM(version, versions) {
                const char *name = value_string_or(value_get(version, "name"), "");
                storage += value_bool_or(value_get(version, "storage"), false);
                names_check(f, fields_path(f, "spec", "versions[%zu].name", i), name, NAME_LABEL_1035, false);
                if (!value_is_map(value_path(version, "schema", "openAPIV3Schema", NULL)))
                        fields_required(f, fields_path(f, "spec", "versions[%zu].schema.openAPIV3Schema", i), NULL);
                int added = strmap_add(&names, name, strlen(name), version, NULL);
                f->oom = f->oom || added < 0;
                unique = unique && added != 1;
                i++;
        }
        struct value shown = shown_versions(f, versions);
        if (!unique)
                fields_invalid(f, "spec.versions", &shown, "must contain unique version names");
        if (storage != 1)
                fields_invalid(f, "spec.versions", &shown, "must have exactly one version marked as storage version");
        each_version(f, versions, "schema", "validation", check_schema);
        each_version(f, versions, "subresources", "subresources", check_subresources);
        each_version(f, versions, "additionalPrinterColumns", "additionalPrinterColumns", check_columns);
        each_version(f, versions, "selectableFields", "selectableFields", check_selectable);
}

static void check_lower_name(struct fields *f, const char *path, const struct value *v) {
        char *lower = arena_strdup(f->arena, value_string_or(v, ""));
        if (!lower) {
                f->oom = true;
                return;
        }
        for (char *p = lower; *p; p++)
                *p = (char)tolower((unsigned char)*p);
        if (lower[0])
                names_check(f, path, lower, NAME_LABEL_1035, false);
}

static void check_names(struct fields *f, const struct value *names) {
        static const char *const required[] = {"plural", "singular", "kind", "listKind"};
        static const char *const lists[] = {"shortNames", "categories"};
        for (size_t i = 0; i < ARRAY_LEN(required); i++) {
                const char *at = fields_path(f, "spec.names", "%s", required[i]);
                const struct value *v = value_get(names, required[i]);
                if (is_empty(v))
                        fields_required(f, at, NULL);
                else if (i < 2)
                        names_check(f, at, v->str, NAME_LABEL_1035, false);
                else
                        check_lower_name(f, at, v);
        }
        const struct value *kind = value_get(names, "kind"), *list_kind = value_get(names, "listKind");
        if (kind && list_kind && value_equal(kind, list_kind))
                fields_invalid(f, "spec.names.listKind", list_kind, "kind and listKind may not be the same");
        for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
                const struct value *list = value_get(names, lists[i]);
                size_t n = 0;
                if (value_is_list(list))
                        VALUE_EACH_ITEM(item, list)
                                names_check(f, fields_path(f, "spec.names", "%s[%zu]", lists[i], n++),
                                            value_string_or(item, ""), NAME_LABEL_1035, false);
        }
}

static void check_stored_versions(struct fields *f, const struct value *crd) {
        const struct value *stored = value_path(crd, "status", "storedVersions", NULL);
        const struct value *versions = value_path(crd, "spec", "versions", NULL);
        if (is_empty(stored)) {
                fields_invalid(f, "status.storedVersions", NULL, "must have at least one stored version");
                return;
        }
        if (!value_is_list(versions))
                return;
        VALUE_EACH_ITEM(version, versions) {
                const struct value *name = value_get(version, "name");
                bool found = false;
                VALUE_EACH_ITEM(item, stored)
                        found = found || (name && value_equal(item, name));
                if (!found && value_bool_or(value_get(version, "storage"), false))
                        fields_invalid(f, "status.storedVersions", stored, "must have the storage version %s",
                                       value_string_or(name, ""));
        }
        size_t i = 0;
        VALUE_EACH_ITEM(item, stored) {
                bool found = false;
                VALUE_EACH_ITEM(version, versions)
                        found = found || value_equals_str(value_get(version, "name"), value_string_or(item, ""));
                if (!found)
                        fields_invalid(
                                f, fields_path(f, "status", "storedVersions[%zu]", i), item,
                                "missing from spec.versions; %s was previously a storage version, and must remain "
                                "in spec.versions until a storage migration ensures no data remains persisted in "
                                "%s and removes %s from status.storedVersions",
                                item->str, item->str, item->str);
                i++;
        }
}

static void check_conversion(struct fields *f, const struct value *conversion) {
        static const char *const strategies[] = {"None", "Webhook", NULL};
        const struct value *strategy = value_get(conversion, "strategy"), *hook = value_get(conversion, "webhook");
        bool webhook = value_equals_str(strategy, "Webhook");
        if (!webhook && !value_equals_str(strategy, "None"))
                fields_unsupported(f, "spec.conversion.strategy", strategy, strategies);
        if (!webhook && !is_empty(hook))
                fields_forbidden(f, "spec.conversion.webhookClientConfig",
                                 "should not be set when strategy is not set to Webhook");
        if (!webhook)
                return;
        const struct value *config = value_get(hook, "clientConfig");
        if (is_empty(config))
                fields_required(f, "spec.conversion.webhookClientConfig", "required when strategy is set to Webhook");
        else if ((value_get(config, "url") == NULL) == (value_get(config, "service") == NULL))
                fields_required(f, "spec.conversion.webhookClientConfig", "exactly one of url or service is required");
        if (is_empty(value_get(hook, "conversionReviewVersions")))
                fields_required(f, "spec.conversion.conversionReviewVersions", NULL);
}

/* Groups of the Kubernetes community need the community's approval, or to say that they have none. */
static void check_approval(struct fields *f, const struct value *crd, const char *group) {
        const char *key = "api-approved.kubernetes.io";
        if (!str_has_suffix(group, ".k8s.io") && !str_has_suffix(group, ".kubernetes.io") && !streq(group, "k8s.io") &&
            !streq(group, "kubernetes.io"))
                return;
        const struct value *approval = value_path(crd, "metadata", "annotations", key, NULL);
        const char *text = value_string_or(approval, "");
        const char *at = fields_path(f, "metadata.annotations", "[%s]", key);
        if (!text[0])
                fields_required(f, at,
                                "protected groups must have approval annotation \"api-approved.kubernetes.io\", see "
                                "https://github.com/kubernetes/enhancements/pull/1111");
        else if (!str_has_prefix(text, "unapproved") && !strstr(text, "://"))
                fields_invalid(
                        f, at, approval,
                        "protected groups must have approval annotation \"api-approved.kubernetes.io\" with either "
                        "a URL or a reason starting with \"unapproved\", see "
                        "https://github.com/kubernetes/enhancements/pull/1111");
}

static void check_update(struct fields *f, const struct value *spec, const struct value *before) {
        static const char *const paths[][2] = {
                {"group", NULL}, {"scope", NULL}, {"names", "plural"}, {"names", "kind"}};
        for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
                const struct value *now = value_get(spec, paths[i][0]), *was = value_get(before, paths[i][0]);
                if (paths[i][1]) {
                        now = value_get(now, paths[i][1]);
                        was = value_get(was, paths[i][1]);
                }
                if (now && was && !value_equal(now, was))
                        fields_invalid(f,
                                       fields_path(f, "spec", "%s%s%s", paths[i][0], paths[i][1] ? "." : "",
                                                   paths[i][1] ? paths[i][1] : ""),
                                       now, "field is immutable");
        }
}

void crd_validate_definition(struct fields *f, const struct value *crd, const struct value *old) {
        static const char *const scopes[] = {"Cluster", "Namespaced", NULL};
        const struct value *spec = value_get(crd, "spec"), *name = value_path(crd, "metadata", "name", NULL);
        const char *group = value_string_or(value_get(spec, "group"), "");
        const char *plural = value_string_or(value_path(spec, "names", "plural", NULL), "");
        const struct value *scope = value_get(spec, "scope");
        /* a change of group is told as such, not as a name that no longer fits */
        if (!old && !value_equals_str(name, fields_path(f, "", "%s.%s", plural, group)))
                fields_invalid(f, "metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
        if (!group[0])
                fields_required(f, "spec.group", NULL);
        else if (!strchr(group, '.'))
                fields_invalid(f, "spec.group", value_get(spec, "group"), "should be a domain with at least one dot");
        else
                names_check(f, "spec.group", group, NAME_SUBDOMAIN, false);
        if (is_empty(scope))
                fields_required(f, "spec.scope", NULL);
        else if (!value_equals_str(scope, "Cluster") && !value_equals_str(scope, "Namespaced"))
                fields_unsupported(f, "spec.scope", scope, scopes);
        if (value_bool_or(value_get(spec, "preserveUnknownFields"), false))
                fields_invalid(f, "spec.preserveUnknownFields", value_get(spec, "preserveUnknownFields"),
                               "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
                               "spec.versions[*].schema instead");
        check_versions(f, spec);
        check_names(f, value_get(spec, "names"));
        check_conversion(f, value_get(spec, "conversion"));
        check_stored_versions(f, crd);
        if (old)
                check_update(f, spec, value_get(old, "spec"));
        else
                check_approval(f, crd, group);
}
