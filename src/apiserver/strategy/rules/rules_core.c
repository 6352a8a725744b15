/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of core kinds that hold data: ConfigMap, Secret, claims, volumes, events. */
#include "apiserver/strategy/rules/rules.h"

#include "apiserver/strategy/metadata.h"
#include "base/limits.h"
#include "data/base64.h"
#include "data/json/json.h"

static size_t string_len(const struct value *v) {
        return value_is_string(v) ? v->len : 0;
}

/* Bytes a base64 text stands for. */
static size_t decoded_len(const struct value *v) {
        size_t n = string_len(v);
        size_t padding = n >= 2 ? (size_t)(v->str[n - 1] == '=') + (size_t)(v->str[n - 2] == '=') : 0;
        return n / 4 * 3 - (n ? padding : 0);
}

static size_t check_keys(struct rules *r, const char *field, const struct value *data, bool encoded) {
        size_t total = 0;
        if (!value_is_map(data))
                return 0;
        VALUE_EACH_MEMBER(m, data) {
                names_check_data_key(r->fields, fields_path(r->fields, field, "[%s]", m->key), m->key);
                total += encoded ? decoded_len(&m->value) : string_len(&m->value);
        }
        return total;
}

/* An object marked immutable keeps its data, and the mark. */
static void check_immutable_data(struct rules *r, const struct value *object, const struct value *old) {
        static const char *const parts[] = {"data", "binaryData"};
        if (!old || !value_bool_or(value_get(old, "immutable"), false))
                return;
        if (!value_bool_or(value_get(object, "immutable"), false))
                fields_forbidden(r->fields, "immutable", "field is immutable when `immutable` is set");
        for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
                const struct value *now = value_get(object, parts[i]), *was = value_get(old, parts[i]);
                if (rules_is_empty(now) && rules_is_empty(was))
                        continue;
                if (!now || !was || !value_equal(now, was))
                        fields_forbidden(r->fields, parts[i], "field is immutable when `immutable` is set");
        }
}

static void config_map(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        check_immutable_data(r, object, old);
        const struct value *data = value_get(object, "data"), *binary = value_get(object, "binaryData");
        size_t total = check_keys(r, "data", data, false) + check_keys(r, "binaryData", binary, true);
        if (value_is_map(data) && value_is_map(binary)) {
                struct value_index index;
                if (value_index_init(r->fields->arena, &index, data) < 0) {
                        r->fields->oom = true;
                        return;
                }
                VALUE_EACH_MEMBER(m, binary)
                        if (value_index_get(&index, data, m->key, m->key_len)) {
                                struct value key = value_strn(m->key, m->key_len);
                                fields_invalid(r->fields, fields_path(r->fields, "data", "[%s]", m->key), &key,
                                               "duplicate of key present in binaryData");
                        }
        }
        if (total > LIMIT_OBJECT_DATA)
                fields_too_long(r->fields, "[]", LIMIT_OBJECT_DATA);
}

static void require_key(struct rules *r, const struct value *data, const char *key) {
        if (!value_get(data, key))
                fields_required(r->fields, fields_path(r->fields, "data", "[%s]", key), NULL);
}

/* data[key] must hold a JSON object. */
static void require_json(struct rules *r, const struct value *data, const char *key) {
        const char *path = fields_path(r->fields, "data", "[%s]", key);
        const struct value *text = value_get(data, key);
        if (!text) {
                fields_required(r->fields, path, NULL);
                return;
        }
        _cleanup_err_ struct err why = ERR_INIT;
        char *bytes = NULL;
        size_t n = 0;
        struct value parsed;
        if (base64_decode(r->fields->arena, value_string_or(text, ""), string_len(text), &bytes, &n, &why) < 0 ||
            json_parse(r->fields->arena, bytes, n, JSON_KUBERNETES, NULL, &parsed, &why) < 0 ||
            !value_is_map(&parsed)) {
                struct value hidden = value_str("<secret contents redacted>");
                fields_invalid(r->fields, path, &hidden, "%s", err_message(&why));
        }
}

