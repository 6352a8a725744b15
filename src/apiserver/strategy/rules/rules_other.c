/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the kinds that extend or steer the API server itself. */
#include "apiserver/strategy/rules/rules.h"

#include "apiserver/crd/definition.h"
#include "apiserver/strategy/names.h"

#define PRIORITY_USER_MAX 1000000000

static void priority_class(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), "");
        int64_t value = value_int_or(value_get(object, "value"), 0);
        bool ours = streq(name, "system-cluster-critical") || streq(name, "system-node-critical");
        if (str_has_prefix(name, "system-") && !ours)
                fields_forbidden(r->fields, "metadata.name",
                                 "priority class names with 'system-' prefix are reserved for system use only. error: "
                                 "%s is not a known system priority class",
                                 name);
        else if (!ours && value > PRIORITY_USER_MAX)
                fields_forbidden(r->fields, "value", "maximum allowed value of a user defined priority is %d",
                                 PRIORITY_USER_MAX);
        if (old && value != value_int_or(value_get(old, "value"), 0))
                fields_forbidden(r->fields, "value", "may not be changed in an update.");
}

static void webhook(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *name = value_get(object, "name");
        const char *text = value_string_or(name, "");
        const char *at = fields_path(r->fields, path, "name");
        struct value empty = value_str("");
        size_t dots = 0;
        for (const char *p = text; *p; p++)
                dots += *p == '.';
        if (!text[0])
                fields_required(r->fields, at, NULL);
        else if (dots < 2)
                fields_invalid(r->fields, at, name ? name : &empty,
                               "should be a domain with at least three segments separated by dots");
        else
                names_check(r->fields, at, text, NAME_SUBDOMAIN, false);
        const struct value *config = value_get(object, "clientConfig");
        bool url = value_get(config, "url") != NULL, service = value_get(config, "service") != NULL;
        if (url == service)
                fields_required(r->fields, fields_path(r->fields, path, "clientConfig"),
                                "exactly one of url or service is required");
}

static void policy_validations(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *annotations = value_get(object, "auditAnnotations");
        if (rules_is_empty(value_get(object, "validations")) && rules_is_empty(annotations))
                fields_required(r->fields, fields_path(r->fields, path, "validations"),
                                "validations or auditAnnotations must be specified");
}

static void crd(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        crd_validate_definition(r->fields, object, old);
}

static void api_service(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *name = value_path(object, "metadata", "name", NULL);
        const char *group = value_string_or(value_path(object, "spec", "group", NULL), "");
        const char *version = value_string_or(value_path(object, "spec", "version", NULL), "");
        const char *wanted = fields_path(r->fields, "", "%s.%s", version, group);
        const struct value *spec = value_get(object, "spec");
        if (!value_equals_str(name, wanted))
                fields_invalid(r->fields, "metadata.name", name, "must be `spec.version+\".\"+spec.group`: \"%s\"",
                               wanted);
        if (value_int_or(value_get(spec, "groupPriorityMinimum"), 0) <= 0 ||
            value_int_or(value_get(spec, "groupPriorityMinimum"), 0) > 20000)
                fields_invalid(r->fields, "spec.groupPriorityMinimum", value_get(spec, "groupPriorityMinimum"),
                               "must be positive and less than 20000");
        if (value_int_or(value_get(spec, "versionPriority"), 0) <= 0 ||
            value_int_or(value_get(spec, "versionPriority"), 0) > 1000)
                fields_invalid(r->fields, "spec.versionPriority", value_get(spec, "versionPriority"),
                               "must be positive and less than 1000");
}

const struct rule_name rules_other[] = {
        {"priority_class", priority_class},
        {"webhook", webhook},
        {"policy_validations", policy_validations},
        {"crd", crd},
        {"api_service", api_service},
        {NULL, NULL},
};
