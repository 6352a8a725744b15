/* SPDX-License-Identifier: Apache-2.0 */
/* What every write shares: its context, loading, decoding, and the callbacks that strategies ask. */
#include "apiserver/registry/private.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "data/json/json.h"
#include "kube/schema/prune.h"
#include "kube/rbac/rbac.h"
#include "kube/schema/strict.h"

/* ---- callbacks ---- */

static const struct value *lookup(void *user, const char *group, const char *resource, const char *namespace_,
                                  const char *name) {
        struct write *w = user;
        struct store_resource *r = store_resource(w->registry->store, group, resource);
        _cleanup_object_ struct object *o = r ? store_get(w->registry->store, r, namespace_, name) : NULL;
        struct value *tree = o ? arena_make(w->arena, struct value) : NULL;
        return tree && object_tree(o, w->arena, tree, NULL) == 0 ? tree : NULL;
}

static int list(void *user, struct arena *a, const char *group, const char *resource, const char *namespace_,
                struct value *ret, struct err *err) {
        struct write *w = user;
        struct store_resource *r = store_resource(w->registry->store, group, resource);
        struct store_range range = {.namespace_ = namespace_ ? namespace_ : ""};
        _cleanup_store_list_ struct store_list objects = {0};
        struct value items = value_list();
        if (!r)
                return err_oom(err);
        if (store_list(w->registry->store, r, &range, &objects, err) < 0)
                return -1;
        for (size_t i = 0; i < objects.n; i++) {
                struct value tree;
                if (object_tree(objects.items[i], a, &tree, err) < 0)
                        return -1;
                if (!value_append(a, &items, tree))
                        return err_oom(err);
        }
        *ret = items;
        return 0;
}

static int allocate(void *user, enum strategy_address what, const char *wanted, bool dry_run, char text[64],
                    struct err *err) {
        struct write *w = user;
        return addresses_allocate(w->registry->addresses, what, wanted, dry_run, text, err);
}

/* ---- the context ---- */

static const struct registry_options no_options;

/* The strategies' form of the user: extra is a map of lists. */
static int set_user(struct write *w, struct err *err) {
        const struct rbac_user *user = w->options->user;
        struct value *extra = arena_make(w->arena, struct value);
        if (!extra)
                return err_oom(err);
        *extra = value_map();
        for (size_t i = 0; i < user->n_extra; i++) {
                struct value values = value_list();
                for (const char *const *v = user->extra[i].values; *v; v++)
                        if (!value_append(w->arena, &values, value_str(*v)))
                                return err_oom(err);
                if (!value_set(w->arena, extra, user->extra[i].key, values))
                        return err_oom(err);
        }
        w->strategy.user_name = user->name;
        w->strategy.user_uid = user->uid;
        w->strategy.user_groups = user->groups;
        w->strategy.user_extra = extra;
        return 0;
}

static void take_turn(struct write *w) {
        uint64_t hash = str_hash(w->namespace_, strlen(w->namespace_)) * 31 + str_hash(w->name, strlen(w->name)) +
                        (uintptr_t)w->resource;
        w->turn = &w->registry->turns[hash % LIMIT_WRITE_TURNS];
        pthread_mutex_lock(w->turn);
}

int write_init(struct write *w, struct registry *r, struct arena *a, const struct kind *k, const char *namespace_,
               const char *name, const struct registry_options *options, struct err *err) {
        static const char *const masters[] = {"system:masters", NULL};
        *w = (struct write){.registry = r, .arena = a, .kind = k, .name = name};
        w->options = options ? options : &no_options;
        w->namespace_ = namespace_ ? namespace_ : "";
        w->subresource = w->options->subresource && *w->options->subresource ? w->options->subresource : NULL;
        w->resource = registry_resource(r, k, err);
        if (!w->resource)
                return -1;
        w->kinds = registry_kinds(r);
        w->storage = kind_storage(w->kinds, k);
        if (!w->storage)
                w->storage = k;
        w->strategy = (struct strategy_context){
                .arena = a,
                .kind = k,
                .kinds = w->kinds,
                .subresource = w->subresource,
                .namespace = w->namespace_,
                .name = name,
                .user_name = "system:apiserver",
                .user_groups = masters,
                .now_ns = clock_realtime_ns(),
                .dry_run = w->options->dry_run,
                .callbacks = {.user = w, .lookup = lookup, .list = list, .allocate = allocate},
                .warnings = value_list(),
        };
        if (w->options->user && set_user(w, err) < 0)
                return -1;
        if (name)
                take_turn(w);
        return 0;
}

void write_done(struct write *w) {
        if (w->turn)
                pthread_mutex_unlock(w->turn);
        kind_set_unref(w->kinds);
        struct value *warnings = w->options ? w->options->warnings : NULL;
        if (warnings && value_is_list(&w->strategy.warnings))
                VALUE_EACH_ITEM(item, &w->strategy.warnings)
                        value_append(w->arena, warnings, *item);
}

