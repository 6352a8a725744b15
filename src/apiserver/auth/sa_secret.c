/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/sa_secret.h"

#include "apiserver/auth/auth_private.h"
#include "apiserver/auth/pki.h"
#include "apiserver/auth/sa_token.h"
#include "data/base64.h"

#define NAME "kubernetes.io/service-account.name"
#define UID "kubernetes.io/service-account.uid"

static const char *annotation(const struct value *secret, const char *key) {
        return value_string_or(value_path(secret, "metadata", "annotations", key, NULL), "");
}

/* Sets data.KEY to the text, base64-encoded. 1: it was that already. */
static int set_data(struct arena *a, struct value *data, const char *key, const char *text, struct err *err) {
        size_t n;
        char *encoded = base64_encode(a, text, strlen(text), &n);
        if (!encoded)
                return err_oom(err);
        if (value_equals_str(value_get(data, key), encoded))
                return 1;
        return value_set(a, data, key, value_strn(encoded, n)) ? 0 : err_oom(err);
}

/* 1: the service account is not there, or is another one than the Secret was made for. */
static int find_account(const struct auth *x, struct arena *a, const struct value *secret, struct value *ret,
                        struct err *err) {
        const struct auth_lookup *l = &x->options.lookup;
        const char *namespace_ = value_path_str(secret, "metadata", "namespace", NULL);
        const char *name = annotation(secret, NAME), *uid = annotation(secret, UID);
        struct err e = ERR_INIT;
        if (!namespace_ || !name[0])
                return 1;
        if (l->get(l->context, a, "serviceaccounts", namespace_, name, ret, &e) < 0) {
                if (e.class != ERR_NOT_FOUND)
                        return err_move(err, &e);
                err_done(&e);
                return 1;
        }
        const char *live = value_path_str(ret, "metadata", "uid", NULL);
        return !live || (uid[0] && !streq(uid, live));
}

int sa_secret_change(void *auth, struct arena *a, struct value *secret, struct err *err) {
        const struct auth *x = auth;
        if (!value_equals_str(value_get(secret, "type"), SA_SECRET_TYPE))
                return 1;
        struct value account;
        int found = find_account(x, a, secret, &account, err);
        if (found != 0)
                return found;
        const char *namespace_ = value_path_str(secret, "metadata", "namespace", NULL);
        struct sa_token_ref ref = {value_path_str(&account, "metadata", "name", NULL),
                                   value_path_str(&account, "metadata", "uid", NULL)};
        struct value *data = value_obtain_map(a, secret, "data");
        struct value *annotations = value_path(secret, "metadata", "annotations", NULL);
        if (!data || !annotations)
                return err_oom(err);
        bool same_uid = value_equals_str(value_get(annotations, UID), ref.uid);
        if (!same_uid && !value_set(a, annotations, UID, value_str(ref.uid)))
                return err_oom(err);
        int ca = set_data(a, data, "ca.crt", pki_ca_pem(x->options.pki), err);
        int ns = ca < 0 ? -1 : set_data(a, data, "namespace", namespace_, err);
        if (ns < 0)
                return -1;
        const char *token;
        const struct value *has = value_get(data, "token");
        if (value_is_string(has) && has->len)
                return same_uid && ca == 1 && ns == 1;
        if (sa_token_issue_legacy(x, a, namespace_, value_path_str(secret, "metadata", "name", NULL), &ref, &token,
                                  err) < 0)
                return -1;
        return set_data(a, data, "token", token, err) < 0 ? -1 : 0;
}
