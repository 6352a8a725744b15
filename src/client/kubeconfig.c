/* SPDX-License-Identifier: Apache-2.0 */
/* Where the API server is and who we are: kubeconfig files and the in-cluster files. */
#include "client/client.h"

#include "base/fs.h"
#include "base/limits.h"
#include "data/base64.h"
#include "data/yaml/yaml.h"

#define IN_CLUSTER "/var/run/secrets/kubernetes.io/serviceaccount/"

static int read_text(struct arena *a, const char *path, const char **ret, struct err *err) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        if (fs_read(AT_FDCWD, path, LIMIT_KUBECONFIG_BYTES, &text, &n, err) < 0)
                return -1;
        return (*ret = arena_strndup(a, text, n)) ? 0 : err_oom(err);
}

/* The item of `list` whose name is `name`; its member `inner`. NULL when absent. */
static const struct value *named(const struct value *config, const char *list, const char *name, const char *inner) {
        const struct value *items = value_get(config, list);
        if (value_is_list(items))
                VALUE_EACH_ITEM(item, items)
                        if (value_equals_str(value_get(item, "name"), name))
                                return value_get(item, inner);
        return NULL;
}

/* KEY-data (base64) or the file KEY names, relative to the kubeconfig. Absent: *ret stays as it was. */
static int pem_of(struct arena *a, const char *file, const struct value *entry, const char *key, const char **ret,
                  struct err *err) {
        char *data_key = arena_printf(a, "%s-data", key);
        if (!data_key)
                return err_oom(err);
        const struct value *data = value_get(entry, data_key);
        if (value_is_string(data) && data->len) {
                char *pem;
                size_t n;
                if (base64_decode(a, data->str, data->len, &pem, &n, err) < 0)
                        return err_wrap(err, "%s: %s", file, data_key);
                *ret = pem;
                return 0;
        }
        const char *path = value_get_str(entry, key);
        if (!path || !*path)
                return 0;
        const char *slash = strrchr(file, '/');
        if (*path != '/' && slash)
                path = arena_printf(a, "%.*s/%s", (int)(slash - file), file, path);
        return path ? read_text(a, path, ret, err) : err_oom(err);
}

static int read_user(struct arena *a, const char *file, const struct value *user, struct client_config *c,
                     struct err *err) {
        if (value_get(user, "exec") || value_get(user, "auth-provider"))
                return err_set(
                        err, ERR_UNSUPPORTED,
                        "%s: users[].user.exec and auth-provider would run a program with your rights; weir does "
                        "not: use a token, a tokenFile or a client certificate",
                        file);
        c->token = value_get_str(user, "token");
        c->token_file = value_get_str(user, "tokenFile");
        if (pem_of(a, file, user, "client-certificate", &c->cert_pem, err) < 0)
                return -1;
        return pem_of(a, file, user, "client-key", &c->key_pem, err);
}

static int read_cluster(struct arena *a, const char *file, const struct value *cluster, struct client_config *c,
                        struct err *err) {
        c->server = value_get_str(cluster, "server");
        if (!c->server || !*c->server)
                return err_set(err, ERR_INVALID, "%s: clusters[].cluster.server is missing: expected a URL", file);
        c->tls_server_name = value_get_str(cluster, "tls-server-name");
        c->insecure_skip_verify = value_bool_or(value_get(cluster, "insecure-skip-tls-verify"), false);
        return pem_of(a, file, cluster, "certificate-authority", &c->ca_pem, err);
}

static int from_file(struct arena *a, const char *file, const char *context_name, struct client_config *ret,
                     struct err *err) {
        const char *text;
        struct value config;
        struct yaml_options options = {.dialect = YAML_SIGS};
        if (read_text(a, file, &text, err) < 0)
                return err_wrap(err, "kubeconfig");
        if (yaml_parse(a, text, strlen(text), &options, &config, err) < 0)
                return err_wrap(err, "kubeconfig %s", file);
        const char *name = context_name ? context_name : value_string_or(value_get(&config, "current-context"), "");
        const struct value *context = named(&config, "contexts", name, "context");
        if (!context)
                return err_set(err, ERR_INVALID, "%s: contexts has no entry \"%s\"; name one with --context", file,
                               name);
        const char *cluster_name = value_string_or(value_get(context, "cluster"), "");
        const char *user_name = value_string_or(value_get(context, "user"), "");
        const struct value *cluster = named(&config, "clusters", cluster_name, "cluster");
        if (!cluster)
                return err_set(err, ERR_INVALID, "%s: clusters has no entry \"%s\" (context \"%s\")", file,
                               cluster_name, name);
        struct client_config c = {.default_namespace = value_string_or(value_get(context, "namespace"), "default")};
        const struct value *user = named(&config, "users", user_name, "user");
        if (read_cluster(a, file, cluster, &c, err) < 0 || (user && read_user(a, file, user, &c, err) < 0))
                return -1;
        *ret = c;
        return 0;
}

static int in_cluster(struct arena *a, const char *host, struct client_config *ret, struct err *err) {
        const char *port = getenv("KUBERNETES_SERVICE_PORT"), *ca, *namespace_;
        if (read_text(a, IN_CLUSTER "ca.crt", &ca, err) < 0 ||
            read_text(a, IN_CLUSTER "namespace", &namespace_, err) < 0)
                return err_wrap(err, "in-cluster configuration");
        char *server =
                arena_printf(a, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port ? port : "443");
        if (!server)
                return err_oom(err);
        *ret = (struct client_config){
                .server = server,
                .ca_pem = ca,
                .token_file = IN_CLUSTER "token",
                .default_namespace = namespace_,
        };
        return 0;
}

int client_config_load(struct arena *a, const char *file, const char *context, struct client_config *ret,
                       struct err *err) {
        const char *from_env = getenv("KUBECONFIG"), *home = getenv("HOME"), *host = getenv("KUBERNETES_SERVICE_HOST");
        if (!file && from_env && *from_env)
                file = arena_strndup(a, from_env, strcspn(from_env, ":"));
        if (file)
                return from_file(a, file, context, ret, err);
        char *standard = home ? arena_printf(a, "%s/.kube/config", home) : NULL;
        if (standard && access(standard, R_OK) == 0)
                return from_file(a, standard, context, ret, err);
        if (host && *host)
                return in_cluster(a, host, ret, err);
        return err_set(
                err, ERR_NOT_FOUND,
                "no kubeconfig: name one with --kubeconfig or $KUBECONFIG, or start a control plane with `weir up`");
}
