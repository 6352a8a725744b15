/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of data/kubernetes/validation.json: rows are [field, rule, argument]; field is a dotted path beneath the
 * struct the row's type names, "" for the struct itself. */
#include "apiserver/strategy/rules/rules.h"

#include "apiserver/strategy/names.h"
#include "apiserver/strategy/traits.h"

#include <arpa/inet.h>

#define ENUM_MAX 16

bool rules_is_empty(const struct value *v) {
        if (value_is_null(v))
                return true;
        return (v->type == VALUE_STRING || v->type == VALUE_LIST || v->type == VALUE_MAP) && v->len == 0;
}

void rules_immutable(struct rules *r, const char *path, const struct value *value, const struct value *old) {
        if (rules_is_empty(value) && rules_is_empty(old))
                return;
        if (!value || !old || !value_equal(value, old))
                fields_invalid(r->fields, path, value, "field is immutable");
}

/* Follows a dotted path of member names. */
static const struct value *at_path(const struct value *object, const char *dotted) {
        while (object && *dotted) {
                size_t n = strcspn(dotted, ".");
                object = value_getn(object, dotted, n);
                dotted += n + (dotted[n] == '.');
        }
        return object;
}

static void check_port_number(struct rules *r, const char *path, const struct value *value) {
        int64_t port = value_int_or(value, 0);
        if (port < 1 || port > 65535)
                fields_invalid(r->fields, path, value, "must be between 1 and 65535, inclusive");
}

