/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/credentials.h"

#include "base/clock.h"
#include "http/tls.h"

#define ADMIN_CERT_SECONDS (INT64_C(365) * 24 * 3600)

static int make(struct credentials *c, struct err *err) {
        static const char *const masters[] = {"system:masters", NULL};
        if (pki_load(&c->options, &c->pki, err) < 0 || pki_server_context(c->pki, &c->tls, err) < 0)
                return -1;
        return pki_client_certificate(c->pki, c->arena, "admin", masters, c->options.now, ADMIN_CERT_SECONDS,
                                      &c->admin_cert, &c->admin_key, err);
}

static void *run(void *context) {
        struct credentials *c = context;
        c->status = make(c, &c->err);
        return NULL;
}

int credentials_begin(struct credentials *c, const char *data_dir, const char *address, const char *service_ip,
                      struct err *err) {
        *c = (struct credentials){.addresses = {address, service_ip, NULL}, .arena = arena_new(0), .err = ERR_INIT};
        c->options = (struct pki_options){
                .dir = c->arena ? arena_printf(c->arena, "%s/pki", data_dir) : NULL,
                .addresses = c->addresses,
                .now = clock_realtime_ns() / NSEC_PER_SEC,
        };
        if (!c->options.dir)
                return err_oom(err);
        c->running = pthread_create(&c->thread, NULL, run, c) == 0;
        if (!c->running)
                run(c);
        return 0;
}

int credentials_wait(struct credentials *c, struct err *err) {
        if (c->running)
                pthread_join(c->thread, NULL);
        c->running = false;
        return c->status < 0 ? err_move(err, &c->err) : 0;
}

void credentials_done(struct credentials *c) {
        credentials_wait(c, NULL);
        tls_context_free(c->tls);
        pki_free(c->pki);
        err_done(&c->err);
        arena_free(c->arena);
        *c = (struct credentials){0};
}
