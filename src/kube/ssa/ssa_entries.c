/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.managedFields. */
#include "base/clock.h"
#include "base/limits.h"
#include "kube/ssa/ssa_managers.h"

static int decode_time(const struct value *v, struct ssa_manager *m, struct err *err) {
        int64_t ns;
        if (value_is_null(v))
                return 0;
        if (!value_is_string(v))
                return err_set(err, ERR_SYNTAX, "the time of a managed fields entry is no string");
        if (time_parse_rfc3339(v->str, &ns, err) < 0)
                return -1;
        m->timed = true;
        m->time = ns / NSEC_PER_SEC - (ns % NSEC_PER_SEC < 0);
        return 0;
}

static int decode_entry(struct arena *a, const struct value *entry, size_t index, struct ssa_managers *m,
                        struct err *err) {
        const char *operation = value_string_or(value_get(entry, "operation"), "");
        const char *type = value_string_or(value_get(entry, "fieldsType"), "");
        struct ssa_manager one = {.name = value_string_or(value_get(entry, "manager"), ""),
                                  .subresource = value_string_or(value_get(entry, "subresource"), ""),
                                  .api_version = value_string_or(value_get(entry, "apiVersion"), ""),
                                  .applied = streq(operation, "Apply")};
        if (!one.applied && !streq(operation, "Update"))
                return err_set(err, ERR_SYNTAX, "operation must be `Apply` or `Update`");
        if (!*one.api_version)
                return err_set(err, ERR_SYNTAX, "apiVersion must not be empty");
        if (!*type)
                return err_set(err, ERR_SYNTAX, "missing fieldsType in managed fields entry %zu", index);
        if (!streq(type, "FieldsV1"))
                return err_set(err, ERR_SYNTAX, "invalid fieldsType \"%s\" in managed fields entry %zu", type, index);
        const struct value *fields = value_get(entry, "fieldsV1");
        if (decode_time(value_get(entry, "time"), &one, err) < 0 ||
            (!value_is_null(fields) && fieldset_parse(a, fields, &one.set, err) < 0))
                return -1;
        return ssa_managers_put(a, m, &one) ? 0 : err_oom(err);
}

int ssa_managers_decode(struct arena *a, const struct value *entries, struct ssa_managers *ret, struct err *err) {
        struct ssa_managers m = {0};
        *ret = m;
        if (value_is_null(entries))
                return 0;
        if (!value_is_list(entries))
                return err_set(err, ERR_SYNTAX, "managedFields is no list");
        if (entries->len > LIMIT_MANAGERS)
                return err_set(err, ERR_TOO_LARGE, "more than %d managed fields entries", LIMIT_MANAGERS);
        for (size_t i = 0; i < entries->len; i++)
                if (decode_entry(a, &entries->items[i], i, &m, err) < 0)
                        return -1;
        *ret = m;
        return 0;
}

/* Applies before updates, then by time, manager, version, subresource. */
static int compare_managers(const void *x, const void *y) {
        const struct ssa_manager *p = x, *q = y;
        int64_t s = p->timed ? p->time : 0, t = q->timed ? q->time : 0;
        if (p->applied != q->applied)
                return p->applied ? -1 : 1;
        if (s != t)
                return s < t ? -1 : 1;
        int order = strcmp(p->name, q->name);
        if (order == 0)
                order = strcmp(p->api_version, q->api_version);
        return order ? order : strcmp(p->subresource, q->subresource);
}

static int encode_entry(struct arena *a, const struct ssa_manager *m, struct value *ret, struct err *err) {
        struct value entry = value_map(), fields;
        char text[TIME_TEXT_MAX];
        if (fieldset_format(a, &m->set, &fields, err) < 0)
                return -1;
        const char *time = m->timed ? arena_strdup(a, time_format_rfc3339(text, m->time)) : NULL;
        if ((m->timed && !time) || (*m->name && !value_add(a, &entry, "manager", 7, value_str(m->name))) ||
            !value_add(a, &entry, "operation", 9, value_str(m->applied ? "Apply" : "Update")) ||
            !value_add(a, &entry, "apiVersion", 10, value_str(m->api_version)) ||
            (time && !value_add(a, &entry, "time", 4, value_str(time))) ||
            !value_add(a, &entry, "fieldsType", 10, value_str("FieldsV1")) ||
            !value_add(a, &entry, "fieldsV1", 8, fields) ||
            (*m->subresource && !value_add(a, &entry, "subresource", 11, value_str(m->subresource))))
                return err_oom(err);
        *ret = entry;
        return 0;
}

int ssa_managers_encode(struct arena *a, struct ssa_managers *m, struct value *ret, struct err *err) {
        struct value out = value_list(), entry;
        if (m->n)
                qsort(m->items, m->n, sizeof(*m->items), compare_managers);
        for (size_t i = 0; i < m->n; i++) {
                if (encode_entry(a, &m->items[i], &entry, err) < 0)
                        return -1;
                if (!value_append(a, &out, entry))
                        return err_oom(err);
        }
        *ret = out;
        return 0;
}
