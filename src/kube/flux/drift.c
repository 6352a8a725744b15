/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/flux/drift.h"

/* Labels or annotations as a map of strings: what is none of that counts as no labels at all, as in client libraries.
 */
static const struct value *string_map(const struct value *object, const char *key) {
        const struct value *map = value_path(object, "metadata", key, NULL);
        if (!value_is_map(map) || !map->len)
                return NULL;
        VALUE_EACH_MEMBER(m, map)
                if (!value_is_string(&m->value))
                        return NULL;
        return map;
}

static bool same_metadata(const struct value *live, const struct value *dry_run, const char *key) {
        const struct value *x = string_map(live, key), *y = string_map(dry_run, key);
        return x == y || (x && y && value_equal(x, y));
}

static bool compared(const struct member *m) {
        return !streq(m->key, "metadata") && !streq(m->key, "status");
}

/* Everything but metadata and status. Objects have few members at their root: quadratic here is nothing. */
static bool same_content(const struct value *live, const struct value *dry_run) {
        size_t x = 0, y = 0;
        VALUE_EACH_MEMBER(m, live)
                x += compared(m);
        VALUE_EACH_MEMBER(m, dry_run) {
                const struct value *other = value_getn(live, m->key, m->key_len);
                if (!compared(m))
                        continue;
                if (!other || !value_equal(&m->value, other))
                        return false;
                y++;
        }
        return x == y;
}

bool drift_differs(const struct value *live, const struct value *dry_run) {
        const char *version = value_path_str(dry_run, "metadata", "resourceVersion", NULL);
        if (!version || !*version || !value_is_map(live))
                return true;
        return !same_metadata(live, dry_run, "labels") || !same_metadata(live, dry_run, "annotations") ||
               !same_content(live, dry_run);
}
