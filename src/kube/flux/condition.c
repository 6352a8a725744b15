/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/condition.h"

#include "base/clock.h"

#define MESSAGE_MAX 32768 /* maxLength of a condition's message in every CRD of Flux */

static struct value *find(const struct value *conditions, const char *type) {
        if (value_is_list(conditions))
                VALUE_EACH_ITEM(c, conditions)
                        if (value_equals_str(value_get(c, "type"), type))
                                return c;
        return NULL;
}

const struct value *condition_find(const struct value *object, const char *type) {
        return find(value_path(object, "status", "conditions", NULL), type);
}

bool condition_is(const struct value *object, const char *type, const char *status) {
        return value_equals_str(value_get(condition_find(object, type), "status"), status);
}

/* A copy of at most MESSAGE_MAX bytes that does not cut a UTF-8 character. */
static struct value message_value(struct arena *a, const char *message) {
        size_t n = strlen(message);
        if (n > MESSAGE_MAX)
                for (n = MESSAGE_MAX; n && ((unsigned char)message[n] & 0xc0) == 0x80;)
                        n--;
        char *copy = arena_strndup(a, message, n);
        return copy ? value_strn(copy, n) : value_null();
}

int condition_set(struct arena *a, struct value *conditions, const struct condition *c, int64_t now, struct err *err) {
        struct value *there = find(conditions, c->type);
        struct value since = value_null();
        if (there && value_equals_str(value_get(there, "status"), c->status) && value_get(there, "lastTransitionTime"))
                since = *value_get(there, "lastTransitionTime");
        if (since.type != VALUE_STRING) {
                char text[TIME_TEXT_MAX];
                since = value_strf(a, "%s", time_format_rfc3339(text, now));
        }
        struct value v = value_map(), message = message_value(a, c->message);
        char *type = arena_strdup(a, c->type), *status = arena_strdup(a, c->status),
             *reason = arena_strdup(a, c->reason);
        if (!type || !status || !reason || message.type != VALUE_STRING || since.type != VALUE_STRING ||
            !value_set(a, &v, "lastTransitionTime", since) || !value_set(a, &v, "message", message) ||
            !value_set(a, &v, "observedGeneration", value_int(c->generation)) ||
            !value_set(a, &v, "reason", value_str(reason)) || !value_set(a, &v, "status", value_str(status)) ||
            !value_set(a, &v, "type", value_str(type)))
                return err_oom(err);
        if (there)
                *there = v;
        else if (!value_append(a, conditions, v))
                return err_oom(err);
        return 0;
}

void condition_remove(struct value *conditions, const char *type) {
        struct value *there = find(conditions, type);
        if (there)
                value_remove_at(conditions, (size_t)(there - conditions->items));
}
