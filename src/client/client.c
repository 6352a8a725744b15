/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: a pool of curl handles, headers, and the way from a failed answer to an err. */
#include "client/internal.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/limits.h"
#include "client/curl_library.h"
#include "data/json/json.h"

static int copy_string(struct arena *a, const char **s) {
        if (*s && !(*s = arena_strdup(a, *s)))
                return -1;
        return 0;
}

static int copy_config(struct arena *a, struct client_config *c) {
        const char **strings[] = {&c->server, &c->unix_socket, &c->ca_pem,          &c->cert_pem,         &c->key_pem,
                                  &c->token,  &c->token_file,  &c->tls_server_name, &c->default_namespace};
        for (size_t i = 0; i < ARRAY_LEN(strings); i++)
                if (copy_string(a, strings[i]) < 0)
                        return -1;
        return 0;
}

int client_new(const struct client_config *config, struct client **ret, struct err *err) {
        if (!config->server)
                return err_set(err, ERR_INVALID, "no API server address in the client configuration");
        if (curl_library_load(err) < 0)
                return -1;
        struct client *c = calloc(1, sizeof(*c));
        if (!c)
                return err_oom(err);
        pthread_mutex_init(&c->lock, NULL);
        pthread_mutex_init(&c->discovery_lock, NULL);
        c->config = *config;
        c->arena = arena_new(0);
        if (!c->arena || copy_config(c->arena, &c->config) < 0) {
                client_free(c);
                return err_oom(err);
        }
        *ret = c;
        return 0;
}

struct client *client_free(struct client *c) {
        if (!c)
                return NULL;
        while (c->n_idle)
                curl_easy_cleanup(c->idle[--c->n_idle]);
        strmap_done(&c->discovery);
        arena_free(c->discovery_arena);
        arena_free(c->arena);
        free(c->token);
        pthread_mutex_destroy(&c->lock);
        pthread_mutex_destroy(&c->discovery_lock);
        free(c);
        return NULL;
}

/* ---- handles ---- */

static void set_pem(CURL *h, CURLoption option, const char *pem) {
        if (!pem)
                return;
        struct curl_blob blob = {.data = (void *)pem, .len = strlen(pem), .flags = CURL_BLOB_NOCOPY};
        curl_easy_setopt(h, option, &blob);
}

static void set_common(const struct client *c, CURL *h) {
        const struct client_config *k = &c->config;
        curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(h, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
        curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, 10L);
        if (k->unix_socket)
                curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, k->unix_socket);
        set_pem(h, CURLOPT_CAINFO_BLOB, k->ca_pem);
        set_pem(h, CURLOPT_SSLCERT_BLOB, k->cert_pem);
        set_pem(h, CURLOPT_SSLKEY_BLOB, k->key_pem);
        if (k->insecure_skip_verify) {
                curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
                curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);
        }
}

CURL *client_handle_take(struct client *c) {
        CURL *h = NULL;
        pthread_mutex_lock(&c->lock);
        if (c->n_idle)
                h = c->idle[--c->n_idle];
        pthread_mutex_unlock(&c->lock);
        if (h)
                curl_easy_reset(h); /* keeps the connection */
        else
                h = curl_easy_init();
        if (h)
                set_common(c, h);
        return h;
}

void client_handle_give(struct client *c, CURL *h) {
        if (!h)
                return;
        pthread_mutex_lock(&c->lock);
        bool kept = c->n_idle < CLIENT_POOL_MAX;
        if (kept)
                c->idle[c->n_idle++] = h;
        pthread_mutex_unlock(&c->lock);
        if (!kept)
                curl_easy_cleanup(h);
}

/* ---- headers ---- */

/* The token of the token file, read again once a minute; malloc'ed. */
static char *current_token(struct client *c) {
        pthread_mutex_lock(&c->lock);
        int64_t now = clock_monotonic_ns();
        if (!c->token || now - c->token_read_at > 60 * NSEC_PER_SEC) {
                char *text;
                size_t n;
                if (fs_read(AT_FDCWD, c->config.token_file, LIMIT_TOKEN_BYTES, &text, &n, NULL) == 0) {
                        text[strcspn(text, "\r\n")] = '\0';
                        free(c->token);
                        c->token = text;
                        c->token_read_at = now;
                }
        }
        char *copy = c->token ? strdup(c->token) : NULL;
        pthread_mutex_unlock(&c->lock);
        return copy;
}

static int add_header(struct curl_slist **list, const char *name, const char *value) {
        _cleanup_free_ char *line = NULL;
        if (asprintf(&line, "%s: %s", name, value) < 0)
                return -1;
        struct curl_slist *longer = curl_slist_append(*list, line);
        if (!longer)
                return -1;
        *list = longer;
        return 0;
}

