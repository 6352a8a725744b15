/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/request.h"

#include "base/clock.h"
#include "base/limits.h"
#include "data/json/json.h"

#define DEFAULT_TIMEOUT_S 60
#define MAX_TIMEOUT_S 3600
#define URL_MAX 4096

/* A member that is a string with something in it; NUL bytes inside are refused by check_text(). */
static const char *text_of(const struct value *map, const char *key) {
        const struct value *v = value_get(map, key);
        return value_is_string(v) && v->len ? v->str : NULL;
}

/* Printable, one line, no NUL: what may stand in a URL, a ref or a header. */
static int check_line(const struct value *map, const char *key, struct err *err) {
        const struct value *v = value_get(map, key);
        if (!value_is_string(v))
                return 0;
        for (uint32_t i = 0; i < v->len; i++)
                if ((unsigned char)v->str[i] < 0x20 || v->str[i] == 0x7f)
                        return err_set(err, ERR_INVALID, "%s holds a control character", key);
        return 0;
}

/* A file's content: lines, but no NUL. */
static int check_file(const struct value *map, const char *key, struct err *err) {
        const struct value *v = value_get(map, key);
        if (value_is_string(v) && strlen(v->str) != v->len)
                return err_set(err, ERR_INVALID, "%s holds a NUL byte", key);
        return 0;
}

/* What git-check-ref-format forbids, and a leading dash. */
static int check_ref(const char *what, const char *ref, struct err *err) {
        if (!ref)
                return 0;
        size_t n = strlen(ref);
        bool bad = n > 1024 || ref[0] == '-' || ref[0] == '/' || ref[n - 1] == '/' || ref[n - 1] == '.' ||
                   strpbrk(ref, " ~^:?*[\\") || strstr(ref, "..") || strstr(ref, "@{") || strstr(ref, "//") ||
                   str_has_suffix(ref, ".lock");
        return bad ? err_set(err, ERR_INVALID, "invalid %s '%s'", what, ref) : 0;
}

static int check_commit(const char *commit, struct err *err) {
        if (!commit || (strlen(commit) == 40 && strspn(commit, "0123456789abcdefABCDEF") == 40))
                return 0;
        return err_set(err, ERR_INVALID, "invalid commit '%s': expected 40 hexadecimal digits", commit);
}

/* Drops "user:password@" from the authority. */
static const char *without_user(struct arena *a, const char *url) {
        const char *host = strstr(url, "://");
        if (!host)
                return url;
        host += 3;
        size_t authority = strcspn(host, "/?#");
        const char *at = memrchr(host, '@', authority);
        return at ? arena_printf(a, "%.*s%s", (int)(host - url), url, at + 1) : url;
}

