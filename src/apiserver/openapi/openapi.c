/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/openapi/openapi.h"

#include "apiserver/openapi/spec.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "data/digest.h"
#include "data/json/json.h"

#include <pthread.h>
#include <time.h>

#define JSON_TYPE "application/json"
#define V2_PROTOBUF_ASKED "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
#define V2_PROTOBUF_GIVEN "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
#define YEAR_SECONDS (INT64_C(365) * 24 * 3600)

/* One ready document. */
struct entry {
        char *key; /* "2", "2.pb", "3/apis/apps/v1" */
        char *bytes;
        size_t len;
        char hash[DIGEST_HEX_MAX];
};

struct openapi {
        pthread_mutex_t lock;
        const struct kind_set *kinds; /* what the entries were made from */
        struct strmap entries;
};

/* Documents about the server itself, beside those of groups and versions. */
static const char *const server_documents[] = {".well-known/openid-configuration", "api", "apis", "openid/v1/jwks",
                                               "version"};

static void entry_free(struct entry *e) {
        if (!e)
                return;
        free(e->key);
        free(e->bytes);
        free(e);
}

static void forget(struct openapi *o) {
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&o->entries, &at));)
                entry_free(e->value);
        strmap_done(&o->entries);
        o->entries = STRMAP_INIT;
        kind_set_unref(o->kinds);
        o->kinds = NULL;
}

struct openapi *openapi_new(void) {
        struct openapi *o = calloc(1, sizeof(*o));
        if (o)
                pthread_mutex_init(&o->lock, NULL);
        return o;
}

struct openapi *openapi_free(struct openapi *o) {
        if (!o)
                return NULL;
        forget(o);
        pthread_mutex_destroy(&o->lock);
        free(o);
        return NULL;
}

void openapi_invalidate(struct openapi *o) {
        pthread_mutex_lock(&o->lock);
        forget(o);
        pthread_mutex_unlock(&o->lock);
}

/* ---- what a document holds ---- */

static bool first_of_group(const struct kind_set *kinds, size_t i) {
        return i == 0 || !streq(kind_at(kinds, i)->group, kind_at(kinds, i - 1)->group);
}

static bool first_of_version(const struct kind_set *kinds, size_t i) {
        return first_of_group(kinds, i) || !streq(kind_at(kinds, i)->version, kind_at(kinds, i - 1)->version);
}

static void add_kind(struct spec *s, const struct kind *k) {
        if (k->custom)
                spec_add_custom(s, k);
        spec_add_kind_paths(s, k);
}

static void fill_all(struct spec *s) {
        for (size_t i = 0; i < ARRAY_LEN(server_documents); i++)
                spec_add_server_path(s, server_documents[i]);
        for (size_t i = 0; i < kind_count(s->kinds); i++) {
                const struct kind *k = kind_at(s->kinds, i);
                if (first_of_group(s->kinds, i) && k->group[0])
                        spec_add_group_paths(s, k->group, NULL);
                if (first_of_version(s->kinds, i))
                        spec_add_group_paths(s, k->group, k->version);
                add_kind(s, k);
        }
}

/* One document of version 3; false when there is no such path. */
static bool fill_path(struct spec *s, const char *path) {
        bool found = false;
        for (size_t i = 0; i < ARRAY_LEN(server_documents); i++)
                if (streq(server_documents[i], path)) {
                        spec_add_server_path(s, path);
                        return true;
                }
        for (size_t i = 0; i < kind_count(s->kinds); i++) {
                const struct kind *k = kind_at(s->kinds, i);
                char version[512], group[512];
                snprintf(group, sizeof(group), "apis/%s", k->group);
                snprintf(version, sizeof(version), k->group[0] ? "apis/%s/%s" : "api%s/%s", k->group, k->version);
                if (k->group[0] && streq(group, path)) {
                        spec_add_group_paths(s, k->group, NULL);
                        return true;
                }
                if (!streq(version, path))
                        continue;
                if (!found)
                        spec_add_group_paths(s, k->group, k->version);
                found = true;
                add_kind(s, k);
        }
        return found;
}

/* ---- making and keeping ---- */

/* The upper-case digest that a document is named by. Documents of built-in kinds are the same for one build; those of
 * custom kinds follow their CRDs. */