struct ssa_request write_ssa(const struct write *w) {
        const char *manager = w->options->manager;
        return (struct ssa_request){
                .schema = w->kind->schema,
                .api_version = *w->kind->group ? arena_printf(w->arena, "%s/%s", w->kind->group, w->kind->version)
                                               : w->kind->version,
                .kind = w->kind->kind,
                .manager = manager && *manager ? manager : "weir-apiserver",
                .subresource = w->subresource,
                .force = w->options->force,
                .now = w->strategy.now_ns / NSEC_PER_SEC,
                .reset_fields = strategy_reset_fields(w->kind, w->subresource),
        };
}

int write_not_found(const struct write *w, const char *name, struct err *err) {
        return err_set(err, ERR_NOT_FOUND, "%s \"%s\" not found", kind_qualified(w->arena, w->kind), name);
}

int write_load(struct write *w, struct object **ret, struct value *ret_tree, struct err *err) {
        _cleanup_object_ struct object *o = store_get(w->registry->store, w->resource, w->namespace_, w->name);
        if (!o)
                return 0;
        struct value tree;
        if (object_tree(o, w->arena, &tree, err) < 0 ||
            strategy_from_storage(w->arena, w->kinds, w->kind, &tree, err) < 0)
                return -1;
        *ret_tree = tree;
        *ret = TAKE_PTR(o);
        return 1;
}

int write_set_version(struct arena *a, struct value *object, uint64_t rv, struct err *err) {
        struct value *meta = value_obtain_map(a, object, "metadata");
        struct value text = value_strf(a, "%" PRIu64, rv);
        if (!meta || value_is_null(&text) || !value_set(a, meta, "resourceVersion", text))
                return err_oom(err);
        return 0;
}

/* ---- decoding ---- */

static int complain(struct write *w, const struct value *complaints, struct err *err) {
        if (!value_is_list(complaints) || complaints->len == 0 || w->options->validation == REGISTRY_IGNORE)
                return 0;
        if (w->options->validation == REGISTRY_STRICT) {
                const char *text = strict_message(w->arena, complaints);
                return text ? err_set(err, ERR_BAD_REQUEST, "%s", text) : err_oom(err);
        }
        VALUE_EACH_ITEM(item, complaints)
                if (w->options->warnings && !value_append(w->arena, w->options->warnings, *item))
                        return err_oom(err);
        return 0;
}

/* Objects in requests may leave kind and apiVersion out; stored ones never do. */
static int set_type(const struct write *w, struct value *object, struct err *err) {
        const char *version = write_ssa(w).api_version;
        if (!version || !value_set(w->arena, object, "kind", value_str(w->kind->kind)) ||
            !value_set(w->arena, object, "apiVersion", value_str(version)))
                return err_oom(err);
        return 0;
}

/* By the kind's own decoder; complaints of the body's reader come first. */
static int decode(struct write *w, const struct value *in, struct value *ret, struct err *err) {
        struct value unknown = value_list(), complaints = value_list(), decoded;
        if (w->kind->custom) {
                if (value_clone(w->arena, in, ret, err) < 0 ||
                    prune_object(w->arena, w->kind->schema, ret, &unknown, err) < 0)
                        return -1;
        } else if (strict_decode(w->arena, w->kind->schema, in, &decoded, &unknown, err) < 0 ||
                   value_clone(w->arena, &decoded, ret, err) < 0) {
                return -1;
        }
        const struct value *lists[] = {w->options->complaints, &unknown};
        for (size_t i = 0; i < ARRAY_LEN(lists); i++)
                if (value_is_list(lists[i]))
                        VALUE_EACH_ITEM(item, lists[i])
                                if (!value_append(w->arena, &complaints, *item))
                                        return err_oom(err);
        return complain(w, &complaints, err);
}

/* A patch that makes an object of the wrong shape is shown with its result. */
static int bad_patch(struct write *w, const struct value *in, const struct err *why, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(LIMIT_STORED_OBJECT), quoted = BUF_INIT(2 * LIMIT_STORED_OBJECT);
        json_write(&text, in, JSON_HTML_ESCAPE);
        json_write_string(&quoted, buf_str(&text), text.len, 0);
        if (buf_failed(&text) || buf_failed(&quoted))
                return err_oom(err);
        err_set(err, ERR_INVALID, " \"\" is invalid: patch: Invalid value: %s: %s", buf_str(&quoted), err_message(why));
        return err_add_cause(err, "FieldValueInvalid", "patch", "Invalid value: %s: %s", buf_str(&quoted),
                             err_message(why));
}

int write_decode(struct write *w, const struct value *in, struct value *ret, struct err *err) {
        struct value object;
        _cleanup_err_ struct err mine = ERR_INIT;
        if (decode(w, in, &object, &mine) < 0) {
                if (mine.class != ERR_BAD_REQUEST)
                        return err_move(err, &mine);
                if (w->patch)
                        return bad_patch(w, in, &mine, err);
                err_move(err, &mine);
                return err_wrap(err, "%s in version \"%s\" cannot be handled as a %s", w->kind->kind, w->kind->version,
                                w->kind->kind);
        }
        if (set_type(w, &object, err) < 0)
                return -1;
        if (!value_obtain_map(w->arena, &object, "metadata"))
                return err_oom(err);
        *ret = object;
        return 0;
}
