/* SPDX-License-Identifier: Apache-2.0 */
/* Corpus apply/: the pure parts of Flux's apply. Rows of the operation "dryrun" repair answers of Kubernetes before
 * 1.27, which weir does not speak to: skipped. */
#include "corpus.h"

#include "data/json/json.h"
#include "data/patch/mergepatch.h"
#include "kube/flux/drift.h"
#include "kube/flux/inventory.h"
#include "kube/flux/manifest.h"
#include "kube/flux/normalize.h"
#include "kube/flux/order.h"
#include "kube/flux/owner.h"

#define GROUP "kustomize.toolkit.fluxcd.io"

/* ---- objects in the corpus' short form "apiVersion|kind|namespace|name" ---- */

static struct value short_object(struct arena *a, const char *text) {
        struct value object = value_map(), metadata = value_map();
        char *parts[4], *s = arena_strdup(a, text);
        for (size_t i = 0; i < 4; i++)
                parts[i] = strsep(&s, "|");
        if (*parts[2])
                value_set(a, &metadata, "namespace", value_str(parts[2]));
        value_set(a, &metadata, "name", value_str(parts[3]));
        value_set(a, &object, "apiVersion", value_str(parts[0]));
        value_set(a, &object, "kind", value_str(parts[1]));
        value_set(a, &object, "metadata", metadata);
        return object;
}

static struct value short_objects(struct arena *a, const struct value *texts) {
        struct value list = value_list();
        VALUE_EACH_ITEM(text, texts)
                value_append(a, &list, short_object(a, text->str));
        return list;
}

static struct value short_text(struct arena *a, const struct value *object) {
        const struct value *metadata = value_get(object, "metadata");
        return value_strf(a, "%s|%s|%s|%s", value_get_str(object, "apiVersion"), value_get_str(object, "kind"),
                          value_string_or(value_get(metadata, "namespace"), ""), value_get_str(metadata, "name"));
}

static struct value short_texts(struct arena *a, const struct value *objects) {
        struct value list = value_list();
        VALUE_EACH_ITEM(object, objects)
                value_append(a, &list, short_text(a, object));
        return list;
}

/* ---- order ---- */

static enum corpus_verdict check_sort(struct corpus_case *c, const struct value *in, const struct value *out) {
        struct value objects = short_objects(c->arena, value_get(in, "objects"));
        struct value backwards = short_objects(c->arena, value_get(in, "objects"));
        order_sort(c->arena, &objects);
        order_sort_backwards(c->arena, &backwards);
        struct value apply = short_texts(c->arena, &objects), delete = short_texts(c->arena, &backwards);
        if (corpus_same_value(c, "apply", value_get(out, "apply"), &apply) != CORPUS_PASS)
                return CORPUS_FAIL;
        return corpus_same_value(c, "delete", value_get(out, "delete"), &delete);
}

static enum corpus_verdict check_stage(struct corpus_case *c, const struct value *in, const struct value *out) {
        static const char *const names[] = {"1-cluster-definitions", "2-class-definitions", "3-custom", "4-rest"};
        struct value stages = value_map();
        struct order_kinds custom = {0};
        const char *kinds = value_get_str(in, "customStageKinds");
        if (kinds && order_kinds_parse(c->arena, kinds, &custom, NULL) < 0)
                return corpus_fail(c, "no kinds");
        VALUE_EACH_ITEM(text, value_get(in, "objects")) {
                struct value object = short_object(c->arena, text->str);
                value_set(c->arena, &stages, text->str, value_str(names[order_stage_of(&object, &custom)]));
        }
        return corpus_same_value(c, "stages", out, &stages);
}

static enum corpus_verdict check_kinds(struct corpus_case *c, const struct value *in, const struct value *out) {
        struct order_kinds kinds;
        struct value list = value_list();
        if (order_kinds_parse(c->arena, value_get_str(in, "customStageKinds"), &kinds, NULL) < 0)
                return corpus_fail(c, "no kinds");
        for (size_t i = 0; i < kinds.n; i++)
                value_append(c->arena, &list, value_str(kinds.names[i]));
        const struct value *expected = value_get(out, "groupKinds");
        return value_is_null(expected) && !kinds.n ? CORPUS_PASS : corpus_same_value(c, "kinds", expected, &list);
}