static void check_port_name(struct rules *r, const char *path, const struct value *value) {
        const char *text = value_string_or(value, "");
        size_t n = strlen(text), letters = 0;
        bool charset = n > 0, dashes = false;
        for (size_t i = 0; i < n; i++) {
                char c = text[i];
                bool letter = c >= 'a' && c <= 'z';
                letters += letter;
                charset = charset && (letter || (c >= '0' && c <= '9') || c == '-');
                dashes = dashes || (c == '-' && text[i + 1] == '-');
        }
        if (n > 15)
                fields_invalid(r->fields, path, value, "must be no more than 15 characters");
        if (!charset)
                fields_invalid(r->fields, path, value,
                               "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        if (!letters)
                fields_invalid(r->fields, path, value, "must contain at least one letter (a-z)");
        if (dashes)
                fields_invalid(r->fields, path, value, "must not contain consecutive hyphens");
        if (n && (text[0] == '-' || text[n - 1] == '-'))
                fields_invalid(r->fields, path, value, "must not begin or end with a hyphen");
}

void rules_port_or_name(struct rules *r, const char *path, const struct value *value) {
        if (value_is_string(value))
                check_port_name(r, path, value);
        else
                check_port_number(r, path, value);
}

void rules_int_or_percent(struct rules *r, const char *path, const struct value *value) {
        if (value_is_string(value)) {
                size_t digits = strspn(value->str, "0123456789");
                if (!digits || !streq(value->str + digits, "%"))
                        fields_invalid(r->fields, path, value,
                                       "a valid percent string must be a numeric string followed by an ending '%%' "
                                       "(e.g. '1%%',  or '93%%', regex used for validation is '[0-9]+%%')");
                else if (digits > 3 || strtol(value->str, NULL, 10) > 100)
                        fields_invalid(r->fields, path, value, "must not be greater than 100%%");
        } else if (value_int_or(value, 0) < 0) {
                fields_invalid(r->fields, path, value, "must be greater than or equal to 0");
        }
}

static void check_enum(struct rules *r, const char *path, const struct value *value, const struct value *allowed) {
        const char *texts[ENUM_MAX + 1] = {NULL};
        size_t n = 0;
        VALUE_EACH_ITEM(item, allowed) {
                if (value_equal(item, value))
                        return;
                if (n < ENUM_MAX)
                        texts[n++] = item->str;
        }
        fields_unsupported(r->fields, path, value, texts);
}

static void rule_enum(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        check_enum(r, path, value, argument);
}

static void rule_enum_items(struct rules *r, const char *path, const struct value *value,
                            const struct value *argument) {
        if (!value_is_list(value))
                return;
        size_t i = 0;
        VALUE_EACH_ITEM(item, value)
                check_enum(r, fields_item(r->fields, path, i++), item, argument);
}

static void rule_min(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        int64_t least = value_int_or(argument, 0);
        if (value_int_or(value, least) < least)
                fields_invalid(r->fields, path, value, "must be greater than or equal to %lld", (long long)least);
}

static void rule_positive(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        if (value_int_or(value, 1) <= 0)
                fields_invalid(r->fields, path, value, "must be greater than 0");
}

static void rule_range(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        int64_t low = value_int_or(&argument->items[0], 0), high = value_int_or(&argument->items[1], 0);
        int64_t n = value_int_or(value, low);
        if (n < low || n > high)
                fields_invalid(r->fields, path, value, "must be between %lld and %lld, inclusive", (long long)low,
                               (long long)high);
}

static void rule_mode(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        int64_t mode = value_int_or(value, 0);
        if (mode < 0 || mode > 0777)
                fields_invalid(r->fields, path, value, "must be a number between 0 and 0777 (octal), both inclusive");
}

static void rule_port(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        check_port_number(r, path, value);
}

static void rule_port_name(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        check_port_name(r, path, value);
}

static void rule_port_or_name(struct rules *r, const char *path, const struct value *value,
                              const struct value *argument) {
        rules_port_or_name(r, path, value);
}

static void rule_int_or_percent(struct rules *r, const char *path, const struct value *value,
                                const struct value *argument) {
        rules_int_or_percent(r, path, value);
}

static void rule_name(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        static const struct {
                const char *text;
                enum name_form form;
        } forms[] = {{"label", NAME_LABEL}, {"label1035", NAME_LABEL_1035}, {"path", NAME_PATH}};
        enum name_form form = NAME_SUBDOMAIN;
        for (size_t i = 0; i < ARRAY_LEN(forms); i++)
                if (value_equals_str(argument, forms[i].text))
                        form = forms[i].form;
        names_check(r->fields, path, value_string_or(value, ""), form, false);
}

static void rule_env_name(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        names_check_env(r->fields, path, value_string_or(value, ""));
}

static void rule_qualified(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        names_check_qualified(r->fields, path, value_string_or(value, ""));
}

static void rule_labels(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        names_check_labels(r->fields, path, value);
}

static bool is_address(const char *text) {
        unsigned char address[16];
        return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static void rule_ip(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        if (!is_address(value_string_or(value, "")))
                fields_invalid(r->fields, path, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
}

static void rule_cidr(struct rules *r, const char *path, const struct value *value, const struct value *argument) {
        const char *text = value_string_or(value, "");
        size_t n = strcspn(text, "/");
        char address[64];
        bool good = text[n] == '/' && text[n + 1] && n < sizeof(address);
        if (good) {
                memcpy(address, text, n);
                address[n] = '\0';
                char *end = NULL;
                long bits = strtol(text + n + 1, &end, 10);
                good = is_address(address) && !*end && bits >= 0 && bits <= (strchr(address, ':') ? 128 : 32);
        }
        if (!good)
                fields_invalid(r->fields, path, value,
                               "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
}

/* Rules of a value that is there. */
static const struct {
        const char *name;
        void (*run)(struct rules *r, const char *path, const struct value *value, const struct value *argument);
} simple_rules[] = {
        {"enum", rule_enum},
        {"enum-items", rule_enum_items},
        {"min", rule_min},
        {"positive", rule_positive},
        {"range", rule_range},
        {"mode", rule_mode},
        {"port", rule_port},
        {"port-name", rule_port_name},
        {"port-or-name", rule_port_or_name},
        {"name", rule_name},
        {"int-or-percent", rule_int_or_percent},
        {"env-name", rule_env_name},
        {"labels", rule_labels},
        {"qualified", rule_qualified},
        {"ip", rule_ip},
        {"cidr", rule_cidr},
};

static int call_rule(struct rules *r, const char *name, const char *path, const struct value *object,
                     const struct value *old, struct err *err) {
        static const struct rule_name *const tables[] = {rules_core,    rules_pod,  rules_workload,
                                                         rules_network, rules_rbac, rules_other};
        for (size_t t = 0; t < ARRAY_LEN(tables); t++)
                for (const struct rule_name *n = tables[t]; n->name; n++)
                        if (streq(n->name, name)) {
                                n->run(r, path, object, old);
                                return 0;
                        }
        return err_set(err, ERR_INTERNAL, "validation.json names an unknown function %s", name);
}

int rules_apply(struct rules *r, const struct value *row, const char *path, const struct value *object,
                const struct value *old, struct err *err) {
        const char *field = row->items[0].str, *rule = row->items[1].str;
        const struct value *argument = row->len > 2 ? &row->items[2] : NULL;
        if (streq(rule, "call"))
                return call_rule(r, argument->str, path, object, old, err);
        const struct value *value = at_path(object, field);
        const char *at = field[0] ? fields_member(r->fields, path, field) : path;
        if (streq(rule, "required")) {
                if (rules_is_empty(value) || (value->type == VALUE_INT && value->i == 0))
                        fields_required(r->fields, at, argument ? argument->str : NULL);
                return 0;
        }
        if (streq(rule, "immutable")) {
                if (old)
                        rules_immutable(r, at, value, at_path(old, field));
                return 0;
        }
        if (streq(rule, "unchanged")) {
                const struct value *before = at_path(old, field);
                if (old && !(rules_is_empty(value) && rules_is_empty(before)) &&
                    (!value || !before || !value_equal(value, before)))
                        fields_forbidden(r->fields, at, "%s", argument->str);
                return 0;
        }
        if (value_is_null(value) || (value->type == VALUE_STRING && !value->len))
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(simple_rules); i++)
                if (streq(simple_rules[i].name, rule)) {
                        simple_rules[i].run(r, at, value, argument);
                        return 0;
                }
        return err_set(err, ERR_INTERNAL, "validation.json names an unknown rule %s", rule);
}

/* Only structs have rules. A scalar, or a list or map of them, has none inside. */
static bool has_rules(const struct schema *schema) {
        while (schema->type != SCHEMA_STRUCT && schema->element)
                schema = schema->element;
        return schema->type == SCHEMA_STRUCT;
}

static int walk_struct(struct rules *r, const struct schema *schema, const char *path, const struct value *object,
                       const struct value *old, struct err *err) {
        const struct value *rows = schema->name ? traits_rules(schema->name) : NULL;
        if (value_is_list(rows)) {
                VALUE_EACH_ITEM(row, rows)
                        if (rules_apply(r, row, path, object, old, err) < 0)
                                return -1;
        }
        for (size_t i = 0; i < schema->n_fields; i++) {
                const struct schema_field *field = &schema->fields[i];
                const struct value *child = has_rules(field->schema) ? value_get(object, field->name) : NULL;
                /* metadata of the root has checks of its own; a status is not the client's to get right */
                if (value_is_null(child) ||
                    (!path[0] && (streq(field->name, "metadata") || streq(field->name, "status"))))
                        continue;
                if (rules_walk(r, field->schema, fields_member(r->fields, path, field->name), child,
                               value_get(old, field->name), err) < 0)
                        return -1;
        }
        return 0;
}

int rules_walk(struct rules *r, const struct schema *schema, const char *path, const struct value *object,
               const struct value *old, struct err *err) {
        if (schema->type == SCHEMA_STRUCT && value_is_map(object))
                return walk_struct(r, schema, path, object, old, err);
        if (!has_rules(schema))
                return 0;
        if (schema->type == SCHEMA_LIST && value_is_list(object)) {
                size_t i = 0;
                VALUE_EACH_ITEM(item, object)
                        if (rules_walk(r, schema->element, fields_item(r->fields, path, i++), item, NULL, err) < 0)
                                return -1;
        }
        /* maps of structs: keys that a client chose */
        if (schema->type == SCHEMA_MAP && schema->element->type == SCHEMA_STRUCT && value_is_map(object)) {
                VALUE_EACH_MEMBER(m, object)
                        if (rules_walk(r, schema->element, fields_path(r->fields, path, "[%s]", m->key), &m->value,
                                       NULL, err) < 0)
                                return -1;
        }
        return 0;
}
