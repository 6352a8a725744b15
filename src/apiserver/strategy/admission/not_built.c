/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored but has no effect here is said in a warning to whoever writes it. */
#include "apiserver/strategy/admission/not_built.h"

#include "apiserver/strategy/admission/admit.h"
#include "apiserver/strategy/admission/quota.h"

static int warn(struct strategy_context *c, const char *text, struct err *err) {
        if (!value_is_list(&c->warnings))
                c->warnings = value_list();
        return value_append(c->arena, &c->warnings, value_str(text)) ? 0 : err_oom(err);
}

/* Kinds that are stored but whose meaning is not built. */
static int warn_kinds(struct strategy_context *c, struct err *err) {
        static const struct {
                const char *group, *resource, *text;
        } rows[] = {
                {"admissionregistration.k8s.io", "mutatingwebhookconfigurations",
                 "weir does not call admission webhooks: this configuration is stored without effect"},
                {"admissionregistration.k8s.io", "validatingwebhookconfigurations",
                 "weir does not call admission webhooks: this configuration is stored without effect"},
                {"admissionregistration.k8s.io", "validatingadmissionpolicybindings",
                 "weir does not evaluate admission policies: this binding is stored without effect"},
                {"admissionregistration.k8s.io", "mutatingadmissionpolicybindings",
                 "weir does not evaluate admission policies: this binding is stored without effect"},
        };
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (admit_is_kind(c, rows[i].group, rows[i].resource) && warn(c, rows[i].text, err) < 0)
                        return -1;
        return 0;
}

/* Any x-kubernetes-validations in a schema. Bounded by the size of the CRD. */
static bool has_rules(const struct value *schema) {
        static const char *const one[] = {"items", "additionalProperties", "openAPIV3Schema"};
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

static int warn_rules(struct strategy_context *c, const struct value *crd, struct err *err) {
        const struct value *versions = value_path(crd, "spec", "versions", NULL);
        if (!admit_is_kind(c, "apiextensions.k8s.io", "customresourcedefinitions") || c->subresource ||
            !value_is_list(versions))
                return 0;
        VALUE_EACH_ITEM(version, versions)
                if (has_rules(value_get(version, "schema")))
                        return warn(c,
                                    "weir does not evaluate x-kubernetes-validations (CEL): these rules are stored "
                                    "without effect",
                                    err);
        return 0;
}

int not_built_warn(struct strategy_context *c, const struct value *object, bool create, struct err *err) {
        if (create && warn_kinds(c, err) < 0)
                return -1;
        if (admit_is_kind(c, "", "resourcequotas") && quota_is_scoped(object))
                return warn(c, "weir does not enforce quotas with scopes: this quota is stored without effect", err);
        return warn_rules(c, object, err);
}
