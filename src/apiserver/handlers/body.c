/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/body.h"

#include "apiserver/handlers/negotiate.h"
#include "data/text/go_names.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"
#include "kube/protobuf/protobuf.h"
#include "kube/schema/strict.h"

#define SUMMARY_MAX 30
#define ACCEPTED_BODIES "application/json, application/yaml, application/vnd.kubernetes.protobuf"
#define ACCEPTED_PATCHES "application/json-patch+json, application/merge-patch+json, "

static int unsupported(struct err *err, const char *accepted) {
        return err_set(err, ERR_UNSUPPORTED_MEDIA,
                       "the body of the request was in an unknown format - accepted media types include: %s", accepted);
}

/* What an error shows of a body that cannot be read: text that looks like JSON, hexadecimal digits of anything else. */
static const char *summary(struct arena *a, const char *body, size_t n) {
        size_t shown = n < SUMMARY_MAX ? n : SUMMARY_MAX;
        const char *dots = n > shown ? " ..." : "";
        if (n == 0)
                return "<empty>";
        if (body[0] == '{')
                return arena_printf(a, "%.*s%s", (int)shown, body, dots);
        char *hex = arena_alloc(a, 2 * SUMMARY_MAX + 1);
        for (size_t i = 0; hex && i < shown; i++)
                snprintf(hex + 2 * i, 3, "%02x", (unsigned char)body[i]);
        return hex ? arena_printf(a, "%s%s", hex, dots) : NULL;
}

static int unrecognized(struct call *c, const struct body_kind *k, const char *what, const struct err *why,
                        struct err *err) {
        const char *shown = summary(c->arena, c->http->body, c->http->body_len);
        return err_set(err, ERR_BAD_REQUEST, "the object provided is unrecognized (must be of type %s): %s%s (%s)",
                       k->kind, what, err_message(why), shown ? shown : "");
}

static int read_json(struct call *c, const struct body_kind *k, struct value *ret, struct value *ret_complaints,
                     struct err *err) {
        _cleanup_err_ struct err mine = ERR_INIT;
        struct json_report report = {.arena = c->arena, .duplicates = value_list()};
        if (json_parse(c->arena, c->http->body ? c->http->body : "", c->http->body_len, JSON_REPORT_DUPLICATES, &report,
                       ret, &mine) < 0) {
                if (mine.class == ERR_MEMORY)
                        return err_move(err, &mine);
                return unrecognized(c, k, "couldn't get version/kind; json parse error: ", &mine, err);
        }
        VALUE_EACH_ITEM(path, &report.duplicates) {
                struct value text = value_strf(c->arena, "duplicate field \"%s\"", path->str);
                if (value_is_null(&text) || !value_append(c->arena, ret_complaints, text))
                        return err_oom(err);
        }
        return 0;
}

static int read_yaml(struct call *c, const struct body_kind *k, struct value *ret, struct err *err) {
        static const struct yaml_options options = {.dialect = YAML_SIGS};
        _cleanup_err_ struct err mine = ERR_INIT;
        if (yaml_parse(c->arena, c->http->body ? c->http->body : "", c->http->body_len, &options, ret, &mine) == 0)
                return 0;
        return mine.class == ERR_MEMORY ? err_move(err, &mine) : unrecognized(c, k, "", &mine, err);
}

static int read_any(struct call *c, const struct body_kind *k, struct value *ret, struct value *ret_complaints,
                    struct err *err) {
        switch (negotiate_content_type(http_header(c->http, "content-type"))) {
        case BODY_JSON:
                return read_json(c, k, ret, ret_complaints, err);
        case BODY_YAML:
                return read_yaml(c, k, ret, err);
        case BODY_PROTOBUF:
                return k->custom ? unsupported(err, "application/json, application/yaml")
                                 : protobuf_decode_as(c->arena, NULL, c->http->body, c->http->body_len, ret, NULL, NULL,
                                                      err);
        case BODY_OTHER:
                break;
        }
        return unsupported(err, k->custom ? "application/json, application/yaml" : ACCEPTED_BODIES);
}

/* "Secret in version "v1" cannot be handled as a ConfigMap: why". */
static int cannot_handle(const struct body_kind *k, const char *kind, const char *version, const char *why,
                         struct err *err) {
        return err_set(err, ERR_BAD_REQUEST, "%s in version \"%s\" cannot be handled as a %s: %s", kind, version,
                       k->kind, why);
}

/* The package that Kubernetes keeps the internal form of a group's types in: the last word of the group's name. */
static const char *internal_package(struct arena *a, const char *group) {
        return *group ? arena_strndup(a, group, strcspn(group, ".")) : "core";
}

static int wrong_kind(struct call *c, const struct body_kind *k, const char *group, const char *version,
                      const char *kind, struct err *err) {
        const char *api = *group ? arena_printf(c->arena, "%s/%s", group, version) : version;
        const struct kind *known = kind_by_name(c->kinds, group, version, kind);
        char why[512];
        if (!known)
                snprintf(why, sizeof(why),
                         "no kind \"%.100s\" is registered for version \"%.100s\" in scheme "
                         "\"pkg/runtime/scheme.go:111\"",
                         kind, api);
        else if (streq(kind, k->kind))
                return err_set(err, ERR_BAD_REQUEST,
                               "the API version in the data (%s) does not match the expected API version (%s%s%s)", api,
                               k->group, *k->group ? "/" : "", k->version);
        else
                snprintf(why, sizeof(why), "converting (%s.%s) to (%s.%s): unknown conversion", version, kind,
                         internal_package(c->arena, k->group), k->kind);
        return cannot_handle(k, kind, version, why, err);
}