/* ---- inventory ---- */

static struct value subject_of(struct arena *a, const struct inventory_ref *ref) {
        return value_strf(a, "%s/%s%s%s", ref->kind, ref->namespace_, *ref->namespace_ ? "/" : "", ref->name);
}

static enum corpus_verdict check_format(struct corpus_case *c, const struct value *in, const struct value *out) {
        struct value found = value_list();
        VALUE_EACH_ITEM(text, value_get(in, "objects")) {
                struct value object = short_object(c->arena, text->str), entry = value_map();
                const char *id;
                struct inventory_ref ref, own;
                _cleanup_err_ struct err err = ERR_INIT;
                inventory_id(c->arena, &object, &id, NULL);
                inventory_ref_of(c->arena, &object, &own, NULL);
                value_set(c->arena, &entry, "inventoryId", value_str(id));
                value_set(c->arena, &entry, "object", *text);
                if (inventory_parse(c->arena, id, &ref, &err) < 0) {
                        value_set(c->arena, &entry, "parseError", value_strf(c->arena, "%s", err_message(&err)));
                } else {
                        bool round = streq(ref.namespace_, own.namespace_) && streq(ref.name, own.name) &&
                                     streq(ref.group, own.group) && streq(ref.kind, own.kind);
                        value_set(c->arena, &entry, "parseBack", subject_of(c->arena, &ref));
                        value_set(c->arena, &entry, "roundTrip", value_bool(round));
                }
                value_set(c->arena, &entry, "subject", value_str(inventory_subject(c->arena, &object)));
                value_append(c->arena, &found, entry);
        }
        return corpus_same_value(c, "format", out, &found);
}

static enum corpus_verdict check_parse_id(struct corpus_case *c, const struct value *in, const struct value *out) {
        struct value found = value_list();
        VALUE_EACH_ITEM(id, value_get(in, "ids")) {
                struct inventory_ref ref;
                struct value entry = value_map();
                _cleanup_err_ struct err err = ERR_INIT;
                value_set(c->arena, &entry, "id", *id);
                if (inventory_parse(c->arena, id->str, &ref, &err) < 0) {
                        value_set(c->arena, &entry, "error", value_strf(c->arena, "%s", err_message(&err)));
                } else {
                        value_set(c->arena, &entry, "group", value_str(ref.group));
                        value_set(c->arena, &entry, "kind", value_str(ref.kind));
                        value_set(c->arena, &entry, "name", value_str(ref.name));
                        value_set(c->arena, &entry, "namespace", value_str(ref.namespace_));
                }
                value_append(c->arena, &found, entry);
        }
        return corpus_same_value(c, "ids", out, &found);
}

/* Ids with an optional version behind a blank, v1 without. */
static struct value entries_of(struct arena *a, const struct value *ids) {
        struct value list = value_list();
        VALUE_EACH_ITEM(item, ids) {
                struct value entry = value_map();
                char *id = arena_strdup(a, item->str), *version = strchr(id, ' ');
                if (version)
                        *version++ = '\0';
                value_set(a, &entry, "id", value_str(id));
                value_set(a, &entry, "v", value_str(version ? version : "v1"));
                value_append(a, &list, entry);
        }
        return list;
}

static enum corpus_verdict check_diff(struct corpus_case *c, const struct value *in, const struct value *out) {
        struct value old_entries = entries_of(c->arena, value_get(in, "oldInventory"));
        struct value new_entries = entries_of(c->arena, value_get(in, "newInventory")), stale, objects;
        const char *error = value_get_str(c->row, "error");
        _cleanup_err_ struct err err = ERR_INIT;
        inventory_stale(c->arena, &old_entries, &new_entries, &stale);
        int r = inventory_objects(c->arena, &stale, &objects, &err);
        struct value ignored;
        if (r == 0 && error) /* there a bad id in the new inventory fails too */
                r = inventory_objects(c->arena, &new_entries, &ignored, &err);
        if (error)
                return corpus_same(c, "error", error, r < 0 ? err_message(&err) : NULL);
        if (r < 0)
                return corpus_fail(c, "error: %s", err_message(&err));
        struct value texts = short_texts(c->arena, &objects);
        return corpus_same_value(c, "stale", value_get(out, "stale"), &texts);
}

