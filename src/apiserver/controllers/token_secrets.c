/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that ask for a token of a service account: they are filled, and go with the account. */
#include "apiserver/auth/sa_secret.h"
#include "apiserver/controllers/internal.h"
#include "base/limits.h"

static const struct kind *secrets(const struct kind_set *kinds) {
        return kind_by_resource(kinds, "", "v1", "secrets");
}

/* Spares parsing all the others; the type is compared when the tree is there. */
static bool may_ask(const struct object *o) {
        return memmem(o->json, o->json_len, SA_SECRET_TYPE, strlen(SA_SECRET_TYPE)) != NULL;
}

void token_secrets_sync(struct controllers *c, const struct kind_set *kinds, const struct object *o) {
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        _cleanup_arena_ struct arena *a = NULL;
        _cleanup_err_ struct err err = ERR_INIT;
        if (!c->options.auth || o->deleting || !may_ask(o))
                return;
        a = arena_new(ARENA_MAX_CONTROLLER);
        if (a && registry_modify(c->registry, a, secrets(kinds), o->namespace_, o->name, &options, sa_secret_change,
                                 c->options.auth, NULL, &err) < 0)
                controllers_report("token secrets", o->namespace_, o->name, &err);
}

/* Deletes a Secret that was made for the account, which has gone. */
static int drop(struct controllers *c, const struct kind_set *kinds, const struct object *o,
                const struct object *account, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        struct value secret;
        if (!a)
                return err_oom(err);
        if (object_tree(o, a, &secret, err) < 0)
                return -1;
        const struct value *notes = value_path(&secret, "metadata", "annotations", NULL);
        if (!value_equals_str(value_get(&secret, "type"), SA_SECRET_TYPE) ||
            !value_equals_str(value_get(notes, "kubernetes.io/service-account.name"), account->name) ||
            !value_equals_str(value_get(notes, "kubernetes.io/service-account.uid"), account->uid))
                return 0;
        const struct registry_delete how = {.uid = o->uid, .grace_seconds = -1};
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        return registry_delete(c->registry, a, secrets(kinds), o->namespace_, o->name, &how, &options, NULL, err);
}

void token_secrets_account(struct controllers *c, const struct kind_set *kinds, const struct object *account,
                           bool deleted) {
        _cleanup_registry_list_ struct registry_list list = {0};
        if (!c->options.auth || registry_list(c->registry, secrets(kinds), account->namespace_, &list, NULL) < 0)
                return;
        for (size_t i = 0; i < list.n; i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                if (!may_ask(list.items[i]))
                        continue;
                if (!deleted)
                        token_secrets_sync(c, kinds, list.items[i]);
                else if (drop(c, kinds, list.items[i], account, &err) < 0)
                        controllers_report("token secrets", account->namespace_, list.items[i]->name, &err);
        }
}
