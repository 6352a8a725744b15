/* SPDX-License-Identifier: Apache-2.0 */
/* weir install: weir's namespace, CRDs, roles, service account and, with --image, the controllers' Deployment, on a
 * cluster or, with --export, on paper. */
#include "cli/cli.h"
#include "cli/session.h"
#include "install/install.h"

int cmd_install(int argc, char **argv) {
        _cleanup_session_ struct session s = SESSION_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        const char *image = NULL;
        bool export = false;
        struct option_list words;
        const struct option table[] = {
                {"export", 0, OPTION_BOOL, &export, "write the manifests to stdout and change nothing"},
                {"image", 0, OPTION_STRING, &image,
                 "also the controllers' Deployment, with this image (on a local weir: " OWN_IMAGE ")"},
                SESSION_OPTIONS(s),
        };
        if (options_want_help(argc, argv, "install [flags]", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        if (export) {
                s.arena = arena_new(0);
                const char *text = s.arena ? install_manifests(s.arena, image, &err) : NULL;
                if (!text)
                        return session_fail(&err);
                fputs(text, stdout);
                return 0;
        }
        if (session_open(&s, &err) < 0)
                return session_fail(&err);
        say_action("installing CRDs, roles and the service account " INSTALL_NAMESPACE "/" INSTALL_ACCOUNT);
        if (install_apply(s.client, image, &err) < 0)
                return session_fail(&err);
        say_success("install finished");
        return 0;
}
