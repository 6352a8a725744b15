/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/handlers/show.h"

#include "apiserver/strategy/strategy.h"
#include "data/json/json.h"

/* A custom object written after its definition has had the definition's defaults then. */
static bool newer_than_definition(const struct kind *k, const struct object *o) {
        const char *rv = value_path_str(k->crd, "metadata", "resourceVersion", NULL);
        return rv && o->rv > strtoull(rv, NULL, 10);
}

bool show_as_stored(const struct kind *k, const struct object *o) {
        const char *version = o->api_version, *slash = strchr(version, '/');
        size_t group = slash ? (size_t)(slash - version) : 0;
        if (strlen(k->group) != group || memcmp(k->group, version, group) != 0 ||
            !streq(k->version, slash ? slash + 1 : version))
                return false;
        return !k->custom || newer_than_definition(k, o);
}

int show_tree(const struct kind_set *kinds, const struct kind *k, struct arena *a, const struct object *o,
              struct value *ret, struct err *err) {
        return object_tree(o, a, ret, err) < 0 ? -1 : strategy_from_storage(a, kinds, k, ret, err);
}

void show_stored(const struct object *o, bool item, struct buf *b) {
        if (item)
                buf_addc(b, '{');
        buf_add(b, o->json + (item ? o->body_offset : 0), show_stored_len(o, item) - item);
}

size_t show_stored_len(const struct object *o, bool item) {
        return item ? o->json_len - o->body_offset + 1 : o->json_len;
}

int show_json(const struct kind_set *kinds, const struct kind *k, struct arena *a, const struct object *o, bool item,
              struct buf *b, struct err *err) {
        bool bare = item && !k->custom;
        if (show_as_stored(k, o)) {
                show_stored(o, bare, b);
                return 0;
        }
        struct value tree;
        if (show_tree(kinds, k, a, o, &tree, err) < 0)
                return -1;
        if (bare) {
                value_remove(&tree, "kind");
                value_remove(&tree, "apiVersion");
        }
        json_write(b, &tree, JSON_HTML_ESCAPE);
        return 0;
}
