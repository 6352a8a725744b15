/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/documents.h"

#include "base/limits.h"
#include "build/kustomize/load/loader.h"
#include "data/text/go_names.h"
#include "data/yaml/yaml.h"

bool documents_malformed(const struct err *err) {
        return strstr(err_message(err), "MalformedYAMLError") != NULL;
}

/* A map as Go's %v prints map[string]string. */
static void print_map(struct arena *a, struct buf *b, const struct value *map) {
        struct value sorted;
        buf_adds(b, "map[");
        if (value_is_map(map) && value_clone(a, map, &sorted, NULL) == 0) {
                value_sort_keys(&sorted);
                VALUE_EACH_MEMBER(m, &sorted)
                        buf_addf(b, "%s%s:%s", m == sorted.members ? "" : " ", m->key, scalar_text(a, &m->value));
        }
        buf_addc(b, ']');
}

static int not_valid(struct arena *a, const struct value *v, const char *what, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_MESSAGE_VALUE);
        const struct value *metadata = value_get(v, "metadata");
        buf_addf(&text, "{{%s %s} {{%s %s} ", scalar_text(a, value_get(v, "apiVersion")),
                 scalar_text(a, value_get(v, "kind")), scalar_text(a, value_get(metadata, "name")),
                 scalar_text(a, value_get(metadata, "namespace")));
        print_map(a, &text, value_get(metadata, "labels"));
        buf_addc(&text, ' ');
        print_map(a, &text, value_get(metadata, "annotations"));
        return err_set(err, ERR_INVALID, "missing %s in object %s}}", what, buf_str(&text));
}

static bool nil_or_empty(const struct value *v) {
        return v->type == VALUE_NULL || ((value_is_map(v) || value_is_list(v)) && v->len == 0);
}

static bool absent(const struct value *v) {
        return !v || nil_or_empty(v);
}

int documents_check(struct arena *a, const struct value *v, struct err *err) {
        const struct value *kind = value_get(v, "kind"), *metadata = value_get(v, "metadata");
        const char *kind_text = scalar_text(a, kind);
        if (absent(kind) && absent(value_get(v, "apiVersion"))) {
                bool any = false;
                static const char *const fields[] = {"name", "namespace", "labels", "annotations"};
                for (size_t i = 0; i < ARRAY_LEN(fields); i++)
                        any |= !absent(value_get(metadata, fields[i]));
                if (!any)
                        return err_set(err, ERR_INVALID, "missing Resource metadata");
        }
        if (!*kind_text)
                return not_valid(a, v, "kind", err);
        if (str_has_suffix(kind_text, "List"))
                return 0;
        if (!*scalar_text(a, value_get(metadata, "name")))
                return not_valid(a, v, "metadata.name", err);
        return 0;
}

static int add_valid(struct engine *e, struct value *queue, const struct value *v, struct err *err) {
        if (nil_or_empty(v))
                return 0;
        if (documents_check(e->arena, v, err) < 0)
                return -1;
        if (queue->len >= LIMIT_KUSTOMIZE_RESOURCES)
                return err_set(err, ERR_TOO_LARGE, "more than %d resources", LIMIT_KUSTOMIZE_RESOURCES);
        return value_append(e->arena, queue, *v) ? 0 : err_oom(err);
}

#define DECODING "yaml: unmarshal errors:" /* keys that stand there twice, or are null */

/* Faults that kustomize only notices when it prints the document: they end the build then, not now. Its message shows
 * the document, where it can be decoded. */
static bool is_late(struct engine *e, const struct yaml_piece *piece, const struct err *err) {
        static const char *const texts[] = {"json: unsupported", DECODING, "yaml: invalid map key"};
        size_t i = 0;
        while (i < ARRAY_LEN(texts) && !str_has_prefix(err_message(err), texts[i]))
                i++;
        if (i == ARRAY_LEN(texts))
                return false;
        if (e->late_error)
                return true;
        _cleanup_buf_ struct buf shown = BUF_INIT(LIMIT_MESSAGE_VALUE);
        if (i > 0 || yaml_describe(&shown, piece->text, piece->n, YAML_KYAML, NULL) < 0)
                buf_adds(&shown, "map[string]interface {}(nil)");
        e->late_error = arena_printf(e->arena, "%s: %s", buf_str(&shown), err_message(err));
        return e->late_error != NULL;
}

static bool is_unwrapped(const char *kind) {
        return streq(kind, "List") || streq(kind, "ResourceList");
}

/* kustomize decodes the items of kinds that end in List where they stand: they do not take the way through text, which
 * changes some scalars of flow collections and folded ones. */
static int decode_items(struct engine *e, const struct yaml_piece *piece, struct value *v, struct err *err) {
        const struct yaml_options options = {.dialect = YAML_KYAML, .verbatim = true};
        const char *kind = value_string_or(value_get(v, "kind"), "");
        struct value *items = value_get(v, "items"), decoded;
        if (!str_has_suffix(kind, "List") || is_unwrapped(kind) || !value_is_list(items))
                return 0;
        if (yaml_parse(e->arena, piece->text, piece->n, &options, &decoded, err) < 0)
                return -1;
        const struct value *same = value_get(&decoded, "items");
        if (same)
                *items = *same;
        return 0;
}

/* kustomize makes an object's annotations anew before it prints it, and of two with one key the last one stays: no
 * fault, unless something decodes the object before (the items of lists, a JSON patch). */
