/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery of resources, paths, and the verbs on single objects. */
#include "client/internal.h"

#include "base/clock.h"
#include "data/json/json.h"

/* ---- discovery ---- */

static char *resource_key(struct arena *a, const char *api_version, const char *kind) {
        return arena_printf(a, "%s/%s", api_version, kind);
}

/* Puts the resources of one APIResourceList into the map. */
static int learn_list(struct client *c, const struct value *list) {
        struct arena *a = c->discovery_arena;
        const char *gv = value_get_str(list, "groupVersion");
        const struct value *resources = value_get(list, "resources");
        if (!gv || !value_is_list(resources))
                return 0;
        const char *slash = strchr(gv, '/');
        char *group = slash ? arena_strndup(a, gv, (size_t)(slash - gv)) : arena_strdup(a, "");
        char *version = arena_strdup(a, slash ? slash + 1 : gv);
        if (!group || !version)
                return -1;
        VALUE_EACH_ITEM(item, resources) {
                const char *name = value_get_str(item, "name"), *kind = value_get_str(item, "kind");
                if (!name || !kind || strchr(name, '/'))
                        continue;
                struct client_resource *r = arena_make(a, struct client_resource);
                char *key = resource_key(a, gv, kind);
                if (!r || !key || !(r->kind = arena_strdup(a, kind)) || !(r->resource = arena_strdup(a, name)))
                        return -1;
                r->group = group;
                r->version = version;
                r->namespaced = value_bool_or(value_get(item, "namespaced"), false);
                if (strmap_set(&c->discovery, key, strlen(key), r) < 0)
                        return -1;
        }
        return 0;
}

static int read_group_version(struct client *c, const char *api_version, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        if (!a)
                return err_oom(err);
        char *path = arena_printf(a, strchr(api_version, '/') ? "/apis/%s" : "/api/%s", api_version);
        struct value list;
        if (!path)
                return err_oom(err);
        if (client_do(c, a, &(struct client_request){.method = "GET", .path = path}, &list, err) < 0)
                return -1;
        if (!c->discovery_arena && !(c->discovery_arena = arena_new(0)))
                return err_oom(err);
        return learn_list(c, &list) < 0 ? err_oom(err) : 0;
}

int client_resource_of(struct client *c, const char *api_version, const char *kind, struct client_resource *ret,
                       struct err *err) {
        _cleanup_free_ char *key = NULL;
        if (asprintf(&key, "%s/%s", api_version, kind) < 0)
                return err_oom(err);
        pthread_mutex_lock(&c->discovery_lock);
        const struct client_resource *found = strmap_get(&c->discovery, key, strlen(key));
        _cleanup_err_ struct err why = ERR_INIT;
        if (!found) {
                /* One group version is asked for at a time; a kind that does not exist asks again each time, which is
                 * how a CRD made a moment ago is found at once. */
                if (read_group_version(c, api_version, &why) == 0)
                        found = strmap_get(&c->discovery, key, strlen(key));
        }
        if (found)
                *ret = *found;
        pthread_mutex_unlock(&c->discovery_lock);
        if (found)
                return 0;
        if (why.class != ERR_NONE && why.class != ERR_NOT_FOUND)
                return err_move(err, &why);
        return err_set_reason(err, ERR_NOT_FOUND, "NoKindMatch", "no matches for kind \"%s\" in version \"%s\"", kind,
                              api_version);
}

/* ---- paths ---- */

/* Percent-encodes what may not stand in a path segment. */
static char *escape_segment(struct arena *a, const char *s) {
        static const char hex[] = "0123456789ABCDEF";
        char *out = arena_alloc(a, strlen(s) * 3 + 1), *p = out;
        if (!out)
                return NULL;
        for (; *s; s++) {
                unsigned char ch = (unsigned char)*s;
                bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
                             strchr("-._~:@!$&'()*+,;=", ch);
                if (plain) {
                        *p++ = (char)ch;
                } else {
                        *p++ = '%';
                        *p++ = hex[ch >> 4];
                        *p++ = hex[ch & 15];
                }
        }
        *p = '\0';
        return out;
}

char *client_path(struct arena *a, const struct client_resource *r, const char *namespace_, const char *name,
                  const char *subresource) {
        bool scoped = r->namespaced && namespace_ && *namespace_;
        char *ns = escape_segment(a, scoped ? namespace_ : "");
        char *escaped = escape_segment(a, name ? name : "");
        if (!ns || !escaped)
                return NULL;
        return arena_printf(a, "%s%s/%s%s%s/%s%s%s%s%s", *r->group ? "/apis/" : "/api", r->group, r->version,
                            scoped ? "/namespaces/" : "", ns, r->resource, name ? "/" : "", escaped,
                            subresource ? "/" : "", subresource ? subresource : "");
}

