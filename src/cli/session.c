/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include "base/clock.h"
#include "kube/flux/condition.h"

#include <stdarg.h>
#include <time.h>

#define POLL_NS (20 * NSEC_PER_MSEC)

int session_open(struct session *s, struct err *err) {
        struct client_config config;
        if (!s->arena && !(s->arena = arena_new(0)))
                return err_oom(err);
        if (client_config_load(s->arena, s->kubeconfig, s->context, &config, err) < 0)
                return -1;
        return client_new(&config, &s->client, err);
}

void session_close(struct session *s) {
        s->client = client_free(s->client);
        s->arena = arena_free(s->arena);
}

int session_fail(const struct err *err) {
        say_failure("%s", err_message(err));
        if (err->hint)
                fprintf(stderr, "Hint: %s\n", err->hint);
        return 1;
}

static void say(const char *mark, const char *fmt, va_list ap) {
        fputs(mark, stderr);
        vfprintf(stderr, fmt, ap);
        fputc('\n', stderr);
}

#define SAY(name, mark)                                                                                                \
        void name(const char *fmt, ...) {                                                                              \
                va_list ap;                                                                                            \
                va_start(ap, fmt);                                                                                     \
                say(mark, fmt, ap);                                                                                    \
                va_end(ap);                                                                                            \
        }

SAY(say_action, "► ")
SAY(say_waiting, "◎ ")
SAY(say_success, "✔ ")
SAY(say_failure, "✗ ")

/* ---- kinds ---- */

static const struct session_kind kinds[] = {
        {{"kustomization", "kustomizations", "ks"},
         "kustomize.toolkit.fluxcd.io/v1",
         "Kustomization",
         "kustomization",
         "kustomizations"},
        {{"git"}, "source.toolkit.fluxcd.io/v1", "GitRepository", "source git", "gitrepositories"},
};

const struct session_kind *session_kind_take(struct option_list *words, const char *verb) {
        size_t used = words->len && (streq(words->items[0], "source") || streq(words->items[0], "sources")) ? 1 : 0;
        const char *word = words->len > used ? words->items[used] : NULL;
        for (size_t i = 0; word && i < ARRAY_LEN(kinds); i++)
                for (size_t j = 0; j < ARRAY_LEN(kinds[i].names) && kinds[i].names[j]; j++) {
                        bool source = streq(kinds[i].kind, "GitRepository");
                        if (!streq(kinds[i].names[j], word) || source != (used == 1))
                                continue;
                        words->len -= used + 1;
                        memmove(words->items, words->items + used + 1, words->len * sizeof(*words->items));
                        return &kinds[i];
                }
        if (!word)
                say_failure("%s needs a kind: expected kustomization or source git", verb);
        else
                say_failure("%s %s%s: expected kustomization or source git; other kinds are not built yet", verb,
                            used ? "source " : "", word);
        return NULL;
}

/* ---- waiting ---- */

/* Has the controller dealt with what was asked? */
static bool handled(const struct value *object, const char *requested_at) {
        const struct value *status = value_get(object, "status");
        if (requested_at && !value_equals_str(value_get(status, "lastHandledReconcileAt"), requested_at))
                return false;
        const struct value *ready = condition_find(object, "Ready");
        int64_t generation = value_int_or(value_path(object, "metadata", "generation", NULL), 0);
        return ready && value_int_or(value_get(ready, "observedGeneration"), -1) == generation &&
               !value_equals_str(value_get(ready, "status"), "Unknown");
}

int session_wait_ready(struct session *s, const struct session_kind *k, const char *name, const char *requested_at,
                       struct value *ret, struct err *err) {
        int64_t deadline = clock_monotonic_ns() + s->timeout_ns;
        for (;;) {
                if (client_get(s->client, s->arena, NULL, k->api_version, k->kind, s->namespace_, name, ret, err) < 0)
                        return -1;
                if (handled(ret, requested_at))
                        break;
                if (clock_monotonic_ns() > deadline)
                        return err_set(err, ERR_TIMEOUT,
                                       "timeout waiting for %s/%s/%s: its controller did not answer; is `weir "
                                       "controllers` running?",
                                       k->kind, s->namespace_, name);
                nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
        }
        if (condition_is(ret, "Ready", "True"))
                return 0;
        return err_set(err, ERR_INTERNAL, "%s reconciliation failed: %s", k->kind,
                       value_string_or(value_get(condition_find(ret, "Ready"), "message"), "no message"));
}
