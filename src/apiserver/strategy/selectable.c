/* SPDX-License-Identifier: Apache-2.0 */
/* Field selectors: which fields of a kind may be selected, and their text. */
#include "apiserver/strategy/strategy.h"
#include "apiserver/strategy/traits.h"

/* selectableFields of a custom kind's version: ".spec.color". */
static bool selectable_of_crd(const struct kind *k, const char *label) {
        const struct value *fields = value_get(k->crd_version, "selectableFields");
        if (!value_is_list(fields))
                return false;
        VALUE_EACH_ITEM(field, fields) {
                const char *path = value_string_or(value_get(field, "jsonPath"), "");
                if (path[0] == '.' && streq(path + 1, label))
                        return true;
        }
        return false;
}

int strategy_field_label(struct arena *a, const struct kind *k, const char *label, const char **ret, struct err *err) {
        const struct traits *traits = traits_of(k);
        const char *canonical = traits->aliases ? value_string_or(value_get(traits->aliases, label), label) : label;
        bool metadata = streq(label, "metadata.name") || streq(label, "metadata.namespace");
        if (metadata || value_list_has(traits->fields, canonical) || (k->custom && selectable_of_crd(k, label))) {
                *ret = arena_strdup(a, canonical);
                return *ret ? 0 : err_oom(err);
        }
        /* kinds with a conversion function of their own say it in other words */
        bool converter = k->custom || traits->fields;
        return converter ? err_set(err, ERR_BAD_REQUEST, "field label not supported: %s", label)
                         : err_set(err, ERR_BAD_REQUEST,
                                   "\"%s\" is not a known field selector: only \"metadata.name\", "
                                   "\"metadata.namespace\"",
                                   label);
}

static const struct value *at_dotted(const struct value *object, const char *path) {
        while (object && *path) {
                size_t n = strcspn(path, ".");
                object = value_getn(object, path, n);
                path += n + (path[n] == '.');
        }
        return object;
}

const char *strategy_field_text(struct arena *a, const struct kind *k, const struct value *object, const char *label) {
        const struct value *v = at_dotted(object, label);
        /* an Event is selected by the component that wrote it, the name of an object */
        if (value_is_map(v) && streq(label, "source")) {
                v = value_get(v, "component");
                if (!v)
                        v = value_get(object, "reportingComponent");
        }
        if (value_is_null(v)) {
                /* booleans and numbers of built-in kinds are there even when left out */
                if (streq(label, "spec.unschedulable") || streq(label, "spec.hostNetwork"))
                        return "false";
                return streq(label, "status.replicas") || streq(label, "status.successful") ? "0" : "";
        }
        switch (v->type) {
        case VALUE_STRING:
                return v->str;
        case VALUE_BOOL:
                return v->boolean ? "true" : "false";
        case VALUE_INT:
                return arena_printf(a, "%lld", (long long)v->i);
        default:
                return "";
        }
}
