/* SPDX-License-Identifier: Apache-2.0 */
#include "registry_fixture.h"

#include "base/fs.h"
#include "data/json/json.h"

void fixture_open(struct fixture *f, const struct registry_hooks *hooks) {
        static const char template[] = "/tmp/weir-registry-XXXXXX";
        memcpy(f->dir, template, sizeof(template));
        assert_non_null(mkdtemp(f->dir));
        f->arena = arena_new(0);
        assert_int_equal(store_open(f->dir, &f->store, NULL), 0);
        assert_int_equal(registry_new(f->store, hooks, &f->registry, &f->err), 0);
        f->kinds = registry_kinds(f->registry);
}

void fixture_close(struct fixture *f) {
        err_done(&f->err);
        kind_set_unref(f->kinds);
        registry_free(f->registry);
        store_close(f->store);
        arena_free(f->arena);
        assert_int_equal(fs_remove_tree(f->dir, NULL), 0);
}

const struct kind *fixture_kind(struct fixture *f, const char *group, const char *resource) {
        const struct kind *k = kind_by_resource(f->kinds, group, "v1", resource);
        assert_non_null(k);
        return k;
}

struct value fixture_parse(struct fixture *f, const char *json) {
        struct value v;
        assert_int_equal(json_parse(f->arena, json, strlen(json), JSON_KUBERNETES, NULL, &v, NULL), 0);
        return v;
}

struct value fixture_create(struct fixture *f, const struct kind *k, const char *namespace_, const char *json) {
        struct value object = fixture_parse(f, json), stored;
        if (registry_create(f->registry, f->arena, k, namespace_, &object, NULL, &stored, &f->err) < 0)
                fail_msg("%s", err_message(&f->err));
        return stored;
}
