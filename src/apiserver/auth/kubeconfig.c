/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/kubeconfig.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/limits.h"
#include "data/base64.h"

/* A YAML scalar in double quotes: what is not plain ASCII text is escaped. */
static void add_scalar(struct buf *b, const char *key, const char *value) {
        buf_addf(b, "%s: \"", key);
        for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
                if (*p == '"' || *p == '\\')
                        buf_addf(b, "\\%c", *p);
                else if (*p < ' ' || *p == 0x7f)
                        buf_addf(b, "\\x%02x", *p);
                else
                        buf_addc(b, (char)*p);
        }
        buf_adds(b, "\"\n");
}

static int add_data(struct buf *b, struct arena *a, const char *key, const char *pem) {
        size_t n;
        char *text = pem ? base64_encode(a, pem, strlen(pem), &n) : NULL;
        if (pem && !text)
                return -1;
        if (text)
                buf_addf(b, "%s: %s\n", key, text);
        return 0;
}

int kubeconfig_render(struct arena *a, const struct kubeconfig *k, const char **ret, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_KUBECONFIG_BYTES);
        buf_adds(&b, "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n");
        int r = add_data(&b, a, "    certificate-authority-data", k->ca_pem);
        add_scalar(&b, "    server", k->server);
        add_scalar(&b, "  name", k->cluster);
        buf_adds(&b, "users:\n- user:\n");
        r |= add_data(&b, a, "    client-certificate-data", k->cert_pem);
        r |= add_data(&b, a, "    client-key-data", k->key_pem);
        if (k->token)
                add_scalar(&b, "    token", k->token);
        add_scalar(&b, "  name", k->user);
        buf_adds(&b, "contexts:\n- context:\n");
        add_scalar(&b, "    cluster", k->cluster);
        if (k->namespace_)
                add_scalar(&b, "    namespace", k->namespace_);
        add_scalar(&b, "    user", k->user);
        add_scalar(&b, "  name", k->cluster);
        add_scalar(&b, "current-context", k->cluster);
        char *text = r < 0 || buf_failed(&b) ? NULL : arena_strndup(a, b.data, b.len);
        if (!text)
                return err_oom(err);
        *ret = text;
        return 0;
}

int kubeconfig_write(const char *path, const struct kubeconfig *k, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *text;
        if (!a)
                return err_oom(err);
        if (kubeconfig_render(a, k, &text, err) < 0)
                return -1;
        return fs_write_atomic(path, text, strlen(text), 0600, err);
}
