/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "apiserver/handlers/body.h"
#include "apiserver/handlers/show.h"
#include "apiserver/handlers/status.h"
#include "apiserver/strategy/strategy.h"
#include "base/clock.h"
#include "base/limits.h"

/* ---- values ---- */

static int parse_int(const char *text, int64_t *ret, struct err *err) {
        char *end;
        errno = 0;
        long long v = strtoll(text, &end, 10);
        if (end == text || *end || isspace((unsigned char)*text))
                return err_set(err, ERR_BAD_REQUEST, "strconv.ParseInt: parsing \"%s\": invalid syntax", text);
        if (errno)
                return err_set(err, ERR_BAD_REQUEST, "strconv.ParseInt: parsing \"%s\": value out of range", text);
        *ret = v;
        return 0;
}

/* As query parameters of Kubernetes are read: anything but "0" and "false" is true. */
static bool parse_bool(const char *text) {
        return text && !streq(text, "0") && strcasecmp(text, "false") != 0;
}

static const char *or_null(const char *text) {
        return text && *text ? text : NULL;
}

int options_version(const char *text, uint64_t *ret, struct err *err) {
        *ret = 0;
        if (!text || !*text)
                return 0;
        uint64_t v = 0;
        for (const char *p = text; *p; p++) {
                if (*p < '0' || *p > '9' || v > (UINT64_MAX - 9) / 10)
                        return err_set(err, ERR_BAD_REQUEST,
                                       "resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing \"%s\": "
                                       "invalid syntax",
                                       text, text);
                v = v * 10 + (uint64_t)(*p - '0');
        }
        *ret = v;
        return 0;
}

#define FUTURE_WAIT_NS (3 * NSEC_PER_SEC)

int options_wait_version(struct call *c, uint64_t rv, struct err *err) {
        struct store *s = registry_store(c->server->registry);
        bool there = false;
        if (store_rv(s) >= rv)
                return 0;
        if (atomic_fetch_add(&c->server->version_waiters, 1) < LIMIT_API_VERSION_WAITERS)
                there = store_wait_rv(s, rv, FUTURE_WAIT_NS);
        atomic_fetch_sub(&c->server->version_waiters, 1);
        if (there)
                return 0;
        err_set(err, ERR_TIMEOUT, "Timeout: Too large resource version: %" PRIu64 ", current: %" PRIu64, rv,
                store_rv(s));
        return err_add_cause(err, "ResourceVersionTooLarge", "", "Too large resource version");
}

/* ---- lists ---- */

static int bad_list(struct err *err, const char *field, const char *reason, const char *text) {
        return status_bad_option(err, "ListOptions", field, reason, text);
}

