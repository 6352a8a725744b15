/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/kstatus_internal.h"

#include "base/buf.h"
#include "data/text/go_names.h"
#include "data/json/json.h"

/* Error texts show values as Go's %v; more than this is cut. */
#define SHOWN_MAX 1000
#define SHOWN_DEPTH 10

/* Go's name of a value's kind. */
static const char *go_kind(const struct value *v) {
        return v->type == VALUE_LIST ? "slice" : v->type == VALUE_MAP ? "map" : go_type(v);
}

static void show(struct buf *b, const struct value *v, unsigned depth) {
        const char *separator = "";
        if (b->len > SHOWN_MAX || depth > SHOWN_DEPTH) {
                buf_adds(b, "...");
                return;
        }
        switch (v->type) {
        case VALUE_NULL:
                buf_adds(b, "<nil>");
                break;
        case VALUE_STRING:
                buf_add(b, v->str, v->len < SHOWN_MAX ? v->len : SHOWN_MAX);
                break;
        case VALUE_LIST:
                buf_addc(b, '[');
                VALUE_EACH_ITEM(item, v) {
                        buf_adds(b, separator);
                        separator = " ";
                        show(b, item, depth + 1);
                }
                buf_addc(b, ']');
                break;
        case VALUE_MAP:
                buf_adds(b, "map[");
                VALUE_EACH_MEMBER(m, v) {
                        buf_addf(b, "%s%s:", separator, m->key);
                        separator = " ";
                        show(b, &m->value, depth + 1);
                }
                buf_addc(b, ']');
                break;
        default:
                json_write(b, v, 0);
                break;
        }
}

int kstatus_wrong_type(const char *const *path, size_t n, const struct value *v, const char *wanted, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(64 * SHOWN_MAX);
        for (size_t i = 0; i < n; i++)
                buf_addf(&b, ".%s", path[i]);
        buf_adds(&b, " accessor error: ");
        show(&b, v, 0);
        buf_addf(&b, " is of the type %s, expected %s", go_type(v), wanted);
        return err_set(err, ERR_INVALID, "%s", buf_str(&b));
}

int kstatus_field(const struct value *object, const char *const *path, size_t n, const struct value **ret,
                  struct err *err) {
        const struct value *at = object;
        for (size_t i = 0; i < n; i++) {
                if (value_is_null(at))
                        return 0;
                if (!value_is_map(at))
                        return kstatus_wrong_type(path, i + 1, at, "map[string]interface{}", err);
                at = value_get(at, path[i]);
                if (!at)
                        return 0;
        }
        *ret = at;
        return 1;
}

int kstatus_strict_int(const struct value *object, const char *a, const char *b, int64_t *ret, struct err *err) {
        const char *const path[] = {a, b};
        const struct value *v;
        int r = kstatus_field(object, path, 2, &v, err);
        if (r > 0 && v->type != VALUE_INT)
                r = kstatus_wrong_type(path, 2, v, "int64", err);
        if (r > 0)
                *ret = v->i;
        return r < 0 ? err_wrap(err, "looking up %s.%s from resource", a, b) : r;
}

int kstatus_strict_string(const struct value *object, const char *a, const char *b, const char **ret, struct err *err) {
        const char *const path[] = {a, b};
        const struct value *v;
        int r = kstatus_field(object, path, 2, &v, err);
        if (r > 0 && !value_is_string(v))
                r = kstatus_wrong_type(path, 2, v, "string", err);
        if (r > 0)
                *ret = v->str;
        return r < 0 ? err_wrap(err, "looking up %s.%s from resource", a, b) : r;
}

/* Follows "a.b.c". */
static const struct value *at_path(const struct value *v, const char *path) {
        while (v && *path) {
                size_t n = strcspn(path, ".");
                v = value_getn(v, path, n);
                path += path[n] ? n + 1 : n;
        }
        return v;
}

int64_t kstatus_int(const struct value *object, const char *path, int64_t fallback) {
        return value_int_or(at_path(object, path), fallback);
}

const char *kstatus_string(const struct value *object, const char *path, const char *fallback) {
        return value_string_or(at_path(object, path), fallback);
}

/* A string field of a condition; go_name is Go's name of its type. */
static int read_text(const struct value *condition, const char *key, const char *go_name, const char **ret,
                     struct err *err) {
        const struct value *v = value_get(condition, key);
        *ret = "";
        if (value_is_null(v))
                return 0;
        if (v->type == VALUE_INT)
                return err_set(err, ERR_INVALID, "cannot convert int64 to %s", go_name);
        if (!value_is_string(v))
                return err_set(err, ERR_INVALID, "unrecognized type: string");
        *ret = v->str;
        return 0;
}

static int read_condition(const struct value *v, struct kstatus_condition *ret, struct err *err) {
        if (!value_is_null(v) && !value_is_map(v))
                return err_set(err, ERR_INVALID, "cannot restore struct from: %s", go_kind(v));
        if (read_text(v, "type", "string", &ret->type, err) < 0 ||
            read_text(v, "status", "v1.ConditionStatus", &ret->status, err) < 0 ||
            read_text(v, "reason", "string", &ret->reason, err) < 0)
                return -1;
        return read_text(v, "message", "string", &ret->message, err);
}

int kstatus_read_conditions(struct arena *a, const struct value *object, struct kstatus_conditions *ret,
                            struct err *err) {
        const struct value *status = value_get(object, "status"), *list = value_get(status, "conditions");
        *ret = (struct kstatus_conditions){NULL, 0};
        if (!value_is_null(status) && !value_is_map(status))
                return err_set(err, ERR_INVALID, "cannot restore struct from: %s", go_kind(status));
        if (value_is_null(list))
                return 0;
        if (!value_is_list(list))
                return err_set(err, ERR_INVALID, "cannot restore slice from %s", go_kind(list));
        ret->items = arena_zalloc(a, list->len, sizeof(struct kstatus_condition));
        if (!ret->items)
                return err_oom(err);
        VALUE_EACH_ITEM(item, list)
                if (read_condition(item, &ret->items[ret->n++], err) < 0)
                        return -1;
        return 0;
}

bool kstatus_has_condition(const struct kstatus_job *job, const char *type, const char *status) {
        for (size_t i = 0; i < job->conditions.n; i++)
                if (streq(job->conditions.items[i].type, type) && streq(job->conditions.items[i].status, status))
                        return true;
        return false;
}

static int result(struct kstatus_job *job, enum kstatus status, const char *reason, const char *condition,
                  const char *fmt, va_list ap) {
        const char *message = arena_vprintf(job->arena, fmt, ap);
        if (!message)
                return err_oom(job->err);
        *job->ret = (struct kstatus_result){status, message, reason, condition, message};
        return 0;
}

int kstatus_current(struct kstatus_job *job, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        int r = result(job, KSTATUS_CURRENT, NULL, NULL, fmt, ap);
        va_end(ap);
        return r;
}

int kstatus_in_progress(struct kstatus_job *job, const char *reason, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        int r = result(job, KSTATUS_IN_PROGRESS, reason, "Reconciling", fmt, ap);
        va_end(ap);
        return r;
}

int kstatus_failed(struct kstatus_job *job, const char *reason, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        int r = result(job, KSTATUS_FAILED, reason, "Stalled", fmt, ap);
        va_end(ap);
        return r;
}
