/* SPDX-License-Identifier: Apache-2.0 */
/* weir suspend|resume kustomization|source git NAME...: stops and starts reconciling. */
#include "cli/cli.h"
#include "cli/session.h"

static int set_suspend(struct session *s, const struct session_kind *k, const char *name, bool suspend,
                       struct err *err) {
        struct client_resource r;
        struct value patch = value_map();
        if (client_resource_of(s->client, k->api_version, k->kind, &r, err) < 0)
                return -1;
        char *path = client_path(s->arena, &r, s->namespace_, name, NULL);
        struct value *spec = value_obtain_map(s->arena, &patch, "spec");
        if (!path || !spec || !value_set(s->arena, spec, "suspend", suspend ? value_bool(true) : value_null()))
                return err_oom(err);
        return client_merge_patch(s->client, s->arena, path, "fieldManager=flux", &patch, NULL, err);
}

/* One name; a name given twice counts once. Answers 1 when it failed. */
static int change(struct session *s, const struct session_kind *k, const char *name, bool suspend) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (set_suspend(s, k, name, suspend, &err) < 0) {
                if (err.class != ERR_NOT_FOUND)
                        return session_fail(&err);
                say_failure("%s %s not found in %s namespace", k->kind, name, s->namespace_);
                return 1;
        }
        say_success("%s %s", k->human, suspend ? "suspended" : "resumed");
        if (suspend)
                return 0;
        struct value object;
        say_waiting("waiting for %s reconciliation", k->kind);
        if (session_wait_ready(s, k, name, NULL, &object, &err) < 0)
                return session_fail(&err);
        bool kustomization = streq(k->kind, "Kustomization");
        const char *revision = kustomization ? value_path_str(&object, "status", "lastAppliedRevision", NULL)
                                             : value_path_str(&object, "status", "artifact", "revision", NULL);
        say_success("%s %s reconciliation completed", k->kind, name);
        say_success("%s revision %s", kustomization ? "applied" : "fetched", revision ? revision : "(none)");
        return 0;
}

static int run(int argc, char **argv, bool suspend) {
        _cleanup_session_ struct session s = SESSION_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        const char *verb = suspend ? "suspend" : "resume";
        struct option_list words;
        const struct option table[] = {SESSION_OPTIONS(s)};
        char usage[96];
        snprintf(usage, sizeof(usage), "%s kustomization|source git NAME... [flags]", verb);
        if (options_want_help(argc, argv, usage, table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        const struct session_kind *k = session_kind_take(&words, verb);
        if (!k)
                return 1;
        if (words.len == 0) {
                say_failure("%s name is required", k->human);
                return 1;
        }
        if (session_open(&s, &err) < 0)
                return session_fail(&err);
        int failed = 0;
        for (size_t i = 0; i < words.len; i++) {
                bool again = false;
                for (size_t j = 0; j < i; j++)
                        again |= streq(words.items[i], words.items[j]);
                if (again)
                        continue;
                say_action("%sing %s %s in %s namespace", suspend ? "suspend" : "resum", k->human, words.items[i],
                           s.namespace_);
                failed |= change(&s, k, words.items[i], suspend);
        }
        return failed;
}

int cmd_suspend(int argc, char **argv) {
        return run(argc, argv, true);
}

int cmd_resume(int argc, char **argv) {
        return run(argc, argv, false);
}