static enum corpus_verdict check_change_set(struct corpus_case *c, const struct value *in, const struct value *out) {
        static const char *const actions[] = {"created", "configured", "unchanged", "deleted", "skipped", "unknown"};
        struct value objects = short_objects(c->arena, value_get(in, "objects")), entries;
        _cleanup_buf_ struct buf text = BUF_INIT((size_t)1 << 20);
        size_t i = 0;
        VALUE_EACH_ITEM(object, &objects) {
                buf_addf(&text, "%s%s %s", i ? "\n" : "", inventory_subject(c->arena, object), actions[i % 6]);
                i++;
        }
        if (corpus_same(c, "text", value_get_str(out, "text"), buf_str(&text)) != CORPUS_PASS)
                return CORPUS_FAIL;
        inventory_of(c->arena, &objects, &entries, NULL);
        return corpus_same_value(c, "inventory", value_get(out, "inventory"), &entries);
}

/* ---- objects ---- */

static int read_yaml(struct corpus_case *c, const struct value *in, const char *key, struct value *ret,
                     struct err *err) {
        const char *text = value_string_or(value_get(in, key), "");
        return manifest_read(c->arena, text, strlen(text), ret, err);
}

/* Numbers are compared as JSON shows them: the recording does not tell 1e20 and 100000000000000000000 apart. */
static enum corpus_verdict same_objects(struct corpus_case *c, const struct value *expected,
                                        const struct value *found) {
        _cleanup_buf_ struct buf x = BUF_INIT((size_t)16 << 20), y = BUF_INIT((size_t)16 << 20);
        json_write(&x, expected, JSON_SORT_KEYS);
        json_write(&y, found, JSON_SORT_KEYS);
        return corpus_same(c, "objects", buf_str(&x), buf_str(&y));
}

static enum corpus_verdict check_read(struct corpus_case *c, const struct value *in, const struct value *out) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value objects;
        const char *error = value_get_str(c->row, "error");
        int r = read_yaml(c, in, "yaml", &objects, &err);
        if (error)
                return corpus_same(c, "error", error, r < 0 ? err_message(&err) : NULL);
        return r < 0 ? corpus_fail(c, "error: %s", err_message(&err))
                     : same_objects(c, value_get(out, "objects"), &objects);
}

static enum corpus_verdict check_normalize(struct corpus_case *c, const struct value *in, const struct value *out) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value objects;
        if (read_yaml(c, in, "yaml", &objects, &err) < 0)
                return corpus_fail(c, "error: %s", err_message(&err));
        VALUE_EACH_ITEM(object, &objects)
                if (normalize_object(c->arena, object, &err) < 0)
                        return corpus_fail(c, "error: %s", err_message(&err));
        return same_objects(c, value_get(out, "objects"), &objects);
}

static enum corpus_verdict check_metadata(struct corpus_case *c, const struct value *in, const struct value *out) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value objects;
        if (read_yaml(c, in, "yaml", &objects, &err) < 0)
                return corpus_fail(c, "error: %s", err_message(&err));
        VALUE_EACH_ITEM(object, &objects)
                owner_set_metadata(c->arena, object, value_get(in, "labels"), value_get(in, "annotations"));
        return same_objects(c, value_get(out, "objects"), &objects);
}

/* The one object at in.key, or NULL. */
static struct value *one_object(struct corpus_case *c, const struct value *in, const char *key) {
        struct value *list = arena_make(c->arena, struct value);
        if (!list || read_yaml(c, in, key, list, NULL) < 0 || !list->len)
                return NULL;
        return &list->items[0];
}

