/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/names.h"

#include <arpa/inet.h>

#define LABEL_MAX 63
#define SUBDOMAIN_MAX 253
#define CRONJOB_MAX 52

#define SUBDOMAIN_TEXT                                                                                                 \
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "     \
        "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "              \
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define LABEL_TEXT                                                                                                     \
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "    \
        "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "             \
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define LABEL_1035_TEXT                                                                                                \
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "        \
        "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "            \
        "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
#define QUALIFIED_TEXT                                                                                                 \
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "          \
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "           \
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define QUALIFIED_SHAPE_TEXT                                                                                           \
        "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "   \
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "           \
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. "             \
        "'example.com/MyName')"
#define LABEL_VALUE_TEXT                                                                                               \
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "      \
        "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "   \
        "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
#define DATA_KEY_TEXT                                                                                                  \
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "           \
        "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
#define ENV_TEXT "a valid environment variable name must consist only of printable ASCII characters other than '='"

static bool is_lower(char c) {
        return c >= 'a' && c <= 'z';
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_lower_alnum(char c) {
        return is_lower(c) || is_digit(c);
}

static bool is_alnum(char c) {
        return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* n bytes match [a-z0-9]([-a-z0-9]*[a-z0-9])?. */
static bool label_shape(const char *p, size_t n) {
        if (!n || !is_lower_alnum(p[0]) || !is_lower_alnum(p[n - 1]))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!is_lower_alnum(p[i]) && p[i] != '-')
                        return false;
        return true;
}

static bool subdomain_shape(const char *text, size_t n) {
        size_t start = 0;
        for (size_t i = 0; i <= n; i++) {
                if (i < n && text[i] != '.')
                        continue;
                if (!label_shape(text + start, i - start))
                        return false;
                start = i + 1;
        }
        return true;
}

/* n bytes match ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]. */
static bool qualified_shape(const char *p, size_t n) {
        if (!n || !is_alnum(p[0]) || !is_alnum(p[n - 1]))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!is_alnum(p[i]) && p[i] != '-' && p[i] != '_' && p[i] != '.')
                        return false;
        return true;
}

bool names_is_dns_label(const char *text) {
        size_t n = strlen(text);
        return n <= LABEL_MAX && label_shape(text, n);
}

bool names_is_dns_subdomain(const char *text) {
        size_t n = strlen(text);
        return n <= SUBDOMAIN_MAX && subdomain_shape(text, n);
}

static void invalid_text(struct fields *f, const char *path, const char *text, const char *why) {
        struct value v = value_str(text);
        fields_invalid(f, path, &v, "%s", why);
}

static void too_long_name(struct fields *f, const char *path, const char *text, size_t max) {
        struct value v = value_str(text);
        fields_invalid(f, path, &v, "must be no more than %zu characters", max);
}

static void check_path_segment(struct fields *f, const char *path, const char *text) {
        if (streq(text, ".") || streq(text, "..")) {
                struct value v = value_str(text);
                fields_invalid(f, path, &v, "may not be '%s'", text);
                return;
        }
        if (strchr(text, '/'))
                invalid_text(f, path, text, "may not contain '/'");
        if (strchr(text, '%'))
                invalid_text(f, path, text, "may not contain '%'");
}

static void check_label(struct fields *f, const char *path, const char *text, size_t shape) {
        if (strlen(text) > LABEL_MAX)
                too_long_name(f, path, text, LABEL_MAX);
        if (label_shape(text, shape))
                return;
        /* what would pass as a subdomain fails only for its dots, and is told so in short */
        invalid_text(f, path, text, subdomain_shape(text, shape) ? "must not contain dots" : LABEL_TEXT);
}

