/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac/requestinfo.h"

#include "base/url.h"
#include "kube/select/selector.h"

#include <errno.h>
#include <strings.h>

struct parts {
        const char **items;
        size_t n;
};

/* The segments of a path without the slashes at its ends; inner empty ones count. */
static int split_path(struct arena *a, const char *path, struct parts *ret) {
        path += strspn(path, "/");
        size_t len = strlen(path);
        while (len > 0 && path[len - 1] == '/')
                len--;
        char *copy = arena_strndup(a, path, len);
        if (!copy)
                return -1;
        size_t n = len > 0;
        for (const char *p = copy; *p; p++)
                n += *p == '/';
        const char **items = arena_zalloc(a, n + 1, sizeof(*items));
        if (!items)
                return -1;
        size_t i = 0;
        for (char *p = copy; i < n; i++) {
                items[i] = p;
                p += strcspn(p, "/");
                if (*p)
                        *p++ = '\0';
        }
        *ret = (struct parts){items, n};
        return 0;
}

static void drop(struct parts *p, size_t n) {
        p->items += n;
        p->n -= n;
}

static const char *verb_of_method(const char *method) {
        static const char *const verbs[][2] = {
                {"POST", "create"}, {"GET", "get"},     {"HEAD", "get"},
                {"PUT", "update"},  {"PATCH", "patch"}, {"DELETE", "delete"},
        };
        for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
                if (streq(verbs[i][0], method))
                        return verbs[i][1];
        return "";
}

/* True for what strconv.ParseInt reads, as for ?limit= and ?timeoutSeconds=. */
static bool is_integer(const char *text) {
        if (!text)
                return true;
        char *end;
        errno = 0;
        strtoll(text, &end, 10);
        bool digits = strspn(text, "0123456789+-") > 0 && text[0] != ' ';
        return digits && end != text && *end == '\0' && errno == 0;
}

static bool is_true(const char *text) {
        return text && !streq(text, "0") && strcasecmp(text, "false") != 0;
}

/* A name that can stand in a path. */
static bool is_segment(const char *name) {
        return !streq(name, ".") && !streq(name, "..") && !strpbrk(name, "/%");
}

/* A get without a name is a list or a watch. The name that a field selector demands counts as the request's name, but
 * only when every list option reads well. */
static int refine_get(struct arena *a, const char *query, struct request_info *info, struct err *err) {
        const char *fields = url_query_get(a, query, "fieldSelector");
        const char *labels = url_query_get(a, query, "labelSelector");
        info->verb = is_true(url_query_get(a, query, "watch")) ? "watch" : "list";
        struct field_selector fs = {0};
        struct label_selector ls;
        _cleanup_err_ struct err e = ERR_INIT;
        if (!is_integer(url_query_get(a, query, "limit")) || !is_integer(url_query_get(a, query, "timeoutSeconds")) ||
            (fields && field_selector_parse(a, fields, &fs, &e) < 0) ||
            (labels && label_selector_parse(a, labels, &ls, &e) < 0))
                return e.class == ERR_MEMORY ? err_oom(err) : 0;
        const char *name = field_selector_exact(&fs, "metadata.name");
        if (name && is_segment(name))
                info->name = name;
        return 0;
}

/* Verbs in the path ("/api/v1/watch/...") are an old form; selectors do not count there. True: it is that form. */
static bool take_path_verb(struct parts *p, struct request_info *info) {
        if (p->n < 2 || !(streq(p->items[0], "proxy") || streq(p->items[0], "watch")))
                return false;
        info->verb = p->items[0];
        drop(p, 1);
        return true;
}

/* Namespace, resource, name and subresource from the segments behind the version. */
static void read_resource(struct parts p, struct request_info *info) {
        if (p.n > 1 && streq(p.items[0], "namespaces")) {
                info->namespace_ = p.items[1];
                if (p.n > 2 && !streq(p.items[2], "status") && !streq(p.items[2], "finalize"))
                        drop(&p, 2);
        }
        info->parts = p.items;
        info->n_parts = p.n;
        if (p.n > 0)
                info->resource = p.items[0];
        if (p.n > 1)
                info->name = p.items[1];
        if (p.n > 2 && !streq(info->verb, "proxy"))
                info->subresource = p.items[2];
}

static const char *lower(struct arena *a, const char *method) {
        char *copy = arena_strdup(a, method);
        for (char *p = copy; p && *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        *p = (char)(*p - 'A' + 'a');
        return copy;
}

/* Takes prefix, group and version off. False: the path names no resource. */
static bool take_prefix(struct parts *p, struct request_info *info) {
        if (p->n < 3 || (!streq(p->items[0], "api") && !streq(p->items[0], "apis")))
                return false;
        info->api_prefix = p->items[0];
        bool grouped = streq(p->items[0], "apis");
        if (grouped && p->n < 4)
                return false;
        drop(p, 1);
        if (grouped) {
                info->group = p->items[0];
                drop(p, 1);
        }
        info->version = p->items[0];
        drop(p, 1);
        info->is_resource = true;
        return true;
}

int request_info_parse(struct arena *a, const char *method, const char *path, const char *query,
                       struct request_info *ret, struct err *err) {
        struct parts p;
        struct request_info info = {.path = path,
                                    .verb = lower(a, method),
                                    .api_prefix = "",
                                    .group = "",
                                    .version = "",
                                    .namespace_ = "",
                                    .resource = "",
                                    .subresource = "",
                                    .name = "",
                                    .field_selector = "",
                                    .label_selector = ""};
        if (!info.verb || split_path(a, path, &p) < 0)
                return err_oom(err);
        if (!take_prefix(&p, &info)) {
                *ret = info;
                return 0;
        }
        bool path_verb = take_path_verb(&p, &info);
        if (!path_verb) {
                if (streq(p.items[0], "proxy") || streq(p.items[0], "watch")) {
                        *ret = info; /* a verb without a resource: the verb stays the method */
                        return 0;
                }
                info.verb = verb_of_method(method);
        }
        read_resource(p, &info);
        if (!info.name[0] && streq(info.verb, "get") && refine_get(a, query, &info, err) < 0)
                return -1;
        if (!info.name[0] && streq(info.verb, "delete"))
                info.verb = "deletecollection";
        if (!path_verb &&
            (streq(info.verb, "list") || streq(info.verb, "watch") || streq(info.verb, "deletecollection"))) {
                const char *fields = url_query_get(a, query, "fieldSelector");
                const char *labels = url_query_get(a, query, "labelSelector");
                info.field_selector = fields ? fields : "";
                info.label_selector = labels ? labels : "";
        }
        *ret = info;
        return 0;
}
