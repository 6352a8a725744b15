/* SPDX-License-Identifier: Apache-2.0 */
/* weir user NAME: prints a kubeconfig with a client certificate for a user of a local weir. */
#include "apiserver/auth/kubeconfig.h"
#include "apiserver/auth/pki.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/data_dir.h"
#include "cli/session.h"
#include "supervisor/supervisor.h"

#define YEAR (INT64_C(365) * 86400)

struct user_options {
        const char *data;
        const char *server; /* NULL: that of the running weir */
        const char *namespace_;
        struct option_list groups;
};

static int print_user(const struct user_options *o, const char *name, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        struct value state;
        const char *list[ARRAY_LEN(o->groups.items) + 1] = {0}, *text, *server = o->server;
        if (!a)
                return err_oom(err);
        for (size_t i = 0; i < o->groups.len; i++)
                list[i] = o->groups.items[i];
        if (!server) {
                if (supervisor_state(a, o->data, &state, err) < 0)
                        return -1;
                server = value_string_or(value_get(&state, "server"), "");
        }
        struct pki *pki = NULL;
        struct pki_options options = {.dir = arena_printf(a, "%s/pki", o->data),
                                      .now = clock_realtime_ns() / NSEC_PER_SEC};
        struct kubeconfig k = {.cluster = "weir", .user = name, .server = server, .namespace_ = o->namespace_};
        if (!options.dir)
                return err_oom(err);
        if (pki_load(&options, &pki, err) < 0)
                return -1;
        k.ca_pem = pki_ca_pem(pki);
        int r = pki_client_certificate(pki, a, name, list, clock_realtime_ns() / NSEC_PER_SEC, YEAR, &k.cert_pem,
                                       &k.key_pem, err);
        if (r == 0)
                r = kubeconfig_render(a, &k, &text, err);
        pki_free(pki);
        if (r == 0)
                fputs(text, stdout);
        return r;
}

int cmd_user(int argc, char **argv) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct user_options o = {.data = cli_default_data_dir()};
        struct option_list words;
        const struct option table[] = {
                {"data", 0, OPTION_STRING, &o.data, "directory of the weir whose user this is"},
                {"group", 'g', OPTION_LIST, &o.groups, "a group of the user; may be repeated"},
                {"namespace", 'n', OPTION_STRING, &o.namespace_, "namespace of the kubeconfig's context"},
                {"server", 0, OPTION_STRING, &o.server, "address of the API server, when it runs without `weir up`"},
                {0},
        };
        if (options_want_help(argc, argv, "user NAME [--group G]... [flags]", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        if (words.len != 1) {
                say_failure("user name is required: weir user NAME [--group G]...");
                return 1;
        }
        return print_user(&o, words.items[0], &err) < 0 ? session_fail(&err) : 0;
}
