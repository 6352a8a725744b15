/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/generate/generate.h"

#include "build/kustomize/field/scalar.h"
#include "build/kustomize/generate/helm.h"
#include "build/kustomize/resource/origin.h"
#include "build/kustomize/plugin/plugin.h"
#include "build/kustomize/transform/transform.h"
#include "data/base64.h"
#include "data/text/utf8.h"

/* Encoded values of this many characters and more are broken into lines, each with its newline. */
#define BASE64_LINE 70

static int encode(struct arena *a, const struct value *in, struct value *ret, struct err *err) {
        size_t n;
        const char *text = base64_encode(a, in->str, in->len, &n);
        if (!text)
                return err_oom(err);
        if (n < BASE64_LINE) {
                *ret = value_strn(text, n);
                return 0;
        }
        char *out = arena_alloc(a, n + n / BASE64_LINE + 2), *to = out;
        if (!out)
                return err_oom(err);
        for (size_t at = 0; at < n; at += BASE64_LINE) {
                size_t len = n - at < BASE64_LINE ? n - at : BASE64_LINE;
                memcpy(to, text + at, len);
                to += len;
                *to++ = '\n';
        }
        *to = 0;
        *ret = value_strn(out, (size_t)(to - out));
        return 0;
}

static int fill_data(struct engine *e, struct value *object, const struct value *pairs, bool secret, struct err *err) {
        struct arena *a = e->arena;
        struct value data = value_map(), binary = value_map();
        VALUE_EACH_MEMBER(m, pairs) {
                struct value v = m->value;
                if (engine_add_key(e, m->key, err) < 0)
                        return -1;
                bool text = !secret && utf8_valid(v.str, v.len);
                if (!text && encode(a, &m->value, &v, err) < 0)
                        return -1;
                v = scalar_new_string(v.str, v.len);
                if (!value_add(a, text || secret ? &data : &binary, m->key, m->key_len, v))
                        return err_oom(err);
        }
        if ((secret || data.len) && !value_set(a, object, "data", data))
                return err_oom(err);
        if (binary.len && !value_set(a, object, "binaryData", binary))
                return err_oom(err);
        return 0;
}

/* Labels, annotations and immutable of the options. */
static int fill_options(struct arena *a, struct value *object, const struct value *options, struct err *err) {
        static const char *const fields[] = {"labels", "annotations"};
        struct value *metadata = value_get(object, "metadata");
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                const struct value *map = value_get(options, fields[i]);
                struct value own;
                if (!value_is_map(map) || !map->len)
                        continue;
                if (value_clone(a, map, &own, err) < 0)
                        return -1;
                if (!value_set(a, metadata, fields[i], own))
                        return err_oom(err);
        }
        if (value_bool_or(value_get(options, "immutable"), false) &&
            !value_set(a, object, "immutable", value_bool(true)))
                return err_oom(err);
        return 0;
}

static enum behavior behavior_of(const struct value *args) {
        const struct value *v = value_get(args, "behavior");
        if (value_equals_str(v, "replace"))
                return BEHAVIOR_REPLACE;
        if (value_equals_str(v, "merge"))
                return BEHAVIOR_MERGE;
        return value_equals_str(v, "create") ? BEHAVIOR_CREATE : BEHAVIOR_UNSPECIFIED;
}

static int make_base(struct arena *a, const char *kind, const char *name, const char *ns, struct value *ret,
                     struct err *err) {
        struct value metadata = value_map();
        *ret = value_map();
        if (!value_set(a, &metadata, "name", value_str(name)) ||
            (*ns && !value_set(a, &metadata, "namespace", value_str(ns))) ||
            !value_set(a, ret, "apiVersion", value_str("v1")) || !value_set(a, ret, "kind", value_str(kind)) ||
            !value_set(a, ret, "metadata", metadata))
                return err_oom(err);
        return 0;
}

