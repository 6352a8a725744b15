/* SPDX-License-Identifier: Apache-2.0 */
/* What admission plugins ask and answer with. */
#include "apiserver/strategy/admission/admit.h"

int admit_forbid(struct strategy_context *c, const struct value *object, struct err *err, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        char *why = arena_vprintf(c->arena, fmt, ap);
        va_end(ap);
        const char *group = c->kind->group;
        const char *name = value_string_or(value_path(object, "metadata", "name", NULL), "");
        if (!why)
                return err_oom(err);
        return err_set(err, ERR_FORBIDDEN, "%s%s%s \"%s\" is forbidden: %s", c->kind->resource, group[0] ? "." : "",
                       group, name, why);
}

bool admit_is_kind(const struct strategy_context *c, const char *group, const char *resource) {
        return streq(c->kind->group, group) && streq(c->kind->resource, resource);
}

const struct value *admit_lookup(struct strategy_context *c, const char *group, const char *resource,
                                 const char *namespace, const char *name) {
        return c->callbacks.lookup ? c->callbacks.lookup(c->callbacks.user, group, resource, namespace, name) : NULL;
}
