/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/negotiate.h"

#include <strings.h>

#define OFFERED "application/json, application/yaml, application/vnd.kubernetes.protobuf"
#define OFFERED_STREAMS "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
#define MAX_CLAUSES 32 /* more are not looked at */

struct clause {
        const char *type;
        const char *as, *group, *version;
        double q;
};

static bool is_space(char c) {
        return c == ' ' || c == '\t';
}

/* The next part up to the separator, trimmed, copied; moves *at behind it. NULL at the end or without memory. */
static char *next_part(struct arena *a, const char **at, char separator) {
        const char *p = *at;
        while (is_space(*p))
                p++;
        if (!*p)
                return NULL;
        const char *end = strchr(p, separator);
        size_t n = end ? (size_t)(end - p) : strlen(p);
        *at = p + n + (end ? 1 : 0);
        while (n > 0 && is_space(p[n - 1]))
                n--;
        return arena_strndup(a, p, n);
}

static bool parse_clause(struct arena *a, const char *text, struct clause *ret) {
        *ret = (struct clause){.type = next_part(a, &text, ';'), .q = 1};
        for (char *parameter; (parameter = next_part(a, &text, ';'));) {
                char *equals = strchr(parameter, '=');
                if (!equals)
                        continue;
                *equals = '\0';
                if (strcasecmp(parameter, "q") == 0)
                        ret->q = strtod(equals + 1, NULL);
                else if (streq(parameter, "as"))
                        ret->as = equals + 1;
                else if (streq(parameter, "g"))
                        ret->group = equals + 1;
                else if (streq(parameter, "v"))
                        ret->version = equals + 1;
        }
        return ret->type != NULL;
}

static size_t parse(struct arena *a, const char *header, struct clause clauses[static MAX_CLAUSES]) {
        size_t n = 0;
        for (char *text; n < MAX_CLAUSES && (text = next_part(a, &header, ','));) {
                struct clause clause;
                if (!parse_clause(a, text, &clause))
                        continue;
                size_t at = n++;
                for (; at > 0 && clauses[at - 1].q < clause.q; at--)
                        clauses[at] = clauses[at - 1];
                clauses[at] = clause;
        }
        return n;
}

/* True when the server knows the media type, even if only to read it. */
static bool known_type(const char *type) {
        static const char *const types[] = {"application/json", "application/yaml", "application/*", "*/*",
                                            "application/vnd.kubernetes.protobuf"};
        for (size_t i = 0; i < ARRAY_LEN(types); i++)
                if (streq(types[i], type))
                        return true;
        return false;
}

static bool accepts(const struct clause *c, bool watch, struct accept *ret) {
        if (streq(c->type, "application/json") || streq(c->type, "*/*") || streq(c->type, "application/*"))
                ret->media = MEDIA_JSON;
        else if (streq(c->type, "application/yaml") && !watch)
                ret->media = MEDIA_YAML;
        else
                return false;
        ret->transform = TRANSFORM_NONE;
        ret->version = "v1";
        if (!c->as)
                return true;
        if (!c->group || !streq(c->group, "meta.k8s.io") || !c->version ||
            (!streq(c->version, "v1") && !streq(c->version, "v1beta1")))
                return false;
        ret->version = c->version;
        ret->transform = streq(c->as, "Table") ? TRANSFORM_TABLE : TRANSFORM_PARTIAL;
        return streq(c->as, "Table") || streq(c->as, "PartialObjectMetadata") ||
               streq(c->as, "PartialObjectMetadataList");
}

int negotiate_accept(struct arena *a, const char *header, bool collection, bool watch, struct accept *ret,
                     struct err *err) {
        struct clause clauses[MAX_CLAUSES];
        bool known = false;
        *ret = (struct accept){.media = MEDIA_JSON, .version = "v1"};
        if (!header || !*header)
                return 0;
        size_t n = parse(a, header, clauses);
        for (size_t i = 0; i < n; i++) {
                struct accept mine;
                if (accepts(&clauses[i], watch, &mine)) {
                        *ret = mine;
                        return 0;
                }
                known |= known_type(clauses[i].type);
        }
        if (n == 0)
                return 0;
        return known ? err_set(err, ERR_NOT_ACCEPTABLE, "only the following media types are accepted: " OFFERED)
                     : err_set(err, ERR_NOT_ACCEPTABLE, "406: Not Acceptable\n\nAvailable representations: %s",
                               collection ? OFFERED ", " OFFERED_STREAMS : OFFERED);
}

bool negotiate_is(const char *header, const char *media_type) {
        size_t n = strlen(media_type);
        if (strncasecmp(header, media_type, n) != 0)
                return false;
        while (is_space(header[n]))
                n++;
        return header[n] == '\0' || header[n] == ';';
}

enum body_media negotiate_content_type(const char *header) {
        if (!header || !*header || negotiate_is(header, "application/json"))
                return BODY_JSON;
        if (negotiate_is(header, "application/yaml"))
                return BODY_YAML;
        return negotiate_is(header, "application/vnd.kubernetes.protobuf") ? BODY_PROTOBUF : BODY_OTHER;
}