static int name_document(struct entry *e, struct err *err) {
        if (digest_hex(DIGEST_SHA512, e->bytes, e->len, e->hash, err) < 0)
                return -1;
        for (char *p = e->hash; *p; p++)
                if (*p >= 'a' && *p <= 'f')
                        *p = (char)(*p - 'a' + 'A');
        return 0;
}

static int make(struct arena *a, const struct kind_set *kinds, struct entry *e, bool *ret_found, struct err *err) {
        bool protobuf = streq(e->key, "2.pb");
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_DISCOVERY_BYTES);
        struct value document;
        struct spec s;
        spec_init(&s, a, kinds, e->key[0] == '2' ? 2 : 3);
        *ret_found = true;
        if (s.version == 2)
                fill_all(&s);
        else
                *ret_found = fill_path(&s, e->key + 2);
        int status = *ret_found ? spec_finish(&s, &document, err) : 0;
        spec_done(&s);
        if (status < 0 || !*ret_found)
                return status;
        if (protobuf)
                protobuf_write_document(&b, &document);
        else
                json_write(&b, &document, 0);
        e->len = b.len;
        e->bytes = buf_failed(&b) ? NULL : buf_take(&b);
        return e->bytes ? name_document(e, err) : err_oom(err);
}

/* The entry of a key, made when it is not there: 1; 0 when there is no such document. Called with the lock held: the
 * documents are made once, and everybody else who wants one wants the same. */
static int obtain(struct openapi *o, const char *key, const struct entry **ret, struct err *err) {
        struct entry *e = strmap_get(&o->entries, key, strlen(key));
        bool found = false;
        if (e) {
                *ret = e;
                return 1;
        }
        _cleanup_arena_ struct arena *a = arena_new(0);
        e = calloc(1, sizeof(*e));
        if (!a || !e || !(e->key = strdup(key))) {
                entry_free(e);
                return err_oom(err);
        }
        int status = make(a, o->kinds, e, &found, err);
        if (status == 0 && found && strmap_set(&o->entries, e->key, strlen(e->key), e) < 0)
                status = err_oom(err);
        if (status < 0 || !found) {
                entry_free(e);
                return status;
        }
        *ret = e;
        return 1;
}

/* ---- answering ---- */

static bool accepts(const char *accept, const char *type) {
        if (!accept || !accept[0])
                return true;
        while (*accept) {
                size_t n = strcspn(accept, ",");
                const char *p = accept + strspn(accept, " ");
                size_t len = strcspn(p, ",; ");
                if ((len == strlen(type) && strncmp(p, type, len) == 0) || (len == 3 && strncmp(p, "*/*", 3) == 0) ||
                    (len == 13 && strncmp(p, "application/*", 13) == 0))
                        return true;
                accept += n + (accept[n] == ',');
        }
        return false;
}

static int not_acceptable(struct document *ret) {
        *ret = (struct document){.status = 406, .vary = "Accept", .body = ""};
        return 1;
}

static int show(struct arena *a, const struct entry *e, const char *type, const struct document_request *request,
                struct document *ret, struct err *err) {
        ret->status = 200;
        ret->content_type = type;
        ret->vary = "Accept";
        ret->etag = arena_printf(a, "\"%s\"", e->hash);
        if (!ret->etag)
                return err_oom(err);
        if (request->if_none_match && strstr(request->if_none_match, e->hash)) {
                ret->status = 304;
                ret->content_type = NULL;
                ret->body = "";
                return 1;
        }
        ret->body = arena_strndup(a, e->bytes, e->len);
        ret->body_len = e->len;
        return ret->body ? 1 : err_oom(err);
}

static int respond_v2(struct openapi *o, struct arena *a, const struct document_request *request, struct document *ret,
                      struct err *err) {
        const struct entry *e;
        bool protobuf = request->accept && strstr(request->accept, V2_PROTOBUF_ASKED);
        if (!protobuf && !accepts(request->accept, JSON_TYPE))
                return not_acceptable(ret);
        int found = obtain(o, protobuf ? "2.pb" : "2", &e, err);
        return found == 1 ? show(a, e, protobuf ? V2_PROTOBUF_GIVEN : JSON_TYPE, request, ret, err) : found;
}

static int index_entry(struct openapi *o, struct arena *a, const char *path, struct value *paths, struct err *err) {
        const struct entry *e;
        struct value row = value_map();
        const char *key = arena_printf(a, "3/%s", path);
        int found = key ? obtain(o, key, &e, err) : err_oom(err);
        if (found <= 0)
                return found;
        struct value url = value_strf(a, "/openapi/v3/%s?hash=%s", path, e->hash);
        if (value_is_null(&url) || !value_set(a, &row, "serverRelativeURL", url) || !value_set(a, paths, path, row))
                return err_oom(err);
        return 0;
}

