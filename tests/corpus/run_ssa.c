/* SPDX-License-Identifier: Apache-2.0 */
/* Server-side apply and sets of fields against structured-merge-diff v6. Rows whose converter translates between
 * versions do not apply: weir keeps each kind in one version. */
#include "corpus.h"

#include "base/fs.h"
#include "data/json/json.h"
#include "kube/ssa/ssa_managers.h"
#include "kube/ssa/ssa_typed.h"
#include "smd_replayed.h"
#include "smd_schema.h"

/* ---- schemas ---- */

/* The lines of schemas.jsonl, kept between rows as text. */
static char *schemas_text;
static size_t schemas_len;

static const struct value *schema_types(struct corpus_case *c, const char *id) {
        char path[4096], want[64];
        snprintf(path, sizeof(path), "%s/ssa/schemas.jsonl", corpus_root());
        snprintf(want, sizeof(want), "{\"id\":\"%s\"", id);
        if (!schemas_text && fs_read(AT_FDCWD, path, 64 << 20, &schemas_text, &schemas_len, NULL) < 0)
                return NULL;
        for (const char *line = schemas_text; line && *line;) {
                size_t n = strcspn(line, "\n");
                if (str_has_prefix(line, want)) {
                        struct value *v = arena_make(c->arena, struct value);
                        if (!v || json_parse(c->arena, line, n, 0, NULL, v, NULL) < 0)
                                return NULL;
                        return value_path(v, "json", "types", NULL);
                }
                line += n + (line[n] == '\n');
        }
        return NULL;
}

/* False when the schema cannot be said in our terms; *ret NULL is the deduced one. */
static bool find_schema(struct corpus_case *c, const struct value *parser, const char *version,
                        const struct schema **ret) {
        *ret = NULL;
        if (value_equals_str(parser, "deduced") || value_is_null(parser))
                return true;
        const char *id = value_get_str(parser, "schema"), *type = value_get_str(parser, "type");
        const struct value *types = id ? schema_types(c, id) : NULL;
        if (types && type)
                *ret = smd_schema(c->arena, types, streq(type, "$apiVersion") ? version : type);
        return *ret;
}

/* ---- sets ---- */

static bool parse_set(struct corpus_case *c, const struct value *v, struct fieldset *ret) {
        *ret = FIELDSET_EMPTY;
        return value_is_null(v) || fieldset_parse(c->arena, v, ret, NULL) == 0;
}

static enum corpus_verdict same_set(struct corpus_case *c, const char *what, const struct value *expected,
                                    const struct fieldset *found) {
        struct fieldset wanted;
        struct value e, f;
        if (!parse_set(c, expected, &wanted))
                return corpus_fail(c, "%s: the row's set does not parse", what);
        if (fieldset_equal(&wanted, found))
                return CORPUS_PASS;
        if (fieldset_format(c->arena, &wanted, &e, NULL) < 0 || fieldset_format(c->arena, found, &f, NULL) < 0)
                return corpus_fail(c, "%s: sets do not format", what);
        corpus_same_value(c, what, &e, &f);
        return CORPUS_FAIL;
}

static enum corpus_verdict same_value(struct corpus_case *c, const char *what, const struct value *expected,
                                      const struct value *found) {
        if (value_is_null(expected) && value_is_null(found))
                return CORPUS_PASS;
        if (expected && found && ssa_equal(expected, found))
                return CORPUS_PASS;
        return corpus_same_value(c, what, expected, found);
}

/* ---- sequences of writes ---- */

struct state {
        const struct schema *schema;
        struct value live;
        bool has_live;
        struct ssa_managers managers;
};

static enum corpus_verdict same_managers(struct corpus_case *c, const struct value *expected,
                                         const struct ssa_managers *m) {
        size_t wanted = value_is_map(expected) ? expected->len : 0;
        for (size_t i = 0; i < m->n; i++) {
                const struct ssa_manager *one = &m->items[i];
                const struct value *e = value_get(expected, one->name);
                char what[128];
                snprintf(what, sizeof(what), "manager %s", one->name);
                if (!e)
                        return corpus_fail(c, "%s should own nothing", what);
                if (same_set(c, what, value_get(e, "set"), &one->set) != CORPUS_PASS)
                        return CORPUS_FAIL;
                if (value_bool_or(value_get(e, "applied"), false) != one->applied ||
                    !value_equals_str(value_get(e, "apiVersion"), one->api_version))
                        return corpus_fail(c, "%s: applied or version", what);
        }
        return m->n == wanted ? CORPUS_PASS : corpus_fail(c, "%zu managers, not %zu", m->n, wanted);
}