void names_check(struct fields *f, const char *path, const char *text, enum name_form form, bool prefix) {
        size_t n = strlen(text);
        /* the server puts random letters behind a generateName, so its last '-' will not be the last character */
        size_t shape = prefix && n > 1 && text[n - 1] == '-' ? n - 1 : n;
        switch (form) {
        case NAME_SUBDOMAIN:
        case NAME_CRONJOB:
                if (n > SUBDOMAIN_MAX)
                        too_long_name(f, path, text, SUBDOMAIN_MAX);
                if (!subdomain_shape(text, shape))
                        invalid_text(f, path, text, SUBDOMAIN_TEXT);
                if (form == NAME_CRONJOB && n > CRONJOB_MAX)
                        too_long_name(f, path, text, CRONJOB_MAX);
                break;
        case NAME_LABEL:
                check_label(f, path, text, shape);
                break;
        case NAME_LABEL_1035:
                if (n > LABEL_MAX)
                        too_long_name(f, path, text, LABEL_MAX);
                if (!label_shape(text, shape) || !is_lower(text[0]))
                        invalid_text(f, path, text, LABEL_1035_TEXT);
                break;
        case NAME_PATH:
                check_path_segment(f, path, text);
                break;
        case NAME_IP: {
                unsigned char address[16];
                if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
                        invalid_text(f, path, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
                break;
        }
        case NAME_ANY:
        case NAME_CRD:
                break;
        }
}

void names_check_qualified(struct fields *f, const char *path, const char *text) {
        const char *slash = strchr(text, '/');
        const char *name = slash ? slash + 1 : text;
        if (slash && strchr(name, '/')) {
                invalid_text(f, path, text, QUALIFIED_SHAPE_TEXT);
                return;
        }
        if (slash) {
                size_t n = (size_t)(slash - text);
                if (!n)
                        invalid_text(f, path, text, "prefix part must be non-empty");
                else if (!subdomain_shape(text, n))
                        invalid_text(f, path, text, "prefix part " SUBDOMAIN_TEXT);
                if (n > SUBDOMAIN_MAX)
                        invalid_text(f, path, text, "prefix part must be no more than 253 bytes");
        }
        size_t n = strlen(name);
        if (!n)
                invalid_text(f, path, text, "name part must be non-empty");
        else if (n > LABEL_MAX)
                invalid_text(f, path, text, "name part must be no more than 63 bytes");
        if (!qualified_shape(name, n))
                invalid_text(f, path, text, QUALIFIED_TEXT);
}

void names_check_label_value(struct fields *f, const char *path, const char *text) {
        size_t n = strlen(text);
        if (n > LABEL_MAX)
                invalid_text(f, path, text, "must be no more than 63 bytes");
        if (n && !qualified_shape(text, n))
                invalid_text(f, path, text, LABEL_VALUE_TEXT);
}

void names_check_labels(struct fields *f, const char *path, const struct value *labels) {
        if (!value_is_map(labels))
                return;
        VALUE_EACH_MEMBER(m, labels) {
                names_check_qualified(f, path, m->key);
                names_check_label_value(f, path, value_string_or(&m->value, ""));
        }
}

void names_check_data_key(struct fields *f, const char *path, const char *key) {
        size_t n = strlen(key);
        if (n > SUBDOMAIN_MAX)
                too_long_name(f, path, key, SUBDOMAIN_MAX);
        bool shape = n > 0;
        for (size_t i = 0; i < n; i++)
                if (!is_alnum(key[i]) && key[i] != '-' && key[i] != '_' && key[i] != '.')
                        shape = false;
        if (!shape)
                invalid_text(f, path, key, DATA_KEY_TEXT);
        if (streq(key, "."))
                invalid_text(f, path, key, "must not be '.'");
        else if (streq(key, ".."))
                invalid_text(f, path, key, "must not be '..'");
        else if (str_has_prefix(key, ".."))
                invalid_text(f, path, key, "must not start with '..'");
}

void names_check_env(struct fields *f, const char *path, const char *name) {
        bool good = name[0] != '\0';
        for (const char *p = name; *p; p++)
                if (*p < ' ' || *p > '~' || *p == '=')
                        good = false;
        if (!good)
                invalid_text(f, path, name, ENV_TEXT);
}
