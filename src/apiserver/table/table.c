/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/table/table.h"

#include "apiserver/strategy/strategy.h"
#include "apiserver/table/cells.h"
#include "apiserver/table/columns.h"
#include "base/clock.h"

int table_parse_include(const char *text, enum table_include *ret, struct err *err) {
        static const char *const names[] = {[TABLE_INCLUDE_METADATA] = "Metadata",
                                            [TABLE_INCLUDE_NONE] = "None",
                                            [TABLE_INCLUDE_OBJECT] = "Object"};
        *ret = TABLE_INCLUDE_METADATA;
        if (!text || !text[0])
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                if (streq(names[i], text)) {
                        *ret = (enum table_include)i;
                        return 0;
                }
        return err_set(err, ERR_BAD_REQUEST, "unrecognized includeObject value: \"%s\"", text);
}

/* A list object has items; nothing else in the API has that at its root. */
static const struct value *items_of(const struct value *v) {
        const struct value *items = value_get(v, "items");
        const char *kind = value_string_or(value_get(v, "kind"), "");
        return str_has_suffix(kind, "List") && (value_is_list(items) || items) ? items : NULL;
}

static int type_meta(struct arena *a, struct value *map, const char *kind, const char *version, struct err *err) {
        struct value api = value_strf(a, "meta.k8s.io/%s", version ? version : "v1");
        if (value_is_null(&api) || !value_set(a, map, "kind", value_str(kind)) || !value_set(a, map, "apiVersion", api))
                return err_oom(err);
        return 0;
}

static int partial(struct arena *a, const struct value *object, const char *version, struct value *ret,
                   struct err *err) {
        const struct value *metadata = value_get(object, "metadata");
        *ret = value_map();
        if (type_meta(a, ret, "PartialObjectMetadata", version, err) < 0)
                return -1;
        return value_set(a, ret, "metadata", metadata ? *metadata : value_map()) ? 0 : err_oom(err);
}

int table_partial_metadata(struct arena *a, const struct value *object_or_list, const char *version, struct value *ret,
                           struct err *err) {
        const struct value *items = items_of(object_or_list), *metadata = value_get(object_or_list, "metadata");
        struct value list = value_list();
        if (!items)
                return partial(a, object_or_list, version, ret, err);
        if (value_is_list(items))
                VALUE_EACH_ITEM(item, items) {
                        struct value entry;
                        if (partial(a, item, version, &entry, err) < 0)
                                return -1;
                        if (!value_append(a, &list, entry))
                                return err_oom(err);
                }
        *ret = value_map();
        if (type_meta(a, ret, "PartialObjectMetadataList", version, err) < 0)
                return -1;
        return value_set(a, ret, "metadata", metadata ? *metadata : value_map()) && value_set(a, ret, "items", list)
                       ? 0
                       : err_oom(err);
}

static int definitions(struct arena *a, const struct columns *columns, struct value *ret, struct err *err) {
        *ret = value_list();
        for (size_t i = 0; i < columns->n; i++) {
                const struct column *c = &columns->items[i];
                struct value d = value_map();
                if (!value_set(a, &d, "name", value_str(c->name)) || !value_set(a, &d, "type", value_str(c->type)) ||
                    !value_set(a, &d, "format", value_str(c->format)) ||
                    !value_set(a, &d, "description", value_str(c->description)) ||
                    !value_set(a, &d, "priority", value_int(c->priority)) || !value_append(a, ret, d))
                        return err_oom(err);
        }
        return 0;
}

/* The cell of a custom column: the first thing its path finds, in the column's type; null when there is none. */
static int custom_cell(struct arena *a, const struct column *column, const struct value *object, int64_t now_ns,
                       struct value *ret, struct err *err) {
        struct jsonpath_results found = {0};
        *ret = value_null();
        if (!column->path || jsonpath_find(a, column->path, object, JSONPATH_ALLOW_MISSING, &found, NULL) < 0 ||
            !found.n || value_is_null(found.values[0]))
                return 0;
        const struct value *v = found.values[0];
        if (streq(column->type, "integer")) {
                if (v->type == VALUE_FLOAT && v->f > -9e18 && v->f < 9e18)
                        *ret = value_int((int64_t)v->f);
                else if (v->type == VALUE_INT)
                        *ret = *v;
        } else if (streq(column->type, "number")) {
                if (value_is_number(v))
                        *ret = *v;
        } else if (streq(column->type, "boolean")) {
                if (v->type == VALUE_BOOL)
                        *ret = *v;
        } else if (streq(column->type, "date")) {
                char text[24];
                int64_t ns;
                bool time = value_is_string(v) && time_parse_rfc3339(v->str, &ns, NULL) == 0;
                *ret = value_strf(a, "%s", time ? table_human_duration(text, now_ns - ns) : "<invalid>");
                if (value_is_null(ret))
                        return err_oom(err);
        } else if (value_is_string(v)) {
                *ret = *v;
        } else {
                _cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
                if (jsonpath_execute(a, column->path, object, JSONPATH_ALLOW_MISSING, &b, NULL) < 0)
                        return 0;
                *ret = value_strf(a, "%s", buf_str(&b));
                if (value_is_null(ret))
                        return err_oom(err);
        }
        return 0;
}

/* Cells of both forms of Event and HorizontalPodAutoscaler are written for one of them. */
static int canonical(struct arena *a, const struct kind *k, const struct value *object, struct value *ret,
                     struct err *err) {
        *ret = *object;
        if (k->custom || !k->storage || k->storage == k)
                return 0;
        if (value_clone(a, object, ret, err) < 0)
                return -1;
        return strategy_convert(a, k, k->storage, ret, err);
}

