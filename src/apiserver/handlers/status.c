/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/status.h"

#define NO_RESOURCE "the server could not find the requested resource"
#define NO_METHOD "the server does not allow this method on the requested resource"
#define BAD_PATCH "the server rejected our request due to an error in our request"

/* How each class looks from outside. NULL reason: a failure that kube-apiserver gives no reason for. */
static const struct {
        int code;
        const char *reason;
} classes[] = {
        [ERR_INTERNAL] = {500, NULL},
        [ERR_MEMORY] = {500, "InternalError"},
        [ERR_IO] = {500, "InternalError"},
        [ERR_SYNTAX] = {400, "BadRequest"},
        [ERR_BAD_REQUEST] = {400, "BadRequest"},
        [ERR_UNAUTHORIZED] = {401, "Unauthorized"},
        [ERR_FORBIDDEN] = {403, "Forbidden"},
        [ERR_NOT_FOUND] = {404, "NotFound"},
        [ERR_METHOD] = {405, "MethodNotAllowed"},
        [ERR_NOT_ACCEPTABLE] = {406, "NotAcceptable"},
        [ERR_EXISTS] = {409, "AlreadyExists"},
        [ERR_CONFLICT] = {409, "Conflict"},
        [ERR_GONE] = {410, "Expired"},
        [ERR_TOO_LARGE] = {413, "RequestEntityTooLarge"},
        [ERR_UNSUPPORTED_MEDIA] = {415, "UnsupportedMediaType"},
        [ERR_INVALID] = {422, "Invalid"},
        [ERR_TOO_MANY] = {429, "TooManyRequests"},
        [ERR_TIMEOUT] = {504, "Timeout"},
        [ERR_UNAVAILABLE] = {503, "ServiceUnavailable"},
        [ERR_UNSUPPORTED] = {501, NULL},
        [ERR_ACCESS_DENIED] = {403, "Forbidden"},
};

int status_no_resource(struct err *err) {
        return err_set(err, ERR_NOT_FOUND, NO_RESOURCE);
}

int status_no_method(struct err *err) {
        return err_set(err, ERR_METHOD, NO_METHOD);
}

int status_bad_option(struct err *err, const char *options_kind, const char *field, const char *reason,
                      const char *text) {
        err_set(err, ERR_INVALID, "%s.meta.k8s.io \"\" is invalid: %s: %s", options_kind, field, text);
        return err_add_cause(err, reason, field, "%s", text);
}

static int add(struct arena *a, struct value *map, const char *key, const char *text, size_t n) {
        const char *copy = arena_strndup(a, text, n);
        return copy && value_set(a, map, key, value_strn(copy, n)) ? 0 : -1;
}

static bool is_message_about_object(const struct err *err) {
        switch (err->class) {
        case ERR_NOT_FOUND:
        case ERR_EXISTS:
        case ERR_CONFLICT:
        case ERR_FORBIDDEN:
        case ERR_INVALID:
                return true;
        default:
                return false;
        }
}

/* Name, group and kind of the object a message is about. Every such message of Kubernetes begins with them:
 * `deployments.apps "web" not found`, `Deployment.apps "web" is invalid: ...`, and conflicts with `Operation cannot be
 * fulfilled on ` before it. So the message is where they are kept. */
static int add_subject(struct arena *a, const struct err *err, struct value *details) {
        static const char conflict[] = "Operation cannot be fulfilled on ";
        const char *text = err_message(err);
        if (str_has_prefix(text, conflict))
                text += strlen(conflict);
        const char *quote = strstr(text, " \"");
        const char *end = quote ? strchr(quote + 2, '"') : NULL;
        if (!end || memchr(text, ' ', (size_t)(quote - text)))
                return 0;
        const char *dot = memchr(text, '.', (size_t)(quote - text));
        const char *kind_end = dot ? dot : quote;
        if (end > quote + 2 && add(a, details, "name", quote + 2, (size_t)(end - quote - 2)) < 0)
                return -1;
        if (dot && add(a, details, "group", dot + 1, (size_t)(quote - dot - 1)) < 0)
                return -1;
        return kind_end > text ? add(a, details, "kind", text, (size_t)(kind_end - text)) : 0;
}

static int add_causes(struct arena *a, const struct err *err, struct value *details) {
        struct value list = value_list();
        for (size_t i = 0; i < err->n_causes; i++) {
                const struct err_cause *from = &err->causes[i];
                struct value cause = value_map();
                if (add(a, &cause, "reason", from->reason, strlen(from->reason)) < 0 ||
                    add(a, &cause, "message", from->message, strlen(from->message)) < 0 ||
                    (*from->field && add(a, &cause, "field", from->field, strlen(from->field)) < 0) ||
                    !value_append(a, &list, cause))
                        return -1;
        }
        return list.len == 0 || value_set(a, details, "causes", list) ? 0 : -1;
}

/* Answers made before an object is known carry empty details. */
static bool has_empty_details(const struct err *err) {
        const char *text = err_message(err);
        return streq(text, NO_RESOURCE) || streq(text, NO_METHOD) || streq(text, BAD_PATCH) ||
               str_has_prefix(text, "406: ") || str_has_prefix(text, "415: ");
}

static int make_details(struct arena *a, const struct err *err, int code, struct value *ret) {
        *ret = value_map();
        if (is_message_about_object(err) && !has_empty_details(err) && add_subject(a, err, ret) < 0)
                return -1;
        if (add_causes(a, err, ret) < 0)
                return -1;
        bool later = code == 429 || code == 503 || code == 504;
        return later && !value_set(a, ret, "retryAfterSeconds", value_int(1)) ? -1 : 0;
}

static int begin(struct arena *a, const char *outcome, struct value *ret) {
        *ret = value_map();
        return value_set(a, ret, "kind", value_str("Status")) && value_set(a, ret, "apiVersion", value_str("v1")) &&
                               value_set(a, ret, "metadata", value_map()) &&
                               value_set(a, ret, "status", value_str(outcome))
                       ? 0
                       : -1;
}

int status_from_err(struct arena *a, const struct err *err, struct value *ret) {
        int code = classes[err->class].code ? classes[err->class].code : 500;
        const char *reason = *err->reason ? err->reason : classes[err->class].reason;
        const char *message = err_message(err);
        struct value details;
        if (begin(a, "Failure", ret) < 0 || make_details(a, err, code, &details) < 0 ||
            add(a, ret, "message", message, strlen(message)) < 0 ||
            (reason && add(a, ret, "reason", reason, strlen(reason)) < 0))
                return -1;
        if ((details.len > 0 || has_empty_details(err)) && !value_set(a, ret, "details", details))
                return -1;
        return value_set(a, ret, "code", value_int(code)) ? 0 : -1;
}

int status_success(struct arena *a, const char *name, const char *group, const char *resource, const char *uid,
                   int code, struct value *ret) {
        const struct {
                const char *key, *text;
        } parts[] = {{"name", name}, {"group", group}, {"kind", resource}, {"uid", uid}};
        struct value details = value_map();
        if (begin(a, "Success", ret) < 0)
                return -1;
        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
                if (parts[i].text && *parts[i].text &&
                    add(a, &details, parts[i].key, parts[i].text, strlen(parts[i].text)) < 0)
                        return -1;
        if (details.len > 0 && !value_set(a, ret, "details", details))
                return -1;
        return code == 0 || value_set(a, ret, "code", value_int(code)) ? 0 : -1;
}
