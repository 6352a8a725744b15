/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that are no resource: discovery, OpenAPI, health, the keys of service account tokens, metrics. */
#include "apiserver/auth/reviews.h"
#include "apiserver/discovery/discovery.h"
#include "apiserver/handlers/negotiate.h"
#include "apiserver/handlers/status.h"
#include "apiserver/handlers/verbs.h"
#include "base/limits.h"
#include "data/json/json.h"

#include <inttypes.h>

static void send_document(struct call *c, const struct document *d) {
        struct http_header headers[7];
        size_t n = 0;
        const struct {
                const char *name, *value;
        } optional[] = {
                {"Cache-Control", d->cache_control},
                {"Etag", d->etag},
                {"Expires", d->expires},
                {"Vary", d->vary},
                {"Location", d->location},
                {"Allow", d->allow},
                {"X-Content-Type-Options", d->nosniff ? "nosniff" : NULL},
        };
        for (size_t i = 0; i < ARRAY_LEN(optional); i++)
                if (optional[i].value)
                        headers[n++] = (struct http_header){optional[i].name, optional[i].value};
        call_body(c, d->status, d->content_type, headers, n, d->body, d->body_len);
}

static int openid(struct call *c, struct err *err) {
        bool keys = streq(c->info.path, "/openid/v1/jwks");
        const char *accept = http_header(c->http, "accept");
        struct value answer;
        char server[160];
        if (keys && accept && *accept && !strstr(accept, "application/jwk-set+json") && !strstr(accept, "*/*"))
                return err_set(err, ERR_NOT_ACCEPTABLE,
                               "406: Not Acceptable\n\nAvailable representations: application/jwk-set+json");
        snprintf(server, sizeof(server), "https://%s", c->server->address);
        if ((keys ? openid_keys(c->server->auth, c->arena, &answer, err)
                  : openid_configuration(c->server->auth, c->arena, server, &answer, err)) < 0)
                return -1;
        _cleanup_buf_ struct buf b = BUF_INIT(65536);
        json_write(&b, &answer, 0);
        struct http_header cache = {"Cache-Control", "public, max-age=3600"};
        call_body(c, 200, keys ? "application/jwk-set+json" : "application/json", &cache, 1, buf_str(&b), b.len);
        return 0;
}

static void write_metrics(struct call *c, struct store_resource **all, size_t n, struct buf *b) {
        struct store *s = registry_store(c->server->registry);
        buf_addf(b,
                 "# HELP weir_apiserver_resource_version Version of the newest write.\n"
                 "# TYPE weir_apiserver_resource_version counter\n"
                 "weir_apiserver_resource_version %" PRIu64 "\n"
                 "# HELP weir_apiserver_watches Open watches.\n"
                 "# TYPE weir_apiserver_watches gauge\n"
                 "weir_apiserver_watches %u\n"
                 "# HELP apiserver_storage_objects Number of stored objects by resource.\n"
                 "# TYPE apiserver_storage_objects gauge\n",
                 store_rv(s), atomic_load(&c->server->watches));
        for (size_t i = 0; i < n; i++) {
                const char *group = store_resource_group(all[i]);
                buf_addf(b, "apiserver_storage_objects{resource=\"%s%s%s\"} %zu\n", store_resource_name(all[i]),
                         *group ? "." : "", group, store_count(s, all[i]));
        }
}

static int metrics(struct call *c, struct err *err) {
        _cleanup_free_ struct store_resource **all = NULL;
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_METRICS);
        size_t n = 0;
        if (store_resources(registry_store(c->server->registry), &all, &n, err) < 0)
                return -1;
        write_metrics(c, all, n, &b);
        if (buf_failed(&b))
                return err_oom(err);
        call_body(c, 200, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", NULL, 0, buf_str(&b),
                  b.len);
        return 0;
}

static int handle(struct call *c, struct err *err) {
        const char *path = c->info.path;
        struct document d = {0};
        struct document_request request = {
                .method = c->http->method,
                .path = path,
                .query = c->http->query,
                .accept = http_header(c->http, "accept"),
                .if_none_match = http_header(c->http, "if-none-match"),
        };
        struct discovery_options options = {.git_version = SERVER_VERSION, .server_address = c->server->address};
        if (streq(path, "/openid/v1/jwks") || streq(path, "/.well-known/openid-configuration"))
                return openid(c, err);
        if (streq(path, "/metrics"))
                return metrics(c, err);
        int found = str_has_prefix(path, "/openapi/")
                            ? openapi_respond(c->server->openapi, c->arena, c->kinds, &request, &d, err)
                            : discovery_respond(c->arena, c->kinds, &options, &request, &d, err);
        if (found < 0)
                return -1;
        if (found == 0)
                discovery_not_found(&d);
        send_document(c, &d);
        return 0;
}

void not_found_handle(struct call *c) {
        struct document d;
        discovery_not_found(&d);
        send_document(c, &d);
}

void document_handle(struct call *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (handle(c, &err) < 0)
                call_fail(c, &err);
}
