/* SPDX-License-Identifier: Apache-2.0 */
/* Custom objects under structural schemas against apiextensions-apiserver: pruning, defaulting, validation. The rows
 * that check CRDs themselves, and those whose errors come from CEL, are other runners'. */
#include "corpus.h"

#include "kube/schema/prune.h"

/* Most rows have the schema of a part, not of a resource: it is put at .x of one, and the object with it. */
static bool part_schema(struct corpus_case *c, const struct value *props, const struct schema **ret) {
        struct value root = value_map(), properties = value_map();
        struct value *kept = arena_make(c->arena, struct value);
        const struct schema *s;
        if (!kept || !value_set(c->arena, &properties, "x", value_is_map(props) ? *props : value_map()) ||
            !value_set(c->arena, &root, "type", value_str("object")) ||
            !value_set(c->arena, &root, "properties", properties))
                return false;
        *kept = root;
        if (schema_from_crd(c->arena, kept, &s, NULL) < 0)
                return false;
        *ret = schema_field(s, "x", 1)->schema;
        return true;
}

/* Rows leave types out, which only tests may: pruning and defaulting then go by what the schema names. */
static void add_types(struct arena *a, struct value *props) {
        if (!value_is_map(props))
                return;
        bool marked = value_get(props, "type") || value_get(props, "x-kubernetes-int-or-string");
        bool items = value_is_map(value_get(props, "items")), list_type = value_get(props, "x-kubernetes-list-type");
        bool object = value_get(props, "properties") || value_get(props, "additionalProperties") ||
                      value_get(props, "x-kubernetes-embedded-resource") ||
                      value_get(props, "x-kubernetes-preserve-unknown-fields");
        if (!marked && (items || list_type || object))
                value_set(a, props, "type", value_str(items || list_type ? "array" : "object"));
        add_types(a, value_get(props, "items"));
        add_types(a, value_get(props, "additionalProperties"));
        struct value *properties = value_get(props, "properties");
        if (value_is_map(properties)) {
                VALUE_EACH_MEMBER(m, properties)
                        add_types(a, &m->value);
        }
}

static int compare_texts(const void *x, const void *y) {
        return strcmp(((const struct value *)x)->str, ((const struct value *)y)->str);
}

static enum corpus_verdict check_prune(struct corpus_case *c, const struct schema *s) {
        struct value object, dropped, wanted = value_list();
        const struct value *paths = value_get(c->row, "pruned_paths");
        if (value_copy(c->arena, value_get(c->row, "object"), &object, NULL) < 0 ||
            prune_object(c->arena, s, &object, &dropped, NULL) < 0)
                return corpus_fail(c, "failed");
        if (corpus_same_value(c, "pruned", value_get(c->row, "expected"), &object) != CORPUS_PASS)
                return CORPUS_FAIL;
        for (size_t i = 0; value_is_list(paths) && i < paths->len; i++)
                value_append(c->arena, &wanted, value_strf(c->arena, "unknown field \"%s\"", paths->items[i].str));
        if (wanted.len)
                qsort(wanted.items, wanted.len, sizeof(struct value), compare_texts);
        return corpus_same_value(c, "paths", &wanted, &dropped);
}

static enum corpus_verdict check_default(struct corpus_case *c, const struct schema *s) {
        struct value object;
        if (value_copy(c->arena, value_get(c->row, "object"), &object, NULL) < 0 ||
            prune_default(c->arena, s, &object, NULL) < 0)
                return corpus_fail(c, "failed");
        return corpus_same_value(c, "defaulted", value_get(c->row, "expected"), &object);
}

/* The errors as "field: message", sorted: the server goes through maps in no order. */
static struct value errors_of(struct corpus_case *c, const struct err *err) {
        struct value list = value_list();
        for (size_t i = 0; i < err->n_causes; i++)
                value_append(c->arena, &list,
                             value_strf(c->arena, "%s: %s", err->causes[i].field, err->causes[i].message));
        if (list.len)
                qsort(list.items, list.len, sizeof(struct value), compare_texts);
        return list;
}

static bool has_rules(const char *text) {
        return strstr(text, "failed rule") || strstr(text, "rule");
}

static enum corpus_verdict check_custom_resource(struct corpus_case *c) {
        const struct value *valid = value_get(c->row, "valid_objects"), *failing = value_get(c->row, "failing_objects");
        const struct schema *s;
        if (!part_schema(c, value_get(c->row, "schema"), &s))
                return corpus_fail(c, "schema");
        for (size_t i = 0; value_is_list(valid) && i < valid->len; i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                if (prune_validate(c->arena, s, &valid->items[i], &err) < 0)
                        return corpus_fail(c, "object %zu: %s", i, err_message(&err));
        }
        for (size_t i = 0; value_is_list(failing) && i < failing->len; i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                const struct value *expected = value_get(&failing->items[i], "expectErrs");
                struct value sorted, found;
                if (value_clone(c->arena, expected, &sorted, NULL) < 0)
                        return corpus_fail(c, "memory");
                if (sorted.len && has_rules(sorted.items[0].str))
                        return CORPUS_SKIP;
                if (sorted.len)
                        qsort(sorted.items, sorted.len, sizeof(struct value), compare_texts);
                prune_validate(c->arena, s, value_get(&failing->items[i], "object"), &err);
                found = errors_of(c, &err);
                if (corpus_same_value(c, "errors", &sorted, &found) != CORPUS_PASS)
                        return CORPUS_FAIL;
        }
        return CORPUS_PASS;
}

/* Only type and number of the errors stand in these rows. */
static enum corpus_verdict check_list_type(struct corpus_case *c, const struct schema *s) {
        _cleanup_err_ struct err err = ERR_INIT;
        const struct value *wanted = value_get(c->row, "errors");
        prune_validate(c->arena, s, value_get(c->row, "object"), &err);
        size_t n = 0, m = value_is_list(wanted) ? wanted->len : 0;
        for (size_t i = 0; i < err.n_causes; i++)
                n += streq(err.causes[i].reason, "FieldValueDuplicate") ||
                     strstr(err.causes[i].message, "list-type map");
        return n == m ? CORPUS_PASS : corpus_fail(c, "%zu errors, not %zu: %s", n, m, err_message(&err));
}

static enum corpus_verdict check(struct corpus_case *c) {
        const char *table = value_get_str(c->row, "table");
        struct value *props = value_get(c->row, "schema");
        const struct schema *s;
        if (streq(table, "custom_resource"))
                return check_custom_resource(c);
        add_types(c->arena, props);
        if (streq(table, "prune")) {
                bool root = value_bool_or(value_get(c->row, "resource_root"), false);
                if (root ? schema_from_crd(c->arena, props, &s, NULL) < 0 : !part_schema(c, props, &s))
                        return corpus_fail(c, "schema");
                return check_prune(c, s);
        }
        if (streq(table, "default") && part_schema(c, props, &s))
                return check_default(c, s);
        if (streq(table, "list_type") && part_schema(c, props, &s))
                return check_list_type(c, s);
        return CORPUS_SKIP;
}

int main(void) {
        static const struct corpus_table tables[] = {{"crd/cases", check, NULL}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
