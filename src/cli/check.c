/* SPDX-License-Identifier: Apache-2.0 */
/* weir check: what this machine and this cluster offer, and what is missing. */
#include "cli/cli.h"
#include "cli/session.h"
#include "sandbox/sandbox.h"

static bool check_sandbox(void) {
        struct sandbox_layer layers[16];
        size_t n = sandbox_layers(layers, ARRAY_LEN(layers));
        bool all = true;
        say_action("checking the sandbox's layers");
        for (size_t i = 0; i < n; i++) {
                if (layers[i].present)
                        say_success("%s: %s", layers[i].name, layers[i].detail);
                else
                        say_failure("%s is missing: %s", layers[i].name, layers[i].detail);
                all = all && layers[i].present;
        }
        return all;
}

static int check_cluster(struct session *s, struct err *err) {
        struct value version;
        static const struct {
                const char *api_version, *kind;
        } kinds[] = {
                {"source.toolkit.fluxcd.io/v1", "GitRepository"},
                {"kustomize.toolkit.fluxcd.io/v1", "Kustomization"},
                {"tenancy.weir.dev/v1alpha1", "SourceGrant"},
        };
        say_action("checking prerequisites");
        if (session_open(s, err) < 0 ||
            client_do(s->client, s->arena, &(struct client_request){.method = "GET", .path = "/version"}, &version,
                      err) < 0)
                return -1;
        say_success("Kubernetes %s", value_string_or(value_get(&version, "gitVersion"), "(unknown)"));
        say_action("checking crds");
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
                struct client_resource r;
                if (client_resource_of(s->client, kinds[i].api_version, kinds[i].kind, &r, err) < 0)
                        return err_wrap(err, "run `weir install`");
                say_success("%s.%s/%s", r.resource, r.group, r.version);
        }
        return 0;
}

int cmd_check(int argc, char **argv) {
        _cleanup_session_ struct session s = SESSION_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        bool pre = false;
        struct option_list words;
        const struct option table[] = {
                {"pre", 0, OPTION_BOOL, &pre, "only run pre-installation checks"},
                SESSION_OPTIONS(s),
        };
        if (options_want_help(argc, argv, "check [flags]", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        bool whole = check_sandbox();
        if (!pre && check_cluster(&s, &err) < 0)
                return session_fail(&err);
        if (!whole)
                return 1;
        say_success(pre ? "prerequisites checks passed" : "all checks passed");
        return 0;
}
