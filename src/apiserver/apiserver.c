/* SPDX-License-Identifier: Apache-2.0 */
/* Start and stop: the order in which the parts are made, and taken down again in reverse. */
#include "apiserver/apiserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "apiserver/auth/escalation.h"
#include "apiserver/auth/kubeconfig.h"
#include "apiserver/bootstrap/bootstrap.h"
#include "apiserver/controllers/controllers.h"
#include "apiserver/credentials.h"
#include "apiserver/handlers/server.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/limits.h"

#define STOP_GRACE_NS (5 * NSEC_PER_SEC)
#define SERVICE_RANGE "10.0.0.0/24" /* kube-apiserver's default */

struct apiserver {
        const struct apiserver_options *options;
        const char *address;
        uint16_t port;
        const char *service_range;
        struct address_range services;
        char kubernetes_ip[INET_ADDRSTRLEN]; /* of default/kubernetes: the first that a Service may have */
        int lock;
        struct store *store;
        bool filling; /* the store's first objects need not be on the disk yet */
        struct credentials credentials;
        struct server server;
        struct controllers *controllers;
};

/* ---- hooks between the parts ---- */

static int lookup(void *context, struct arena *a, const char *resource, const char *namespace_, const char *name,
                  struct value *ret, struct err *err) {
        struct apiserver *s = context;
        const struct kind_set *kinds = registry_kinds(s->server.registry);
        const struct kind *k = kind_by_resource(kinds, "", "v1", resource);
        _cleanup_object_ struct object *o = NULL;
        int status = !k ? err_set(err, ERR_NOT_FOUND, "%s \"%s\" not found", resource, name)
                        : registry_get(s->server.registry, k, namespace_, name, &o, err);
        kind_set_unref(kinds);
        return status < 0 ? -1 : object_tree(o, a, ret, err);
}

static int check_escalation(void *context, struct arena *a, const struct rbac_user *user, const struct kind *k,
                            const char *namespace_, const struct value *old, const struct value *object,
                            struct err *err) {
        struct apiserver *s = context;
        return escalation_check(s->server.auth, a, user, k->kind, namespace_, old, object, err);
}

/* An update or apply of something that is not there creates it, and needs the right to. */
static int check_create(void *context, struct arena *a, const struct rbac_user *user, const struct kind *k,
                        const char *namespace_, const char *name, struct err *err) {
        struct apiserver *s = context;
        const struct rbac_attributes q = {
                .user = user,
                .verb = "create",
                .resource_request = true,
                .group = k->group,
                .version = k->version,
                .resource = k->resource,
                .subresource = "",
                .name = name,
                .namespace_ = namespace_,
                .path = "",
        };
        const char *reason = "";
        struct value status;
        if (auth_allows(s->server.auth, &q, a, &reason))
                return 0;
        if (auth_forbidden(a, &q, reason, &status) < 0)
                return err_oom(err);
        return err_set(err, ERR_FORBIDDEN, "%s", value_string_or(value_get(&status, "message"), "forbidden"));
}

static void kinds_changed(void *context) {
        struct apiserver *s = context;
        if (s->server.openapi)
                openapi_invalidate(s->server.openapi);
}

static void published(void *context) {
        struct apiserver *s = context;
        if (atomic_load(&s->server.watches) > 0)
                http_stream_wake(s->server.http);
}

/* ---- parts ---- */

static int lock_directory(struct apiserver *s, struct err *err) {
        const char *dir = s->options->data_dir;
        char path[4096];
        if (fs_mkdirs(dir, 0700, err) < 0)
                return -1;
        if ((size_t)snprintf(path, sizeof(path), "%s/lock", dir) >= sizeof(path))
                return err_set(err, ERR_INVALID, "the name of the data directory is too long");
        s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (s->lock < 0)
                return err_errno(err, errno, "open %s", path);
        if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
                return err_set(err, ERR_CONFLICT, "%s is in use by another weir", dir);
        return 0;
}

static int make_auth(struct apiserver *s, struct err *err) {
        /* weir's own controllers speak through the Unix socket. */
        static const char *const groups[] = {"system:masters", "system:authenticated", NULL};
        static const struct rbac_user weir = {.name = "system:weir", .uid = "", .groups = groups};
        struct auth_options options = {
                .token_auth_file = s->options->token_auth_file,
                .unix_user = &weir,
                .pki = s->credentials.pki,
                .lookup = {.get = lookup, .context = s},
        };
        return auth_new(&options, &s->server.auth, err) < 0 ? -1 : auth_follow(s->server.auth, s->server.registry, err);
}

