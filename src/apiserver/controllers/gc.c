/* SPDX-License-Identifier: Apache-2.0 */
/* Garbage collection by owner references (pkg/controller/garbagecollector, 1.36): what is owned only by objects that
 * are gone goes too; foreground deletion waits for dependents, orphaning lets go of them. */
#include "apiserver/controllers/internal.h"
#include "base/limits.h"

#define FOREGROUND "foregroundDeletion"
#define ORPHAN "orphan"

static void node_clear(struct node *n) {
        free(n->group);
        free(n->version);
        free(n->kind);
        free(n->namespace_);
        free(n->name);
        n->group = n->version = n->kind = n->namespace_ = n->name = NULL;
        n->present = false;
}

static void node_free(struct node *n) {
        size_t at = 0;
        node_clear(n);
        for (const struct strmap_entry *e; (e = strmap_next(&n->dependents, &at));)
                free(e->value);
        strmap_done(&n->dependents);
        free(n->uid);
        free(n);
}

void gc_done(struct controllers *c) {
        size_t at = 0;
        for (const struct strmap_entry *e; (e = strmap_next(&c->nodes, &at));)
                node_free(e->value);
        strmap_done(&c->nodes);
        c->nodes = STRMAP_INIT;
}

static struct node *node_of(struct controllers *c, const char *uid) {
        return strmap_get(&c->nodes, uid, strlen(uid));
}

static struct node *node_obtain(struct controllers *c, const char *uid) {
        struct node *n = node_of(c, uid);
        if (n)
                return n;
        n = calloc(1, sizeof(*n));
        if (!n || !(n->uid = strdup(uid)) || strmap_set(&c->nodes, n->uid, strlen(n->uid), n) < 0) {
                if (n)
                        node_free(n);
                return NULL;
        }
        return n;
}

/* Remembers that uid depends on the owner. Memory that is out costs a collection, never a wrong one: what is not
 * remembered is found again by the next resync. */
static void add_dependent(struct node *owner, const char *uid) {
        char *copy = strdup(uid);
        if (copy && strmap_add(&owner->dependents, copy, strlen(copy), copy, NULL) != 0)
                free(copy);
}

void gc_observe(struct controllers *c, const struct object *o) {
        struct node *n = node_obtain(c, o->uid);
        if (!n)
                return;
        node_clear(n);
        n->present = true;
        n->version = strdup(o->api_version);
        n->kind = strdup(o->kind);
        n->namespace_ = strdup(o->namespace_);
        n->name = strdup(o->name);
        for (size_t i = 0; i < o->n_owners; i++) {
                struct node *owner = node_obtain(c, o->owners[i].uid);
                if (owner)
                        add_dependent(owner, o->uid);
        }
}

void gc_forget(struct controllers *c, const struct object *o) {
        struct node *n = node_of(c, o->uid);
        if (n)
                node_clear(n); /* its dependents stay known until they were looked at */
}

/* Whether an owner is there: the reference must name the same uid in the same namespace (or a cluster-scoped one). */
static bool owner_exists(struct controllers *c, const struct kind_set *kinds, const struct object *o,
                         const struct object_owner *owner, struct err *err) {
        const struct node *n = node_of(c, owner->uid);
        const struct kind *k = controllers_kind(kinds, owner->api_version, owner->kind);
        _cleanup_object_ struct object *live = NULL;
        if (n && n->present)
                return !n->namespace_[0] || streq(n->namespace_, o->namespace_);
        if (!k)
                return true; /* a kind this server does not know: nothing can be said about it */
        if (registry_get(c->registry, k, k->namespaced ? o->namespace_ : "", owner->name, &live, err) == 0)
                return streq(live->uid, owner->uid);
        /* only "not found" means gone; any other failure keeps the object */
        return err->class != ERR_NOT_FOUND;
}

static bool has_finalizer(const struct object *o, const char *name) {
        for (size_t i = 0; i < o->n_finalizers; i++)
                if (streq(o->finalizers[i], name))
                        return true;
        return false;
}

static void delete_object(struct controllers *c, const struct kind *k, const struct object *o,
                          enum registry_propagation propagation) {
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        _cleanup_err_ struct err err = ERR_INIT;
        const struct registry_delete how = {.propagation = propagation, .uid = o->uid, .grace_seconds = -1};
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        if (a && registry_delete(c->registry, a, k, o->namespace_, o->name, &how, &options, NULL, &err) < 0)
                controllers_report("garbage collector", o->namespace_, o->name, &err);
}

/* The live object of a dependent's node, when it still names the owner. */
static struct object *live_dependent(struct controllers *c, const struct kind_set *kinds, const char *uid,
                                     const char *owner_uid, const struct kind **ret_kind) {
        const struct node *n = node_of(c, uid);
        struct object *o = NULL;
        if (!n || !n->present || !n->version || !n->kind || !n->name || !n->namespace_)
                return NULL;
        *ret_kind = controllers_kind(kinds, n->version, n->kind);
        if (!*ret_kind || registry_get(c->registry, *ret_kind, n->namespace_, n->name, &o, NULL) < 0)
                return NULL;
        for (size_t i = 0; i < o->n_owners; i++)
                if (streq(o->owners[i].uid, owner_uid))
                        return o;
        return object_unref(o);
}

static bool blocks(const struct object *o, const char *owner_uid) {
        for (size_t i = 0; i < o->n_owners; i++)
                if (streq(o->owners[i].uid, owner_uid))
                        return o->owners[i].block_deletion;
        return false;
}