static int compare_conflicts(const void *x, const void *y) {
        return strcmp(((const struct ssa_conflict *)x)->manager->name, ((const struct ssa_conflict *)y)->manager->name);
}

/* The conflicts in the words of structured-merge-diff, which knows no operations. */
static const char *conflicts_text(struct corpus_case *c, const struct ssa_conflicts *all) {
        struct buf b = BUF_INIT(1 << 20);
        if (all->n)
                qsort(all->items, all->n, sizeof(*all->items), compare_conflicts);
        for (size_t i = 0; i < all->n; i++) {
                const char *name = all->items[i].manager->name;
                if (all->n == 1)
                        buf_addf(&b, "conflict with \"%s\": %s", name, all->items[i].path);
                else if (i == 0 || !streq(name, all->items[i - 1].manager->name))
                        buf_addf(&b, "%sconflicts with \"%s\":", i ? "\n" : "", name);
                if (all->n > 1)
                        buf_addf(&b, "\n- %s", all->items[i].path);
        }
        const char *text = arena_strdup(c->arena, buf_str(&b));
        buf_done(&b);
        return text;
}

/* In these rows a manager is its name alone, whatever it did last. */
static void rename_operation(struct state *s, const struct ssa_manager *id) {
        for (size_t i = 0; i < s->managers.n; i++)
                if (streq(s->managers.items[i].name, id->name)) {
                        s->managers.items[i].applied = id->applied;
                        if (!id->applied)
                                s->managers.items[i].api_version = id->api_version;
                }
}

static int write_one(struct corpus_case *c, struct state *s, const struct value *op, const struct fieldset *ignored,
                     struct ssa_conflicts *conflicts, struct err *err) {
        const char *kind = value_get_str(op, "op");
        const struct value *object = value_get(op, "object");
        struct ssa_manager id = {.name = value_get_str(op, "manager"),
                                 .subresource = "",
                                 .api_version = value_get_str(op, "apiVersion"),
                                 .applied = !str_has_prefix(kind, "Update")};
        struct ssa_managers before;
        struct value new;
        if (ssa_validate(c->arena, s->schema, object, !id.applied, err) < 0 ||
            ssa_managers_copy(c->arena, &s->managers, &before, err) < 0)
                return -1;
        rename_operation(s, &id);
        int r = id.applied ? ssa_managers_apply(c->arena, s->schema, s->has_live ? &s->live : NULL, object, ignored,
                                                &id, str_has_prefix(kind, "Force"), &s->managers, &new, conflicts, err)
                           : ssa_managers_update(c->arena, s->schema, s->has_live ? &s->live : NULL, object, ignored,
                                                 &id, &s->managers, err);
        if (r < 0) {
                s->managers = before;
                return -1;
        }
        if (!id.applied || r > 0)
                s->live = id.applied ? new : *object;
        s->has_live = true;
        return 0;
}

/* changed: see smd_replayed(); i: the step's index. */
static enum corpus_verdict check_step(struct corpus_case *c, struct state *s, const struct value *op,
                                      const struct fieldset *ignored, const struct value *changed, size_t i) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct ssa_conflicts conflicts = {0};
        int r = write_one(c, s, op, ignored, &conflicts, &err);
        const char *wanted = value_string_or(smd_answer(changed, op, i, "expected_error"), NULL);
        if (!wanted)
                wanted = value_get_str(op, "conflict_error");
        if (wanted || r < 0) {
                const char *found = r == 0 ? NULL : conflicts.n ? conflicts_text(c, &conflicts) : err_message(&err);
                if (corpus_same(c, "error", wanted, found) != CORPUS_PASS)
                        return CORPUS_FAIL;
        }
        const struct value *live = smd_answer(changed, op, i, "live_after");
        if (same_value(c, "live", live, s->has_live ? &s->live : NULL) != CORPUS_PASS)
                return CORPUS_FAIL;
        return same_managers(c, smd_answer(changed, op, i, "managed_after"), &s->managers);
}

/* The set that is left out of every comparison. False: a filter that is none. */
static bool find_ignored(struct corpus_case *c, struct fieldset *ret, const struct fieldset **ret_used) {
        const struct value *fields = value_path(c->row, "ignored_fields", "v1", NULL);
        const struct value *filter = value_path(c->row, "ignore_filter", "v1", NULL);
        *ret_used = NULL;
        if (!value_is_null(value_get(c->row, "ignore_filter"))) {
                fields = value_path(filter, "filter", "excludeSet", NULL);
                if (!fields)
                        return false;
        }
        if (value_is_null(fields))
                return true;
        *ret_used = ret;
        return parse_set(c, fields, ret);
}

