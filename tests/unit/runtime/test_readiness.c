/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting by watches: who is woken when, with whose rights, and what happens when nobody may watch. */
#include "api_stub.h"

#include "base/clock.h"
#include "base/limits.h"
#include "runtime/readiness.h"

struct fixture {
        struct api_stub api;
        struct readiness *readiness;
        pthread_mutex_t lock; /* guards the rest */
        pthread_cond_t change;
        size_t wakes;
        char key[64]; /* of the last */
};

static void note_wake(void *context, const char *tenant, const char *key) {
        struct fixture *f = context;
        (void)tenant;
        pthread_mutex_lock(&f->lock);
        f->wakes++;
        snprintf(f->key, sizeof(f->key), "%s", key);
        pthread_cond_broadcast(&f->change);
        pthread_mutex_unlock(&f->lock);
}

static int setup(void **state) {
        static struct fixture f;
        f = (struct fixture){.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
        api_stub_start(&f.api);
        struct readiness_options options = {.client = f.api.client, .wake = note_wake, .context = &f};
        assert_int_equal(readiness_new(&options, &f.readiness, NULL), 0);
        *state = &f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        readiness_free(f->readiness);
        api_stub_stop(&f->api);
        pthread_cond_destroy(&f->change);
        return 0;
}

/* Waits until it was woken n times in all, and not more. */
static void await_wakes(struct fixture *f, size_t n) {
        int64_t until = clock_monotonic_ns() + 20 * NSEC_PER_SEC;
        pthread_mutex_lock(&f->lock);
        while (f->wakes < n && clock_monotonic_ns() < until)
                cond_wait_until(&f->change, &f->lock, until);
        assert_int_equal(f->wakes, n);
        pthread_mutex_unlock(&f->lock);
}

static enum readiness_follow follow(struct readiness_wait *w, size_t i, const char *user, const char *namespace_,
                                    const char *name, const char *version) {
        struct readiness_object o = {.api_version = "apps/v1",
                                     .kind = "Deployment",
                                     .namespace_ = namespace_,
                                     .name = name,
                                     .version = version};
        return readiness_follow(w, i, &(struct client_as){.user = user}, &o);
}

/* A Deployment that is ready, or not yet, or never will be. */
static void say(struct fixture *f, const char *name, const char *how) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        bool ready = streq(how, "ready"), failed = streq(how, "failed");
        api_stub_say(&f->api, "MODIFIED",
                     arena_printf(a,
                                  "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"namespace\":"
                                  "\"n\",\"name\":\"%s\",\"generation\":1,\"resourceVersion\":\"9\"},\"spec\":{"
                                  "\"replicas\":1},\"status\":{\"observedGeneration\":1,\"replicas\":1,"
                                  "\"updatedReplicas\":1,\"readyReplicas\":%d,\"availableReplicas\":%d,\"conditions\":"
                                  "[{\"type\":\"Available\",\"status\":\"%s\"},{\"type\":\"Progressing\",\"status\":"
                                  "\"%s\",\"reason\":\"%s\"}]}}",
                                  name, ready, ready, ready ? "True" : "False", failed ? "False" : "True",
                                  failed  ? "ProgressDeadlineExceeded"
                                  : ready ? "NewReplicaSetAvailable"
                                          : "ReplicaSetUpdated"));
}

static void one_watch_wakes_when_everything_is_ready(void **state) {
        struct fixture *f = *state;
        enum kstatus status;
        struct readiness_wait *both = readiness_begin(f->readiness, "n", "n/both", 2);
        struct readiness_wait *other = readiness_begin(f->readiness, "n", "n/other", 1);
        assert_int_equal(follow(both, 0, "u", "n", "a", "5"), READINESS_FROM_VERSION);
        assert_int_equal(follow(both, 1, "u", "n", "b", "6"), READINESS_JOINED);
        assert_int_equal(follow(other, 0, "u", "n", "a", "5"), READINESS_JOINED);
        api_stub_await_open(&f->api, 1);
        assert_string_equal(f->api.user, "u");    /* with the tenant's rights, */
        assert_string_equal(f->api.version, "5"); /* and from where it was seen */
        say(f, "a", "busy");
        say(f, "unknown", "ready");
        say(f, "a", "ready");
        await_wakes(f, 1); /* only who waits for nothing else */
        assert_string_equal(f->key, "n/other");
        assert_true(readiness_status(both, 0, &status));
        assert_int_equal(status, KSTATUS_CURRENT);
        assert_true(readiness_status(both, 1, &status));
        assert_int_equal(status, KSTATUS_IN_PROGRESS);
        say(f, "b", "ready");
        await_wakes(f, 2);
        assert_string_equal(f->key, "n/both");
        assert_int_equal(f->api.opened, 1);
        readiness_end(both);
        readiness_end(other);
}