static int cells(struct arena *a, const struct kind *k, const struct columns *columns, const struct value *object,
                 int64_t now_ns, struct value *ret, struct err *err) {
        struct value shown;
        bool oom = false;
        *ret = value_list();
        if (canonical(a, k, object, &shown, err) < 0)
                return -1;
        for (size_t i = 0; i < columns->n; i++) {
                const struct column *c = &columns->items[i];
                struct value cell;
                if (c->cell)
                        cell = cell_make(a, &shown, c->cell, now_ns, &oom);
                else if (custom_cell(a, c, object, now_ns, &cell, err) < 0)
                        return -1;
                if (oom || !value_append(a, ret, cell))
                        return err_oom(err);
        }
        return 0;
}

/* The old field of a DaemonSet's template generation is no annotation of the internal form that rows are made from. */
static int hide_internal(struct arena *a, const struct kind *k, struct value *shown, struct err *err) {
        static const char key[] = "deprecated.daemonset.template.generation";
        const struct value *annotations = value_path(shown, "metadata", "annotations", NULL);
        if (!streq(k->resource, "daemonsets") || !value_get(annotations, key))
                return 0;
        struct value copy;
        if (value_clone(a, value_get(shown, "metadata"), &copy, err) < 0)
                return -1;
        if (!value_set(a, shown, "metadata", copy))
                return err_oom(err);
        struct value *metadata = value_get(shown, "metadata"), *own = value_get(metadata, "annotations");
        value_remove(own, key);
        if (!own->len)
                value_remove(metadata, "annotations");
        return 0;
}

/* A pod that has ended says so beside its row, so that kubectl may hide it. */
static int conditions(struct arena *a, const struct kind *k, const struct value *object, struct value *row,
                      struct err *err) {
        const char *phase = value_string_or(value_path(object, "status", "phase", NULL), "");
        bool succeeded = streq(phase, "Succeeded"), failed = streq(phase, "Failed");
        struct value condition = value_map(), list = value_list();
        if (k->group[0] || !streq(k->resource, "pods") || (!succeeded && !failed))
                return 0;
        if (!value_set(a, &condition, "type", value_str("Completed")) ||
            !value_set(a, &condition, "status", value_str("True")) ||
            !value_set(a, &condition, "reason", value_str(phase)) ||
            !value_set(a, &condition, "message",
                       value_str(succeeded ? "The pod has completed successfully." : "The pod failed.")) ||
            !value_append(a, &list, condition) || !value_set(a, row, "conditions", list))
                return err_oom(err);
        return 0;
}

static int row_of(struct arena *a, const struct kind *k, const struct columns *columns, const struct value *object,
                  const struct table_options *options, struct value *ret, struct err *err) {
        struct value made, shown = value_null();
        *ret = value_map();
        if (cells(a, k, columns, object, options->now_ns, &made, err) < 0)
                return -1;
        if (options->include == TABLE_INCLUDE_METADATA &&
            (partial(a, object, options->version, &shown, err) < 0 || hide_internal(a, k, &shown, err) < 0))
                return -1;
        if (options->include == TABLE_INCLUDE_OBJECT)
                shown = *object;
        if (!value_set(a, ret, "cells", made))
                return err_oom(err);
        if (conditions(a, k, object, ret, err) < 0)
                return -1;
        return value_set(a, ret, "object", shown) ? 0 : err_oom(err);
}

/* Of a list its own metadata; of one object the version it was read at. */
static int table_metadata(struct arena *a, const struct value *v, bool list, struct value *ret, struct err *err) {
        static const char *const shown[] = {"resourceVersion", "continue", "remainingItemCount"};
        const struct value *metadata = value_get(v, "metadata");
        *ret = value_map();
        for (size_t i = 0; i < (list ? ARRAY_LEN(shown) : 1); i++) {
                const struct value *member = value_get(metadata, shown[i]);
                if (member && !value_equals_str(member, "") && !value_set(a, ret, shown[i], *member))
                        return err_oom(err);
        }
        return 0;
}

int table_of(struct arena *a, const struct kind *k, const struct value *object_or_list,
             const struct table_options *options, struct value *ret, struct err *err) {
        const struct value *items = items_of(object_or_list);
        bool scale = value_equals_str(value_get(object_or_list, "kind"), "Scale") &&
                     value_equals_str(value_get(object_or_list, "apiVersion"), "autoscaling/v1");
        struct columns columns;
        struct value rows = value_list(), row, metadata, heads = value_null();
        if (columns_of(a, k, scale, &columns, err) < 0 ||
            table_metadata(a, object_or_list, items != NULL, &metadata, err) < 0)
                return -1;
        if (options->headers && definitions(a, &columns, &heads, err) < 0)
                return -1;
        if (items && value_is_list(items)) {
                VALUE_EACH_ITEM(item, items) {
                        if (row_of(a, k, &columns, item, options, &row, err) < 0)
                                return -1;
                        if (!value_append(a, &rows, row))
                                return err_oom(err);
                }
        } else if (!items) {
                if (row_of(a, k, &columns, object_or_list, options, &row, err) < 0)
                        return -1;
                if (!value_append(a, &rows, row))
                        return err_oom(err);
        }
        *ret = value_map();
        if (type_meta(a, ret, "Table", options->version, err) < 0)
                return -1;
        return value_set(a, ret, "metadata", metadata) && value_set(a, ret, "columnDefinitions", heads) &&
                               value_set(a, ret, "rows", rows)
                       ? 0
                       : err_oom(err);
}