static enum corpus_verdict check_sequence(struct corpus_case *c) {
        const char *converter = value_get_str(c->row, "converter");
        const struct value *ops = value_get(c->row, "ops"), *parser = value_get(c->row, "parser");
        const struct value *changed = smd_replayed(c);
        struct state s = {0};
        struct fieldset set;
        const struct fieldset *ignored;
        if ((converter && !streq(converter, "dummyConverter")) || !find_ignored(c, &set, &ignored))
                return CORPUS_SKIP;
        VALUE_EACH_ITEM(op, ops) {
                const char *kind = value_get_str(op, "op"), *version = value_get_str(op, "apiVersion");
                if (str_has_prefix(kind, "Extract"))
                        return CORPUS_SKIP;
                if (streq(kind, "ChangeParser")) {
                        parser = value_get(op, "parser");
                        version = "v1";
                }
                if (!find_schema(c, parser, version, &s.schema))
                        return CORPUS_SKIP;
                if (!streq(kind, "ChangeParser") &&
                    check_step(c, &s, op, ignored, changed, (size_t)(op - ops->items)) != CORPUS_PASS)
                        return CORPUS_FAIL;
                /* In the tables as written a failing step ends the row. */
                if (streq(value_get_str(c->row, "table"), "state_machine") &&
                    (value_get_str(op, "expected_error") || value_get_str(op, "conflict_error")))
                        break;
        }
        return CORPUS_PASS;
}

/* ---- objects ---- */

/* The rows were read from YAML, whose maps have keys of any type; a server reads JSON. */
static const char *as_json(struct corpus_case *c, const char *text) {
        static const char yaml[] = "map[interface {}]", json[] = "map[string]";
        struct buf b = BUF_INIT(1 << 16);
        for (const char *p; (p = strstr(text, yaml)); text = p + strlen(yaml)) {
                buf_add(&b, text, (size_t)(p - text));
                buf_adds(&b, json);
        }
        buf_adds(&b, text);
        const char *out = arena_strdup(c->arena, buf_str(&b));
        buf_done(&b);
        return out;
}

/* A few rows hold YAML with a brace too many, and so no object. */
static bool is_lost(const struct value *row, const char *key, const char *yaml) {
        return value_is_null(value_get(row, key)) && *value_string_or(value_get(row, yaml), "null") == '{';
}

static enum corpus_verdict check_object(struct corpus_case *c, const char *table, const struct schema *s) {
        _cleanup_err_ struct err err = ERR_INIT;
        const struct value *row = c->row, *object = value_get(row, "object");
        struct fieldset set, other;
        struct value v;
        if (streq(table, "validate")) {
                bool strict = ssa_validate(c->arena, s, object, false, NULL) == 0;
                bool loose = ssa_validate(c->arena, s, object, true, NULL) == 0;
                const struct value *valid = value_get(row, "valid");
                bool wanted = value_bool_or(valid, false);
                bool wanted_loose = wanted || value_is_string(valid);
                return strict == wanted && loose == wanted_loose ? CORPUS_PASS : corpus_fail(c, "%d %d", strict, loose);
        }
        if (streq(table, "validate_error")) {
                int r = ssa_validate(c->arena, s, object, false, &err);
                const char *wanted = as_json(c, value_get_str(row, "expected_error"));
                return corpus_same(c, "error", wanted, r < 0 ? err_message(&err) : NULL);
        }
        if (streq(table, "merge")) {
                int r = ssa_merge(c->arena, s, value_get(row, "lhs"), value_get(row, "rhs"), &v, &err);
                if (r < 0)
                        return corpus_fail(c, "%s", err_message(&err));
                return same_value(c, "merged", value_get(row, "expected"), r ? &v : NULL);
        }
        if (streq(table, "to_field_set")) {
                if (ssa_to_set(c->arena, s, object, &set, &err) < 0)
                        return corpus_fail(c, "%s", err_message(&err));
                return same_set(c, "set", value_get(row, "expected_set"), &set);
        }
        if (streq(table, "symdiff")) {
                struct ssa_comparison cmp;
                if (is_lost(row, "lhs", "lhs_yaml") || is_lost(row, "rhs", "rhs_yaml"))
                        return CORPUS_SKIP;
                if (ssa_compare(c->arena, s, value_get(row, "lhs"), value_get(row, "rhs"), &cmp, &err) < 0)
                        return corpus_fail(c, "%s", err_message(&err));
                if (same_set(c, "removed", value_get(row, "removed"), &cmp.removed) != CORPUS_PASS ||
                    same_set(c, "modified", value_get(row, "modified"), &cmp.modified) != CORPUS_PASS)
                        return CORPUS_FAIL;
                return same_set(c, "added", value_get(row, "added"), &cmp.added);
        }
        if (streq(table, "remove_extract")) {
                if (value_bool_or(value_get(row, "remove_skip"), false) || !parse_set(c, value_get(row, "set"), &other))
                        return CORPUS_SKIP;
                int r = ssa_remove(c->arena, s, object, &other, &v, &err);
                const struct value *left = value_get(smd_replayed(c), "remove_expected");
                if (!left)
                        left = value_get(row, "remove_expected");
                return same_value(c, "removed", left, r > 0 ? &v : NULL);
        }
        return CORPUS_SKIP;
}

