/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/discovery/discovery.h"

#include "apiserver/discovery/lists.h"
#include "base/buf.h"
#include "base/limits.h"
#include "data/digest.h"
#include "data/json/json.h"

#define JSON_TYPE "application/json"
#define AGGREGATED_TYPE "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
#define TEXT_TYPE "text/plain; charset=utf-8"

enum form { FORM_NONE, FORM_PLAIN, FORM_AGGREGATED };

/* One media type of an Accept header: what it asks for. */
static enum form form_of(const char *text, size_t n) {
        char type[512];
        size_t used = 0;
        for (size_t i = 0; i < n && used + 1 < sizeof(type); i++)
                if (text[i] != ' ' && text[i] != '\t')
                        type[used++] = text[i];
        type[used] = '\0';
        const char *parameters = strchr(type, ';');
        size_t base = parameters ? (size_t)(parameters - type) : used;
        bool json = (base == 16 && memcmp(type, JSON_TYPE, 16) == 0) || (base == 3 && memcmp(type, "*/*", 3) == 0) ||
                    (base == 13 && memcmp(type, "application/*", 13) == 0);
        if (!json)
                return FORM_NONE;
        if (!parameters || !strstr(parameters, ";as="))
                return FORM_PLAIN;
        bool v2 = strstr(parameters, ";v=v2;") || str_has_suffix(parameters, ";v=v2");
        return v2 && strstr(parameters, ";g=apidiscovery.k8s.io") && strstr(parameters, ";as=APIGroupDiscoveryList")
                       ? FORM_AGGREGATED
                       : FORM_NONE;
}

/* The first acceptable form; none asked for is plain JSON. */
static enum form negotiate(const char *accept) {
        if (!accept || !accept[0])
                return FORM_PLAIN;
        while (*accept) {
                size_t n = strcspn(accept, ",");
                enum form form = form_of(accept, n);
                if (form != FORM_NONE)
                        return form;
                accept += n + (accept[n] == ',');
        }
        return FORM_NONE;
}

static int write_json(struct arena *a, const struct value *v, struct document *ret, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_DISCOVERY_BYTES);
        json_write(&b, v, 0);
        buf_addc(&b, '\n');
        if (buf_failed(&b))
                return err_oom(err);
        ret->status = 200;
        ret->content_type = JSON_TYPE;
        ret->body = arena_strndup(a, b.data, b.len);
        ret->body_len = b.len;
        return ret->body ? 1 : err_oom(err);
}

static int respond_aggregated(struct arena *a, const struct kind_set *kinds, bool core,
                              const struct document_request *request, struct document *ret, struct err *err) {
        struct value v;
        char hex[DIGEST_HEX_MAX];
        if (discovery_aggregated(a, kinds, core, &v, err) < 0 || write_json(a, &v, ret, err) < 0)
                return -1;
        if (digest_hex(DIGEST_SHA256, ret->body, ret->body_len, hex, err) < 0)
                return -1;
        ret->etag = arena_printf(a, "\"%s\"", hex);
        if (!ret->etag)
                return err_oom(err);
        ret->content_type = AGGREGATED_TYPE;
        ret->cache_control = "public";
        ret->vary = "Accept";
        if (request->if_none_match && strstr(request->if_none_match, ret->etag)) {
                ret->status = 304;
                ret->content_type = NULL;
                ret->body = "";
                ret->body_len = 0;
        }
        return 1;
}

static void text(struct document *ret, int status, const char *body, bool nosniff) {
        *ret = (struct document){.status = status,
                                 .content_type = TEXT_TYPE,
                                 .nosniff = nosniff,
                                 .body = body,
                                 .body_len = strlen(body)};
}

void discovery_not_found(struct document *ret) {
        text(ret, 404, "404 page not found\n", true);
}

static bool is_healthy(const struct discovery_options *options, const char *check) {
        return !options->healthy || options->healthy(options->user, check);
}

/* /healthz, /livez, /readyz: all checks together, or one by its name behind a slash. The store's check bears etcd's
 * name because probes ask for it by that. */
static int respond_health(struct arena *a, const struct discovery_options *options,
                          const struct document_request *request, const char *path, struct document *ret,
                          struct err *err) {
        static const char *const roots[] = {"/healthz", "/livez", "/readyz"};
        static const char *const checks[] = {"ping", "log", "etcd"};
        for (size_t r = 0; r < ARRAY_LEN(roots); r++) {
                if (!str_has_prefix(path, roots[r]))
                        continue;
                const char *rest = path + strlen(roots[r]);
                bool all = true;
                _cleanup_buf_ struct buf b = BUF_INIT(4096);
                if (*rest && *rest != '/')
                        continue;
                for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
                        bool good = is_healthy(options, checks[i]);
                        if (*rest && streq(rest + 1, checks[i])) {
                                text(ret, good ? 200 : 500, good ? "ok" : "internal server error: check failed\n",
                                     false);
                                return 1;
                        }
                        all = all && good;
                        buf_addf(&b, "[%c]%s %s\n", good ? '+' : '-', checks[i],
                                 good ? "ok" : "failed: reason withheld");
                }
                if (*rest) {
                        discovery_not_found(ret);
                        return 1;
                }
                buf_addf(&b, "%s check %s\n", roots[r] + 1, all ? "passed" : "failed");
                bool verbose = !all || (request->query && strstr(request->query, "verbose"));
                char *body = verbose ? arena_strdup(a, buf_str(&b)) : (char *)"ok";
                if (!body)
                        return err_oom(err);
                text(ret, all ? 200 : 500, body, true);
                return 1;
        }
        return 0;
}

