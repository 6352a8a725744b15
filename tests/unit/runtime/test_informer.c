/* SPDX-License-Identifier: Apache-2.0 */
/* The informer's copy follows the watch, and its end does not wait for the server. */
#include "api_stub.h"

#include "base/clock.h"
#include "runtime/informer.h"

struct fixture {
        struct api_stub api;
        struct informer *informer;
        pthread_mutex_t lock; /* guards the rest */
        pthread_cond_t change;
        size_t added, removed;
};

static void note_change(void *context, const struct cached_object *before, const struct cached_object *after) {
        struct fixture *f = context;
        pthread_mutex_lock(&f->lock);
        f->added += !before && after;
        f->removed += before && !after;
        pthread_cond_broadcast(&f->change);
        pthread_mutex_unlock(&f->lock);
}

static void await(struct fixture *f, const size_t *figure) {
        int64_t until = clock_monotonic_ns() + 20 * NSEC_PER_SEC;
        pthread_mutex_lock(&f->lock);
        while (*figure == 0 && clock_monotonic_ns() < until)
                cond_wait_until(&f->change, &f->lock, until);
        assert_int_equal(*figure, 1);
        pthread_mutex_unlock(&f->lock);
}

static int setup(void **state) {
        static struct fixture f;
        f = (struct fixture){.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
        api_stub_start(&f.api);
        struct informer_options options = {.client = f.api.client,
                                           .api_version = "apps/v1",
                                           .kind = "Deployment",
                                           .changed = note_change,
                                           .context = &f};
        assert_int_equal(informer_start(&options, &f.informer, NULL), 0);
        assert_true(informer_wait_synced(f.informer, 20 * NSEC_PER_SEC));
        api_stub_await_open(&f.api, 1);
        *state = &f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        informer_stop(f->informer);
        api_stub_stop(&f->api);
        pthread_cond_destroy(&f->change);
        return 0;
}

static void the_copy_follows_the_watch(void **state) {
        static const char object[] = "{\"metadata\":{\"namespace\":\"n\",\"name\":\"a\",\"resourceVersion\":\"2\"}}";
        struct fixture *f = *state;
        assert_null(informer_get(f->informer, "n", "a"));
        api_stub_say(&f->api, "ADDED", object);
        await(f, &f->added);
        struct cached_object *seen = informer_get(f->informer, "n", "a");
        assert_non_null(seen);
        api_stub_say(&f->api, "DELETED", object);
        await(f, &f->removed);
        assert_null(informer_get(f->informer, "n", "a"));
        assert_string_equal(seen->key, "n/a"); /* who holds it keeps it */
        cached_object_unref(seen);
}

/* The stub's watch never ends by itself and says nothing: only the informer can end it. */
static void a_silent_watch_ends_with_its_informer(void **state) {
        struct fixture *f = *state;
        f->informer = informer_stop(f->informer);
        api_stub_await_open(&f->api, 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(the_copy_follows_the_watch),
                test(a_silent_watch_ends_with_its_informer),
        };
        return cmocka_run_group_tests_name("informer", tests, NULL, NULL);
}