/* An object may leave kind and version out when the URL says them; what it names must be the URL's. */
static int check_kind(struct call *c, const struct body_kind *k, const struct value *object, struct err *err) {
        const char *api_version = value_get_str(object, "apiVersion"), *kind = value_get_str(object, "kind");
        const char *group, *version;
        if (!value_is_map(object))
                return err_set(err, ERR_BAD_REQUEST,
                               "the object provided is unrecognized (must be of type %s): couldn't get version/kind; "
                               "json parse error: json: cannot unmarshal %s into Go value of type struct { APIVersion "
                               "string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string "
                               "\"json:\\\"kind,omitempty\\\"\" } (%s)",
                               k->kind, go_json_type(object), summary(c->arena, c->http->body, c->http->body_len));
        if (k->custom && (!kind || !*kind))
                return err_set(err, ERR_BAD_REQUEST,
                               "the object provided is unrecognized (must be of type %s): Object 'Kind' is missing in "
                               "'%.*s'",
                               k->kind, (int)c->http->body_len, c->http->body);
        if (!kind || !*kind)
                kind = k->kind;
        if (!api_version || !*api_version) {
                group = k->group;
                version = k->version;
        } else if (kind_split_api_version(c->arena, api_version, &group, &version, err) < 0) {
                return -1;
        }
        if (streq(group, k->group) && streq(version, k->version) && streq(kind, k->kind))
                return 0;
        return wrong_kind(c, k, group, version, kind, err);
}

int body_read(struct call *c, const struct body_kind *expected, struct value *ret, struct value *ret_complaints,
              struct err *err) {
        struct value object;
        *ret_complaints = value_list();
        if (read_any(c, expected, &object, ret_complaints, err) < 0 || check_kind(c, expected, &object, err) < 0)
                return -1;
        *ret = object;
        return 0;
}

int body_read_as(struct call *c, const char *schema, struct value *ret, struct err *err) {
        const char *kind = strrchr(schema, '.');
        struct body_kind k = {.kind = kind ? kind + 1 : schema, .schema = schema_builtin(schema)};
        struct value object, complaints = value_list();
        if (negotiate_content_type(http_header(c->http, "content-type")) == BODY_PROTOBUF) {
                if (protobuf_decode_as(c->arena, k.schema, c->http->body, c->http->body_len, &object, NULL, NULL, err) <
                    0)
                        return -1;
        } else if (read_any(c, &k, &object, &complaints, err) < 0) {
                return -1;
        }
        return strict_decode(c->arena, k.schema, &object, ret, NULL, err);
}

/* ---- patches ---- */

static int patch_type(struct call *c, enum registry_patch_type *ret, struct err *err) {
        static const struct {
                const char *media;
                enum registry_patch_type type;
        } types[] = {
                {"application/json-patch+json", REGISTRY_PATCH_JSON},
                {"application/merge-patch+json", REGISTRY_PATCH_MERGE},
                {"application/strategic-merge-patch+json", REGISTRY_PATCH_STRATEGIC},
                {"application/apply-patch+yaml", REGISTRY_PATCH_APPLY},
        };
        const char *header = http_header(c->http, "content-type");
        for (size_t i = 0; header && i < ARRAY_LEN(types); i++) {
                if (!negotiate_is(header, types[i].media))
                        continue;
                if (types[i].type == REGISTRY_PATCH_STRATEGIC && c->kind->custom)
                        return unsupported(err, ACCEPTED_PATCHES "application/apply-patch+yaml");
                *ret = types[i].type;
                return 0;
        }
        return err_set(err, ERR_UNSUPPORTED_MEDIA, "415: Unsupported Media Type");
}

int body_read_patch(struct call *c, enum registry_patch_type *ret_type, struct value *ret, struct err *err) {
        static const struct yaml_options options = {.dialect = YAML_SIGS};
        const char *body = c->http->body ? c->http->body : "";
        if (patch_type(c, ret_type, err) < 0)
                return -1;
        _cleanup_err_ struct err mine = ERR_INIT;
        int status = *ret_type == REGISTRY_PATCH_APPLY
                             ? yaml_parse(c->arena, body, c->http->body_len, &options, ret, &mine)
                             : json_parse(c->arena, body, c->http->body_len, JSON_KUBERNETES, NULL, ret, &mine);
        if (status == 0)
                return 0;
        if (mine.class == ERR_MEMORY)
                return err_move(err, &mine);
        return err_set(err, ERR_BAD_REQUEST, "%s: %s",
                       *ret_type == REGISTRY_PATCH_APPLY ? "error decoding YAML: error converting YAML to JSON"
                                                         : "error decoding patch",
                       err_message(&mine));
}