static enum corpus_verdict check_reconcile(struct corpus_case *c) {
        const char *id = value_get_str(c->row, "new_schema"), *type = value_get_str(c->row, "type");
        const struct value *types = schema_types(c, id), *wanted = value_get(c->row, "expected_fields");
        const struct schema *s = types ? smd_schema(c->arena, types, type) : NULL;
        struct fieldset set;
        if (!s || !parse_set(c, value_get(c->row, "old_fields"), &set))
                return CORPUS_SKIP;
        if (ssa_reconcile(c->arena, s, &set, &set, NULL) < 0)
                return corpus_fail(c, "failed");
        return same_set(c, "set", value_is_null(wanted) ? value_get(c->row, "old_fields") : wanted, &set);
}

/* ---- sets ---- */

/* "f:name" or {"$err": ...}. */
static bool parse_element(struct corpus_case *c, const struct value *v, struct fieldset_element *ret) {
        bool known = false;
        return value_is_string(v) && fieldset_parse_element(c->arena, v->str, v->len, ret, &known, NULL) == 0 && known;
}

static size_t parse_path(struct corpus_case *c, const struct value *list, struct fieldset_element path[16]) {
        size_t n = 0;
        for (; value_is_list(list) && n < list->len && n < 16; n++)
                if (!parse_element(c, &list->items[n], &path[n]))
                        return 0;
        return n;
}

static enum corpus_verdict check_texts(struct corpus_case *c, const char *table) {
        const struct value *in = value_get(c->row, "input");
        const char *text = value_is_string(in) ? in->str : value_get_str(c->row, "nonNormalizedString"), *out;
        struct fieldset_element e;
        struct fieldset set;
        struct value v;
        size_t n;
        bool known = false;
        if (!text)
                return CORPUS_SKIP;
        if (str_has_prefix(table, "fieldpath_path_element")) {
                int r = fieldset_parse_element(c->arena, text, strlen(text), &e, &known, NULL);
                if (streq(table, "fieldpath_path_element_invalid"))
                        return r < 0 ? CORPUS_PASS : corpus_fail(c, "accepted");
                if (r < 0 || !known || fieldset_format_element(c->arena, &e, &out, &n, NULL) < 0)
                        return corpus_fail(c, "refused");
                return corpus_same(c, "element", value_get_str(c->row, "canonical"), out);
        }
        int r = json_parse(c->arena, text, strlen(text), 0, NULL, &v, NULL);
        if (r == 0)
                r = fieldset_parse(c->arena, &v, &set, NULL);
        if (streq(table, "fieldpath_set_invalid"))
                return r < 0 ? CORPUS_PASS : corpus_fail(c, "accepted");
        if (streq(table, "fieldpath_set_valid"))
                return r == 0 ? CORPUS_PASS : corpus_fail(c, "refused");
        if (r < 0 || fieldset_format(c->arena, &set, &v, NULL) < 0)
                return corpus_fail(c, "refused");
        struct buf b = BUF_INIT(1 << 20);
        json_write(&b, &v, JSON_HTML_ESCAPE);
        const char *normal = value_get_str(c->row, "normalizedString");
        enum corpus_verdict verdict = corpus_same(c, "set", normal ? normal : text, buf_str(&b));
        buf_done(&b);
        return verdict;
}

