/* SPDX-License-Identifier: Apache-2.0 */
/* Ignored fields that drifted, when the object must be applied for another reason: stripped from the payload where
 * another Apply manager owns them, else set to what is live, so that the apply changes nothing there. */
#include "kube/flux/drift_internal.h"

#include "data/json/json.h"

/* The FieldsV1 trees of Apply entries that are not ours. */
static bool is_foreign_apply(const struct value *entry, const char *manager) {
        return value_equals_str(value_get(entry, "operation"), "Apply") &&
               !*value_string_or(value_get(entry, "subresource"), "") &&
               !value_equals_str(value_get(entry, "manager"), manager) && value_is_map(value_get(entry, "fieldsV1"));
}

/* A key "k:{...}" whose fields all equal the item's. */
static int key_matches(struct arena *a, const char *key, size_t n, const struct value *item, bool *ret,
                       struct err *err) {
        struct value fields;
        _cleanup_err_ struct err why = ERR_INIT;
        *ret = false;
        if (json_parse(a, key + 2, n - 2, 0, NULL, &fields, &why) < 0)
                return why.class == ERR_MEMORY ? err_move(err, &why) : 0;
        if (!value_is_map(&fields))
                return 0;
        VALUE_EACH_MEMBER(m, &fields) {
                const struct value *v = value_getn(item, m->key, m->key_len);
                if (!v || !value_equal(v, &m->value))
                        return 0;
        }
        *ret = true;
        return 0;
}

/* The child of a FieldsV1 node that stands for an item of a keyed list. *ret is NULL when there is none. */
static int keyed_child(struct arena *a, const struct value *fields, const struct value *item, const struct value **ret,
                       struct err *err) {
        *ret = NULL;
        if (!value_is_map(fields) || !value_is_map(item))
                return 0;
        VALUE_EACH_MEMBER(m, fields) {
                bool matches = false;
                if (m->key_len < 2 || memcmp(m->key, "k:", 2) != 0)
                        continue;
                if (key_matches(a, m->key, m->key_len, item, &matches, err) < 0)
                        return -1;
                if (matches) {
                        *ret = &m->value;
                        return 0;
                }
        }
        return 0;
}

/* Does a FieldsV1 tree hold the path? live is followed beside it: list items are named by their keys there. */
static int owns(struct arena *a, const struct value *fields, const struct value *live, const struct pointer *p,
                bool *ret, struct err *err) {
        *ret = false;
        for (size_t i = 0; i < p->n && fields; i++) {
                struct pointer one = {&p->tokens[i], 1};
                const struct value *next = pointer_get(live, &one);
                if (value_is_list(live)) {
                        if (keyed_child(a, fields, next, &fields, err) < 0)
                                return -1;
                } else {
                        const char *key = arena_printf(a, "f:%s", p->tokens[i].text);
                        if (!key)
                                return err_oom(err);
                        fields = value_get(fields, key);
                }
                live = next;
        }
        *ret = fields && p->n;
        return 0;
}

static int foreign(struct arena *a, const struct value *live, const struct pointer *p, const char *manager, bool *ret,
                   struct err *err) {
        const struct value *entries = value_path(live, "metadata", "managedFields", NULL);
        *ret = false;
        if (!value_is_list(entries))
                return 0;
        VALUE_EACH_ITEM(entry, entries) {
                if (is_foreign_apply(entry, manager) && owns(a, value_get(entry, "fieldsV1"), live, p, ret, err) < 0)
                        return -1;
                if (*ret)
                        return 0;
        }
        return 0;
}

static int no_such_path(const char *path, struct err *err) {
        return err_set(err, ERR_INVALID, "replace operation does not apply: doc is missing key: %s: missing value",
                       path);
}

/* Replaces what stands at the pointer; ERR_INVALID when nothing does. */
static int replace(struct value *document, const struct pointer *p, const char *path, const struct value *v,
                   struct err *err) {
        struct value *at = pointer_get(document, p);
        if (!at)
                return no_such_path(path, err);
        *at = v ? *v : value_null();
        return 0;
}

static int adopt_path(struct arena *a, const struct value *live, const struct value *dry_run, const char *path,
                      const char *manager, struct value *payload, struct err *err) {
        struct pointer p;
        bool theirs = false;
        _cleanup_err_ struct err why = ERR_INIT;
        if (pointer_parse(a, path, strlen(path), &p, &why) < 0) {
                if (why.class == ERR_MEMORY)
                        return err_move(err, &why);
                return no_such_path(path, err); /* as a replacement of nothing */
        }
        const struct value *x = pointer_get(live, &p), *y = pointer_get(dry_run, &p);
        if (x == y || (x && y && value_equal(x, y)))
                return 0;
        if (foreign(a, live, &p, manager, &theirs, err) < 0)
                return -1;
        if (!theirs)
                return replace(payload, &p, path, x, err);
        drift_remove(payload, &p);
        return 0;
}

int drift_adopt_ignored(struct arena *a, const struct value *live, const struct value *dry_run,
                        const struct drift_rules *rules, const char *manager, struct value *payload, struct err *err) {
        for (size_t i = 0; i < rules->n; i++) {
                const struct drift_rule *rule = &rules->items[i];
                if (!value_is_list(rule->paths) || !drift_rule_matches(rule, dry_run))
                        continue;
                VALUE_EACH_ITEM(path, rule->paths)
                        if (value_is_string(path) && adopt_path(a, live, dry_run, path->str, manager, payload, err) < 0)
                                return -1;
        }
        return 0;
}
