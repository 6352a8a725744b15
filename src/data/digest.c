/* SPDX-License-Identifier: Apache-2.0 */
#include "data/digest.h"

#include "data/base64.h"
#include "data/blake3.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

struct digest {
        EVP_MD_CTX *context; /* NULL: BLAKE3 */
        struct blake3 blake3;
        enum digest_kind kind;
        bool failed;
};

static const struct {
        const char *name;
        size_t size;
        const EVP_MD *(*method)(void); /* NULL: not OpenSSL's */
} kinds[] = {
        [DIGEST_SHA256] = {"sha256", 32, EVP_sha256}, [DIGEST_SHA1] = {"sha1", 20, EVP_sha1},
        [DIGEST_SHA384] = {"sha384", 48, EVP_sha384}, [DIGEST_SHA512] = {"sha512", 64, EVP_sha512},
        [DIGEST_MD5] = {"md5", 16, EVP_md5},          [DIGEST_BLAKE3] = {"blake3", BLAKE3_SIZE, NULL},
};

size_t digest_size(enum digest_kind kind) {
        return kinds[kind].size;
}

const char *digest_name(enum digest_kind kind) {
        return kinds[kind].name;
}

int digest_kind_of(const char *name, size_t n, enum digest_kind *ret) {
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
                if (strlen(kinds[i].name) == n && memcmp(kinds[i].name, name, n) == 0) {
                        *ret = (enum digest_kind)i;
                        return 0;
                }
        }
        return -1;
}

static int refuse(enum digest_kind kind, struct err *err) {
        return err_set(err, ERR_INTERNAL, "OpenSSL refuses %s", kinds[kind].name);
}

int digest_raw(enum digest_kind kind, const void *p, size_t n, uint8_t ret[static DIGEST_MAX], struct err *err) {
        if (!kinds[kind].method) {
                struct blake3 b;
                blake3_begin(&b);
                blake3_add(&b, p, n);
                blake3_end(&b, ret);
                return 0;
        }
        if (EVP_Digest(p, n, ret, NULL, kinds[kind].method(), NULL) != 1)
                return refuse(kind, err);
        return 0;
}

int digest_hex(enum digest_kind kind, const void *p, size_t n, char ret[static DIGEST_HEX_MAX], struct err *err) {
        uint8_t raw[DIGEST_MAX];
        if (digest_raw(kind, p, n, raw, err) < 0)
                return -1;
        hex_encode(ret, raw, kinds[kind].size);
        return 0;
}

int digest_hmac(enum digest_kind kind, const void *key, size_t key_len, const void *p, size_t n,
                uint8_t ret[static DIGEST_MAX], struct err *err) {
        if (key_len > INT32_MAX)
                return err_set(err, ERR_TOO_LARGE, "HMAC key of %zu bytes", key_len);
        if (!kinds[kind].method || !HMAC(kinds[kind].method(), key_len ? key : "", (int)key_len, p, n, ret, NULL))
                return refuse(kind, err);
        return 0;
}

struct digest *digest_new(enum digest_kind kind, struct err *err) {
        struct digest *d = calloc(1, sizeof(*d));
        if (!d) {
                err_oom(err);
                return NULL;
        }
        d->kind = kind;
        if (!kinds[kind].method) {
                blake3_begin(&d->blake3);
                return d;
        }
        d->context = EVP_MD_CTX_new();
        if (!d->context || EVP_DigestInit_ex(d->context, kinds[kind].method(), NULL) != 1) {
                refuse(kind, err);
                return digest_free(d);
        }
        return d;
}

void digest_add(struct digest *d, const void *p, size_t n) {
        if (!d->context)
                blake3_add(&d->blake3, p, n);
        else if (EVP_DigestUpdate(d->context, p, n) != 1)
                d->failed = true;
}

int digest_end_raw(struct digest *d, uint8_t ret[static DIGEST_MAX], struct err *err) {
        if (!d->context) {
                blake3_end(&d->blake3, ret);
                return 0;
        }
        if (d->failed || EVP_DigestFinal_ex(d->context, ret, NULL) != 1)
                return refuse(d->kind, err);
        return 0;
}

int digest_end_hex(struct digest *d, char ret[static DIGEST_HEX_MAX], struct err *err) {
        uint8_t raw[DIGEST_MAX];
        if (digest_end_raw(d, raw, err) < 0)
                return -1;
        hex_encode(ret, raw, kinds[d->kind].size);
        return 0;
}

struct digest *digest_free(struct digest *d) {
        if (d)
                EVP_MD_CTX_free(d->context);
        free(d);
        return NULL;
}
