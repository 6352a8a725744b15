/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments in pflag's grammar. */
#include "unit/test.h"

#include "cli/options.h"

struct parsed {
        bool all;
        const char *namespace_;
        struct option_list labels;
        int64_t timeout;
        unsigned port;
        struct option_list words;
};

static int parse(struct parsed *p, struct err *err, char *line) {
        const struct option table[] = {
                {"all-namespaces", 'A', OPTION_BOOL, &p->all, ""},
                {"namespace", 'n', OPTION_STRING, &p->namespace_, ""},
                {"label", 0, OPTION_LIST, &p->labels, ""},
                {"timeout", 0, OPTION_DURATION, &p->timeout, ""},
                {"port", 0, OPTION_UNSIGNED, &p->port, ""},
                {"exec", 'e', OPTION_REFUSED, NULL, "nothing is run"},
                {0},
        };
        char *argv[32] = {"cmd"};
        int argc = 1;
        for (char *word, *rest = line; (word = strsep(&rest, " "));)
                argv[argc++] = word;
        return options_parse(argc, argv, table, &p->words, err);
}

static void every_form_of_a_flag(void **state) {
        struct parsed p = {0};
        char line[] = "get -A --namespace=x one -ny --label a=1,b=2 --label=c two --timeout 1m30s --port=8080 -- -n";
        assert_int_equal(parse(&p, NULL, line), 0);
        assert_true(p.all);
        assert_string_equal(p.namespace_, "y");
        assert_int_equal(p.labels.len, 3);
        assert_string_equal(p.labels.items[2], "c");
        assert_true(p.timeout == INT64_C(90000000000));
        assert_int_equal(p.port, 8080);
        assert_int_equal(p.words.len, 4);
        assert_string_equal(p.words.items[3], "-n");
        char off[] = "--all-namespaces=false";
        assert_int_equal(parse(&p, NULL, off), 0);
        assert_false(p.all);
        char no_exec[] = "--exec=false";
        assert_int_equal(parse(&p, NULL, no_exec), 0);
}

static void mistakes_are_named(void **state) {
        static const struct {
                const char *line, *message;
        } rows[] = {
                {"--nope", "unknown flag: --nope"},
                {"-x", "unknown shorthand flag: 'x' in -x"},
                {"--namespace", "flag needs an argument: --namespace"},
                {"--timeout=soon",
                 "invalid argument \"soon\" for \"--timeout\" flag: expected a duration like 30s or 5m"},
                {"--port=-1", "invalid argument \"-1\" for \"--port\" flag: expected a whole number"},
                {"--port=99999999999", "invalid argument \"99999999999\" for \"--port\" flag: expected a whole number"},
                {"--exec", "--exec is refused: nothing is run"},
                {"-e", "--exec is refused: nothing is run"},
                {"--exec=/bin/sh", "--exec is refused: nothing is run"},
                {"-A=maybe", "invalid argument \"maybe\" for \"--all-namespaces\" flag: expected true or false"},
        };
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct parsed p = {0};
                _cleanup_err_ struct err err = ERR_INIT;
                char line[64];
                snprintf(line, sizeof(line), "%s", rows[i].line);
                assert_int_equal(parse(&p, &err, line), -1);
                assert_string_equal(err_message(&err), rows[i].message);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_form_of_a_flag),
                cmocka_unit_test(mistakes_are_named),
        };
        return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