static enum corpus_verdict check_set(struct corpus_case *c, const char *table) {
        const struct value *row = c->row;
        struct fieldset_element path[16], x, y;
        struct fieldset a, b, found;
        if (streq(table, "fieldpath_path_string")) {
                struct buf text = BUF_INIT(1 << 16);
                size_t n = parse_path(c, value_get(row, "path"), path);
                for (size_t i = 0; i < n; i++)
                        fieldset_print_element(&text, &path[i]);
                enum corpus_verdict v = corpus_same(c, "path", value_get_str(row, "expected"), buf_str(&text));
                buf_done(&text);
                return v;
        }
        if (streq(table, "fieldpath_path_element_less") || streq(table, "value_less")) {
                /* rows of values that are none, which the dump could not write */
                if (str_has_prefix(value_string_or(value_get(row, "name"), ""), "Invalid"))
                        return CORPUS_SKIP;
                if (streq(table, "value_less")) {
                        x = (struct fieldset_element){.kind = FIELDSET_VALUE, .value = *value_get(row, "a")};
                        y = (struct fieldset_element){.kind = FIELDSET_VALUE, .value = *value_get(row, "b")};
                } else if (!parse_element(c, value_get(row, "a"), &x) || !parse_element(c, value_get(row, "b"), &y)) {
                        return CORPUS_SKIP;
                }
                int order = fieldset_compare_elements(&x, &y);
                bool equal = value_bool_or(value_get(row, "eq"), false);
                return equal ? (order == 0 ? CORPUS_PASS : corpus_fail(c, "%d", order))
                             : (order < 0 ? CORPUS_PASS : corpus_fail(c, "%d", order));
        }
        if (streq(table, "fieldpath_set_has")) {
                size_t n = parse_path(c, value_path(row, "check", "elements", NULL), path);
                if (!parse_set(c, value_get(row, "set"), &a))
                        return CORPUS_SKIP;
                bool has = fieldset_has(&a, path, n);
                return has == value_bool_or(value_get(row, "expectMembership"), false) ? CORPUS_PASS
                                                                                       : corpus_fail(c, "%d", has);
        }
        if (streq(table, "fieldpath_set_leaves")) {
                if (!parse_set(c, value_get(row, "input"), &a) || fieldset_leaves(c->arena, &a, &found, NULL) < 0)
                        return corpus_fail(c, "failed");
                return same_set(c, "leaves", value_get(row, "expected"), &found);
        }
        if (!parse_set(c, value_get(row, "a"), &a) || !parse_set(c, value_get(row, "b"), &b))
                return CORPUS_SKIP;
        if (streq(table, "fieldpath_set_equal"))
                return fieldset_equal(&a, &b) == value_bool_or(value_get(row, "equal"), false) ? CORPUS_PASS
                                                                                               : corpus_fail(c, "not");
        if (streq(table, "fieldpath_set_difference")) {
                if (fieldset_difference(c->arena, &a, &b, &found, NULL) < 0 ||
                    same_set(c, "difference", value_get(row, "expectDifference"), &found) != CORPUS_PASS ||
                    fieldset_recursive_difference(c->arena, &a, &b, &found, NULL) < 0)
                        return CORPUS_FAIL;
                return same_set(c, "recursive", value_get(row, "expectRecursiveDifference"), &found);
        }
        return CORPUS_SKIP;
}

static enum corpus_verdict check(struct corpus_case *c) {
        const char *table = value_get_str(c->row, "table");
        const struct schema *s;
        if (streq(table, "fieldpath_set_from_value")) /* guesses keys without a schema; no server does */
                return CORPUS_SKIP;
        if (streq(table, "state_machine") || streq(table, "generated"))
                return check_sequence(c);
        if (streq(table, "reconcile_fieldset"))
                return check_reconcile(c);
        if (str_has_prefix(table, "fieldpath_path_element_") && !streq(table, "fieldpath_path_element_less"))
                return check_texts(c, table);
        if (streq(table, "fieldpath_set_roundtrip") || streq(table, "fieldpath_set_normalize") ||
            streq(table, "fieldpath_set_invalid") || streq(table, "fieldpath_set_valid"))
                return check_texts(c, table);
        if (streq(table, "value_less") || str_has_prefix(table, "fieldpath_"))
                return check_set(c, table);
        if (!find_schema(c, value_get(c->row, "parser"), "v1", &s))
                return CORPUS_SKIP;
        return check_object(c, table, s);
}

int main(void) {
        static const struct corpus_table tables[] = {{"ssa/cases", check, NULL}};
        int r = corpus_main(tables, ARRAY_LEN(tables));
        free(schemas_text);
        smd_replayed_done();
        return r;
}