static bool parse_twice(struct engine *e, const struct yaml_piece *piece, const struct yaml_options *options,
                        struct value *ret) {
        static const char *const annotations[] = {"metadata", "annotations", NULL};
        struct yaml_options again = *options;
        again.twice = annotations;
        *again.notes = NULL;
        if (yaml_parse(e->arena, piece->text, piece->n, &again, ret, NULL) < 0 ||
            str_has_suffix(scalar_text(e->arena, value_get(ret, "kind")), "List"))
                return false;
        struct value *map = value_path(ret, "metadata", "annotations", NULL);
        if (map)
                map->flags |= SCALAR_KEYS_TWICE;
        return map != NULL;
}

/* One document. A late fault makes it null. */
static int parse_piece(struct engine *e, const struct yaml_piece *piece, struct value *ret, struct err *err) {
        struct yaml_note *notes = NULL;
        const struct yaml_options options = {.dialect = YAML_KYAML, .spelled = true, .pool = e->pool, .notes = &notes};
        _cleanup_err_ struct err why = ERR_INIT;
        if (yaml_parse(e->arena, piece->text, piece->n, &options, ret, &why) == 0)
                return decode_items(e, piece, ret, err) < 0 ? -1 : merge_schema_note(&e->schema, notes, err);
        if (str_has_prefix(err_message(&why), DECODING) && parse_twice(e, piece, &options, ret))
                return merge_schema_note(&e->schema, notes, err);
        *ret = value_null();
        if (is_late(e, piece, &why))
                return 0;
        if (why.class == ERR_SYNTAX)
                err_wrap(&why, "MalformedYAMLError");
        return err_move(err, &why);
}

static int parse_pieces(struct engine *e, const char *text, size_t n, struct value *queue, struct err *err) {
        struct yaml_splitter split = YAML_SPLITTER(text, n, YAML_KYAML);
        struct value documents = value_list();
        size_t pieces = 0;
        for (;;) {
                struct yaml_piece piece;
                int more = yaml_split_next(&split, &piece, err);
                if (more < 0)
                        return -1;
                if (!more)
                        break;
                if (++pieces > LIMIT_KUSTOMIZE_RESOURCES)
                        return err_set(err, ERR_TOO_LARGE, "more than %d documents", LIMIT_KUSTOMIZE_RESOURCES);
                struct value v;
                if (parse_piece(e, &piece, &v, err) < 0)
                        return -1;
                if (v.type != VALUE_NULL && !value_append(e->arena, &documents, v))
                        return err_oom(err);
        }
        const struct value *only = documents.len == 1 && pieces == 1 ? documents.items : NULL;
        const char *kind = value_get_str(only, "kind");
        const struct value *items = value_get(only, "items");
        if (kind && items && is_unwrapped(kind)) {
                documents = value_list();
                if (value_is_list(items))
                        documents = *items;
        }
        VALUE_EACH_ITEM(v, &documents)
                if (add_valid(e, queue, v, err) < 0)
                        return -1;
        return 0;
}

/* Kinds that end in List give way to their items, which go to the end. True when v was one. */
static int expand_list(struct engine *e, struct value *queue, const struct value *v, bool *ret_list, struct err *err) {
        const char *kind = scalar_text(e->arena, value_get(v, "kind"));
        const struct value *items = value_get(v, "items");
        *ret_list = str_has_suffix(kind, "List") && items;
        if (!*ret_list || items->type == VALUE_NULL)
                return 0;
        if (!value_is_list(items))
                return err_set(err, ERR_INVALID, "expected array in %s/items, but found %s", kind,
                               items->type == VALUE_INT ? "int" : go_type(items));
        const struct value inner = *items;
        VALUE_EACH_ITEM(item, &inner) {
                if (yaml_settle(e->arena, item, err) < 0 || scalar_through_json(e->arena, item, false, err) < 0 ||
                    add_valid(e, queue, item, err) < 0)
                        return -1;
        }
        return 0;
}

int resources_add(struct arena *a, struct resources *list, struct resource *r, struct err *err) {
        struct resource **items = arena_grow_one(a, list->items, list->len, sizeof(*items));
        if (!items)
                return err_oom(err);
        items[list->len++] = r;
        list->items = items;
        return 0;
}

int documents_read(struct engine *e, const char *text, size_t n, struct resources *ret, struct err *err) {
        struct value queue = value_list();
        if (parse_pieces(e, text, n, &queue, err) < 0)
                return -1;
        struct resources out = {.items = NULL};
        for (size_t i = 0; i < queue.len; i++) { /* the queue grows on the way */
                const struct value v = queue.items[i];
                bool list;
                if (expand_list(e, &queue, &v, &list, err) < 0)
                        return -1;
                if (list)
                        continue;
                struct resource *made = resource_new(e->arena, v);
                if (!made)
                        return err_oom(err);
                if (resource_read_history(e->arena, made, err) < 0 || resources_add(e->arena, &out, made, err) < 0)
                        return -1;
                if (scopes_knows(&e->scopes, resource_api_version(e->arena, made), resource_kind(e->arena, made)))
                        continue;
                e->asked_scope = true;
                if (e->bad_schema)
                        return err_set(err, ERR_INVALID, "%s", e->bad_schema);
        }
        *ret = out;
        return 0;
}

int documents_read_file(struct engine *e, const struct loader *l, const char *path, struct resources *ret,
                        struct err *err) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        if (loader_read_once(e, l, path, &text, &n, err) < 0)
                return -1;
        if (documents_read(e, text, n, ret, err) == 0)
                return 0;
        if (!err || !documents_malformed(err))
                return -1;
        char *message = arena_strdup(e->arena, err_message(err));
        return err_set(err, ERR_SYNTAX, "%s in File: %s", message ? message : "", path);
}