static enum corpus_verdict check_mask(struct corpus_case *c, const struct value *in, const struct value *out) {
        struct value *old_object = one_object(c, in, "oldObject"), *new_object = one_object(c, in, "newObject");
        _cleanup_err_ struct err err = ERR_INIT;
        const char *error = value_get_str(c->row, "error");
        int r = normalize_mask_secret(c->arena, old_object, new_object, &err);
        if (error)
                return r < 0 ? CORPUS_PASS : corpus_fail(c, "no error");
        if (r < 0)
                return corpus_fail(c, "error: %s", err_message(&err));
        const struct value *expected_old = value_get(out, "old"), *expected_new = value_get(out, "new");
        if (expected_old && old_object && corpus_same_value(c, "old", expected_old, old_object) != CORPUS_PASS)
                return CORPUS_FAIL;
        return expected_new && new_object ? corpus_same_value(c, "new", expected_new, new_object) : CORPUS_PASS;
}

/* ---- what is to be done with one object ---- */

static enum corpus_verdict same_action(struct corpus_case *c, const struct value *out, const struct value *object,
                                       const char *action) {
        struct value line = value_strf(c->arena, "%s %s", inventory_subject(c->arena, object), action);
        if (corpus_same(c, "action", value_get_str(out, "action"), action) != CORPUS_PASS)
                return CORPUS_FAIL;
        return corpus_same(c, "line", value_get_str(out, "line"), line.str);
}

/* What a server-side apply of desired over live would answer, near enough for these rows: one merged into the other. */
static int dry_run(struct corpus_case *c, struct value *live, const struct value *desired, struct value *ret) {
        struct value *metadata = value_obtain_map(c->arena, live, "metadata");
        if (!value_set(c->arena, metadata, "resourceVersion", value_str("1")))
                return -1;
        return mergepatch_apply(c->arena, live, desired, ret, NULL);
}

static enum corpus_verdict check_apply(struct corpus_case *c, const struct value *in, const struct value *out) {
        struct value *live = one_object(c, in, "existing"), *desired = one_object(c, in, "desired"), merged;
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_drift_rules_ struct drift_rules rules = {0};
        bool differs;
        const char *error = value_get_str(c->row, "error");
        if (owner_apply_action(desired, live) == OWNER_SKIP)
                return same_action(c, out, desired, "skipped");
        if (!live)
                return same_action(c, out, desired, "created");
        if (dry_run(c, live, desired, &merged) < 0 ||
            drift_rules_compile(c->arena, value_get(in, "ignore"), &rules, &err) < 0 ||
            drift_differs_ignoring(c->arena, live, &merged, &rules, &differs, &err) < 0)
                return corpus_fail(c, "error: %s", err_message(&err));
        int r = drift_adopt_ignored(c->arena, live, &merged, &rules, "kustomize-controller", desired, &err);
        if (error)
                return corpus_same(c, "error", error, r < 0 ? err_message(&err) : NULL);
        if (r < 0)
                return corpus_fail(c, "error: %s", err_message(&err));
        return same_action(c, out, desired, differs ? "configured" : "unchanged");
}

static enum corpus_verdict check_delete(struct corpus_case *c, const struct value *in, const struct value *out) {
        struct value *live = one_object(c, in, "existing"), *desired = one_object(c, in, "desired");
        bool keep = live && (!owner_matches(live, GROUP, "app", "apps") || owner_prune_disabled(live));
        return same_action(c, out, desired, keep ? "skipped" : "deleted");
}

static enum corpus_verdict check(struct corpus_case *c) {
        static const struct {
                const char *op;
                enum corpus_verdict (*check)(struct corpus_case *c, const struct value *in, const struct value *out);
        } checks[] = {
                {"sort", check_sort},
                {"stage", check_stage},
                {"gkset", check_kinds},
                {"fmt", check_format},
                {"parseId", check_parse_id},
                {"diff", check_diff},
                {"changeset", check_change_set},
                {"read", check_read},
                {"normalize", check_normalize},
                {"metadata", check_metadata},
                {"sanitize", check_mask},
                {"applyOne", check_apply},
                {"deleteOne", check_delete},
        };
        const struct value *in = value_get(c->row, "in");
        const char *op = value_get_str(in, "op");
        for (size_t i = 0; op && i < ARRAY_LEN(checks); i++)
                if (streq(op, checks[i].op))
                        return checks[i].check(c, in, value_get(c->row, "out"));
        return CORPUS_SKIP;
}

int main(void) {
        static const struct corpus_table tables[] = {{.name = "apply/apply", .check = check}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
