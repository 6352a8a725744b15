/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that several clients are given: to the same question only, and never from before a push. */
#include "forge/answers.h"

#include "base/fs.h"
#include "base/limits.h"
#include "http/internal.h"
#include "unit/test.h"

#include <pthread.h>
#include <sys/stat.h>

static struct kept_answer answer_of(const char *text) {
        struct kept_answer answer = {.status = 200, .bytes = http_shared_new(strdup(text), strlen(text))};
        assert_non_null(answer.bytes);
        return answer;
}

static void settle(struct answers *a, const char *key, uint64_t ticket, const char *text, size_t len) {
        struct kept_answer answer = answer_of(text);
        answers_settle(a, key, ticket, &answer, len);
        http_shared_unref(answer.bytes);
}

static void an_answer_is_given_until_a_push(void **state) {
        struct answers *a = answers_new();
        struct kept_answer got = {0};
        uint64_t ticket = 0;
        assert_int_equal(answers_find(a, "k", &got, &ticket), ANSWERS_ASK);
        settle(a, "k", ticket, "refs", 4);
        assert_int_equal(answers_find(a, "k", &got, &ticket), ANSWERS_KEPT);
        assert_int_equal(got.status, 200);
        http_shared_unref(got.bytes);
        assert_int_equal(answers_find(a, "other", &got, &ticket), ANSWERS_ASK);
        answers_forget(a);
        assert_int_equal(answers_find(a, "k", &got, &ticket), ANSWERS_ASK);
        answers_free(a);
}

static void an_answer_from_before_a_push_serves_nobody_after_it(void **state) {
        struct answers *a = answers_new();
        struct kept_answer got = {0};
        uint64_t before = 0, after = 0;
        assert_int_equal(answers_find(a, "k", &got, &before), ANSWERS_ASK);
        answers_forget(a);
        assert_int_equal(answers_find(a, "k", &got, &after), ANSWERS_ASK); /* it does not wait for the first */
        settle(a, "k", before, "old", 3);
        settle(a, "k", after, "new", 3);
        assert_int_equal(answers_find(a, "k", &got, &after), ANSWERS_KEPT);
        assert_memory_equal(got.bytes->data, "new", 3);
        http_shared_unref(got.bytes);
        answers_free(a);
}

static void what_is_too_large_or_failed_is_asked_by_each(void **state) {
        struct answers *a = answers_new();
        struct kept_answer got = {0};
        uint64_t ticket = 0;
        assert_int_equal(answers_find(a, "large", &got, &ticket), ANSWERS_ASK);
        settle(a, "large", ticket, "x", LIMIT_FORGE_KEPT + 1);
        assert_int_equal(answers_find(a, "large", &got, &ticket), ANSWERS_ALONE);
        assert_int_equal(answers_find(a, "failed", &got, &ticket), ANSWERS_ASK);
        answers_settle(a, "failed", ticket, NULL, 0);
        assert_int_equal(answers_find(a, "failed", &got, &ticket), ANSWERS_ALONE);
        answers_free(a);
}

struct asker {
        struct answers *a;
        int asked, kept;
        pthread_mutex_t lock;
};

static void *ask(void *context) {
        struct asker *k = context;
        struct kept_answer got = {0};
        uint64_t ticket;
        enum answers_found found = answers_find(k->a, "k", &got, &ticket);
        if (found == ANSWERS_ASK)
                settle(k->a, "k", ticket, "refs", 4);
        http_shared_unref(got.bytes);
        pthread_mutex_lock(&k->lock);
        k->asked += found == ANSWERS_ASK;
        k->kept += found == ANSWERS_KEPT;
        pthread_mutex_unlock(&k->lock);
        return NULL;
}

static void many_at_once_ask_once(void **state) {
        struct asker k = {.a = answers_new(), .lock = PTHREAD_MUTEX_INITIALIZER};
        pthread_t threads[8];
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
                assert_int_equal(pthread_create(&threads[i], NULL, ask, &k), 0);
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
                pthread_join(threads[i], NULL);
        assert_int_equal(k.asked, 1);
        assert_int_equal(k.kept, 7);
        answers_free(k.a);
}

static const char *key_of(const struct cgi_request *r, const char *dir) {
        static char keys[2][DIGEST_HEX_MAX];
        static int at;
        at = !at;
        assert_int_equal(answers_key(r, dir, keys[at], NULL), 0);
        return keys[at];
}

static void every_byte_of_the_request_counts(void **state) {
        char dir[] = "/tmp/weir-answers-XXXXXX";
        char heads[64];
        assert_non_null(mkdtemp(dir));
        snprintf(heads, sizeof(heads), "%s/refs/heads", dir);
        assert_int_equal(fs_mkdirs(heads, 0700, NULL), 0);
        struct cgi_request one = {.path = "/a.git/git-upload-pack", .method = "POST", .body = "want x", .body_len = 6};
        struct cgi_request other = one;
        assert_string_equal(key_of(&one, dir), key_of(&other, dir));
        other.body = "want y";
        assert_string_not_equal(key_of(&one, dir), key_of(&other, dir));
        other = one;
        other.git_protocol = "version=2";
        assert_string_not_equal(key_of(&one, dir), key_of(&other, dir));
        other = one;
        other.query = "x";
        other.method = "POST";
        assert_string_not_equal(key_of(&one, dir), key_of(&other, dir));
        char key[DIGEST_HEX_MAX];
        assert_int_equal(answers_key(&one, "/nonexistent", key, NULL), -1);
        assert_int_equal(fs_remove_tree(dir, NULL), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_answer_is_given_until_a_push),
                cmocka_unit_test(an_answer_from_before_a_push_serves_nobody_after_it),
                cmocka_unit_test(what_is_too_large_or_failed_is_asked_by_each),
                cmocka_unit_test(many_at_once_ask_once),
                cmocka_unit_test(every_byte_of_the_request_counts),
        };
        return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