static int add_authorization(struct client *c, struct curl_slist **list) {
        _cleanup_free_ char *from_file = c->config.token_file ? current_token(c) : NULL;
        const char *token = from_file ? from_file : c->config.token;
        if (!token)
                return 0;
        _cleanup_free_ char *value = NULL;
        if (asprintf(&value, "Bearer %s", token) < 0)
                return -1;
        return add_header(list, "Authorization", value);
}

struct curl_slist *client_headers(struct client *c, const struct client_request *r) {
        struct curl_slist *list = NULL;
        int failed = add_header(&list, "Accept", r->accept ? r->accept : "application/json");
        failed |= add_header(&list, "Expect", "");
        failed |= add_authorization(c, &list);
        if (r->body)
                failed |= add_header(&list, "Content-Type", r->content_type ? r->content_type : "application/json");
        if (r->as && r->as->user) {
                failed |= add_header(&list, "Impersonate-User", r->as->user);
                for (const char *const *g = r->as->groups; g && *g; g++)
                        failed |= add_header(&list, "Impersonate-Group", *g);
        }
        if (failed) {
                curl_slist_free_all(list);
                return NULL;
        }
        return list;
}

char *client_url(struct client *c, struct arena *a, const char *path, const char *query) {
        size_t n = strlen(c->config.server);
        while (n && c->config.server[n - 1] == '/')
                n--;
        return arena_printf(a, "%.*s%s%s%s", (int)n, c->config.server, path, query && *query ? "?" : "",
                            query ? query : "");
}

/* ---- requests ---- */

static size_t receive(char *data, size_t size, size_t count, void *context) {
        struct buf *b = context;
        buf_add(b, data, size * count);
        return buf_failed(b) ? 0 : size * count;
}

int client_curl_err(const struct client *c, CURLcode code, const char *what, struct err *err) {
        enum err_class class = code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT
                               : code == CURLE_WRITE_ERROR      ? ERR_TOO_LARGE
                                                                : ERR_UNAVAILABLE;
        return err_set(err, class, "%s %s: %s", what, c->config.unix_socket ? c->config.unix_socket : c->config.server,
                       curl_easy_strerror(code));
}

static void set_method(CURL *h, const struct client_request *r) {
        curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, r->method);
        if (r->body) {
                curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
                curl_easy_setopt(h, CURLOPT_POSTFIELDS, r->body);
        } else if (streq(r->method, "GET")) {
                curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
        }
}

static int perform(struct client *c, CURL *h, const struct client_request *r, const char *url, struct buf *out,
                   int *ret_status, struct err *err) {
        struct curl_slist *headers = client_headers(c, r);
        if (!headers)
                return err_oom(err);
        int64_t timeout = r->timeout_ns ? r->timeout_ns : 30 * NSEC_PER_SEC;
        set_method(h, r);
        curl_easy_setopt(h, CURLOPT_URL, url);
        curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(timeout / NSEC_PER_MSEC));
        curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, c->config.unix_socket ? NULL : "");
        curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, receive);
        curl_easy_setopt(h, CURLOPT_WRITEDATA, out);
        CURLcode code = curl_easy_perform(h);
        long status = 0;
        curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
        curl_slist_free_all(headers);
        if (code != CURLE_OK)
                return client_curl_err(c, code, r->method, err);
        *ret_status = (int)status;
        return 0;
}

int client_do_raw(struct client *c, struct arena *a, const struct client_request *r, int *ret_status, char **ret_body,
                  size_t *ret_len, struct err *err) {
        char *url = client_url(c, a, r->path, r->query);
        if (!url)
                return err_oom(err);
        CURL *h = client_handle_take(c);
        if (!h)
                return err_oom(err);
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_RESPONSE_BYTES);
        int done = perform(c, h, r, url, &out, ret_status, err);
        client_handle_give(c, h);
        if (done < 0)
                return -1;
        if (!(*ret_body = arena_strndup(a, buf_str(&out), out.len)))
                return err_oom(err);
        *ret_len = out.len;
        return 0;
}

int client_do(struct client *c, struct arena *a, const struct client_request *r, struct value *ret, struct err *err) {
        int status;
        char *body;
        size_t n;
        if (client_do_raw(c, a, r, &status, &body, &n, err) < 0)
                return -1;
        if (status < 200 || status > 299)
                return client_status_to_err(status, body, n, err);
        if (ret && json_parse(a, body, n, JSON_KUBERNETES, NULL, ret, err) < 0)
                return err_wrap(err, "answer of %s %s", r->method, r->path);
        return 0;
}
