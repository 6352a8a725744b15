/* SPDX-License-Identifier: Apache-2.0 */
/* weir get kustomizations|sources git [NAME]: a table of objects and their readiness. */
#include "cli/cli.h"
#include "cli/session.h"
#include "cli/table.h"
#include "kube/flux/condition.h"

struct get_options {
        bool no_header;
        bool show_source;
        const char *status_selector;
};

static struct value cell(const char *s) {
        return value_str(s ? s : "");
}

/* "main@sha1:696f056df2…" to "main@sha1:696f056d". */
static struct value short_revision(struct arena *a, const char *revision) {
        const char *colon = revision ? strrchr(revision, ':') : NULL;
        if (!colon || strlen(colon + 1) <= 8)
                return cell(revision);
        return value_strf(a, "%.*s", (int)(colon + 9 - revision), revision);
}

/* The message with every full hash shortened like the revision. */
static struct value short_message(struct arena *a, const char *message, const char *revision) {
        const char *at = revision && *revision ? strstr(message, revision) : NULL;
        if (!at)
                return cell(message);
        struct value brief = short_revision(a, revision);
        return value_strf(a, "%.*s%s%s", (int)(at - message), message, value_string_or(&brief, ""),
                          at + strlen(revision));
}

static const char *revision_of(const struct session_kind *k, const struct value *o) {
        return streq(k->kind, "Kustomization") ? value_path_str(o, "status", "lastAppliedRevision", NULL)
                                               : value_path_str(o, "status", "artifact", "revision", NULL);
}

static int add_row(struct session *s, const struct get_options *options, const struct session_kind *k,
                   const struct value *o, struct value *rows) {
        struct arena *a = s->arena;
        struct value row = value_list();
        const struct value *ready = condition_find(o, "Ready");
        const char *revision = revision_of(k, o);
        const char *message = value_string_or(value_get(ready, "message"), ready ? "" : "waiting to be reconciled");
        bool failed = false;
        if (s->all_namespaces)
                failed |= !value_append(a, &row, cell(value_path_str(o, "metadata", "namespace", NULL)));
        failed |= !value_append(a, &row, cell(value_path_str(o, "metadata", "name", NULL)));
        if (options->show_source)
                failed |= !value_append(
                        a, &row,
                        value_strf(a, "%s/%s", value_string_or(value_path(o, "spec", "sourceRef", "kind", NULL), ""),
                                   value_string_or(value_path(o, "spec", "sourceRef", "name", NULL), "")));
        bool suspended = value_bool_or(value_path(o, "spec", "suspend", NULL), false);
        failed |= !value_append(a, &row, short_revision(a, revision));
        failed |= !value_append(a, &row, cell(suspended ? "True" : "False"));
        failed |= !value_append(a, &row, cell(value_string_or(value_get(ready, "status"), "False")));
        failed |= !value_append(a, &row, short_message(a, message, revision));
        return failed || !value_append(a, rows, row) ? -1 : 0;
}

static int header_of(struct session *s, const struct get_options *options, struct value *ret) {
        const char *names[8];
        size_t n = 0;
        if (s->all_namespaces)
                names[n++] = "NAMESPACE";
        names[n++] = "NAME";
        if (options->show_source)
                names[n++] = "SOURCE";
        names[n++] = "REVISION";
        names[n++] = "SUSPENDED";
        names[n++] = "READY";
        names[n++] = "MESSAGE";
        *ret = value_list();
        for (size_t i = 0; i < n; i++)
                if (!value_append(s->arena, ret, value_str(names[i])))
                        return -1;
        return 0;
}

/* "type=status" or "type!=status" against the object's conditions. */
static bool selected(const struct value *o, const char *selector) {
        if (!selector)
                return true;
        char type[64];
        const char *equals = strchr(selector, '=');
        bool negate = equals > selector && equals[-1] == '!';
        snprintf(type, sizeof(type), "%.*s", (int)(equals - selector) - (negate ? 1 : 0), selector);
        const struct value *conditions = value_path(o, "status", "conditions", NULL);
        if (value_is_list(conditions))
                VALUE_EACH_ITEM(c, conditions)
                        if (strcasecmp(value_string_or(value_get(c, "type"), ""), type) == 0)
                                return (strcasecmp(value_string_or(value_get(c, "status"), ""), equals + 1) == 0) !=
                                       negate;
        return false;
}

static int list(struct session *s, const struct session_kind *k, struct value *ret, struct err *err) {
        struct client_resource r;
        if (client_resource_of(s->client, k->api_version, k->kind, &r, err) < 0)
                return -1;
        char *path = client_path(s->arena, &r, s->all_namespaces ? NULL : s->namespace_, NULL, NULL);
        if (!path)
                return err_oom(err);
        return client_do(s->client, s->arena, &(struct client_request){.method = "GET", .path = path}, ret, err);
}

static int print(struct session *s, const struct get_options *options, const struct session_kind *k, const char *name,
                 struct err *err) {
        struct value objects, header, rows = value_list();
        if (list(s, k, &objects, err) < 0)
                return -1;
        const struct value *items = value_get(&objects, "items");
        if (value_is_list(items))
                VALUE_EACH_ITEM(o, items)
                        if ((!name || value_equals_str(value_path(o, "metadata", "name", NULL), name)) &&
                            selected(o, options->status_selector) && add_row(s, options, k, o, &rows) < 0)
                                return err_oom(err);
        if (name && rows.len == 0)
                return err_set(err, ERR_NOT_FOUND, "%s object '%s' not found in \"%s\" namespace", k->kind, name,
                               s->namespace_);
        if (rows.len == 0) {
                say_failure("no %s objects found in \"%s\" namespace", k->kind, s->namespace_);
                return 0;
        }
        if (header_of(s, options, &header) < 0)
                return err_oom(err);
        table_print(options->no_header ? NULL : &header, &rows);
        return 0;
}

int cmd_get(int argc, char **argv) {
        _cleanup_session_ struct session s = SESSION_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        struct get_options options = {0};
        struct option_list words;
        const struct option table[] = {
                {"all-namespaces", 'A', OPTION_BOOL, &s.all_namespaces, "list the objects across all namespaces"},
                {"no-header", 0, OPTION_BOOL, &options.no_header, "skip the header when printing the results"},
                {"show-source", 0, OPTION_BOOL, &options.show_source,
                 "show the source reference of each kustomization"},
                {"status-selector", 0, OPTION_STRING, &options.status_selector, "conditions to filter by: ready=false"},
                SESSION_OPTIONS(s),
        };
        if (options_want_help(argc, argv, "get kustomizations|sources git [NAME] [flags]", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        const struct session_kind *k = session_kind_take(&words, "get");
        if (!k)
                return 1;
        if (options.status_selector && !strchr(options.status_selector, '=')) {
                say_failure("expected status selector in type=status or type!=status format, but found: %s",
                            options.status_selector);
                return 1;
        }
        if (session_open(&s, &err) < 0 || print(&s, &options, k, words.len ? words.items[0] : NULL, &err) < 0)
                return session_fail(&err);
        return 0;
}