static int respond_index(struct openapi *o, struct arena *a, struct document *ret, struct err *err) {
        struct value root = value_map(), paths = value_map();
        for (size_t i = 0; i < ARRAY_LEN(server_documents); i++)
                if (index_entry(o, a, server_documents[i], &paths, err) < 0)
                        return -1;
        for (size_t i = 0; i < kind_count(o->kinds); i++) {
                const struct kind *k = kind_at(o->kinds, i);
                const char *group = arena_printf(a, "apis/%s", k->group);
                const char *version = k->group[0] ? arena_printf(a, "apis/%s/%s", k->group, k->version)
                                                  : arena_printf(a, "api/%s", k->version);
                if (!group || !version)
                        return err_oom(err);
                if (k->group[0] && first_of_group(o->kinds, i) && index_entry(o, a, group, &paths, err) < 0)
                        return -1;
                if (first_of_version(o->kinds, i) && index_entry(o, a, version, &paths, err) < 0)
                        return -1;
        }
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_DISCOVERY_BYTES);
        if (!value_set(a, &root, "paths", paths))
                return err_oom(err);
        json_write(&b, &root, JSON_SORT_KEYS);
        ret->status = 200;
        ret->content_type = "text/plain; charset=utf-8";
        ret->body = buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
        ret->body_len = b.len;
        return ret->body ? 1 : err_oom(err);
}

/* "Sun, 21 Nov 2027 01:45:54 UTC" a year from now: what is named by its digest never changes. */
static const char *next_year(struct arena *a) {
        char text[64];
        struct tm tm;
        time_t when = (time_t)(clock_realtime_ns() / NSEC_PER_SEC + YEAR_SECONDS);
        if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S UTC", &tm))
                return NULL;
        return arena_strdup(a, text);
}

static int respond_v3(struct openapi *o, struct arena *a, const char *path, const struct document_request *request,
                      struct document *ret, struct err *err) {
        const struct entry *e;
        const char *query = request->query ? request->query : "", *hash = strstr(query, "hash=");
        const char *key = arena_printf(a, "3/%s", path);
        int found = key ? obtain(o, key, &e, err) : err_oom(err);
        if (found <= 0)
                return found;
        if (!accepts(request->accept, JSON_TYPE))
                return not_acceptable(ret);
        size_t n = hash ? strcspn(hash + 5, "&") : 0;
        bool right = n == strlen(e->hash) && strncmp(hash + 5, e->hash, n) == 0;
        if (show(a, e, JSON_TYPE, request, ret, err) < 0)
                return -1;
        if (n && !right) {
                ret->status = 301;
                ret->body = "";
                ret->body_len = 0;
                ret->location = arena_printf(a, "/openapi/v3/%s?hash=%s", path, e->hash);
                return ret->location ? 1 : err_oom(err);
        }
        if (right) {
                ret->cache_control = "public, immutable";
                ret->expires = next_year(a);
        }
        return 1;
}

static int respond_locked(struct openapi *o, struct arena *a, const struct document_request *request,
                          struct document *ret, struct err *err) {
        static const char v3[] = "/openapi/v3/";
        size_t n = strlen(request->path);
        char *path = arena_strdup(a, request->path);
        if (!path)
                return err_oom(err);
        if (n > 1 && path[n - 1] == '/')
                path[n - 1] = '\0';
        if (streq(path, "/openapi/v2"))
                return respond_v2(o, a, request, ret, err);
        if (streq(path, "/openapi/v3"))
                return respond_index(o, a, ret, err);
        return str_has_prefix(path, v3) ? respond_v3(o, a, path + strlen(v3), request, ret, err) : 0;
}

int openapi_respond(struct openapi *o, struct arena *a, const struct kind_set *kinds,
                    const struct document_request *request, struct document *ret, struct err *err) {
        *ret = (struct document){0};
        pthread_mutex_lock(&o->lock);
        if (o->kinds != kinds) {
                forget(o);
                o->kinds = kind_set_ref(kinds);
        }
        int status = respond_locked(o, a, request, ret, err);
        pthread_mutex_unlock(&o->lock);
        return status;
}
