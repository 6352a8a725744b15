/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/source/git_request.h"

#include "base/clock.h"
#include "data/base64.h"

/* Which key of the Secret becomes which field of the job's auth. */
static const struct {
        const char *key;
        const char *field;
} secret_fields[] = {
        {"username", "username"}, {"password", "password"}, {"bearerToken", "bearerToken"},
        {"ca.crt", "caFile"},     {"caFile", "caFile"},     {"tls.crt", "certFile"},
        {"tls.key", "keyFile"},   {"identity", "identity"}, {"known_hosts", "knownHosts"},
};

static int refuse_unbuilt(const struct value *spec, struct err *err) {
        static const char *const fields[] = {"include", "serviceAccountName"};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
                if (value_get(spec, fields[i]))
                        return err_set_reason(err, ERR_UNSUPPORTED, "UnsupportedField",
                                              "spec.%s is not supported by this version of weir: remove it to go on",
                                              fields[i]);
        const char *provider = value_get_str(spec, "provider");
        if (provider && !streq(provider, "generic"))
                return err_set_reason(err, ERR_UNSUPPORTED, "InvalidProviderConfiguration",
                                      "spec.provider '%s' is not supported by this version of weir: expected 'generic'",
                                      provider);
        return 0;
}

/* The data of a Secret of the object's namespace, decoded: a map of strings. */
static int read_secret(struct manager *m, struct arena *a, const char *namespace_, const char *name, struct value *ret,
                       struct err *err) {
        struct value secret;
        *ret = value_map();
        if (client_get(m->client, a, NULL, "v1", "Secret", namespace_, name, &secret, err) < 0)
                return -1;
        const struct value *data = value_get(&secret, "data");
        if (value_is_map(data))
                VALUE_EACH_MEMBER(entry, data) {
                        char *text;
                        size_t n;
                        if (!value_is_string(&entry->value))
                                continue;
                        if (base64_decode(a, entry->value.str, entry->value.len, &text, &n, err) < 0)
                                return err_wrap(err, "secret '%s/%s' key '%s'", namespace_, name, entry->key);
                        if (!value_setn(a, ret, entry->key, entry->key_len, value_strn(text, n)))
                                return err_oom(err);
                }
        return 0;
}

/* "failed to get secret 'ns/name': ..." with the reason of Flux. */
static int secret_error(const char *reason, const char *namespace_, const char *name, struct err *err) {
        err_wrap(err, "failed to get secret '%s/%s'", namespace_, name);
        if (err)
                snprintf(err->reason, sizeof(err->reason), "%s", reason);
        return -1;
}

static int add_auth(struct manager *m, struct arena *a, const char *namespace_, const char *name, struct value *request,
                    struct err *err) {
        struct value secret, auth = value_map();
        if (read_secret(m, a, namespace_, name, &secret, err) < 0)
                return secret_error("AuthenticationFailed", namespace_, name, err);
        for (size_t i = 0; i < ARRAY_LEN(secret_fields); i++) {
                const struct value *v = value_get(&secret, secret_fields[i].key);
                if (v && !value_set(a, &auth, secret_fields[i].field, *v))
                        return err_oom(err);
        }
        return auth.len == 0 || value_set(a, request, "auth", auth) ? 0 : err_oom(err);
}

static int add_proxy(struct manager *m, struct arena *a, const char *namespace_, const char *name,
                     struct value *request, struct err *err) {
        struct value secret;
        if (read_secret(m, a, namespace_, name, &secret, err) < 0)
                return secret_error("AuthenticationFailed", namespace_, name, err);
        if (!value_get(&secret, "address"))
                return err_set_reason(err, ERR_INVALID, "AuthenticationFailed",
                                      "invalid proxy secret '%s/%s': key 'address' is missing", namespace_, name);
        return value_set(a, request, "proxy", secret) ? 0 : err_oom(err);
}

/* The public keys of spec.verify: entries that end in .sshpub are SSH keys, all others OpenPGP. */
static int add_verify(struct manager *m, struct arena *a, const char *namespace_, const struct value *verify,
                      struct value *request, struct err *err) {
        struct value secret, v = value_map(), pgp = value_list(), ssh = value_list();
        const char *name = value_string_or(value_path(verify, "secretRef", "name", NULL), "");
        if (read_secret(m, a, namespace_, name, &secret, err) < 0) {
                err_wrap(err, "public keys secret error");
                snprintf(err->reason, sizeof(err->reason), "VerificationError");
                return -1;
        }
        VALUE_EACH_MEMBER(key, &secret)
                if (!value_append(a, str_has_suffix(key->key, ".sshpub") ? &ssh : &pgp, key->value))
                        return err_oom(err);
        if (!value_set(a, &v, "mode", value_str(git_verify_mode(verify))) || !value_set(a, &v, "pgp", pgp) ||
            !value_set(a, &v, "ssh", ssh) || !value_set(a, request, "verify", v))
                return err_oom(err);
        return 0;
}

const char *git_verify_mode(const struct value *verify) {
        const char *mode = value_string_or(value_get(verify, "mode"), "HEAD");
        return streq(mode, "head") ? "HEAD" : mode;
}

static int copy_member(struct arena *a, struct value *to, const struct value *from, const char *key) {
        const struct value *v = value_get(from, key);
        return !v || value_set(a, to, key, *v) ? 0 : -1;
}

int git_request(struct manager *m, struct arena *a, const struct value *repository, const char *observed_revision,
                struct value *ret, struct err *err) {
        const struct value *spec = value_get(repository, "spec"), *verify = value_get(spec, "verify");
        struct value request = value_map();
        if (refuse_unbuilt(spec, err) < 0)
                return -1;
        const char *namespace_ = value_string_or(value_path(repository, "metadata", "namespace", NULL), "");
        const char *secret = value_path_str(spec, "secretRef", "name", NULL);
        const char *proxy = value_path_str(spec, "proxySecretRef", "name", NULL);
        if ((secret && add_auth(m, a, namespace_, secret, &request, err) < 0) ||
            (proxy && add_proxy(m, a, namespace_, proxy, &request, err) < 0) ||
            (value_is_map(verify) && add_verify(m, a, namespace_, verify, &request, err) < 0))
                return -1;
        int64_t timeout = manager_duration(value_get(spec, "timeout"), 60 * NSEC_PER_SEC);
        if (copy_member(a, &request, spec, "url") < 0 || copy_member(a, &request, spec, "ref") < 0 ||
            copy_member(a, &request, spec, "recurseSubmodules") < 0 ||
            copy_member(a, &request, spec, "sparseCheckout") < 0 ||
            !value_set(a, &request, "timeout", value_int((timeout + NSEC_PER_SEC - 1) / NSEC_PER_SEC)) ||
            (observed_revision && !value_set(a, &request, "observed", value_str(observed_revision))))
                return err_oom(err);
        *ret = request;
        return 0;
}