static int respond_version(struct arena *a, const struct discovery_options *options, struct document *ret,
                           struct err *err) {
        struct value v = value_map();
        char major[8] = "", minor[8] = "";
        if (sscanf(options->git_version, "v%7[0-9].%7[0-9]", major, minor) != 2)
                return err_set(err, ERR_INTERNAL, "the server's version %s has no form", options->git_version);
        char before[24];
        snprintf(before, sizeof(before), "%ld", strtol(minor, NULL, 10) - 1);
        const char *const members[][2] = {
                {"major", major},
                {"minor", minor},
                {"emulationMajor", major},
                {"emulationMinor", minor},
                {"minCompatibilityMajor", major},
                {"minCompatibilityMinor", before},
                {"gitVersion", options->git_version},
                {"gitCommit", "weir-" WEIR_VERSION},
                {"gitTreeState", "clean"},
                {"buildDate", "1970-01-01T00:00:00Z"},
                {"goVersion", "none"},
                {"compiler", "gcc"},
                {"platform", "linux/amd64"},
        };
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
                if (!value_set(a, &v, members[i][0], value_str(members[i][1])))
                        return err_oom(err);
        return write_json(a, &v, ret, err);
}

static int by_text(const void *a, const void *b) {
        const struct value *x = a, *y = b;
        return strcmp(x->str, y->str);
}

static int respond_root(struct arena *a, const struct kind_set *kinds, struct document *ret, struct err *err) {
        static const char *const fixed[] = {"/.well-known/openid-configuration",
                                            "/api",
                                            "/api/v1",
                                            "/apis",
                                            "/apis/",
                                            "/healthz",
                                            "/livez",
                                            "/metrics",
                                            "/openapi/v2",
                                            "/openapi/v3",
                                            "/openid/v1/jwks",
                                            "/readyz",
                                            "/version"};
        struct value paths = value_list(), v = value_map();
        const char *group = "", *version = "";
        for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
                if (!value_append(a, &paths, value_str(fixed[i])))
                        return err_oom(err);
        for (size_t at = 0; at < kind_count(kinds); at++) {
                const struct kind *k = kind_at(kinds, at);
                bool new_group = !streq(k->group, group);
                if (!k->group[0] || (!new_group && streq(k->version, version)))
                        continue;
                struct value own = value_strf(a, "/apis/%s", k->group);
                struct value served = value_strf(a, "/apis/%s/%s", k->group, k->version);
                if (value_is_null(&own) || value_is_null(&served) || (new_group && !value_append(a, &paths, own)) ||
                    !value_append(a, &paths, served))
                        return err_oom(err);
                group = k->group;
                version = k->version;
        }
        qsort(paths.items, paths.len, sizeof(*paths.items), by_text);
        if (!value_set(a, &v, "paths", paths))
                return err_oom(err);
        return write_json(a, &v, ret, err);
}

/* Groups and versions: /apis/G, /apis/G/V and /api/v1. */
static int respond_group(struct arena *a, const struct kind_set *kinds, const char *path, struct document *ret,
                         struct err *err) {
        struct value v;
        const char *slash = strchr(path, '/');
        char *group = arena_strndup(a, path, slash ? (size_t)(slash - path) : strlen(path));
        if (!group)
                return err_oom(err);
        int found = slash ? discovery_resources(a, kinds, group, slash + 1, &v, err)
                          : discovery_group(a, kinds, group, &v, err);
        return found == 1 ? write_json(a, &v, ret, err) : found;
}

static int respond_api(struct arena *a, const struct kind_set *kinds, const struct discovery_options *options,
                       const struct document_request *request, const char *path, struct document *ret,
                       struct err *err) {
        bool core = streq(path, "/api"), groups = streq(path, "/apis");
        enum form form = negotiate(request->accept);
        struct value v;
        if (form == FORM_NONE)
                return err_set(err, ERR_NOT_ACCEPTABLE,
                               "only the following media types are accepted: application/json, application/yaml, "
                               "application/vnd.kubernetes.protobuf");
        if ((core || groups) && form == FORM_AGGREGATED)
                return respond_aggregated(a, kinds, core, request, ret, err);
        if (core && discovery_versions(a, options->server_address, &v, err) < 0)
                return -1;
        if (groups && discovery_groups(a, kinds, &v, err) < 0)
                return -1;
        if (core || groups)
                return write_json(a, &v, ret, err);
        if (str_has_prefix(path, "/apis/"))
                return respond_group(a, kinds, path + strlen("/apis/"), ret, err);
        int found = discovery_resources(a, kinds, "", path + strlen("/api/"), &v, err);
        return found == 1 ? write_json(a, &v, ret, err) : found;
}

int discovery_respond(struct arena *a, const struct kind_set *kinds, const struct discovery_options *options,
                      const struct document_request *request, struct document *ret, struct err *err) {
        size_t n = strlen(request->path);
        char *path = arena_strdup(a, request->path);
        *ret = (struct document){0};
        if (!path)
                return err_oom(err);
        if (n > 1 && path[n - 1] == '/')
                path[n - 1] = '\0';
        bool api = streq(path, "/api") || streq(path, "/apis") || str_has_prefix(path, "/api/") ||
                   str_has_prefix(path, "/apis/");
        if (api && !streq(request->method, "GET"))
                return err_set(err, ERR_METHOD, "the server does not allow this method on the requested resource");
        if (api)
                return respond_api(a, kinds, options, request, path, ret, err);
        if (streq(path, "/version"))
                return respond_version(a, options, ret, err);
        if (streq(path, "/"))
                return respond_root(a, kinds, ret, err);
        return respond_health(a, options, request, path, ret, err);
}