static int make_registry(struct apiserver *s, struct err *err) {
        struct registry_hooks hooks = {
                .context = s,
                .services = s->services,
                .check_escalation = check_escalation,
                .check_create = check_create,
                .kinds_changed = kinds_changed,
        };
        return registry_new(s->store, &hooks, &s->server.registry, err);
}

static int make_http(struct apiserver *s, struct err *err) {
        struct http_options options = {
                .max_body = LIMIT_REQUEST_BODY,
                .max_connections = LIMIT_API_CONNECTIONS,
                .max_per_peer = LIMIT_API_CONNECTIONS,
                .loops = 2,
                .hooks = server_hooks(&s->server),
        };
        return http_server_new(&options, &s->server.http, err);
}

/* ---- listening ---- */

/* The port of the last start, so that kubeconfig files stay good; 0 when there was none. */
static uint16_t last_port(const struct apiserver *s) {
        char path[4096];
        _cleanup_free_ char *text = NULL;
        size_t n = 0;
        if ((size_t)snprintf(path, sizeof(path), "%s/port", s->options->data_dir) >= sizeof(path) ||
            fs_read(AT_FDCWD, path, 64, &text, &n, NULL) < 0)
                return 0;
        unsigned long port = strtoul(text, NULL, 10);
        return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static int keep_port(const struct apiserver *s, struct err *err) {
        char path[4096], text[16];
        int n = snprintf(text, sizeof(text), "%u\n", s->port);
        if ((size_t)snprintf(path, sizeof(path), "%s/port", s->options->data_dir) >= sizeof(path))
                return err_set(err, ERR_INVALID, "the name of the data directory is too long");
        return fs_write_atomic(path, text, (size_t)n, 0600, err);
}

/* The address that clients on this machine use. */
static const char *reachable(const char *address) {
        return streq(address, "0.0.0.0") ? "127.0.0.1" : streq(address, "::") ? "::1" : address;
}

static int listen_all(struct apiserver *s, struct err *err) {
        s->port = s->options->port ? s->options->port : last_port(s);
        if (http_listen_tcp(s->server.http, s->address, &s->port, s->credentials.tls, s->options->port ? err : NULL) <
            0) {
                if (s->options->port)
                        return -1;
                s->port = 0; /* taken by somebody else meanwhile */
                if (http_listen_tcp(s->server.http, s->address, &s->port, s->credentials.tls, err) < 0)
                        return -1;
        }
        const char *shown = reachable(s->address);
        snprintf(s->server.address, sizeof(s->server.address), strchr(shown, ':') ? "[%s]:%u" : "%s:%u", shown,
                 s->port);
        if (!s->options->port && keep_port(s, err) < 0)
                return -1;
        return s->options->unix_socket ? http_listen_unix(s->server.http, s->options->unix_socket, err) : 0;
}

static int write_kubeconfig(struct apiserver *s, struct arena *a, struct err *err) {
        const char *path = arena_printf(a, "%s/admin.kubeconfig", s->options->data_dir);
        struct kubeconfig k = {
                .cluster = "weir",
                .user = "admin",
                .server = arena_printf(a, "https://%s", s->server.address),
                .ca_pem = pki_ca_pem(s->credentials.pki),
                .cert_pem = s->credentials.admin_cert,
                .key_pem = s->credentials.admin_key,
        };
        return path && k.server ? kubeconfig_write(path, &k, err) : err_oom(err);
}

/* What every cluster has, whatever its address. The first objects of a new store are made again if the machine fails
 * meanwhile: they are on the disk when the server is ready, not one by one. */
static int fill_store(struct apiserver *s, struct err *err) {
        s->filling = store_rv(s->store) == 0;
        if (s->filling && store_set_durable(s->store, false, err) < 0)
                return -1;
        return bootstrap_policy(s->server.registry, err);
}

static int finish_filling(struct apiserver *s, struct err *err) {
        bool filling = s->filling;
        s->filling = false;
        return filling ? store_set_durable(s->store, true, err) : 0;
}

static int start_controllers(struct apiserver *s, struct err *err) {
        struct bootstrap_options bootstrap = {
                .service_cidr = s->service_range,
                .kubernetes_ip = s->kubernetes_ip,
                .advertise_address = reachable(s->address),
                .port = s->port,
                .client_ca_pem = pki_ca_pem(s->credentials.pki),
        };
        struct controllers_options options = {
                .root_ca_pem = pki_ca_pem(s->credentials.pki),
                .settle_workloads = s->options->settle_workloads,
                .supervisor_fd = s->options->supervisor_fd,
                .auth = s->server.auth,
        };
        if (bootstrap_own(s->server.registry, &bootstrap, err) < 0 || finish_filling(s, err) < 0)
                return -1;
        return controllers_start(s->server.registry, &options, &s->controllers, err);
}

static int start(struct apiserver *s, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        if (!a)
                return err_oom(err);
        if (lock_directory(s, err) < 0 ||
            credentials_begin(&s->credentials, s->options->data_dir, s->address, s->kubernetes_ip, err) < 0 ||
            store_open(s->options->data_dir, &s->store, err) < 0 || make_registry(s, err) < 0 ||
            fill_store(s, err) < 0 || credentials_wait(&s->credentials, err) < 0 || make_auth(s, err) < 0)
                return -1;
        s->server.openapi = openapi_new();
        if (!s->server.openapi)
                return err_oom(err);
        if (workers_new(&s->server.workers, err) < 0 || make_http(s, err) < 0 || listen_all(s, err) < 0 ||
            start_controllers(s, err) < 0 || write_kubeconfig(s, a, err) < 0)
                return -1;
        store_on_publish(s->store, published, s);
        return http_server_start(s->server.http, err);
}

/* Requests end before what they use; writers before the store. */
static void stop(struct apiserver *s) {
        if (s->server.http)
                http_server_drain(s->server.http, STOP_GRACE_NS);
        if (s->store) {
                finish_filling(s, NULL); /* a start that failed, with a port that is taken for instance */
                store_interrupt(s->store);
        }
        s->controllers = controllers_stop(s->controllers);
        s->server.workers = workers_free(s->server.workers);
        if (s->store)
                store_on_publish(s->store, NULL, NULL);
        if (s->server.http)
                s->server.http = http_server_stop(s->server.http, 0);
        s->server.auth = auth_free(s->server.auth);
        s->server.openapi = openapi_free(s->server.openapi);
        s->server.registry = registry_free(s->server.registry);
        s->store = store_close(s->store);
        credentials_done(&s->credentials);
        close_fd(&s->lock);
}

static int announce(const struct apiserver *s, struct err *err) {
        char line[256];
        int n = snprintf(line, sizeof(line), "ready https://%s\n", s->server.address);
        if (s->options->announce) {
                fputs(line, stdout);
                fflush(stdout);
        }
        if (s->options->ready_fd < 0)
                return 0;
        int status = fs_write_all(s->options->ready_fd, line, (size_t)n, err);
        close(s->options->ready_fd);
        return status;
}

/* Lists come and go in blocks of megabytes, and workers come and go by the dozen: without this glibc would keep what
 * each of them had at its peak. */
static void tame_malloc(void) {
        mallopt(M_ARENA_MAX, 4);
        mallopt(M_MMAP_THRESHOLD, 1 << 20);
        mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

static int read_service_range(struct apiserver *s, struct err *err) {
        s->service_range = s->options->service_range ? s->options->service_range : SERVICE_RANGE;
        if (address_range_parse(s->service_range, &s->services, err) < 0)
                return -1;
        struct in_addr ip = {.s_addr = htonl(s->services.first + 1)};
        return inet_ntop(AF_INET, &ip, s->kubernetes_ip, sizeof(s->kubernetes_ip)) ? 0
                                                                                   : err_errno(err, errno, "address");
}

int apiserver_run(const struct apiserver_options *options, struct err *err) {
        struct apiserver s = {.options = options, .lock = -1};
        sigset_t stopping;
        int caught;
        s.address = options->address ? options->address : "127.0.0.1";
        tame_malloc();
        sigemptyset(&stopping);
        sigaddset(&stopping, SIGTERM);
        sigaddset(&stopping, SIGINT);
        pthread_sigmask(SIG_BLOCK, &stopping, NULL);
        signal(SIGPIPE, SIG_IGN);
        int status = read_service_range(&s, err);
        if (status == 0)
                status = start(&s, err);
        if (status == 0)
                status = announce(&s, err);
        if (status == 0)
                sigwait(&stopping, &caught);
        stop(&s);
        return status;
}
