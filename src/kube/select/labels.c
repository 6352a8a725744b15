/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/select/labels.h"

#define NAME_RULE                                                                                                      \
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "       \
        "character"
#define NAME_REGEX "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
#define NAME_EXAMPLE " (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" NAME_REGEX "')"
#define DNS_LABEL_REGEX "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

static bool alphanumeric(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Alphanumeric at both ends, and -, _ and . between. */
static bool is_name(const char *s, size_t n) {
        if (n == 0 || !alphanumeric(s[0]) || !alphanumeric(s[n - 1]))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!alphanumeric(s[i]) && s[i] != '-' && s[i] != '_' && s[i] != '.')
                        return false;
        return true;
}

/* Labels of lower-case letters, digits and inner dashes, joined by dots. */
static bool is_dns_subdomain(const char *s, size_t n) {
        for (size_t start = 0; start <= n;) {
                const char *dot = memchr(s + start, '.', n - start);
                size_t end = dot ? (size_t)(dot - s) : n;
                if (end == start || s[start] == '-' || s[end - 1] == '-')
                        return false;
                for (size_t i = start; i < end; i++)
                        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '-'))
                                return false;
                start = end + 1;
        }
        return true;
}

static void add(struct buf *b, const char *problem) {
        if (b->len)
                buf_adds(b, "; ");
        buf_adds(b, problem);
}

static void prefix_problems(struct buf *b, const char *prefix, size_t n) {
        if (n == 0) {
                add(b, "prefix part must be non-empty");
                return;
        }
        if (n > 253)
                add(b, "prefix part must be no more than 253 bytes");
        if (!is_dns_subdomain(prefix, n))
                add(b, "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
                       "'-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
                       "used for validation is '" DNS_LABEL_REGEX "(\\." DNS_LABEL_REGEX ")*')");
}

void label_key_problems(struct buf *b, const char *key) {
        const char *slash = strchr(key, '/');
        const char *name = slash ? slash + 1 : key;
        if (strchr(name, '/')) {
                add(b, "a valid label key " NAME_RULE NAME_EXAMPLE
                       " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
                return;
        }
        if (slash)
                prefix_problems(b, key, (size_t)(slash - key));
        size_t n = strlen(name);
        if (n == 0)
                add(b, "name part must be non-empty");
        else if (n > 63)
                add(b, "name part must be no more than 63 bytes");
        if (!is_name(name, n))
                add(b, "name part " NAME_RULE NAME_EXAMPLE);
}

void label_value_problems(struct buf *b, const char *value) {
        size_t n = strlen(value);
        if (n > 63)
                add(b, "must be no more than 63 bytes");
        if (n && !is_name(value, n))
                add(b, "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
                       "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
                       "'12345', regex used for validation is '(" NAME_REGEX ")?')");
}
