/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/remote.h"

#include "base/clock.h"
#include "base/url.h"

#define DEFAULT_TIMEOUT_NS (27 * NSEC_PER_SEC)
#define FILE_SCHEME "file://"

static const char *after_prefix(const char *s, const char *prefix) {
        size_t n = strlen(prefix);
        return strncasecmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* ---- ?ref=...&timeout=... ---- */

/* A query with one broken part counts for nothing, as in kustomize. */
static bool query_is_sound(const char *text) {
        for (const char *p = text; *p; p++)
                if (*p == ';' || (*p == '%' && (hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0)))
                        return false;
        return true;
}

/* Whole seconds, else a Go duration; anything else is the default. */
static int64_t read_timeout(const char *text) {
        int64_t ns;
        size_t digits = strspn(text, "0123456789");
        if (digits && !text[digits] && digits <= 9) {
                int64_t seconds = strtoll(text, NULL, 10);
                return seconds > 0 ? seconds * NSEC_PER_SEC : DEFAULT_TIMEOUT_NS;
        }
        return duration_parse(text, &ns, NULL) == 0 && ns > 0 ? ns : DEFAULT_TIMEOUT_NS;
}

/* strconv.ParseBool: what it does not know leaves the default, true. */
static bool read_submodules(const char *text) {
        static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
        for (size_t i = 0; i < ARRAY_LEN(no); i++)
                if (streq(text, no[i]))
                        return false;
        return true;
}

static void read_query(struct arena *a, const char *text, struct remote *r) {
        bool sound = text && query_is_sound(text);
        const char *ref = sound ? url_query_get(a, text, "ref") : NULL;
        const char *version = sound ? url_query_get(a, text, "version") : NULL;
        const char *timeout = sound ? url_query_get(a, text, "timeout") : NULL;
        const char *submodules = sound ? url_query_get(a, text, "submodules") : NULL;
        r->ref = ref && *ref ? ref : version ? version : "";
        r->timeout_ns = timeout ? read_timeout(timeout) : DEFAULT_TIMEOUT_NS;
        r->submodules = !submodules || read_submodules(submodules);
}

/* ---- the host ---- */

/* "user@" in front; a password, or anything but letters, digits and dashes, makes it a part of the host. */
static size_t username_length(const char *s) {
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
        bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
        return letter && s[n] == '@' ? n + 1 : 0;
}

/* Everything in front of the repository's path, with its last "/" or ":". */
struct host {
        const char *scheme; /* "https://", or "" */
        const char *user;
        size_t user_len;
        const char *host;
        size_t host_len;
};

static const char *find_scheme(const char *s, const char **ret_rest) {
        static const char *const schemes[] = {"ssh://", "https://", "http://", FILE_SCHEME};
        for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
                if ((*ret_rest = after_prefix(s, schemes[i])))
                        return schemes[i];
        *ret_rest = s;
        return "";
}

/* What stands on github.com is written in one of two ways, whatever way it was written in. */
static void normalize_github(struct host *h) {
        bool ssh = h->user_len || streq(h->scheme, "ssh://");
        h->scheme = ssh ? "" : "https://";
        h->host = ssh ? "github.com:" : "github.com/";
        h->host_len = strlen(h->host);
}

/* Takes the host off s; NULL: there is none. */
static const char *split_host(const char *s, struct host *ret) {
        const char *rest = after_prefix(s, "git::");
        s = rest ? rest : s;
        struct host h = {.scheme = find_scheme(s, &rest), .user = rest, .user_len = username_length(rest)};
        if (streq(h.scheme, FILE_SCHEME)) { /* all of it is the path of a repository on this machine */
                *ret = (struct host){.scheme = h.scheme, .user = "", .host = ""};
                return rest;
        }
        s = rest + h.user_len;
        bool github = after_prefix(s, "github.com/") || after_prefix(s, "github.com:");
        bool scp = !*h.scheme && (h.user_len || github); /* user@host:path */
        if (!*h.scheme && !scp)
                return NULL;
        const char *slash = strchr(s, '/'), *colon = scp ? strchr(s, ':') : NULL;
        const char *end = colon && (!slash || (colon > s && colon < slash)) ? colon : slash;
        h.host = s;
        h.host_len = end ? (size_t)(end - s) + 1 : strlen(s);
        s += h.host_len;
        if (github)
                normalize_github(&h);
        if (h.host_len == 0)
                return NULL;
        *ret = h;
        return s;
}

/* ---- the repository and the folder in it ---- */

/* Where the repository's path ends and where the folder begins. */
struct split {
        size_t repository;
        const char *path;
};

static bool split_at_mark(const char *s, struct split *ret) {
        const char *mark;
        if ((mark = strstr(s, "_git/"))) { /* Azure: the repository is the next part */
                size_t n = strcspn(mark + 5, "/");
                *ret = (struct split){(size_t)(mark - s) + 5 + n, mark[5 + n] ? mark + 5 + n + 1 : ""};
        } else if ((mark = strstr(s, "//"))) {
                *ret = (struct split){(size_t)(mark - s), mark + 2};
        } else if ((mark = strstr(s, ".git"))) {
                *ret = (struct split){(size_t)(mark - s) + 4, mark + 4};
        } else {
                return false;
        }
        return true;
}

/* Without a mark a repository is two parts, as on GitHub; a file's path is all of it. */
static bool split_by_length(const char *s, bool file, struct split *ret) {
        const char *first = strchr(s, '/'), *second = first ? strchr(first + 1, '/') : NULL;
        if (!file && !first)
                return false;
        *ret = file || !second ? (struct split){strlen(s), ""} : (struct split){(size_t)(second - s), second + 1};
        return true;
}

/* True when the cleaned path begins with "..". */
static bool leads_out(const char *path) {
        size_t depth = 0;
        for (path += *path == '/'; *path;) {
                size_t n = strcspn(path, "/");
                bool up = n == 2 && path[0] == '.' && path[1] == '.';
                if (up && depth == 0)
                        return true;
                if (up)
                        depth--;
                else if (n && !(n == 1 && *path == '.'))
                        depth++;
                path += n + (path[n] == '/');
        }
        return false;
}

int remote_parse(struct arena *a, const char *entry, struct remote *ret) {
        struct remote r = {.entry = entry};
        struct host h;
        struct split split;
        if (entry[0] == '/' || !(strpbrk(entry, ":@") || after_prefix(entry, "github.com/")))
                return 0; /* soon, because most entries are paths */
        char *own = arena_strdup(a, entry);
        if (!own)
                return -1;
        char *query = strchr(own, '?');
        if (query)
                *query++ = '\0';
        read_query(a, query, &r);
        const char *rest = split_host(own, &h);
        if (!rest || (!split_at_mark(rest, &split) && !split_by_length(rest, streq(h.scheme, FILE_SCHEME), &split)) ||
            split.repository == 0 || leads_out(split.path))
                return 0;
        r.path = split.path + (split.path[0] == '/');
        r.url = arena_printf(a, "%s%.*s%.*s%.*s", h.scheme, (int)h.user_len, h.user, (int)h.host_len, h.host,
                             (int)split.repository, rest);
        if (!r.url)
                return -1;
        *ret = r;
        return 1;
}

/* ---- what may be tried ---- */

bool remote_is_http_file(const char *entry) {
        static const char *const endings[] = {".yaml", ".yml", ".json"};
        const char *rest = after_prefix(entry, "https://");
        rest = rest ? rest : after_prefix(entry, "http://");
        if (!rest)
                return false;
        size_t n = strcspn(rest, "?#");
        const char *host_end = strchr(rest, '/');
        struct split split;
        bool two_parts = host_end && (size_t)(host_end - rest) < n &&
                         memchr(host_end + 1, '/', n - (size_t)(host_end + 1 - rest));
        if (!two_parts)
                return true; /* too short for a repository */
        if (split_at_mark(host_end + 1, &split))
                return false;
        for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
                size_t k = strlen(endings[i]);
                if (n > k && strncasecmp(rest + n - k, endings[i], k) == 0)
                        return true;
        }
        return false;
}

const char *remote_why_not(const struct remote *r, const char **ret_what_to_do) {
        if (str_has_prefix(r->url, FILE_SCHEME)) {
                *ret_what_to_do = "use a relative path";
                return "is refused: file: names a folder of the machine that builds";
        }
        if (!str_has_prefix(r->url, "https://") && !str_has_prefix(r->url, "http://")) {
                *ret_what_to_do = "use https, or copy the base into the source";
                return "is refused: ssh needs a key, and remote bases get no credentials";
        }
        return NULL;
}

const char *remote_redact(struct arena *a, const char *entry) {
        const char *host = strstr(entry, "://");
        host = host ? host + 3 : entry;
        const char *at = memchr(host, '@', strcspn(host, "/?#"));
        const char *colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;
        return colon ? arena_printf(a, "%.*s%s", (int)(colon - entry), entry, at) : entry;
}
