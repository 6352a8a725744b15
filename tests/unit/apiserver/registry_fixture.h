/* SPDX-License-Identifier: Apache-2.0 */
/* A registry on a store of its own, for tests of the write pipeline and the controllers. */
#pragma once

#include "../test.h"

#include "apiserver/registry/setup.h"

struct fixture {
        char dir[64];
        struct arena *arena;
        struct store *store;
        struct registry *registry;
        const struct kind_set *kinds;
        struct err err;
};

/* Fills a zeroed fixture; hooks may be NULL. */
void fixture_open(struct fixture *f, const struct registry_hooks *hooks);

void fixture_close(struct fixture *f);

/* A kind of version v1. */
const struct kind *fixture_kind(struct fixture *f, const char *group, const char *resource);

struct value fixture_parse(struct fixture *f, const char *json);

/* Creates the object that the JSON text is; fails the test when it is refused. */
struct value fixture_create(struct fixture *f, const struct kind *k, const char *namespace_, const char *json);