static int check_match(struct list_options *o, const char *match, struct err *err) {
        if (o->has_send_initial && !o->watch)
                return bad_list(err, "sendInitialEvents", "FieldValueForbidden",
                                "Forbidden: sendInitialEvents is forbidden for list");
        if (o->has_send_initial && (!match || !streq(match, "NotOlderThan")))
                return bad_list(err, "resourceVersionMatch", "FieldValueForbidden",
                                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        if (!match)
                return 0;
        if (o->watch && !o->has_send_initial)
                return bad_list(err, "resourceVersionMatch", "FieldValueForbidden",
                                "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                                "provided");
        if (!o->watch && !o->resource_version)
                return bad_list(err, "resourceVersionMatch", "FieldValueForbidden",
                                "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
        if (o->continue_)
                return bad_list(err, "resourceVersionMatch", "FieldValueForbidden",
                                "Forbidden: resourceVersionMatch is forbidden when continue is provided");
        o->exact = streq(match, "Exact");
        o->not_older = streq(match, "NotOlderThan");
        if (!o->exact && !o->not_older) {
                char text[160];
                snprintf(text, sizeof(text),
                         "Unsupported value: \"%.60s\": supported values: \"Exact\", \"NotOlderThan\", \"\"", match);
                return bad_list(err, "resourceVersionMatch", "FieldValueNotSupported", text);
        }
        if (o->exact && streq(o->resource_version, "0"))
                return bad_list(err, "resourceVersionMatch", "FieldValueForbidden",
                                "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        return 0;
}

static int selectors(struct call *c, struct list_options *o, struct err *err) {
        const char *labels = or_null(call_query(c, "labelSelector")), *fields = or_null(call_query(c, "fieldSelector"));
        if (labels && label_selector_parse(c->arena, labels, &o->labels, err) < 0)
                return -1;
        if (fields && field_selector_parse(c->arena, fields, &o->fields, err) < 0)
                return -1;
        for (size_t i = 0; i < o->fields.n; i++)
                if (strategy_field_label(c->arena, c->kind, o->fields.items[i].field, &o->fields.items[i].field, err) <
                    0)
                        return -1;
        /* /api/v1/watch/namespaces/NS/pods/NAME names its one object in the path. */
        if (!*c->info.name)
                return 0;
        struct field_term *items = arena_zalloc(c->arena, o->fields.n + 1, sizeof(*items));
        if (!items)
                return err_oom(err);
        for (size_t i = 0; i < o->fields.n; i++)
                items[i] = o->fields.items[i];
        items[o->fields.n] = (struct field_term){.field = "metadata.name", .value = c->info.name};
        o->fields = (struct field_selector){.items = items, .n = o->fields.n + 1};
        return 0;
}

int options_list(struct call *c, bool watch, struct list_options *ret, struct err *err) {
        struct list_options o = {
                .watch = watch,
                .continue_ = or_null(call_query(c, "continue")),
                .resource_version = or_null(call_query(c, "resourceVersion")),
                .bookmarks = parse_bool(call_query(c, "allowWatchBookmarks")),
        };
        const char *limit = or_null(call_query(c, "limit")), *timeout = or_null(call_query(c, "timeoutSeconds"));
        const char *initial = or_null(call_query(c, "sendInitialEvents"));
        if ((limit && parse_int(limit, &o.limit, err) < 0) ||
            (timeout && parse_int(timeout, &o.timeout_seconds, err) < 0))
                return -1;
        o.has_send_initial = initial != NULL;
        o.send_initial = initial && parse_bool(initial);
        if (selectors(c, &o, err) < 0 || check_match(&o, or_null(call_query(c, "resourceVersionMatch")), err) < 0)
                return -1;
        *ret = o;
        return 0;
}

/* ---- selection ---- */

static const char *lookup_label(const void *context, const char *key) {
        return object_label(context, key);
}

struct field_source {
        struct call *call;
        struct arena *arena;
        const struct object *object;
        struct value tree; /* parsed when a field needs it */
        bool parsed;
};

static const char *lookup_field(const void *context, const char *field) {
        struct field_source *s = (struct field_source *)context; /* parses on demand */
        if (streq(field, "metadata.name"))
                return s->object->name;
        if (streq(field, "metadata.namespace"))
                return s->object->namespace_;
        if (!s->parsed && show_tree(s->call->kinds, s->call->kind, s->arena, s->object, &s->tree, NULL) < 0)
                s->tree = value_null();
        s->parsed = true;
        return strategy_field_text(s->arena, s->call->kind, &s->tree, field);
}

bool options_select(struct call *c, struct arena *a, const struct list_options *o, const struct object *object) {
        struct field_source source = {.call = c, .arena = a, .object = object};
        return label_selector_matches(&o->labels, lookup_label, object) &&
               (o->fields.n == 0 || field_selector_matches(&o->fields, lookup_field, &source));
}

/* ---- writes ---- */

/* The name before the first slash of the User-Agent, as far as it can be printed. */
static const char *default_manager(struct call *c) {
        const char *agent = http_header(c->http, "user-agent");
        size_t n = agent ? strcspn(agent, "/") : 0;
        if (n == 0)
                return "unknown";
        char *name = arena_strndup(c->arena, agent, n < LIMIT_FIELD_MANAGER ? n : LIMIT_FIELD_MANAGER);
        for (char *p = name; p && *p; p++)
                if ((unsigned char)*p < ' ' || *p == 0x7f)
                        *p = '_';
        return name;
}

static int read_validation(const char *text, const char *options_kind, enum registry_validation *ret, struct err *err) {
        static const struct {
                const char *text;
                enum registry_validation value;
        } known[] = {
                {"", REGISTRY_WARN}, {"Ignore", REGISTRY_IGNORE}, {"Strict", REGISTRY_STRICT}, {"Warn", REGISTRY_WARN}};
        for (size_t i = 0; i < ARRAY_LEN(known); i++)
                if (!text || streq(text, known[i].text)) {
                        *ret = known[i].value;
                        return 0;
                }
        char message[200];
        snprintf(message, sizeof(message),
                 "Unsupported value: \"%.60s\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"", text);
        return status_bad_option(err, options_kind, "fieldValidation", "FieldValueNotSupported", message);
}

static int read_dry_run(const char *text, const char *options_kind, bool *ret, struct err *err) {
        *ret = text != NULL;
        if (!text || streq(text, "All"))
                return 0;
        char message[160];
        snprintf(message, sizeof(message), "Unsupported value: [\"%.60s\"]: supported values: \"All\"", text);
        return status_bad_option(err, options_kind, "dryRun", "FieldValueNotSupported", message);
}

static int check_manager(const char *text, const char *options_kind, struct err *err) {
        if (strlen(text) > LIMIT_FIELD_MANAGER)
                return status_bad_option(err, options_kind, "fieldManager", "FieldValueTooLong",
                                         "Too long: may not be more than 128 bytes");
        for (const char *p = text; *p; p++)
                if ((unsigned char)*p < ' ' || *p == 0x7f)
                        return status_bad_option(err, options_kind, "fieldManager", "FieldValueInvalid",
                                                 "Invalid value: should only contain printable characters");
        return 0;
}

int options_write(struct call *c, const char *options_kind, bool apply, struct registry_options *ret, struct err *err) {
        const char *manager = or_null(call_query(c, "fieldManager")), *force = or_null(call_query(c, "force"));
        bool patch = streq(options_kind, "PatchOptions");
        struct registry_options o = {.user = &c->user, .warnings = &c->warnings, .subresource = c->info.subresource};
        if (patch && force && !apply)
                return status_bad_option(err, options_kind, "force", "FieldValueForbidden",
                                         "Forbidden: may not be specified for non-apply patch");
        if (apply && !manager)
                return status_bad_option(err, options_kind, "fieldManager", "FieldValueRequired",
                                         "Required value: is required for apply patch");
        if ((manager && check_manager(manager, options_kind, err) < 0) ||
            read_dry_run(or_null(call_query(c, "dryRun")), options_kind, &o.dry_run, err) < 0 ||
            read_validation(call_query(c, "fieldValidation"), options_kind, &o.validation, err) < 0)
                return -1;
        o.force = parse_bool(force);
        o.manager = manager ? manager : default_manager(c);
        if (!o.manager)
                return err_oom(err);
        *ret = o;
        return 0;
}

/* ---- deletion ---- */

static int read_propagation(const char *policy, const struct value *orphan, enum registry_propagation *ret,
                            struct err *err) {
        static const struct {
                const char *text;
                enum registry_propagation value;
        } known[] = {
                {"Orphan", REGISTRY_ORPHAN}, {"Background", REGISTRY_BACKGROUND}, {"Foreground", REGISTRY_FOREGROUND}};
        char message[200];
        *ret = REGISTRY_PROPAGATION_DEFAULT;
        if (orphan && policy) {
                snprintf(message, sizeof(message),
                         "Invalid value: \"%.60s\": orphanDependents and deletionPropagation cannot be both set",
                         policy);
                return status_bad_option(err, "DeleteOptions", "propagationPolicy", "FieldValueInvalid", message);
        }
        if (orphan)
                *ret = value_bool_or(orphan, false) ? REGISTRY_ORPHAN : REGISTRY_BACKGROUND;
        if (!policy)
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(known); i++)
                if (streq(policy, known[i].text)) {
                        *ret = known[i].value;
                        return 0;
                }
        snprintf(message, sizeof(message),
                 "Unsupported value: \"%.60s\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
                 policy);
        return status_bad_option(err, "DeleteOptions", "propagationPolicy", "FieldValueNotSupported", message);
}

/* The options as one tree: the body, or the query's parameters when there is none. */
static int delete_tree(struct call *c, struct value *ret, struct err *err) {
        static const char *const texts[] = {"propagationPolicy", "gracePeriodSeconds", "orphanDependents", "dryRun"};
        if (c->http->body_len > 0)
                return body_read_as(c, "meta.v1.DeleteOptions", ret, err);
        *ret = value_map();
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                const char *text = or_null(call_query(c, texts[i]));
                struct value v = text ? value_str(text) : value_null();
                int64_t seconds = 0;
                if (!text)
                        continue;
                if (streq(texts[i], "gracePeriodSeconds")) {
                        if (parse_int(text, &seconds, err) < 0)
                                return -1;
                        v = value_int(seconds);
                } else if (streq(texts[i], "orphanDependents")) {
                        v = value_bool(parse_bool(text));
                } else if (streq(texts[i], "dryRun")) {
                        struct value list = value_list();
                        if (!value_append(c->arena, &list, v))
                                return err_oom(err);
                        v = list;
                }
                if (!value_set(c->arena, ret, texts[i], v))
                        return err_oom(err);
        }
        return 0;
}

int options_delete(struct call *c, struct registry_delete *ret, struct registry_options *ret_options, struct err *err) {
        struct value tree;
        if (delete_tree(c, &tree, err) < 0)
                return -1;
        struct registry_options o = {.user = &c->user, .warnings = &c->warnings};
        const struct value *dry = value_get(&tree, "dryRun"), *conditions = value_get(&tree, "preconditions");
        const char *dry_text = value_is_list(dry) && dry->len > 0 ? value_string_or(&dry->items[0], "")
                                                                  : or_null(call_query(c, "dryRun"));
        struct registry_delete how = {
                .uid = value_get_str(conditions, "uid"),
                .resource_version = value_get_str(conditions, "resourceVersion"),
                .grace_seconds = value_int_or(value_get(&tree, "gracePeriodSeconds"), -1),
        };
        const struct value *orphan = value_get(&tree, "orphanDependents");
        if (read_dry_run(dry_text, "DeleteOptions", &o.dry_run, err) < 0 ||
            read_propagation(or_null(value_get_str(&tree, "propagationPolicy")), value_is_null(orphan) ? NULL : orphan,
                             &how.propagation, err) < 0)
                return -1;
        *ret = how;
        *ret_options = o;
        return 0;
}
