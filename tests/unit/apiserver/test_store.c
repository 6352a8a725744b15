/* SPDX-License-Identifier: Apache-2.0 */
/* The store: what was answered is there after a restart, versions only grow, lists show one moment, watches miss
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "apiserver/store/store.h"
#include "base/fs.h"
#include "base/limits.h"
#include "data/json/json.h"

struct fixture {
        char dir[64];
        struct store *store;
        struct store_resource *maps;
};

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));
        memcpy(f->dir, "/tmp/weir-store-XXXXXX", sizeof("/tmp/weir-store-XXXXXX"));
        assert_non_null(mkdtemp(f->dir));
        assert_int_equal(store_open(f->dir, &f->store, NULL), 0);
        f->maps = store_resource(f->store, "", "configmaps");
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        store_close(f->store);
        assert_int_equal(fs_remove_tree(f->dir, NULL), 0);
        free(f);
        return 0;
}

static void restart(struct fixture *f) {
        f->store = store_close(f->store);
        assert_int_equal(store_open(f->dir, &f->store, NULL), 0);
        f->maps = store_resource(f->store, "", "configmaps");
}

static struct object *make(const char *namespace_, const char *name, const char *data) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct object *o = NULL;
        struct value tree;
        char *text = arena_printf(a,
                                  "{\"data\":{\"a\":\"%s\"},\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":"
                                  "{\"labels\":{\"l\":\"%s\"},\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"u-%s\","
                                  "\"finalizers\":[\"x/y\"],\"resourceVersion\":\"77\","
                                  "\"ownerReferences\":[{\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"q\"}]}}",
                                  data, data, name, namespace_, name);
        assert_int_equal(json_parse(a, text, strlen(text), JSON_KUBERNETES, NULL, &tree, NULL), 0);
        assert_int_equal(object_new(&tree, &o, NULL), 0);
        return o;
}

static uint64_t put(struct fixture *f, enum store_op op, const char *namespace_, const char *name, const char *data,
                    uint64_t expected) {
        _cleanup_object_ struct object *stored = NULL;
        assert_int_equal(store_commit(f->store, f->maps, op, make(namespace_, name, data), expected, &stored, NULL),
                         STORE_OK);
        return stored->rv;
}

static void objects_keep_their_metadata(void **state) {
        struct fixture *f = *state;
        put(f, STORE_CREATE, "n", "a", "1", 0);
        for (int round = 0; round < 2; round++) {
                _cleanup_object_ struct object *o = store_get(f->store, f->maps, "n", "a");
                assert_non_null(o);
                assert_string_equal(o->name, "a");
                assert_string_equal(o->uid, "u-a");
                assert_string_equal(object_label(o, "l"), "1");
                assert_null(object_label(o, "m"));
                assert_int_equal(o->n_owners, 1);
                assert_string_equal(o->owners[0].uid, "q");
                assert_int_equal(o->n_finalizers, 1);
                assert_int_equal(o->rv, 1);
                assert_non_null(strstr(o->json, "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":"
                                                "\"a\",\"namespace\":\"n\",\"uid\":\"u-a\",\"resourceVersion\":\"1\""));
                assert_true(strncmp(o->json + o->body_offset, "\"metadata\"", 10) == 0);
                assert_int_equal(o->json[o->rv_offset], '1');
                restart(f);
        }
}

static void a_version_is_never_given_twice(void **state) {
        struct fixture *f = *state;
        uint64_t rv = put(f, STORE_CREATE, "n", "a", "1", 0);
        rv = put(f, STORE_DELETE, "n", "a", "1", rv);
        assert_int_equal(rv, 2);
        restart(f);
        assert_null(store_get(f->store, f->maps, "n", "a"));
        assert_int_equal(put(f, STORE_CREATE, "n", "a", "1", 0), 3);
        restart(f);
        assert_int_equal(put(f, STORE_CREATE, "n", "b", "1", 0), 4);
        assert_int_equal(put(f, STORE_UPDATE, "n", "b", "2", 4), 5);
        restart(f);
        assert_int_equal(put(f, STORE_DELETE, "n", "a", "1", 3), 6);
        restart(f);
        assert_int_equal(put(f, STORE_DELETE, "n", "b", "2", 5), 7);
        restart(f);
        assert_int_equal(put(f, STORE_CREATE, "n", "c", "1", 0), 8);
}

static void wrong_preconditions_change_nothing(void **state) {
        struct fixture *f = *state;
        _cleanup_err_ struct err err = ERR_INIT;
        uint64_t rv = put(f, STORE_CREATE, "n", "a", "1", 0);
        assert_int_equal(store_commit(f->store, f->maps, STORE_CREATE, make("n", "a", "2"), 0, NULL, &err),
                         STORE_EXISTS);
        assert_int_equal(store_commit(f->store, f->maps, STORE_UPDATE, make("n", "a", "2"), rv + 1, NULL, &err),
                         STORE_CONFLICT);
        assert_int_equal(store_commit(f->store, f->maps, STORE_DELETE, make("n", "a", "2"), rv + 1, NULL, &err),
                         STORE_CONFLICT);
        assert_int_equal(store_commit(f->store, f->maps, STORE_UPDATE, make("n", "b", "2"), rv, NULL, &err),
                         STORE_MISSING);
        assert_int_equal(store_rv(f->store), rv);
}

static void check_names(struct fixture *f, const struct store_range *range, const char *const *names,
                        size_t remaining) {
        _cleanup_store_list_ struct store_list list = {0};
        assert_int_equal(store_list(f->store, f->maps, range, &list, NULL), 0);
        size_t n = 0;
        for (; names[n]; n++) {
                assert_true(n < list.n);
                assert_string_equal(list.items[n]->name, names[n]);
        }
        assert_int_equal(list.n, n);
        assert_int_equal(list.remaining, remaining);
}

static void a_list_shows_an_earlier_moment(void **state) {
        struct fixture *f = *state;
        put(f, STORE_CREATE, "n", "b", "1", 0);
        put(f, STORE_CREATE, "n", "d", "1", 0);
        uint64_t then = put(f, STORE_CREATE, "m", "x", "1", 0);
        uint64_t rv = put(f, STORE_UPDATE, "n", "b", "2", 1);
        put(f, STORE_DELETE, "n", "d", "1", 2);
        put(f, STORE_CREATE, "n", "a", "1", 0);
        put(f, STORE_UPDATE, "n", "b", "3", rv);
        check_names(f, &(struct store_range){.namespace_ = "n"}, (const char *const[]){"a", "b", NULL}, 0);
        check_names(f, &(struct store_range){.namespace_ = "n", .rv = then}, (const char *const[]){"b", "d", NULL}, 0);
        check_names(f, &(struct store_range){.namespace_ = "", .rv = then}, (const char *const[]){"x", "b", "d", NULL},
                    0);
        check_names(f, &(struct store_range){.namespace_ = "n", .rv = then, .limit = 1},
                    (const char *const[]){"b", NULL}, 1);
        check_names(f, &(struct store_range){.namespace_ = "n", .rv = then, .after = "n/b"},
                    (const char *const[]){"d", NULL}, 0);
        _cleanup_store_list_ struct store_list list = {0};
        struct store_range range = {.namespace_ = "n", .rv = then};
        assert_int_equal(store_list(f->store, f->maps, &range, &list, NULL), 0);
        assert_string_equal(object_label(list.items[0], "l"), "1");
}

static void a_forgotten_moment_is_gone(void **state) {
        struct fixture *f = *state;
        _cleanup_err_ struct err err = ERR_INIT;
        struct store_list list;
        uint64_t then = put(f, STORE_CREATE, "n", "a", "1", 0);
        put(f, STORE_CREATE, "n", "b", "1", 0);
        store_forget(f->store);
        struct store_range range = {.namespace_ = "n", .rv = then};
        assert_int_equal(store_list(f->store, f->maps, &range, &list, &err), -1);
        assert_int_equal(err.class, ERR_GONE);
        struct store_cursor cursor = {.resource = f->maps, .rv = then};
        struct ring_event e;
        assert_int_equal(store_next(f->store, &cursor, &e, 1, &err), -1);
        assert_int_equal(err.class, ERR_GONE);
        assert_string_equal(err_message(&err), "too old resource version: 1 (2)");
        range.rv = 99;
        assert_int_equal(store_list(f->store, f->maps, &range, &list, &err), -1);
        assert_int_equal(err.class, ERR_TIMEOUT);
}

static void many_objects_stay_in_order(void **state) {
        struct fixture *f = *state;
        char name[16];
        for (unsigned i = 0; i < 1500; i++) { /* 7919 is prime: every name once, far from in order */
                snprintf(name, sizeof(name), "c%05u", i * 7919 % 1500);
                put(f, STORE_CREATE, "n", name, "1", 0);
        }
        for (int round = 0; round < 2; round++) {
                _cleanup_store_list_ struct store_list list = {0};
                struct store_range range = {.namespace_ = "n"};
                assert_int_equal(store_list(f->store, f->maps, &range, &list, NULL), 0);
                assert_int_equal(list.n, 1500);
                for (unsigned i = 0; i < 1500; i++) {
                        snprintf(name, sizeof(name), "c%05u", i);
                        assert_string_equal(list.items[i]->name, name);
                }
                restart(f);
        }
        check_names(f, &(struct store_range){.namespace_ = "n", .after = "n/c00699", .limit = 1},
                    (const char *const[]){"c00700", NULL}, 799);
}

