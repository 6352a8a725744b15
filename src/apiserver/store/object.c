/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/object.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/limits.h"
#include "data/json/json.h"

#define RV_DIGITS_MAX 20

/* Fills one block of memory from its start; with base NULL it only measures. */
struct packer {
        char *base;
        size_t used;
};

static void *pack_array(struct packer *p, size_t n, size_t size) {
        void *at = p->base ? p->base + p->used : NULL;
        p->used += n * size;
        return at;
}

static const char *pack_string(struct packer *p, const struct value *v) {
        size_t n = value_is_string(v) ? v->len : 0;
        char *at = p->base ? p->base + p->used : NULL;
        if (at) {
                if (n > 0)
                        memcpy(at, v->str, n);
                at[n] = '\0';
        }
        p->used += n + 1;
        return at;
}

static size_t count(const struct value *v, bool map) {
        return (map ? value_is_map(v) : value_is_list(v)) ? v->len : 0;
}

/* Lays the object out: arrays first (they need alignment), then strings. Runs twice: to measure and to fill. */
static void lay_out(struct packer *p, struct object *o, const struct value *tree) {
        const struct value *meta = value_get(tree, "metadata");
        const struct value *labels = value_get(meta, "labels");
        const struct value *owners = value_get(meta, "ownerReferences");
        const struct value *finalizers = value_get(meta, "finalizers");
        o->n_labels = count(labels, true);
        o->n_owners = count(owners, false);
        o->n_finalizers = count(finalizers, false);
        struct object_label *label = pack_array(p, o->n_labels, sizeof(*label));
        struct object_owner *owner = pack_array(p, o->n_owners, sizeof(*owner));
        const char **finalizer = pack_array(p, o->n_finalizers, sizeof(*finalizer));
        for (size_t i = 0; i < o->n_labels; i++) {
                const struct value key = value_strn(labels->members[i].key, labels->members[i].key_len);
                const char *k = pack_string(p, &key), *v = pack_string(p, &labels->members[i].value);
                if (p->base)
                        label[i] = (struct object_label){k, v};
        }
        for (size_t i = 0; i < o->n_owners; i++) {
                const struct value *from = &owners->items[i];
                struct object_owner to = {
                        .api_version = pack_string(p, value_get(from, "apiVersion")),
                        .kind = pack_string(p, value_get(from, "kind")),
                        .name = pack_string(p, value_get(from, "name")),
                        .uid = pack_string(p, value_get(from, "uid")),
                        .controller = value_bool_or(value_get(from, "controller"), false),
                        .block_deletion = value_bool_or(value_get(from, "blockOwnerDeletion"), false),
                };
                if (p->base)
                        owner[i] = to;
        }
        for (size_t i = 0; i < o->n_finalizers; i++) {
                const char *text = pack_string(p, &finalizers->items[i]);
                if (p->base)
                        finalizer[i] = text;
        }
        o->labels = label;
        o->owners = owner;
        o->finalizers = finalizer;
        o->namespace_ = pack_string(p, value_get(meta, "namespace"));
        o->name = pack_string(p, value_get(meta, "name"));
        o->uid = pack_string(p, value_get(meta, "uid"));
        o->api_version = pack_string(p, value_get(tree, "apiVersion"));
        o->kind = pack_string(p, value_get(tree, "kind"));
        o->generation = value_int_or(value_get(meta, "generation"), 0);
        o->deleting = !value_is_null(value_get(meta, "deletionTimestamp"));
}

/* The order in which kube-apiserver shows ObjectMeta. */
static const char *const meta_order[] = {
        "name",
        "generateName",
        "namespace",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "labels",
        "annotations",
        "ownerReferences",
        "finalizers",
        "managedFields",
};

static bool in_meta_order(const struct member *m) {
        for (size_t i = 0; i < ARRAY_LEN(meta_order); i++)
                if (streq(meta_order[i], m->key))
                        return true;
        return false;
}

static void write_member(struct buf *b, bool *first, const char *key, size_t n, const struct value *v) {
        if (!*first)
                buf_addc(b, ',');
        *first = false;
        json_write_string(b, key, n, JSON_HTML_ESCAPE);
        buf_addc(b, ':');
        json_write(b, v, JSON_HTML_ESCAPE);
}

static void write_meta(struct buf *b, const struct value *meta, size_t *ret_rv_offset) {
        bool first = true;
        buf_addc(b, '{');
        for (size_t i = 0; i < ARRAY_LEN(meta_order); i++) {
                if (streq(meta_order[i], "resourceVersion")) {
                        buf_adds(b, first ? "\"resourceVersion\":\"" : ",\"resourceVersion\":\"");
                        *ret_rv_offset = b->len;
                        buf_addc(b, '"');
                        first = false;
                        continue;
                }
                const struct value *v = value_get(meta, meta_order[i]);
                if (v)
                        write_member(b, &first, meta_order[i], strlen(meta_order[i]), v);
        }
        VALUE_EACH_MEMBER(m, meta)
                if (!in_meta_order(m))
                        write_member(b, &first, m->key, m->key_len, &m->value);
        buf_addc(b, '}');
}

