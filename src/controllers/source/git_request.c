/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/source/git_request.h"

#include "base/clock.h"
#include "data/base64.h"

/* Which key of the Secret becomes which field of the job's auth. */
static const struct {
        const char *key;
        const char *field;
} secret_fields[] = {
        {"username", "username"},       {"password", "password"}, {"bearerToken", "bearerToken"},
        {"ca.crt", "caFile"},           {"caFile", "caFile"},     {"tls.crt", "certFile"},
        {"tls.key", "keyFile"},         {"identity", "identity"}, {"known_hosts", "knownHosts"},
};

static int refuse_unbuilt(const struct value *spec, struct err *err) {
        static const char *const fields[] = {"include", "verify", "proxySecretRef", "serviceAccountName"};
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

static int read_auth(struct manager *m, struct arena *a, const char *namespace_, const char *name, struct value *auth,
                     struct err *err) {
        struct value secret;
        if (client_get(m->client, a, NULL, "v1", "Secret", namespace_, name, &secret, err) < 0) {
                if (err && err->class != ERR_NOT_FOUND)
                        return err_wrap(err, "failed to get secret '%s/%s'", namespace_, name);
                return err_set_reason(err, ERR_NOT_FOUND, "AuthenticationFailed",
                                      "failed to get secret '%s/%s': secrets \"%s\" not found", namespace_, name, name);
        }
        for (size_t i = 0; i < ARRAY_LEN(secret_fields); i++) {
                const struct value *data = value_path(&secret, "data", secret_fields[i].key, NULL);
                char *text;
                size_t n;
                if (!value_is_string(data))
                        continue;
                if (base64_decode(a, data->str, data->len, &text, &n, err) < 0)
                        return err_wrap(err, "secret '%s/%s' key '%s'", namespace_, name, secret_fields[i].key);
                if (!value_set(a, auth, secret_fields[i].field, value_strn(text, n)))
                        return err_oom(err);
        }
        return 0;
}

static int copy_member(struct arena *a, struct value *to, const struct value *from, const char *key) {
        const struct value *v = value_get(from, key);
        return !v || value_set(a, to, key, *v) ? 0 : -1;
}

int git_request(struct manager *m, struct arena *a, const struct value *repository, const char *observed_revision,
                struct value *ret, struct err *err) {
        const struct value *spec = value_get(repository, "spec");
        struct value request = value_map(), auth = value_map();
        if (refuse_unbuilt(spec, err) < 0)
                return -1;
        const char *secret = value_path_str(spec, "secretRef", "name", NULL);
        const char *namespace_ = value_string_or(value_path(repository, "metadata", "namespace", NULL), "");
        if (secret && read_auth(m, a, namespace_, secret, &auth, err) < 0)
                return -1;
        int64_t timeout = manager_duration(value_get(spec, "timeout"), 60 * NSEC_PER_SEC);
        if (copy_member(a, &request, spec, "url") < 0 || copy_member(a, &request, spec, "ref") < 0 ||
            copy_member(a, &request, spec, "recurseSubmodules") < 0 ||
            copy_member(a, &request, spec, "sparseCheckout") < 0 ||
            !value_set(a, &request, "timeout", value_int((timeout + NSEC_PER_SEC - 1) / NSEC_PER_SEC)) ||
            (observed_revision && !value_set(a, &request, "observed", value_str(observed_revision))) ||
            (auth.len && !value_set(a, &request, "auth", auth)))
                return err_oom(err);
        *ret = request;
        return 0;
}
