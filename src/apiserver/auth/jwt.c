/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/auth/jwt.h"

#include "base/limits.h"
#include "data/base64.h"
#include "data/json/json.h"
#include "http/tls.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#define JWT_BASE64 (BASE64_URL | BASE64_NO_PADDING)
#define COORDINATE 32 /* bytes of each half of a P-256 signature */

struct parts {
        const char *header, *claims, *signature;
        size_t header_n, claims_n, signature_n;
};

static bool split(const char *token, struct parts *ret) {
        const char *first = strchr(token, '.');
        const char *second = first ? strchr(first + 1, '.') : NULL;
        if (!second || strchr(second + 1, '.') || strlen(token) > LIMIT_TOKEN_BYTES)
                return false;
        *ret = (struct parts){
                .header = token,
                .header_n = (size_t)(first - token),
                .claims = first + 1,
                .claims_n = (size_t)(second - first - 1),
                .signature = second + 1,
                .signature_n = strlen(second + 1),
        };
        return true;
}

static int decode_json(struct arena *a, const char *text, size_t n, struct value *ret, struct err *err) {
        char *json;
        size_t len;
        if (base64_decode_as(a, JWT_BASE64, text, n, &json, &len, err) < 0 ||
            json_parse(a, json, len, JSON_KUBERNETES, NULL, ret, err) < 0)
                return -1;
        return value_is_map(ret) ? 0 : err_set(err, ERR_SYNTAX, "not an object");
}

int jwt_peek(struct arena *a, const char *token, struct value *ret_header, struct value *ret_claims, struct err *err) {
        struct parts p;
        if (!split(token, &p))
                return err_set(err, ERR_SYNTAX, "not a JSON Web Token");
        return decode_json(a, p.header, p.header_n, ret_header, err) < 0
                       ? -1
                       : decode_json(a, p.claims, p.claims_n, ret_claims, err);
}

/* The two numbers of a raw signature as DER, in OpenSSL's memory. */
static int raw_to_der(const unsigned char *raw, unsigned char **ret) {
        ECDSA_SIG *sig = ECDSA_SIG_new();
        BIGNUM *r = BN_bin2bn(raw, COORDINATE, NULL), *s = BN_bin2bn(raw + COORDINATE, COORDINATE, NULL);
        int n = -1;
        if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
                r = s = NULL; /* sig owns them */
                n = i2d_ECDSA_SIG(sig, ret);
        }
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return n;
}

static bool der_to_raw(const unsigned char *der, size_t n, unsigned char raw[static COORDINATE * 2]) {
        ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
        bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, COORDINATE) == COORDINATE &&
                  BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + COORDINATE, COORDINATE) == COORDINATE;
        ECDSA_SIG_free(sig);
        return ok;
}

bool jwt_verify(struct arena *a, void *key, const char *token) {
        struct parts p;
        struct value header;
        char *raw;
        size_t raw_n;
        if (!split(token, &p) || decode_json(a, p.header, p.header_n, &header, NULL) < 0 ||
            !value_equals_str(value_get(&header, "alg"), "ES256") ||
            base64_decode_as(a, JWT_BASE64, p.signature, p.signature_n, &raw, &raw_n, NULL) < 0 ||
            raw_n != COORDINATE * 2)
                return false;
        unsigned char *der = NULL;
        int der_n = raw_to_der((const unsigned char *)raw, &der);
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        bool good = der_n > 0 && ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                    EVP_DigestVerify(ctx, der, (size_t)der_n, (const unsigned char *)token,
                                     p.header_n + 1 + p.claims_n) == 1;
        EVP_MD_CTX_free(ctx);
        OPENSSL_free(der);
        char text[256];
        tls_error_text(text); /* a bad signature leaves an error in the thread's queue */
        return good;
}

static int encode_json(struct arena *a, const struct value *v, const char **ret, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_TOKEN_BYTES);
        size_t n;
        json_write(&b, v, JSON_SORT_KEYS);
        if (buf_failed(&b))
                return err_set(err, ERR_TOO_LARGE, "the token's claims are too large");
        *ret = base64_encode_as(a, JWT_BASE64, b.data, b.len, &n);
        return *ret ? 0 : err_oom(err);
}

int jwt_sign(struct arena *a, void *key, const char *key_id, const struct value *claims, const char **ret,
             struct err *err) {
        struct value header = value_map();
        const char *head, *body;
        if (!value_set(a, &header, "alg", value_str("ES256")) || !value_set(a, &header, "kid", value_str(key_id)))
                return err_oom(err);
        if (encode_json(a, &header, &head, err) < 0 || encode_json(a, claims, &body, err) < 0)
                return -1;
        char *signed_part = arena_printf(a, "%s.%s", head, body);
        if (!signed_part)
                return err_oom(err);
        unsigned char der[128], raw[COORDINATE * 2];
        size_t der_n = sizeof(der), n;
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        bool good = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                    EVP_DigestSign(ctx, der, &der_n, (const unsigned char *)signed_part, strlen(signed_part)) == 1 &&
                    der_to_raw(der, der_n, raw);
        EVP_MD_CTX_free(ctx);
        char text[256];
        if (!good)
                return err_set(err, ERR_INTERNAL, "sign a token: %s", tls_error_text(text));
        char *signature = base64_encode_as(a, JWT_BASE64, raw, sizeof(raw), &n);
        *ret = signature ? arena_printf(a, "%s.%s", signed_part, signature) : NULL;
        return *ret ? 0 : err_oom(err);
}
