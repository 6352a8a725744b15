/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching what a build wants, with a worker that makes up its answers: what is kept, and where it ends. */
#include "unit/test.h"

#include "base/fs.h"
#include "base/limits.h"
#include "data/json/json.h"
#include "runtime/remote_fetch.h"
#include "sandbox/sandbox.h"

#include <sys/stat.h>

/* "https://h/big" claims to have a hundred MiB, "https://h/gone" fails, "https://h/echo" fails with its own request. */
static int act(const struct job *job, struct buf *out, struct err *err) {
        if (job->n_fds != 1)
                return err_set(err, ERR_INTERNAL, "%zu descriptors", job->n_fds);
        if (strstr(job->input, "https://h/gone"))
                return err_set(err, ERR_NOT_FOUND, "repository not found");
        if (strstr(job->input, "https://h/echo"))
                return err_set(err, ERR_IO, "%s", job->input);
        if (strstr(job->input, "https://h/memory"))
                return err_oom(err);
        if (mkdirat(job->fds[0], "tree", 0700) < 0)
                return err_set(err, ERR_INTERNAL, "no staging directory");
        buf_addf(out, "{\"bytes\":%d}", strstr(job->input, "https://h/big") ? 100 << 20 : 10);
        return 0;
}

static const job_function functions[JOB_KINDS] = {[JOB_FETCH_GIT] = act};

static int start(void **state) {
        return broker_start(functions, (struct broker **)state, NULL);
}

static int stop(void **state) {
        *state = broker_stop(*state);
        return 0;
}

struct place {
        char path[64];
        int dir;
        struct arena *a;
        struct remote_fetch fetch;
};

static void place_make(struct place *p, struct broker *b) {
        snprintf(p->path, sizeof(p->path), "/tmp/weir-remote.XXXXXX");
        assert_non_null(mkdtemp(p->path));
        p->dir = fs_open_dir(AT_FDCWD, p->path, NULL);
        p->a = arena_new(0);
        remote_fetch_init(&p->fetch, b, p->a, p->dir);
}

static void place_done(struct place *p) {
        close_fd(&p->dir);
        fs_remove_tree(p->path, NULL);
        arena_free(p->a);
}

static void want(struct place *p, struct value *list, const char *url) {
        struct value v = value_map();
        assert_non_null(value_set(p->a, &v, "url", value_strf(p->a, "%s", url)));
        assert_non_null(value_set(p->a, &v, "ref", value_str("")));
        assert_non_null(value_set(p->a, &v, "submodules", value_bool(true)));
        assert_non_null(value_set(p->a, &v, "seconds", value_int(1000000)));
        assert_non_null(value_append(p->a, list, v));
}

static int fetch(struct place *p, const char *url, struct err *err) {
        struct value wanted = value_list();
        want(p, &wanted, url);
        return remote_fetch_all(&p->fetch, &wanted, err);
}

static const struct value *last(const struct place *p) {
        return &p->fetch.fetched.items[p->fetch.fetched.len - 1];
}

static void each_has_a_directory_of_its_own(void **state) {
        _cleanup_(place_done) struct place p;
        struct value wanted = value_list();
        place_make(&p, *state);
        want(&p, &wanted, "https://h/a");
        want(&p, &wanted, "https://h/b");
        assert_int_equal(remote_fetch_all(&p.fetch, &wanted, NULL), 0);
        assert_string_equal(value_get_str(&p.fetch.fetched.items[0], "directory"), "0/tree");
        assert_string_equal(value_get_str(&p.fetch.fetched.items[1], "directory"), "1/tree");
        assert_int_equal(faccessat(p.dir, "1/tree", F_OK, 0), 0);
}

static void a_failure_is_kept_and_ends_the_round(void **state) {
        _cleanup_(place_done) struct place p;
        struct value wanted = value_list();
        place_make(&p, *state);
        want(&p, &wanted, "https://h/gone");
        want(&p, &wanted, "https://h/b");
        assert_int_equal(remote_fetch_all(&p.fetch, &wanted, NULL), 0);
        assert_int_equal(p.fetch.fetched.len, 1);
        assert_string_equal(value_get_str(last(&p), "message"), "repository not found");
        assert_int_equal(value_int_or(value_get(last(&p), "class"), 0), ERR_NOT_FOUND);
        assert_null(value_get(last(&p), "directory"));
        /* A worker without memory says nothing of the build's. */
        assert_int_equal(fetch(&p, "https://h/memory", NULL), 0);
        assert_int_equal(value_int_or(value_get(last(&p), "class"), 0), ERR_TOO_LARGE);
}