static int object_path(struct client *c, struct arena *a, const char *api_version, const char *kind,
                       const char *namespace_, const char *name, const char *subresource, char **ret, struct err *err) {
        struct client_resource r;
        if (client_resource_of(c, api_version, kind, &r, err) < 0)
                return -1;
        if (r.namespaced && (!namespace_ || !*namespace_))
                return err_set(err, ERR_BAD_REQUEST,
                               "an empty namespace may not be set when a resource name is provided");
        return (*ret = client_path(a, &r, namespace_, name, subresource)) ? 0 : err_oom(err);
}

/* ---- verbs ---- */

int client_get(struct client *c, struct arena *a, const struct client_as *as, const char *api_version, const char *kind,
               const char *namespace_, const char *name, struct value *ret, struct err *err) {
        char *path;
        if (object_path(c, a, api_version, kind, namespace_, name, NULL, &path, err) < 0)
                return -1;
        return client_do(c, a, &(struct client_request){.method = "GET", .path = path, .as = as}, ret, err);
}

int client_apply(struct client *c, struct arena *a, const struct client_as *as, const struct value *object,
                 const struct client_apply_options *options, struct value *ret, struct err *err) {
        const char *api_version = value_get_str(object, "apiVersion"), *kind = value_get_str(object, "kind");
        const char *name = value_path_str(object, "metadata", "name", NULL);
        if (!api_version || !kind || !name)
                return err_set(err, ERR_BAD_REQUEST, "an object to apply needs apiVersion, kind and metadata.name");
        char *path;
        if (object_path(c, a, api_version, kind, value_path_str(object, "metadata", "namespace", NULL), name,
                        options->subresource, &path, err) < 0)
                return -1;
        _cleanup_buf_ struct buf body = BUF_INIT(SIZE_MAX / 2);
        json_write(&body, object, 0);
        char *query = arena_printf(a, "fieldManager=%s%s%s", options->field_manager,
                                   options->force ? "&force=true" : "", options->dry_run ? "&dryRun=All" : "");
        if (buf_failed(&body) || !query)
                return err_oom(err);
        struct client_request r = {
                .method = "PATCH",
                .path = path,
                .query = query,
                .content_type = "application/apply-patch+yaml",
                .body = buf_str(&body),
                .body_len = body.len,
                .as = as,
        };
        return client_do(c, a, &r, ret, err);
}

int client_delete(struct client *c, struct arena *a, const struct client_as *as, const char *api_version,
                  const char *kind, const char *namespace_, const char *name, const char *uid, struct err *err) {
        char *path;
        if (object_path(c, a, api_version, kind, namespace_, name, NULL, &path, err) < 0)
                return -1;
        char *body = uid ? arena_printf(a,
                                        "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":"
                                        "\"Background\",\"preconditions\":{\"uid\":\"%s\"}}",
                                        uid)
                         : arena_strdup(a, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\","
                                           "\"propagationPolicy\":\"Background\"}");
        if (!body)
                return err_oom(err);
        struct client_request r = {.method = "DELETE", .path = path, .body = body, .body_len = strlen(body), .as = as};
        return client_do(c, a, &r, NULL, err);
}

int client_create(struct client *c, struct arena *a, const struct client_as *as, const struct value *object,
                  const char *field_manager, struct value *ret, struct err *err) {
        struct client_resource r;
        if (client_resource_of(c, value_string_or(value_get(object, "apiVersion"), ""),
                               value_string_or(value_get(object, "kind"), ""), &r, err) < 0)
                return -1;
        char *path = client_path(a, &r, value_path_str(object, "metadata", "namespace", NULL), NULL, NULL);
        char *query = arena_printf(a, "fieldManager=%s", field_manager);
        _cleanup_buf_ struct buf body = BUF_INIT(SIZE_MAX / 2);
        json_write(&body, object, 0);
        if (!path || !query || buf_failed(&body))
                return err_oom(err);
        struct client_request request = {
                .method = "POST", .path = path, .query = query, .body = buf_str(&body), .body_len = body.len, .as = as};
        return client_do(c, a, &request, ret, err);
}

int client_merge_patch(struct client *c, struct arena *a, const char *path, const char *query,
                       const struct value *patch, struct value *ret, struct err *err) {
        _cleanup_buf_ struct buf body = BUF_INIT(SIZE_MAX / 2);
        json_write(&body, patch, 0);
        if (buf_failed(&body))
                return err_oom(err);
        struct client_request request = {
                .method = "PATCH",
                .path = path,
                .query = query,
                .content_type = "application/merge-patch+json",
                .body = buf_str(&body),
                .body_len = body.len,
        };
        return client_do(c, a, &request, ret, err);
}
