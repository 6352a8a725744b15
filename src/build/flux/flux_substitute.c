/* SPDX-License-Identifier: Apache-2.0 */
/* postBuild substitution: each object is written as YAML, variables are replaced in the text, and it is read again. */
#include "build/flux/flux_internal.h"

#include "base/limits.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"
#include "lang/envsubst.h"

#define SUBSTITUTE "kustomize.toolkit.fluxcd.io/substitute"

static bool is_disabled(const struct value *object) {
        const struct value *metadata = value_get(object, "metadata");
        return value_equals_str(value_get(value_get(metadata, "labels"), SUBSTITUTE), "disabled") ||
               value_equals_str(value_get(value_get(metadata, "annotations"), SUBSTITUTE), "disabled");
}

static int check_names(const struct value *vars, struct err *err) {
        VALUE_EACH_MEMBER(m, vars) {
                if (!value_is_string(&m->value))
                        return err_set(err, ERR_INVALID, "the variable '%s' is no string", m->key);
                if (!envsubst_name_ok(m->key, m->key_len))
                        return err_set(err, ERR_INVALID,
                                       "'%s' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'",
                                       m->key);
        }
        return 0;
}

/* Flux reads the result from JSON, where what is no int64 is a float: 12345678901234567890 ends in 67000.
 * Recursion is as deep as the document, which the reader bounds. */
static void through_json(struct value *v) {
        if (value_is_list(v)) {
                VALUE_EACH_ITEM(item, v)
                        through_json(item);
        } else if (value_is_map(v)) {
                VALUE_EACH_MEMBER(m, v)
                        through_json(&m->value);
        } else if (v->type == VALUE_UINT) {
                _cleanup_buf_ struct buf text = BUF_INIT(64);
                json_write_float(&text, (double)v->u);
                v->u = strtoull(buf_str(&text), NULL, 10);
        }
}

static int substitute(struct arena *a, const struct value *vars, bool strict, struct value *object, struct err *err) {
        const struct envsubst_options how = {.strict = strict};
        const struct yaml_options options = {.dialect = YAML_SIGS};
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_YAML_BYTES), out = BUF_INIT(LIMIT_YAML_BYTES);
        if (check_names(vars, err) < 0)
                return -1;
        if (yaml_marshal(&text, object, YAML_SIGS, err) < 0)
                return -1;
        if (buf_failed(&text))
                return err_set(err, ERR_TOO_LARGE, "an object is larger than %zu bytes", LIMIT_YAML_BYTES);
        if (!memchr(buf_str(&text), '$', text.len))
                return 0; /* nothing to replace, and what is written reads as itself */
        if (envsubst_eval(buf_str(&text), text.len, vars, &how, &out, err) < 0)
                return err_wrap(err, "variable substitution failed");
        struct value changed;
        if (yaml_parse(a, buf_str(&out), out.len, &options, &changed, err) < 0)
                return err_wrap(err, "YAMLToJSON");
        through_json(&changed);
        *object = changed;
        return 0;
}

int flux_substitute_object(struct arena *a, const struct value *vars, bool strict, struct value *object,
                           bool *ret_skipped, struct err *err) {
        *ret_skipped = is_disabled(object);
        if (*ret_skipped)
                return 0;
        return substitute(a, vars, strict, object, err) < 0 ? err_wrap(err, "envsubst error") : 0;
}

/* The object as Flux names it in this error: "ConfigMap.v1.[noGrp]/name". */
static int fails(struct arena *a, const struct value *object, struct err *err) {
        struct gvk gvk = {.kind = value_string_or(value_get(object, "kind"), "")};
        const char *name = value_path_str(object, "metadata", "name", NULL);
        if (gvk_split(a, value_string_or(value_get(object, "apiVersion"), ""), &gvk.group, &gvk.version) < 0)
                return err_oom(err);
        return err_wrap(err, "post build failed for '%s/%s'", gvk_string(a, &gvk), name ? name : "");
}

/* Two objects that became one: Flux replaces each in a map of the others and finds two of the same id. */
static int check_unique(struct arena *a, const struct value *objects, struct err *err) {
        _cleanup_strmap_ struct strmap seen = STRMAP_INIT;
        VALUE_EACH_ITEM(object, objects) {
                const struct value *metadata = value_get(object, "metadata");
                char *key = arena_printf(a, "%s %s %s %s", value_string_or(value_get(object, "apiVersion"), ""),
                                         value_string_or(value_get(object, "kind"), ""),
                                         value_string_or(value_get(metadata, "namespace"), "default"),
                                         value_string_or(value_get(metadata, "name"), ""));
                int there = key ? strmap_add(&seen, key, strlen(key), object, NULL) : -1;
                if (there)
                        return there < 0 ? err_oom(err)
                                         : err_set(err, ERR_CONFLICT, "in Replace: id matched 2 resources");
        }
        return 0;
}

int flux_substitute(struct arena *a, const struct value *vars, bool strict, struct value *objects, struct err *err) {
        VALUE_EACH_ITEM(object, objects) {
                const struct value before = *object;
                bool skipped;
                if (flux_substitute_object(a, vars, strict, object, &skipped, err) < 0)
                        return fails(a, &before, err);
        }
        return check_unique(a, objects, err);
}