static void the_request_is_bounded_and_bears_no_credential(void **state) {
        _cleanup_(place_done) struct place p;
        struct value request;
        place_make(&p, *state);
        assert_int_equal(fetch(&p, "https://h/echo", NULL), 0);
        const char *text = value_get_str(last(&p), "message");
        assert_int_equal(json_parse(p.a, text, strlen(text), 0, NULL, &request, NULL), 0);
        assert_int_equal(value_int_or(value_get(&request, "timeout"), 0), LIMIT_REMOTE_SECONDS);
        assert_int_equal(value_int_or(value_get(&request, "maxBytes"), 0), LIMIT_REMOTE_BYTES);
        assert_string_equal(value_path_str(&request, "ref", "any", NULL), "HEAD");
        assert_null(value_get(&request, "auth"));
        assert_null(value_get(&request, "proxy"));
}

static void all_together_have_a_limit(void **state) {
        _cleanup_(place_done) struct place p;
        place_make(&p, *state);
        assert_int_equal(fetch(&p, "https://h/big1", NULL), 0);
        assert_int_equal(fetch(&p, "https://h/big2", NULL), 0);
        assert_int_equal(fetch(&p, "https://h/big3", NULL), 0); /* it lied: it was told to fail */
        assert_int_equal(fetch(&p, "https://h/c", NULL), 0);
        assert_int_equal(value_int_or(value_get(last(&p), "class"), 0), ERR_TOO_LARGE);
}

static void time_is_counted_over_all(void **state) {
        _cleanup_(place_done) struct place p;
        place_make(&p, *state);
        assert_int_equal(fetch(&p, "https://h/a", NULL), 0);
        p.fetch.deadline_ns = 1; /* long ago */
        assert_int_equal(fetch(&p, "https://h/b", NULL), 0);
        assert_int_equal(value_int_or(value_get(last(&p), "class"), 0), ERR_TIMEOUT);
}

static void number_and_depth_have_limits(void **state) {
        _cleanup_(place_done) struct place p, q;
        struct value wanted = value_list();
        _cleanup_err_ struct err many = ERR_INIT, deep = ERR_INIT;
        char url[64];
        place_make(&p, *state);
        for (int i = 0; i <= LIMIT_REMOTES; i++) {
                snprintf(url, sizeof(url), "https://h/%d", i);
                want(&p, &wanted, url);
        }
        assert_int_equal(remote_fetch_all(&p.fetch, &wanted, &many), -1);
        assert_int_equal(many.class, ERR_TOO_LARGE);
        place_make(&q, *state);
        for (int i = 0; i < LIMIT_REMOTE_DEPTH; i++) {
                snprintf(url, sizeof(url), "https://h/%d", i);
                assert_int_equal(fetch(&q, url, NULL), 0);
        }
        assert_int_equal(fetch(&q, "https://h/more", &deep), -1);
        assert_int_equal(deep.class, ERR_TOO_LARGE);
}

static void a_hostile_build_cannot_ask_in_circles(void **state) {
        _cleanup_(place_done) struct place p;
        static const char *const nonsense[] = {"{}", "[]", "[1]", "[{\"url\":1,\"ref\":\"\",\"submodules\":true}]",
                                               "null"};
        place_make(&p, *state);
        assert_int_equal(fetch(&p, "https://h/a", NULL), 0);
        assert_int_equal(fetch(&p, "https://h/a", NULL), -1);
        for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
                struct value wanted;
                assert_int_equal(json_parse(p.a, nonsense[i], strlen(nonsense[i]), 0, NULL, &wanted, NULL), 0);
                assert_int_equal(remote_fetch_all(&p.fetch, &wanted, NULL), -1);
        }
        assert_int_equal(remote_fetch_all(&p.fetch, NULL, NULL), -1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_has_a_directory_of_its_own),
                cmocka_unit_test(a_failure_is_kept_and_ends_the_round),
                cmocka_unit_test(the_request_is_bounded_and_bears_no_credential),
                cmocka_unit_test(all_together_have_a_limit),
                cmocka_unit_test(time_is_counted_over_all),
                cmocka_unit_test(number_and_depth_have_limits),
                cmocka_unit_test(a_hostile_build_cannot_ask_in_circles),
        };
        return cmocka_run_group_tests(tests, start, stop);
}
