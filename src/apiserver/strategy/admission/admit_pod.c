/* SPDX-License-Identifier: Apache-2.0 */
/* What admission adds to a new pod: its service account with a token, its priority, tolerations of lost nodes. */
#include "apiserver/strategy/admission/admit.h"

#include "apiserver/strategy/defaults.h"
#include "base/random.h"
#include "data/json/json.h"

#define TOKEN_PATH "/var/run/secrets/kubernetes.io/serviceaccount"
#define SUFFIX_LETTERS 5

static struct value *obtain_list(struct arena *a, struct value *map, const char *key) {
        struct value *list = value_get(map, key);
        return value_is_list(list) ? list : value_set(a, map, key, value_list());
}

/* The volume with a token, the cluster's certificate and the namespace, as the server makes it. */
static int token_volume(struct strategy_context *c, const char *name, struct value *ret, struct err *err) {
        static const char text[] =
                "{\"name\":\"\",\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"expirationSeconds\":3607,"
                "\"path\":\"token\"}},{\"configMap\":{\"name\":\"kube-root-ca.crt\",\"items\":[{\"key\":\"ca.crt\","
                "\"path\":\"ca.crt\"}]}},{\"downwardAPI\":{\"items\":[{\"path\":\"namespace\",\"fieldRef\":{"
                "\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.namespace\"}}]}}],\"defaultMode\":420}}";
        if (json_parse(c->arena, text, sizeof(text) - 1, JSON_KUBERNETES, NULL, ret, err) < 0)
                return -1;
        return value_set(c->arena, ret, "name", value_str(name)) ? 0 : err_oom(err);
}

static int mount_token(struct strategy_context *c, struct value *containers, const char *volume, bool *used,
                       struct err *err) {
        if (!value_is_list(containers))
                return 0;
        VALUE_EACH_ITEM(container, containers) {
                struct value *mounts = obtain_list(c->arena, container, "volumeMounts");
                bool mounted = false;
                if (!mounts)
                        return err_oom(err);
                VALUE_EACH_ITEM(mount, mounts)
                        mounted = mounted || value_equals_str(value_get(mount, "mountPath"), TOKEN_PATH);
                struct value mount = value_map();
                if (mounted)
                        continue;
                if (!value_set(c->arena, &mount, "name", value_str(volume)) ||
                    !value_set(c->arena, &mount, "readOnly", value_bool(true)) ||
                    !value_set(c->arena, &mount, "mountPath", value_str(TOKEN_PATH)) ||
                    !value_append(c->arena, mounts, mount))
                        return err_oom(err);
                *used = true;
        }
        return 0;
}

static int add_token(struct strategy_context *c, struct value *spec, const struct value *account, struct err *err) {
        const struct value *own = value_get(spec, "automountServiceAccountToken");
        const struct value *of_account = value_get(account, "automountServiceAccountToken");
        if (!value_bool_or(own ? own : of_account, true))
                return 0;
        struct value *volumes = obtain_list(c->arena, spec, "volumes");
        if (!volumes)
                return err_oom(err);
        VALUE_EACH_ITEM(volume, volumes)
                if (str_has_prefix(value_string_or(value_get(volume, "name"), ""), "kube-api-access-"))
                        return 0;
        char suffix[SUFFIX_LETTERS + 1];
        random_suffix(suffix, SUFFIX_LETTERS);
        const char *name = arena_printf(c->arena, "kube-api-access-%s", suffix);
        struct value volume;
        bool used = false;
        if (!name)
                return err_oom(err);
        if (mount_token(c, value_get(spec, "initContainers"), name, &used, err) < 0 ||
            mount_token(c, value_get(spec, "containers"), name, &used, err) < 0 ||
            token_volume(c, name, &volume, err) < 0)
                return -1;
        if (used && !value_append(c->arena, value_get(spec, "volumes"), volume))
                return err_oom(err);
        return 0;
}

