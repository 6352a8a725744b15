/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/impersonate.h"
#include "base/url.h"
#include "kube/quote.h"

#define EXTRA_PREFIX "impersonate-extra-"

static int by_key(const void *a, const void *b) {
        return strcmp(((const struct rbac_extra *)a)->key, ((const struct rbac_extra *)b)->key);
}

/* The key of an Impersonate-Extra- header: percent-decoded when it can be. Header names are lower case already. */
static const char *extra_key(struct arena *a, const char *name) {
        const char *text = name + strlen(EXTRA_PREFIX);
        char *key = "";
        size_t n;
        if (url_decode(a, text, strlen(text), false, &key, &n) == 0)
                return key;
        return key ? text : NULL;
}

static struct rbac_extra *find_extra(struct rbac_extra *extra, size_t n, const char *key) {
        for (size_t i = 0; i < n; i++)
                if (streq(extra[i].key, key))
                        return &extra[i];
        return NULL;
}

static size_t count(const char *const *list) {
        size_t n = 0;
        while (list[n])
                n++;
        return n;
}

/* Headers are at most LIMIT_HTTP_HEADERS, so that a search per header costs nothing. */
static int read_extra(struct arena *a, const struct http_header *headers, size_t n, struct rbac_user *u) {
        struct rbac_extra *extra = arena_zalloc(a, n, sizeof(*extra));
        if (!extra)
                return -1;
        for (size_t i = 0; i < n; i++) {
                if (!str_has_prefix(headers[i].name, EXTRA_PREFIX))
                        continue;
                const char *key = extra_key(a, headers[i].name);
                if (!key)
                        return -1;
                struct rbac_extra *e = find_extra(extra, u->n_extra, key);
                if (!e) {
                        e = &extra[u->n_extra++];
                        *e = (struct rbac_extra){key, rbac_no_strings};
                }
                size_t had = count(e->values);
                e->values = rbac_strings_add(a, (const char **)e->values, had, headers[i].value);
                if (!e->values)
                        return -1;
        }
        qsort(extra, u->n_extra, sizeof(*extra), by_key);
        u->extra = extra;
        return 0;
}

/* Go's %#v of the user that was asked for. */
static int no_user_name(const struct rbac_user *u, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT((size_t)1 << 20);
        buf_adds(&b, "requested &user.DefaultInfo{Name:\"\", UID:");
        quote_go(&b, u->uid);
        buf_adds(&b, u->groups[0] ? ", Groups:[]string{" : ", Groups:[]string(nil");
        for (size_t i = 0; u->groups[i]; i++) {
                buf_adds(&b, i ? ", " : "");
                quote_go(&b, u->groups[i]);
        }
        buf_adds(&b, u->groups[0] ? "}" : ")");
        buf_adds(&b, u->n_extra ? ", Extra:map[string][]string{" : ", Extra:map[string][]string(nil");
        for (size_t i = 0; i < u->n_extra; i++) {
                buf_adds(&b, i ? ", " : "");
                quote_go(&b, u->extra[i].key);
                buf_adds(&b, ":[]string{");
                for (size_t j = 0; u->extra[i].values[j]; j++) {
                        buf_adds(&b, j ? ", " : "");
                        quote_go(&b, u->extra[i].values[j]);
                }
                buf_adds(&b, "}");
        }
        buf_adds(&b, u->n_extra ? "}" : ")");
        buf_adds(&b, "} without impersonating a user name");
        return err_set(err, ERR_BAD_REQUEST, "%s", buf_str(&b));
}

int impersonate_read(struct arena *a, const struct http_header *headers, size_t n, struct rbac_user *ret,
                     struct err *err) {
        struct rbac_user u = {.name = "", .uid = "", .groups = rbac_no_strings};
        bool user = false, uid = false, any = false;
        size_t n_groups = 0;
        for (size_t i = 0; i < n; i++) {
                const struct http_header *h = &headers[i];
                if (!str_has_prefix(h->name, "impersonate-"))
                        continue;
                any = true;
                if (streq(h->name, "impersonate-user") && !user) {
                        u.name = h->value;
                        user = true; /* the first one counts */
                } else if (streq(h->name, "impersonate-uid") && !uid) {
                        u.uid = h->value;
                        uid = true;
                } else if (streq(h->name, "impersonate-group")) {
                        u.groups = rbac_strings_add(a, (const char **)u.groups, n_groups++, h->value);
                        if (!u.groups)
                                return err_oom(err);
                }
        }
        if (!any)
                return 0;
        if (read_extra(a, headers, n, &u) < 0)
                return err_oom(err);
        if (!u.name[0])
                return u.uid[0] || n_groups || u.n_extra ? no_user_name(&u, err) : 0;
        *ret = u;
        return 1;
}