int generate_one(struct target *t, const struct value *args, bool secret, struct resource **ret, struct err *err) {
        struct arena *a = t->e->arena;
        const char *name = value_string_or(value_get(args, "name"), "");
        const struct value *options = value_get(args, "options");
        struct value pairs, object;
        if (!*name)
                return err_set(err, ERR_INVALID, "a configmap must have a name");
        if (make_base(a, secret ? "Secret" : "ConfigMap", name, value_string_or(value_get(args, "namespace"), ""),
                      &object, err) < 0 ||
            kv_load(t, args, &pairs, err) < 0)
                return -1;
        const char *type = value_string_or(value_get(args, "type"), "");
        if (secret && !value_set(a, &object, "type", value_str(*type ? type : "Opaque")))
                return err_oom(err);
        if (fill_data(t->e, &object, &pairs, secret, err) < 0 || fill_options(a, &object, options, err) < 0)
                return -1;
        struct resource *r = resource_new(a, object);
        if (!r)
                return err_oom(err);
        r->needs_hash = !value_bool_or(value_get(options, "disableNameSuffixHash"), false);
        r->behavior = behavior_of(args);
        *ret = r;
        return 0;
}

/* generatorOptions of the file fill what the generator's own options leave open. */
static int merge_options(struct arena *a, struct value *args, const struct value *global, struct err *err) {
        static const char *const maps[] = {"labels", "annotations"}, *const bools[] = {"disableNameSuffixHash",
                                                                                       "immutable"};
        if (!value_is_map(global))
                return 0;
        struct value *own = value_obtain_map(a, args, "options");
        if (!own)
                return err_oom(err);
        for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
                const struct value *from = value_get(global, maps[i]);
                if (!value_is_map(from))
                        continue;
                struct value *to = value_obtain_map(a, own, maps[i]);
                if (!to)
                        return err_oom(err);
                VALUE_EACH_MEMBER(m, from)
                        if (!value_getn(to, m->key, m->key_len) && !value_add(a, to, m->key, m->key_len, m->value))
                                return err_oom(err);
        }
        for (size_t i = 0; i < ARRAY_LEN(bools); i++)
                if (value_bool_or(value_get(global, bools[i]), false) && !value_set(a, own, bools[i], value_bool(true)))
                        return err_oom(err);
        return 0;
}

int generate_absorb(struct accumulator *acc, struct resource *r, struct err *err) {
        if (resmap_absorb(acc->resources, r, err) == 0)
                return 0;
        /* kustomize prints the generator's address here. */
        return err_wrap(err, "merging from generator &{0x0 <nil>}");
}

static int run_list(struct target *t, struct accumulator *acc, const char *field, bool secret, struct err *err) {
        struct arena *a = t->e->arena;
        const struct value *list = value_get(&t->file.spec, field);
        const char *kind = secret ? "SecretGenerator" : "ConfigMapGenerator";
        if (!value_is_list(list))
                return 0;
        VALUE_EACH_ITEM(item, list) {
                struct value args;
                struct resource *r;
                if (value_clone(a, item, &args, err) < 0 ||
                    merge_options(a, &args, value_get(&t->file.spec, "generatorOptions"), err) < 0 ||
                    transform_hand_on_field(a, kind, &args, err) < 0 || generate_one(t, &args, secret, &r, err) < 0)
                        return -1;
                if (t->origin && !(r->origin = origin_builtin(t, kind)))
                        return err_oom(err);
                if (generate_absorb(acc, r, err) < 0)
                        return -1;
        }
        return 0;
}

int generate_all(struct target *t, struct accumulator *acc, struct err *err) {
        if (helm_refuse(t, err) < 0 || run_list(t, acc, "configMapGenerator", false, err) < 0 ||
            run_list(t, acc, "secretGenerator", true, err) < 0)
                return -1;
        return plugin_generators(t, acc, value_get(&t->file.spec, "generators"), err);
}