static void what_never_gets_ready_wakes_at_once(void **state) {
        struct fixture *f = *state;
        enum kstatus status;
        struct readiness_wait *w = readiness_begin(f->readiness, "n", "n/w", 2);
        follow(w, 0, "u", "n", "a", "5");
        follow(w, 1, "u", "n", "b", "5");
        say(f, "a", "failed");
        await_wakes(f, 1);
        assert_true(readiness_status(w, 0, &status));
        assert_int_equal(status, KSTATUS_FAILED);
        readiness_end(w);
}

static void an_account_that_may_not_watch_looks_by_itself(void **state) {
        struct fixture *f = *state;
        enum kstatus status;
        struct readiness_wait *w = readiness_begin(f->readiness, "n", "n/w", 1);
        api_stub_refuse(&f->api);
        follow(w, 0, "u", "n", "a", "5");
        await_wakes(f, 1);
        assert_false(readiness_status(w, 0, &status));
        assert_int_equal(follow(w, 0, "u", "n", "a", "5"), READINESS_UNWATCHED); /* not tried again at once */
        assert_int_equal(f->api.opened, 1);
        assert_int_equal(follow(w, 0, "u", "unknown-kind", "a", NULL), READINESS_JOINED); /* elsewhere it is tried */
        readiness_end(w);
}

static void a_watch_that_ends_leaves_nobody_waiting(void **state) {
        struct fixture *f = *state;
        enum kstatus status;
        struct readiness_wait *w = readiness_begin(f->readiness, "n", "n/w", 1);
        follow(w, 0, "u", "n", "a", "5");
        api_stub_await_open(&f->api, 1);
        api_stub_hang_up(&f->api);
        await_wakes(f, 1);
        assert_false(readiness_status(w, 0, &status));
        readiness_end(w);
}

static void a_tenant_has_so_many_watches(void **state) {
        struct fixture *f = *state;
        struct readiness_wait *w = readiness_begin(f->readiness, "n", "n/w", LIMIT_READINESS_TENANT + 1);
        struct readiness_wait *neighbour = readiness_begin(f->readiness, "m", "m/w", 1);
        char namespace_[16];
        for (size_t i = 0; i <= LIMIT_READINESS_TENANT; i++) {
                snprintf(namespace_, sizeof(namespace_), "n%zu", i);
                assert_int_equal(follow(w, i, "u", namespace_, "a", "5"),
                                 i < LIMIT_READINESS_TENANT ? READINESS_FROM_VERSION : READINESS_UNWATCHED);
        }
        assert_int_equal(follow(neighbour, 0, "v", "n0", "a", "5"), READINESS_FROM_VERSION);
        api_stub_await_open(&f->api, LIMIT_READINESS_TENANT + 1);
        readiness_end(w);
        readiness_end(neighbour);
}

static void a_watch_that_nobody_needs_is_closed(void **state) {
        struct fixture *f = *state;
        struct readiness_wait *w = readiness_begin(f->readiness, "n", "n/w", 1);
        follow(w, 0, "u", "n", "a", "5");
        api_stub_await_open(&f->api, 1);
        readiness_drop(w, 0);
        say(f, "a", "ready");
        api_stub_await_open(&f->api, 0);
        await_wakes(f, 0);
        readiness_end(w);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(one_watch_wakes_when_everything_is_ready),
                test(what_never_gets_ready_wakes_at_once),
                test(an_account_that_may_not_watch_looks_by_itself),
                test(a_watch_that_ends_leaves_nobody_waiting),
                test(a_tenant_has_so_many_watches),
                test(a_watch_that_nobody_needs_is_closed),
        };
        return cmocka_run_group_tests_name("readiness", tests, NULL, NULL);
}
