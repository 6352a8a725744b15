/* SPDX-License-Identifier: Apache-2.0 */
/* weir reconcile kustomization|source git NAME: asks the controller to look now, and waits for its answer. */
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/session.h"

#define ANNOTATION "reconcile.fluxcd.io/requestedAt"

static int annotate(struct session *s, const struct session_kind *k, const char *name, const char *at,
                    struct err *err) {
        struct arena *a = s->arena;
        struct client_resource r;
        struct value patch = value_map();
        if (client_resource_of(s->client, k->api_version, k->kind, &r, err) < 0)
                return -1;
        char *path = client_path(a, &r, s->namespace_, name, NULL);
        struct value *meta = value_obtain_map(a, &patch, "metadata");
        struct value *annotations = meta ? value_obtain_map(a, meta, "annotations") : NULL;
        if (!path || !annotations || !value_set(a, annotations, ANNOTATION, value_str(at)))
                return err_oom(err);
        return client_merge_patch(s->client, a, path, "fieldManager=flux", &patch, NULL, err);
}

static int reconcile(struct session *s, const struct session_kind *k, const char *name, struct value *ret,
                     struct err *err) {
        char at[TIME_TEXT_MAX];
        time_format_rfc3339_micro(at, clock_realtime_ns());
        say_action("annotating %s %s in %s namespace", k->kind, name, s->namespace_);
        if (annotate(s, k, name, at, err) < 0)
                return -1;
        say_success("%s annotated", k->kind);
        say_waiting("waiting for %s reconciliation", k->kind);
        if (session_wait_ready(s, k, name, at, ret, err) < 0)
                return -1;
        bool kustomization = streq(k->kind, "Kustomization");
        const char *revision = kustomization ? value_path_str(ret, "status", "lastAppliedRevision", NULL)
                                             : value_path_str(ret, "status", "artifact", "revision", NULL);
        say_success("%s revision %s", kustomization ? "applied" : "fetched", revision ? revision : "(none)");
        return 0;
}

/* --with-source: the source the Kustomization names comes first. A source of another namespace that a grant lends is
 * the platform's to reconcile, not the tenant's. */
static int reconcile_source(struct session *s, const struct session_kind *k, const char *name, struct err *err) {
        struct value object, done;
        if (client_get(s->client, s->arena, NULL, k->api_version, k->kind, s->namespace_, name, &object, err) < 0)
                return -1;
        const char *source = value_path_str(&object, "spec", "sourceRef", "name", NULL);
        const char *namespace_ = value_path_str(&object, "spec", "sourceRef", "namespace", NULL);
        struct option_list words = {.items = {"source", "git"}, .len = 2};
        const struct session_kind *git = session_kind_take(&words, "reconcile");
        const char *mine = s->namespace_;
        if (!source || !git)
                return err_set(err, ERR_INVALID, "Kustomization %s names no source", name);
        s->namespace_ = namespace_ ? namespace_ : mine;
        int r = reconcile(s, git, source, &done, err);
        s->namespace_ = mine;
        return r;
}

int cmd_reconcile(int argc, char **argv) {
        _cleanup_session_ struct session s = SESSION_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        bool with_source = false;
        struct option_list words;
        struct value done;
        const struct option table[] = {
                {"with-source", 0, OPTION_BOOL, &with_source, "reconcile Kustomization source"},
                SESSION_OPTIONS(s),
        };
        if (options_want_help(argc, argv, "reconcile kustomization|source git NAME [flags]", table))
                return 0;
        if (options_parse(argc, argv, table, &words, &err) < 0)
                return session_fail(&err);
        const struct session_kind *k = session_kind_take(&words, "reconcile");
        if (!k)
                return 1;
        if (words.len == 0) {
                say_failure("%s name is required", k->kind);
                return 1;
        }
        if (session_open(&s, &err) < 0)
                return session_fail(&err);
        if (with_source && streq(k->kind, "Kustomization") && reconcile_source(&s, k, words.items[0], &err) < 0)
                return session_fail(&err);
        return reconcile(&s, k, words.items[0], &done, &err) < 0 ? session_fail(&err) : 0;
}
