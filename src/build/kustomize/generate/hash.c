/* SPDX-License-Identifier: Apache-2.0 */
/* Name suffixes: kustomize's hash of a ConfigMap's or Secret's content. */
#include "build/kustomize/generate/generate.h"
#include "data/digest.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"

#define HASH_LEN 10

/* The first digits of the digest, with those replaced that could spell words. */
static const char *letters(struct arena *a, const char *text, size_t n, struct err *err) {
        char hex[DIGEST_HEX_MAX];
        if (digest_hex(DIGEST_SHA256, text, n, hex, err) < 0)
                return NULL;
        static const char from[] = "013ae", to[] = "ghkmt";
        for (size_t i = 0; i < HASH_LEN; i++) {
                const char *at = strchr(from, hex[i]);
                if (at)
                        hex[i] = to[at - from];
        }
        char *hash = arena_strndup(a, hex, HASH_LEN);
        if (!hash)
                err_oom(err);
        return hash;
}

/* A member of the hashed object: maps as Go decodes their JSON, scalars as texts, absent ones as "". A list is none of
 * the maps that kustomize expects, and null. */
static int add_field(struct arena *a, struct value *out, const struct value *object, const char *name, bool optional,
                     struct err *err) {
        const struct value *v = value_get(object, name);
        struct value settled = value_null();
        if (value_is_list(v)) {
                v = &settled;
        } else if (value_is_map(v)) {
                if (value_clone(a, v, &settled, err) < 0 || scalar_settle(a, &settled, err) < 0 ||
                    scalar_through_json(a, &settled, true, err) < 0)
                        return -1;
                v = &settled;
        }
        bool found = value_is_map(v) || v == &settled;
        if (optional && !found)
                return 0;
        struct value field = found ? *v : value_str(scalar_text(a, v));
        return value_set(a, out, name, field) ? 0 : err_oom(err);
}

static const char *hash_of(struct arena *a, const struct value *object, struct err *err) {
        struct value content = value_map();
        const char *kind = scalar_text(a, value_get(object, "kind"));
        bool secret = streq(kind, "Secret"), config = streq(kind, "ConfigMap");
        _cleanup_buf_ struct buf text = BUF_INIT(SIZE_MAX / 2);
        if (secret || config) {
                if (add_field(a, &content, object, "data", false, err) < 0 ||
                    add_field(a, &content, object, secret ? "stringData" : "binaryData", true, err) < 0 ||
                    (secret && add_field(a, &content, object, "type", false, err) < 0))
                        return NULL;
                /* The name never enters: kustomize looks for it under the wrong key, and that is the contract now. */
                if (!value_set(a, &content, "kind", value_str(kind)) ||
                    !value_set(a, &content, "name", value_str(""))) {
                        err_oom(err);
                        return NULL;
                }
                json_write(&text, &content, JSON_HTML_ESCAPE | JSON_SORT_KEYS);
        } else {
                json_write(&text, object, JSON_HTML_ESCAPE | JSON_SORT_KEYS);
        }
        if (buf_failed(&text)) {
                err_oom(err);
                return NULL;
        }
        return letters(a, buf_str(&text), text.len, err);
}

int hash_names(struct engine *e, struct resmap *m, struct err *err) {
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                if (!r->needs_hash)
                        continue;
                const char *hash = hash_of(e->arena, &r->object, err);
                if (!hash || resource_store_id(e->arena, &e->scopes, r, err) < 0)
                        return -1;
                const char *name = arena_printf(e->arena, "%s-%s", resource_name(e->arena, r), hash);
                if (!name)
                        return err_oom(err);
                if (resource_set_name(e->arena, r, name, err) < 0)
                        return -1;
                resmap_touch(m);
        }
        return 0;
}
