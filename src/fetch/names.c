/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/artifact.h"

#include <ctype.h>

/* As Go's path.Join cleans: no empty parts, no ".", ".." takes the part before it away; but never above the root. */
static void clean(char *path) {
        char *to = path;
        for (const char *from = path; *from;) {
                size_t part = strcspn(from, "/");
                bool up = part == 2 && from[0] == '.' && from[1] == '.';
                bool nothing = part == 0 || (part == 1 && from[0] == '.');
                if (up) {
                        while (to > path && *--to != '/')
                                ;
                } else if (!nothing) {
                        if (to > path)
                                *to++ = '/';
                        memmove(to, from, part);
                        to += part;
                }
                from += part + (from[part] == '/');
        }
        *to = '\0';
}

const char *artifact_path(struct arena *a, const char *kind, const char *namespace, const char *name,
                          const char *file) {
        char *path = arena_printf(a, "%s/%s/%s/%s", kind, namespace, name, file);
        if (!path)
                return NULL;
        for (size_t i = 0, n = strlen(kind); i < n; i++)
                if (path[i] >= 'A' && path[i] <= 'Z')
                        path[i] = (char)(path[i] - 'A' + 'a');
        clean(path);
        return path;
}

const char *artifact_url(struct arena *a, const char *address, const char *path) {
        bool scheme = str_has_prefix(address, "http://") || str_has_prefix(address, "https://");
        return arena_printf(a, "%s%s/%s", scheme ? "" : "http://", address, path);
}

/* What may stand in a URL's host as it is (net/url). */
static bool host_keeps(unsigned char c) {
        return isalnum(c) || (c && strchr("-_.~!$&'()*+,;=:[]<>\"", c));
}

const char *artifact_url_set_host(struct arena *a, const char *url, const char *address) {
        const char *authority = strstr(url, "://");
        if (!authority)
                return arena_strdup(a, url);
        authority += 3;
        size_t n = strcspn(authority, "/?#");
        const char *user_end = memrchr(authority, '@', n);
        const char *host = user_end ? user_end + 1 : authority;
        char *escaped = arena_alloc(a, 3 * strlen(address) + 1);
        if (!escaped)
                return NULL;
        char *to = escaped;
        for (const char *p = address; *p; p++)
                if (host_keeps((unsigned char)*p))
                        *to++ = *p;
                else
                        to += snprintf(to, 4, "%%%02X", (unsigned)(unsigned char)*p);
        *to = '\0';
        return arena_printf(a, "%.*s%s%s", (int)(host - url), url, escaped, authority + n);
}

int artifact_digest_kind(const char *name, enum digest_kind *ret, struct err *err) {
        enum digest_kind kind;
        if (digest_kind_of(name, strlen(name), &kind) < 0 || kind == DIGEST_MD5)
                return err_set(err, ERR_UNSUPPORTED, "unsupported digest algorithm: %s", name);
        *ret = kind;
        return 0;
}