static void secret(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *data = value_get(object, "data");
        const char *type = value_string_or(value_get(object, "type"), "");
        if (old)
                rules_immutable(r, "type", value_get(object, "type"), value_get(old, "type"));
        check_immutable_data(r, object, old);
        if (check_keys(r, "data", data, true) > LIMIT_OBJECT_DATA)
                fields_too_long(r->fields, "data", LIMIT_OBJECT_DATA);
        if (streq(type, "kubernetes.io/service-account-token")) {
                const char *key = "kubernetes.io/service-account.name";
                if (rules_is_empty(value_path(object, "metadata", "annotations", key, NULL)))
                        fields_required(r->fields, fields_path(r->fields, "metadata.annotations", "[%s]", key), NULL);
        } else if (streq(type, "kubernetes.io/dockercfg")) {
                require_json(r, data, ".dockercfg");
        } else if (streq(type, "kubernetes.io/dockerconfigjson")) {
                require_json(r, data, ".dockerconfigjson");
        } else if (streq(type, "kubernetes.io/basic-auth")) {
                if (!value_get(data, "username") && !value_get(data, "password")) {
                        require_key(r, data, "username");
                        require_key(r, data, "password");
                }
        } else if (streq(type, "kubernetes.io/ssh-auth")) {
                require_key(r, data, "ssh-privatekey");
        } else if (streq(type, "kubernetes.io/tls")) {
                require_key(r, data, "tls.crt");
                require_key(r, data, "tls.key");
        }
}

static void annotations(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        metadata_validate_annotations(r->fields, fields_path(r->fields, path, "metadata.annotations"),
                                      value_path(object, "metadata", "annotations", NULL));
}

static void claim_storage(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const char *at = fields_path(r->fields, path, "resources");
        if (!value_path(object, "resources", "requests", "storage", NULL))
                fields_required(r->fields, fields_path(r->fields, at, "[storage]"), NULL);
}

/* Of a bound claim only the size and the attributes class may change. */
static void claim_immutable(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const struct value *now = value_get(object, "spec"), *was = value_get(old, "spec");
        if (!value_is_map(now) || !value_is_map(was))
                return;
        const struct value *sides[] = {now, was};
        for (size_t side = 0; side < 2; side++) {
                VALUE_EACH_MEMBER(m, sides[side]) {
                        if (streq(m->key, "resources") || streq(m->key, "volumeAttributesClassName") ||
                            (streq(m->key, "volumeName") && rules_is_empty(value_get(was, "volumeName"))))
                                continue;
                        const struct value *other = value_getn(sides[!side], m->key, m->key_len);
                        if (other && value_equal(other, &m->value))
                                continue;
                        fields_forbidden(r->fields, "spec",
                                         "spec is immutable after creation except resources.requests and "
                                         "volumeAttributesClassName for bound claims");
                        return;
                }
        }
}

/* Exactly one source among the members that are no ordinary fields of a volume's spec. */
static void volume_source(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        static const char *const ordinary[] = {"accessModes",      "capacity",
                                               "claimRef",         "mountOptions",
                                               "nodeAffinity",     "persistentVolumeReclaimPolicy",
                                               "storageClassName", "volumeAttributesClassName",
                                               "volumeMode"};
        size_t sources = 0;
        VALUE_EACH_MEMBER(m, object) {
                bool known = false;
                for (size_t i = 0; i < ARRAY_LEN(ordinary); i++)
                        known = known || streq(m->key, ordinary[i]);
                if (known)
                        continue;
                if (++sources > 1)
                        fields_forbidden(r->fields, fields_path(r->fields, path, "%s", m->key),
                                         "may not specify more than 1 volume type");
        }
        if (!sources)
                fields_required(r->fields, path, "must specify a volume type");
        const char *at = fields_path(r->fields, path, "capacity");
        const struct value *capacity = value_get(object, "capacity");
        static const char *const supported[] = {"storage", NULL};
        if (value_is_map(capacity) && capacity->len && !value_get(capacity, "storage"))
                fields_unsupported(r->fields, at, capacity, supported);
}

static void event(struct rules *r, const char *path, const struct value *object, const struct value *old) {
        const char *involved = value_string_or(value_path(object, "involvedObject", "namespace", NULL), "");
        const char *namespace = value_string_or(value_path(object, "metadata", "namespace", NULL), "");
        struct value shown = value_str(involved);
        bool home = streq(namespace, "default") || streq(namespace, "kube-system");
        if (!value_get(object, "involvedObject"))
                fields_required(r->fields, "involvedObject", NULL);
        else if (involved[0] ? !streq(involved, namespace) : !home)
                fields_invalid(r->fields, "involvedObject.namespace", &shown, "does not match event.namespace");
}

const struct rule_name rules_core[] = {
        {"config_map", config_map},
        {"secret", secret},
        {"annotations", annotations},
        {"claim_storage", claim_storage},
        {"claim_immutable", claim_immutable},
        {"volume_source", volume_source},
        {"event", event},
        {NULL, NULL},
};
