/* SPDX-License-Identifier: Apache-2.0 */
#include "build/flux/flux_mask.h"

#include "data/base64.h"

#define MASK "**SOPS**"
#define MASK_DOCKER "{\"mask\":\"" MASK "\"}" /* still a docker configuration for whoever parses it */

static bool holds(const char *text, size_t n, const char *what) {
        return memmem(text, n, what, strlen(what)) != NULL;
}

/* A file that SOPS encrypted as a whole. */
static bool is_encrypted(const char *text, size_t n) {
        return holds(text, n, "sops") && holds(text, n, "ENC[");
}

static int set_mask(struct arena *a, struct value *v, const char *mask, bool encoded, struct err *err) {
        size_t n = strlen(mask);
        const char *text = encoded ? base64_encode(a, mask, n, &n) : mask;
        if (!text)
                return err_oom(err);
        *v = value_strn(text, n);
        return 0;
}

/* The values of data (encoded) or stringData; all of them, or only those that are encrypted files. */
static int mask_map(struct arena *a, struct value *map, bool encoded, bool all, const char *mask, struct err *err) {
        if (!value_is_map(map))
                return 0;
        VALUE_EACH_MEMBER(m, map) {
                char *text = (char *)value_string_or(&m->value, "");
                size_t n = value_is_string(&m->value) ? m->value.len : 0;
                if (encoded && !all && base64_decode(a, text, n, &text, &n, NULL) < 0)
                        continue; /* the API server will refuse it */
                if ((all || is_encrypted(text, n)) && set_mask(a, &m->value, mask, encoded, err) < 0)
                        return -1;
        }
        return 0;
}

int flux_mask_secret(struct arena *a, struct value *object, struct err *err) {
        if (!value_equals_str(value_get(object, "kind"), "Secret"))
                return 0;
        const char *mac = value_path_str(object, "sops", "mac", NULL);
        bool whole = mac && str_has_prefix(mac, "ENC[");
        bool docker = whole && value_equals_str(value_get(object, "type"), "kubernetes.io/dockerconfigjson");
        const char *mask = docker ? MASK_DOCKER : MASK;
        if (whole)
                value_remove(object, "sops");
        return mask_map(a, value_get(object, "data"), true, whole, mask, err) < 0
                       ? -1
                       : mask_map(a, value_get(object, "stringData"), false, whole, mask, err);
}