/* kind, apiVersion, metadata, the rest as it comes, status: as a reader expects them. */
static void write_object(struct buf *b, const struct value *tree, size_t *ret_rv_offset, size_t *ret_body_offset) {
        bool first = true;
        buf_addc(b, '{');
        static const char *const head[] = {"kind", "apiVersion"};
        for (size_t i = 0; i < ARRAY_LEN(head); i++) {
                const struct value *v = value_get(tree, head[i]);
                if (v)
                        write_member(b, &first, head[i], strlen(head[i]), v);
        }
        if (!first)
                buf_addc(b, ',');
        *ret_body_offset = b->len;
        buf_adds(b, "\"metadata\":");
        write_meta(b, value_get(tree, "metadata"), ret_rv_offset);
        first = false;
        VALUE_EACH_MEMBER(m, tree)
                if (!streq(m->key, "kind") && !streq(m->key, "apiVersion") && !streq(m->key, "metadata") &&
                    !streq(m->key, "status"))
                        write_member(b, &first, m->key, m->key_len, &m->value);
        const struct value *status = value_get(tree, "status");
        if (status)
                write_member(b, &first, "status", strlen("status"), status);
        buf_addc(b, '}');
}

/* One block: the struct, arrays, strings, and the JSON with room for the version. */
static struct object *make(const struct value *tree, const char *json, size_t n) {
        struct object measured = {0};
        struct packer p = {.base = NULL, .used = sizeof(struct object)};
        lay_out(&p, &measured, tree);
        size_t bytes = p.used + n + RV_DIGITS_MAX + sizeof("\n");
        char *block = malloc(bytes);
        if (!block)
                return NULL;
        struct object *o = (struct object *)(void *)block;
        *o = (struct object){.json_len = n, .bytes = bytes};
        atomic_init(&o->refs, 1);
        p = (struct packer){.base = block, .used = sizeof(struct object)};
        lay_out(&p, o, tree);
        o->json = block + p.used;
        memcpy(o->json, json, n);
        memcpy(o->json + n, "\n", 2);
        return o;
}

int object_new(const struct value *tree, struct object **ret, struct err *err) {
        const struct value *meta = value_get(tree, "metadata");
        if (!value_is_map(meta) || !value_is_string(value_get(meta, "name")))
                return err_set(err, ERR_INVALID, "an object needs metadata.name");
        _cleanup_buf_ struct buf b = BUF_INIT(LIMIT_STORED_OBJECT);
        size_t rv_offset = 0, body_offset = 0;
        write_object(&b, tree, &rv_offset, &body_offset);
        if (buf_failed(&b))
                return err_set(err, ERR_TOO_LARGE, "the object is too large to be stored");
        struct object *o = make(tree, b.data, b.len);
        if (!o)
                return err_oom(err);
        o->rv_offset = rv_offset;
        o->body_offset = body_offset;
        *ret = o;
        return 0;
}

int object_load(struct arena *scratch, const char *json, size_t n, uint64_t rv, uint64_t id, struct object **ret,
                struct err *err) {
        struct value tree = value_null();
        if (json_parse(scratch, json, n, JSON_KUBERNETES, NULL, &tree, err) < 0)
                return -1;
        struct object *o = make(&tree, json, n);
        if (!o)
                return err_oom(err);
        const char *body = strstr(o->json, "\"metadata\":");
        o->rv = rv;
        o->id = id;
        o->body_offset = body ? (size_t)(body - o->json) : 1;
        /* What comes before it in metadata are names: no text in them can hold these quotes. */
        static const char version[] = "\"resourceVersion\":\"";
        const char *digits = body ? strstr(body, version) : NULL;
        o->rv_offset = digits ? (size_t)(digits - o->json) + strlen(version) : 0;
        *ret = o;
        return 0;
}

void object_stamp(struct object *o, uint64_t rv) {
        char digits[RV_DIGITS_MAX + 1];
        int n = snprintf(digits, sizeof(digits), "%" PRIu64, rv);
        char *at = o->json + o->rv_offset;
        memmove(at + n, at, o->json_len - o->rv_offset + sizeof("\n"));
        memcpy(at, digits, (size_t)n);
        o->json_len += (size_t)n;
        o->rv = rv;
}

struct object *object_ref(const struct object *o) {
        struct object *mine = (struct object *)o; /* only the count changes */
        atomic_fetch_add_explicit(&mine->refs, 1, memory_order_relaxed);
        return mine;
}

struct object *object_unref(struct object *o) {
        if (o && atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) == 1)
                free(o);
        return NULL;
}

int object_tree(const struct object *o, struct arena *a, struct value *ret, struct err *err) {
        return json_parse(a, o->json, o->json_len, JSON_KUBERNETES, NULL, ret, err);
}

const char *object_label(const struct object *o, const char *key) {
        for (size_t i = 0; i < o->n_labels; i++)
                if (streq(o->labels[i].key, key))
                        return o->labels[i].value;
        return NULL;
}

int object_key_compare(const char *namespace_a, const char *name_a, const char *namespace_b, const char *name_b) {
        const unsigned char *a = (const unsigned char *)namespace_a, *b = (const unsigned char *)namespace_b;
        while (*a && *a == *b) {
                a++;
                b++;
        }
        if (*a == *b)
                return strcmp(name_a, name_b);
        return (*a ? *a : '/') - (*b ? *b : '/');
}