static void a_cursor_sees_each_event_once(void **state) {
        struct fixture *f = *state;
        struct store_resource *secrets = store_resource(f->store, "", "secrets");
        struct store_cursor cursor = {.resource = f->maps, .rv = 0}, all = {.rv = 0};
        struct ring_event e[8];
        uint64_t rv = put(f, STORE_CREATE, "n", "a", "1", 0);
        assert_int_equal(store_commit(f->store, secrets, STORE_CREATE, make("n", "s", "1"), 0, NULL, NULL), STORE_OK);
        put(f, STORE_UPDATE, "n", "a", "2", rv);
        assert_int_equal(store_next(f->store, &cursor, e, 8, NULL), 2);
        assert_int_equal(e[0].type, RING_ADDED);
        assert_int_equal(e[1].type, RING_MODIFIED);
        assert_string_equal(object_label(e[1].previous, "l"), "1");
        store_event_done(&e[0]);
        store_event_done(&e[1]);
        assert_int_equal(store_next(f->store, &cursor, e, 8, NULL), 0);
        put(f, STORE_DELETE, "n", "a", "2", 3);
        assert_int_equal(store_next(f->store, &cursor, e, 8, NULL), 1);
        assert_int_equal(e[0].type, RING_DELETED);
        assert_int_equal(e[0].rv, 4);
        assert_int_equal(e[0].object->rv, 4);
        store_event_done(&e[0]);
        assert_int_equal(store_next(f->store, &all, e, 8, NULL), 4);
        for (int i = 0; i < 4; i++)
                store_event_done(&e[i]);
        struct store_cursor future = {.resource = f->maps, .rv = 5};
        put(f, STORE_CREATE, "n", "a", "5", 0);
        assert_int_equal(store_next(f->store, &future, e, 8, NULL), 0);
        put(f, STORE_UPDATE, "n", "a", "6", 5);
        assert_int_equal(store_next(f->store, &future, e, 8, NULL), 1);
        store_event_done(&e[0]);
}