static int admit_account(struct strategy_context *c, struct value *pod, struct value *spec, struct err *err) {
        const char *name = value_string_or(value_get(spec, "serviceAccountName"), "");
        if (!name[0])
                name = "default";
        if (!value_set(c->arena, spec, "serviceAccountName", value_str(name)) ||
            !value_set(c->arena, spec, "serviceAccount", value_str(name)))
                return err_oom(err);
        const struct value *account = admit_lookup(c, "", "serviceaccounts", c->namespace, name);
        if (!account && c->callbacks.lookup)
                return admit_forbid(c, pod, err,
                                    "error looking up service account %s/%s: serviceaccount \"%s\" not found",
                                    c->namespace, name, name);
        const struct value *secrets = value_get(account, "imagePullSecrets");
        if (!value_get(spec, "imagePullSecrets") && value_is_list(secrets) && secrets->len &&
            !value_set(c->arena, spec, "imagePullSecrets", *secrets))
                return err_oom(err);
        return add_token(c, spec, account, err);
}

/* The PriorityClass marked as the default of all pods, the lowest if there are several. */
static const struct value *default_priority(struct strategy_context *c) {
        struct value classes;
        const struct value *best = NULL;
        if (!c->callbacks.list || c->callbacks.list(c->callbacks.user, c->arena, "scheduling.k8s.io", "priorityclasses",
                                                    "", &classes, NULL) < 0)
                return NULL;
        VALUE_EACH_ITEM(class, &classes)
                if (value_bool_or(value_get(class, "globalDefault"), false) &&
                    (!best || value_int_or(value_get(class, "value"), 0) < value_int_or(value_get(best, "value"), 0)))
                        best = class;
        return best;
}

static int admit_priority(struct strategy_context *c, struct value *pod, struct value *spec, struct err *err) {
        const char *name = value_string_or(value_get(spec, "priorityClassName"), "");
        const struct value *class = NULL;
        if (name[0]) {
                class = admit_lookup(c, "scheduling.k8s.io", "priorityclasses", "", name);
                if (!class)
                        return admit_forbid(c, pod, err, "no PriorityClass with name %s was found", name);
        } else if ((class = default_priority(c))) {
                const char *chosen = value_path_str(class, "metadata", "name", NULL);
                if (chosen && !value_set(c->arena, spec, "priorityClassName", value_str(chosen)))
                        return err_oom(err);
        }
        int64_t priority = value_int_or(value_get(class, "value"), 0);
        const char *policy = value_string_or(value_get(class, "preemptionPolicy"), "PreemptLowerPriority");
        if (!value_set(c->arena, spec, "priority", value_int(priority)))
                return err_oom(err);
        if (!value_get(spec, "preemptionPolicy") && !value_set(c->arena, spec, "preemptionPolicy", value_str(policy)))
                return err_oom(err);
        return 0;
}

static bool tolerates(const struct value *tolerations, const char *key) {
        VALUE_EACH_ITEM(item, tolerations) {
                const char *own = value_string_or(value_get(item, "key"), "");
                const char *effect = value_string_or(value_get(item, "effect"), "");
                if ((streq(own, key) || !own[0]) && (streq(effect, "NoExecute") || !effect[0]))
                        return true;
        }
        return false;
}

static int admit_tolerations(struct strategy_context *c, struct value *spec, struct err *err) {
        static const char *const keys[] = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"};
        struct value *list = obtain_list(c->arena, spec, "tolerations");
        if (!list)
                return err_oom(err);
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                struct value toleration = value_map();
                if (tolerates(list, keys[i]))
                        continue;
                if (!value_set(c->arena, &toleration, "key", value_str(keys[i])) ||
                    !value_set(c->arena, &toleration, "operator", value_str("Exists")) ||
                    !value_set(c->arena, &toleration, "effect", value_str("NoExecute")) ||
                    !value_set(c->arena, &toleration, "tolerationSeconds", value_int(300)) ||
                    !value_append(c->arena, list, toleration))
                        return err_oom(err);
        }
        return 0;
}

int admit_pod(struct strategy_context *c, struct value *pod, struct err *err) {
        struct value *spec = value_obtain_map(c->arena, pod, "spec");
        if (!spec)
                return err_oom(err);
        if (admit_account(c, pod, spec, err) < 0 || admit_tolerations(c, spec, err) < 0)
                return -1;
        return admit_priority(c, pod, spec, err);
}
