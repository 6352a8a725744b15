/* SPDX-License-Identifier: Apache-2.0 */
/* From a failed answer (a metav1.Status, or plain text) to an err of the same meaning. */
#include "client/internal.h"

#include "data/json/json.h"

static const struct {
        const char *reason;
        enum err_class class;
} reasons[] = {
        {"NotFound", ERR_NOT_FOUND},
        {"AlreadyExists", ERR_EXISTS},
        {"Conflict", ERR_CONFLICT},
        {"Invalid", ERR_INVALID},
        {"Forbidden", ERR_FORBIDDEN},
        {"Unauthorized", ERR_UNAUTHORIZED},
        {"BadRequest", ERR_BAD_REQUEST},
        {"Gone", ERR_GONE},
        {"Expired", ERR_GONE},
        {"Timeout", ERR_TIMEOUT},
        {"ServerTimeout", ERR_UNAVAILABLE},
        {"ServiceUnavailable", ERR_UNAVAILABLE},
        {"TooManyRequests", ERR_TOO_MANY},
        {"RequestEntityTooLarge", ERR_TOO_LARGE},
        {"MethodNotAllowed", ERR_METHOD},
        {"NotAcceptable", ERR_NOT_ACCEPTABLE},
        {"UnsupportedMediaType", ERR_UNSUPPORTED_MEDIA},
        {"InternalError", ERR_INTERNAL},
};

static const struct {
        int code;
        enum err_class class;
} codes[] = {
        {400, ERR_BAD_REQUEST}, {401, ERR_UNAUTHORIZED},      {403, ERR_FORBIDDEN}, {404, ERR_NOT_FOUND},
        {405, ERR_METHOD},      {406, ERR_NOT_ACCEPTABLE},    {409, ERR_CONFLICT},  {410, ERR_GONE},
        {413, ERR_TOO_LARGE},   {415, ERR_UNSUPPORTED_MEDIA}, {422, ERR_INVALID},   {429, ERR_TOO_MANY},
        {503, ERR_UNAVAILABLE}, {504, ERR_TIMEOUT},
};

static enum err_class class_of(const char *reason, int code) {
        for (size_t i = 0; reason && i < ARRAY_LEN(reasons); i++)
                if (streq(reasons[i].reason, reason))
                        return reasons[i].class;
        for (size_t i = 0; i < ARRAY_LEN(codes); i++)
                if (codes[i].code == code)
                        return codes[i].class;
        return ERR_INTERNAL;
}

int client_status_to_err(int http_status, const char *body, size_t n, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value status;
        if (!a)
                return err_oom(err);
        if (json_parse(a, body, n, JSON_KUBERNETES, NULL, &status, NULL) < 0 ||
            !value_equals_str(value_get(&status, "kind"), "Status"))
                return err_set(err, class_of(NULL, http_status), "the server answered %d: %.*s", http_status,
                               (int)(n < 300 ? n : 300), body);
        const char *reason = value_string_or(value_get(&status, "reason"), "");
        int code = (int)value_int_or(value_get(&status, "code"), http_status);
        err_set_reason(err, class_of(reason, code), reason, "%s",
                       value_string_or(value_get(&status, "message"), "the server gave no message"));
        const struct value *causes = value_path(&status, "details", "causes", NULL);
        if (value_is_list(causes))
                VALUE_EACH_ITEM(cause, causes)
                        err_add_cause(err, value_string_or(value_get(cause, "reason"), ""),
                                      value_string_or(value_get(cause, "field"), ""), "%s",
                                      value_string_or(value_get(cause, "message"), ""));
        return -1;
}