static void a_full_disk_fails_the_write_and_nothing_else(void **state) {
        struct fixture *f = *state;
        _cleanup_err_ struct err err = ERR_INIT;
        struct rlimit old, full;
        uint64_t rv = put(f, STORE_CREATE, "n", "a", "1", 0);
        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
        full = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
        enum store_result result = store_commit(f->store, f->maps, STORE_CREATE, make("n", "b", "1"), 0, NULL, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(result, STORE_FAILED);
        assert_non_null(strstr(err_message(&err), "state.db"));
        assert_null(store_get(f->store, f->maps, "n", "b"));
        assert_int_equal(store_rv(f->store), rv);
        assert_int_equal(put(f, STORE_CREATE, "n", "b", "1", 0), rv + 1);
        restart(f);
        check_names(f, &(struct store_range){.namespace_ = "n"}, (const char *const[]){"a", "b", NULL}, 0);
}

static void append(struct ring *r, struct ring_chain *chain, uint64_t rv, size_t bytes) {
        struct object *o = make("n", "a", "1");
        object_stamp(o, rv);
        o->bytes = bytes; /* as if it were that large */
        struct ring_event e = {.rv = rv, .chain = chain, .object = o, .type = RING_ADDED};
        ring_append(r, &e);
}

static void the_ring_forgets_the_oldest_first(void **state) {
        (void)state;
        struct ring r;
        struct ring_chain one = {0}, two = {0};
        assert_int_equal(ring_init(&r, NULL), 0);
        for (uint64_t rv = 1; rv <= 9; rv++)
                append(&r, rv % 3 ? &one : &two, rv, LIMIT_WATCH_RING_BYTES / 4);
        assert_int_equal(r.head - r.tail, 4);
        assert_int_equal(one.evicted_rv, 5);
        assert_int_equal(two.evicted_rv, 3);
        uint64_t seq = ring_first_after(&r, &one, 5);
        assert_int_equal(ring_at(&r, seq)->rv, 7);
        assert_int_equal(ring_at(&r, ring_at(&r, seq)->next_seq)->rv, 8);
        assert_int_equal(ring_first_after(&r, &one, 8), 0);
        assert_null(ring_at(&r, 1));
        append(&r, &two, 10, 2 * LIMIT_WATCH_RING_BYTES); /* larger than all: alone, but there */
        assert_int_equal(r.head - r.tail, 1);
        assert_int_equal(one.evicted_rv, 8);
        ring_done(&r);
}

/* ---- kill -9 ---- */

/* The child creates objects and tells each answered one through the pipe, until it is killed. */
static void write_for_ever(const char *dir, int told) {
        struct store *s = NULL;
        if (store_open(dir, &s, NULL) < 0)
                _exit(1);
        struct store_resource *maps = store_resource(s, "", "configmaps");
        for (uint32_t i = 0;; i++) {
                char name[16];
                snprintf(name, sizeof(name), "c%u", i);
                if (store_commit(s, maps, STORE_CREATE, make("n", name, "1"), 0, NULL, NULL) != STORE_OK ||
                    write(told, &i, sizeof(i)) != sizeof(i))
                        _exit(1);
        }
}

static void what_was_answered_survives_kill(void **state) {
        struct fixture *f = *state;
        int told[2];
        uint32_t last = 0, next;
        f->store = store_close(f->store);
        assert_int_equal(pipe(told), 0);
        pid_t child = fork();
        if (child == 0)
                write_for_ever(f->dir, told[1]);
        close(told[1]);
        while (last < 100 && read(told[0], &next, sizeof(next)) == sizeof(next))
                last = next;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(told[0], &next, sizeof(next)) == sizeof(next))
                last = next;
        close(told[0]);
        assert_true(last >= 100);
        assert_int_equal(store_open(f->dir, &f->store, NULL), 0);
        f->maps = store_resource(f->store, "", "configmaps");
        for (uint32_t i = 0; i <= last; i++) {
                char name[16];
                snprintf(name, sizeof(name), "c%u", i);
                _cleanup_object_ struct object *o = store_get(f->store, f->maps, "n", name);
                assert_non_null(o);
                assert_int_equal(o->rv, i + 1);
        }
}