/* Foreground: dependents go first; the owner waits for those that block it. */
static void collect_foreground(struct controllers *c, const struct kind_set *kinds, const struct kind *k,
                               const struct object *o) {
        const struct node *n = node_of(c, o->uid);
        _cleanup_err_ struct err err = ERR_INIT;
        bool waiting = false;
        size_t at = 0;
        for (const struct strmap_entry *e; n && (e = strmap_next(&n->dependents, &at));) {
                const struct kind *dk = NULL;
                _cleanup_object_ struct object *d = live_dependent(c, kinds, e->key, o->uid, &dk);
                if (!d)
                        continue;
                waiting = waiting || blocks(d, o->uid);
                if (!d->deleting)
                        delete_object(c, dk, d, blocks(d, o->uid) ? REGISTRY_FOREGROUND : REGISTRY_BACKGROUND);
        }
        if (!waiting && controllers_remove_finalizer(c, k, o->namespace_, o->name, FOREGROUND, &err) < 0)
                controllers_report("garbage collector", o->namespace_, o->name, &err);
}

/* Which references a dependent loses. */
struct release {
        const char *const *uids;
        size_t n;
};

static int release_references(void *context, struct arena *a, struct value *object, struct err *err) {
        const struct release *r = context;
        struct value *metadata = value_get(object, "metadata"), *owners = value_get(metadata, "ownerReferences");
        bool changed = false;
        for (size_t i = value_is_list(owners) ? owners->len : 0; i > 0; i--) {
                const char *uid = value_string_or(value_get(&owners->items[i - 1], "uid"), "");
                for (size_t n = 0; n < r->n; n++)
                        if (streq(uid, r->uids[n])) {
                                value_remove_at(owners, i - 1);
                                changed = true;
                                break;
                        }
        }
        if (changed && !owners->len)
                value_remove(metadata, "ownerReferences");
        return changed ? 0 : 1;
}

static int release(struct controllers *c, const struct kind *k, const struct object *o, const char *const *uids,
                   size_t n, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(ARENA_MAX_CONTROLLER);
        const struct registry_options options = {.manager = CONTROLLER_MANAGER};
        struct release r = {.uids = uids, .n = n};
        if (!a)
                return err_oom(err);
        return registry_modify(c->registry, a, k, o->namespace_, o->name, &options, release_references, &r, NULL, err);
}

static void collect_orphans(struct controllers *c, const struct kind_set *kinds, const struct kind *k,
                            const struct object *o) {
        const struct node *n = node_of(c, o->uid);
        _cleanup_err_ struct err err = ERR_INIT;
        size_t at = 0;
        for (const struct strmap_entry *e; n && (e = strmap_next(&n->dependents, &at));) {
                const struct kind *dk = NULL;
                const char *uid = o->uid;
                _cleanup_object_ struct object *d = live_dependent(c, kinds, e->key, o->uid, &dk);
                if (d && release(c, dk, d, &uid, 1, &err) < 0 && err.class != ERR_NOT_FOUND) {
                        /* the owner stays until all were let go: never delete what was to be kept */
                        controllers_report("garbage collector", d->namespace_, d->name, &err);
                        return;
                }
        }
        if (controllers_remove_finalizer(c, k, o->namespace_, o->name, ORPHAN, &err) < 0)
                controllers_report("garbage collector", o->namespace_, o->name, &err);
}

/* An object whose owners are all gone goes as well; single absent ones are forgotten. */
static void collect_absent(struct controllers *c, const struct kind_set *kinds, const struct kind *k,
                           const struct object *o) {
        _cleanup_free_ const char **gone = calloc(o->n_owners, sizeof(*gone));
        size_t n = 0;
        if (!gone)
                return;
        for (size_t i = 0; i < o->n_owners; i++) {
                _cleanup_err_ struct err err = ERR_INIT;
                if (!owner_exists(c, kinds, o, &o->owners[i], &err))
                        gone[n++] = o->owners[i].uid;
        }
        if (!n)
                return;
        if (n == o->n_owners) {
                delete_object(c, k, o, REGISTRY_BACKGROUND);
                return;
        }
        _cleanup_err_ struct err err = ERR_INIT;
        if (release(c, k, o, gone, n, &err) < 0)
                controllers_report("garbage collector", o->namespace_, o->name, &err);
}

void gc_process(struct controllers *c, const struct kind_set *kinds, const struct object *o) {
        const struct kind *k = controllers_kind(kinds, o->api_version, o->kind);
        if (!k || (!o->n_owners && !o->deleting))
                return;
        if (o->deleting && has_finalizer(o, ORPHAN))
                collect_orphans(c, kinds, k, o);
        else if (o->deleting && has_finalizer(o, FOREGROUND))
                collect_foreground(c, kinds, k, o);
        else if (!o->deleting && o->n_owners)
                collect_absent(c, kinds, k, o);
}

void gc_deleted(struct controllers *c, const struct kind_set *kinds, const struct object *o) {
        struct node *n = node_of(c, o->uid);
        size_t at = 0;
        for (const struct strmap_entry *e; n && (e = strmap_next(&n->dependents, &at));) {
                const struct kind *dk = NULL;
                _cleanup_object_ struct object *d = live_dependent(c, kinds, e->key, o->uid, &dk);
                if (d)
                        gc_process(c, kinds, d);
        }
        /* an owner that is being deleted in the foreground may have waited for this one */
        for (size_t i = 0; i < o->n_owners; i++) {
                const struct kind *k = controllers_kind(kinds, o->owners[i].api_version, o->owners[i].kind);
                _cleanup_object_ struct object *owner = NULL;
                if (k &&
                    registry_get(c->registry, k, k->namespaced ? o->namespace_ : "", o->owners[i].name, &owner, NULL) ==
                            0 &&
                    owner->deleting)
                        gc_process(c, kinds, owner);
        }
        if (n && !n->present) {
                strmap_remove(&c->nodes, n->uid, strlen(n->uid));
                node_free(n);
        }
}