int git_url_check(struct arena *a, const char *url, const char **ret_safe, bool *ret_ssh, struct err *err) {
        if (!url || strlen(url) > URL_MAX)
                return err_set(err, ERR_INVALID, "failed to parse url '': empty or longer than %d bytes", URL_MAX);
        for (const char *p = url; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        return err_set(err, ERR_INVALID, "url holds a control character");
        const char *safe = without_user(a, url);
        if (!safe)
                return err_oom(err);
        bool ssh = str_has_prefix(url, "ssh://");
        const char *problem = NULL;
        if (!ssh && !str_has_prefix(url, "http://") && !str_has_prefix(url, "https://"))
                problem = "unsupported scheme";
        else if (strchr(url, ' '))
                problem = "it holds a space";
        /* ssh takes a host that begins with a dash for an option; git refuses it as well. */
        else if (strchr("-/", strstr(safe, "://")[3]))
                problem = "no host";
        if (problem)
                return err_set_reason(err, ERR_INVALID, "URLInvalid", "failed to parse url '%s': %s", safe, problem);
        *ret_safe = safe;
        *ret_ssh = ssh;
        return 0;
}

static int check_auth(const struct git_request *r, struct err *err) {
        if (r->bearer_token && (r->username || r->password))
                return err_set(err, ERR_INVALID, "basic auth and bearer token cannot be set at the same time");
        if (r->ssh && !r->identity)
                return err_set_reason(err, ERR_INVALID, "AuthenticationFailed",
                                      "failed to configure authentication options: invalid 'ssh' auth option: "
                                      "'identity' is required");
        if (r->ssh && !r->known_hosts)
                return err_set_reason(err, ERR_INVALID, "AuthenticationFailed",
                                      "failed to configure authentication options: invalid 'ssh' auth option: "
                                      "'known_hosts' is required");
        if (r->ssh && strstr(r->identity, "ENCRYPTED"))
                return err_set_reason(err, ERR_UNSUPPORTED, "AuthenticationFailed",
                                      "SSH identity keys with a password are not supported");
        return 0;
}

static int parse_auth(const struct value *v, struct git_request *r, struct err *err) {
        static const char *const lines[] = {"username", "password", "bearerToken"};
        static const char *const files[] = {"caFile", "certFile", "keyFile", "identity", "knownHosts"};
        const struct value *auth = value_get(v, "auth");
        for (size_t i = 0; i < ARRAY_LEN(lines); i++)
                if (check_line(auth, lines[i], err) < 0)
                        return -1;
        for (size_t i = 0; i < ARRAY_LEN(files); i++)
                if (check_file(auth, files[i], err) < 0)
                        return -1;
        r->username = text_of(auth, "username");
        r->password = text_of(auth, "password");
        r->bearer_token = text_of(auth, "bearerToken");
        r->ca_file = text_of(auth, "caFile");
        r->cert_file = text_of(auth, "certFile");
        r->key_file = text_of(auth, "keyFile");
        r->identity = text_of(auth, "identity");
        r->known_hosts = text_of(auth, "knownHosts");
        const struct value *proxy = value_get(v, "proxy");
        static const char *const proxy_lines[] = {"address", "username", "password"};
        for (size_t i = 0; i < ARRAY_LEN(proxy_lines); i++)
                if (check_line(proxy, proxy_lines[i], err) < 0)
                        return -1;
        r->proxy = text_of(proxy, "address");
        r->proxy_username = text_of(proxy, "username");
        r->proxy_password = text_of(proxy, "password");
        return check_auth(r, err);
}

static int parse_ref(const struct value *ref, struct git_request *r, struct err *err) {
        static const char *const keys[] = {"branch", "tag", "semver", "name", "commit", "any"};
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
                if (check_line(ref, keys[i], err) < 0)
                        return -1;
        r->branch = text_of(ref, "branch");
        r->tag = text_of(ref, "tag");
        r->semver = text_of(ref, "semver");
        r->name = text_of(ref, "name");
        r->commit = text_of(ref, "commit");
        r->any = text_of(ref, "any");
        if (check_ref("branch", r->branch, err) < 0 || check_ref("tag", r->tag, err) < 0 ||
            check_ref("reference name", r->name, err) < 0 || check_ref("ref", r->any, err) < 0 ||
            check_commit(r->commit, err) < 0)
                return -1;
        if (r->name && !str_has_prefix(r->name, "refs/"))
                return err_set(err, ERR_INVALID, "invalid reference name '%s': it must begin with refs/", r->name);
        return 0;
}

static int parse_sparse(const struct value *sparse, struct git_request *r, struct err *err) {
        if (value_is_null(sparse))
                return 0;
        if (!value_is_list(sparse) || sparse->len > GIT_MAX_SPARSE)
                return err_set(err, ERR_INVALID, "sparseCheckout: expected a list of at most %d directories",
                               GIT_MAX_SPARSE);
        VALUE_EACH_ITEM(item, sparse)
                if (!value_is_string(item))
                        return err_set(err, ERR_INVALID, "sparseCheckout: expected strings");
        r->sparse = sparse->len ? sparse : NULL;
        return 0;
}

static int check_keys(const struct value *keys, struct err *err) {
        if (value_is_null(keys))
                return 0;
        if (!value_is_list(keys))
                return err_set(err, ERR_INVALID, "verify: expected lists of keys");
        VALUE_EACH_ITEM(item, keys)
                if (!value_is_string(item) || strlen(item->str) != item->len)
                        return err_set(err, ERR_INVALID, "verify: a key is no text");
        return 0;
}

static int parse_verify(const struct value *verify, struct git_request *r, struct err *err) {
        if (value_is_null(verify))
                return 0;
        const char *mode = value_string_or(value_get(verify, "mode"), "HEAD");
        r->verify_tag = streq(mode, "Tag") || streq(mode, "TagAndHEAD");
        r->verify_head = streq(mode, "HEAD") || streq(mode, "head") || streq(mode, "TagAndHEAD");
        r->pgp_keys = value_get(verify, "pgp");
        r->ssh_keys = value_get(verify, "ssh");
        if (!r->verify_tag && !r->verify_head)
                return err_set(err, ERR_INVALID, "verify: unknown mode '%s'", mode);
        return check_keys(r->pgp_keys, err) < 0 || check_keys(r->ssh_keys, err) < 0 ? -1 : 0;
}

int git_request_parse(struct arena *a, const char *text, size_t n, struct git_request *ret, struct err *err) {
        struct value *v = arena_make(a, struct value);
        if (!v)
                return err_oom(err);
        if (json_parse(a, text, n, JSON_KUBERNETES, NULL, v, err) < 0)
                return err_wrap(err, "fetch request");
        if (check_file(v, "url", err) < 0 || check_line(v, "observed", err) < 0)
                return -1;
        int64_t seconds = value_int_or(value_get(v, "timeout"), DEFAULT_TIMEOUT_S);
        int64_t max_bytes = value_int_or(value_get(v, "maxBytes"), 0);
        if (seconds < 1 || seconds > MAX_TIMEOUT_S)
                seconds = seconds < 1 ? 1 : MAX_TIMEOUT_S;
        struct git_request r = {
                .url = text_of(v, "url"),
                .observed = text_of(v, "observed"),
                .timeout_ns = seconds * NSEC_PER_SEC,
                .max_bytes = max_bytes > 0 && (uint64_t)max_bytes < LIMIT_TREE_BYTES ? (uint64_t)max_bytes
                                                                                     : LIMIT_TREE_BYTES,
        };
        if (git_url_check(a, r.url, &r.safe_url, &r.ssh, err) < 0 || parse_ref(value_get(v, "ref"), &r, err) < 0 ||
            parse_auth(v, &r, err) < 0 || parse_sparse(value_get(v, "sparseCheckout"), &r, err) < 0 ||
            parse_verify(value_get(v, "verify"), &r, err) < 0)
                return -1;
        r.pushed = value_bool_or(value_get(v, "pushed"), false);
        r.submodules = value_bool_or(value_get(v, "recurseSubmodules"), false);
        *ret = r;
        return 0;
}

static void redact(char *text, const char *secret) {
        size_t n = secret ? strlen(secret) : 0;
        if (n == 0)
                return;
        for (char *p = text; (p = strstr(p, secret)); p += n)
                memset(p, '*', n);
}

void git_request_redact(const struct git_request *r, char *text) {
        redact(text, r->password);
        redact(text, r->bearer_token);
        redact(text, r->proxy_password);
        const char *user = strstr(r->url, "://") + 3;
        size_t authority = strcspn(user, "/?#");
        const char *at = memrchr(user, '@', authority);
        const char *colon = at ? memchr(user, ':', (size_t)(at - user)) : NULL;
        size_t n = colon ? (size_t)(at - colon - 1) : 0;
        for (char *p = text; n && (p = memmem(p, strlen(p), colon + 1, n)); p += n)
                memset(p, '*', n);
}