/* ---- threads ---- */

struct writer {
        struct fixture *fixture;
        int number;
        unsigned conflicts;
};

static void *increment(void *context) {
        struct writer *w = context;
        for (int i = 0; i < 50; i++) {
                for (;;) {
                        _cleanup_object_ struct object *o =
                                store_get(w->fixture->store, w->fixture->maps, "n", "counter");
                        char text[24];
                        snprintf(text, sizeof(text), "%ld", strtol(object_label(o, "l"), NULL, 10) + 1);
                        enum store_result result = store_commit(w->fixture->store, w->fixture->maps, STORE_UPDATE,
                                                                make("n", "counter", text), o->rv, NULL, NULL);
                        if (result == STORE_OK)
                                break;
                        assert_int_equal(result, STORE_CONFLICT);
                        w->conflicts++;
                }
        }
        return NULL;
}

static void writers_never_lose_an_update(void **state) {
        struct fixture *f = *state;
        struct writer writers[4];
        pthread_t threads[4];
        put(f, STORE_CREATE, "n", "counter", "0", 0);
        for (int i = 0; i < 4; i++) {
                writers[i] = (struct writer){.fixture = f, .number = i};
                assert_int_equal(pthread_create(&threads[i], NULL, increment, &writers[i]), 0);
        }
        for (int i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        _cleanup_object_ struct object *o = store_get(f->store, f->maps, "n", "counter");
        assert_string_equal(object_label(o, "l"), "200");
        assert_int_equal(o->rv, 201);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(objects_keep_their_metadata, setup, teardown),
                cmocka_unit_test_setup_teardown(a_version_is_never_given_twice, setup, teardown),
                cmocka_unit_test_setup_teardown(wrong_preconditions_change_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(a_list_shows_an_earlier_moment, setup, teardown),
                cmocka_unit_test_setup_teardown(a_forgotten_moment_is_gone, setup, teardown),
                cmocka_unit_test_setup_teardown(many_objects_stay_in_order, setup, teardown),
                cmocka_unit_test_setup_teardown(a_cursor_sees_each_event_once, setup, teardown),
                cmocka_unit_test_setup_teardown(a_full_disk_fails_the_write_and_nothing_else, setup, teardown),
                cmocka_unit_test(the_ring_forgets_the_oldest_first),
                cmocka_unit_test_setup_teardown(what_was_answered_survives_kill, setup, teardown),
                cmocka_unit_test_setup_teardown(writers_never_lose_an_update, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
