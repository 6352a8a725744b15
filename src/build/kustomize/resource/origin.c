/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/resource/origin.h"

#include "build/kustomize/load/loader.h"
#include "build/kustomize/load/remote.h"
#include "data/yaml/yaml.h"

#define ORIGIN_ANNOTATION "config.kubernetes.io/origin"
#define TRANSFORMATIONS_ANNOTATION "alpha.config.kubernetes.io/transformations"

bool origin_wants(const struct engine *e, const char *option) {
        return value_list_has(e->build_metadata, option);
}

/* The repository elsewhere that an origin lies in, if any. */
static bool copy_repository(struct arena *a, struct value *v, const struct value *origin) {
        static const char *const keys[] = {"repo", "ref"};
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                const struct value *from = value_get(origin, keys[i]);
                if (from && !value_set(a, v, keys[i], *from))
                        return false;
        }
        return true;
}

/* An entry with a URL starts anew. kustomize writes its placeholder "notCloned" for the root of a repository. */
static bool start_in_repository(struct arena *a, struct value *v, const struct remote *remote) {
        const char *path = loader_join(a, "", *remote->path ? remote->path : "notCloned");
        return path && value_set(a, v, "path", value_str(path)) && value_set(a, v, "repo", value_str(remote->url)) &&
               (!*remote->ref || value_set(a, v, "ref", value_str(remote->ref)));
}

const struct value *origin_below(struct arena *a, const struct value *origin, const char *path) {
        struct value *v = arena_make(a, struct value);
        struct remote remote;
        int is = remote_parse(a, path, &remote);
        if (!v || is < 0)
                return NULL;
        *v = value_map();
        if (is)
                return start_in_repository(a, v, &remote) ? v : NULL;
        const char *joined = loader_join(a, value_string_or(value_get(origin, "path"), ""), path);
        return joined && value_set(a, v, "path", value_str(joined)) && copy_repository(a, v, origin) ? v : NULL;
}

static const struct value *configured(struct arena *a, const struct value *origin, const char *in,
                                      const char *api_version, const char *kind, const char *name, const char *ns) {
        struct value *v = arena_make(a, struct value), by = value_map();
        if (!v)
                return NULL;
        *v = value_map();
        bool ok = copy_repository(a, v, origin) && value_set(a, v, "configuredIn", value_str(in)) &&
                  (!*api_version || value_set(a, &by, "apiVersion", value_str(api_version))) &&
                  value_set(a, &by, "kind", value_str(kind)) &&
                  (!*name || value_set(a, &by, "name", value_str(name))) &&
                  (!*ns || value_set(a, &by, "namespace", value_str(ns))) && value_set(a, v, "configuredBy", by);
        return ok ? v : NULL;
}

const struct value *origin_builtin(struct target *t, const char *kind) {
        struct arena *a = t->e->arena;
        const char *in = loader_join(a, value_string_or(value_get(t->origin, "path"), ""),
                                     t->file.name ? t->file.name : "kustomization.yaml");
        return in ? configured(a, t->origin, in, "builtin", kind, "", "") : NULL;
}

const struct value *origin_plugin(struct arena *a, const struct resource *plugin) {
        const char *in = value_string_or(value_get(plugin->origin, "path"), "");
        return configured(a, plugin->origin, in, resource_api_version(a, plugin), resource_kind(a, plugin),
                          resource_name(a, plugin), resource_ns(a, plugin));
}

int origin_mark_steps(struct target *t, struct steps *steps, struct err *err) {
        for (size_t i = 0; i < steps->len; i++)
                if (!(steps->items[i].origin = origin_builtin(t, steps->items[i].kind)))
                        return err_oom(err);
        return 0;
}

int origin_note_step(struct arena *a, struct resmap *m, const struct value *origin, struct err *err) {
        for (size_t i = 0; i < m->len; i++) {
                struct resource *r = m->items[i];
                resource_normalize_metadata(a, &r->object, "annotations"); /* as all are written anew with the note */
                if (!r->origin) {
                        r->origin = origin;
                        continue;
                }
                if (!value_is_list(&r->transformations))
                        r->transformations = value_list();
                if (!value_append(a, &r->transformations, *origin))
                        return err_oom(err);
        }
        return 0;
}

/* Origins are written in the order of their fields: what stands in origin_below() and configured(). */
static void write_origin(struct buf *b, const struct value *v, const char *first, const char *indent) {
        VALUE_EACH_MEMBER(m, v) {
                buf_adds(b, m == v->members ? first : indent);
                struct value member = value_map(), item = m->value;
                if (value_is_map(&item)) {
                        char deeper[16];
                        buf_addf(b, "%s:\n", m->key);
                        snprintf(deeper, sizeof(deeper), "%s  ", indent);
                        write_origin(b, &item, deeper, deeper);
                        continue;
                }
                member = (struct value){.type = VALUE_MAP, .len = 1, .members = m};
                yaml_write(b, &member, YAML_KYAML);
        }
}

static int annotate(struct arena *a, struct resource *r, const char *key, const struct value *v, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(SIZE_MAX / 2);
        struct value *metadata = value_obtain_map(a, &r->object, "metadata");
        struct value *annotations = metadata ? value_obtain_map(a, metadata, "annotations") : NULL;
        if (value_is_list(v))
                VALUE_EACH_ITEM(item, v)
                        write_origin(&text, item, "- ", "  ");
        else
                write_origin(&text, v, "", "");
        const char *own = buf_failed(&text) ? NULL : arena_strndup(a, buf_str(&text), text.len);
        if (!annotations || !own || !value_set(a, annotations, key, value_strn(own, text.len)))
                return err_oom(err);
        return 0;
}

/* Annotations that kustomize uses for itself: what a file says there is dropped. */
static const char *const own_annotations[] = {
        "internal.config.kubernetes.io/previousKinds",
        "internal.config.kubernetes.io/previousNames",
        "internal.config.kubernetes.io/prefixes",
        "internal.config.kubernetes.io/suffixes",
        "internal.config.kubernetes.io/previousNamespaces",
        "internal.config.kubernetes.io/allowNameChange",
        "internal.config.kubernetes.io/allowKindChange",
        "internal.config.kubernetes.io/refBy",
        "internal.config.kubernetes.io/generatorBehavior",
        "internal.config.kubernetes.io/needsHashSuffix",
        "internal.config.kubernetes.io/path",
        "internal.config.kubernetes.io/index",
        "internal.config.kubernetes.io/seqindent",
        "internal.config.kubernetes.io/id",
        "internal.config.kubernetes.io/annotations-migration-resource-id",
        "internal.config.kubernetes.io/helm-generated",
        "config.kubernetes.io/path",
        "config.kubernetes.io/index",
        "config.k8s.io/id",
        ORIGIN_ANNOTATION,
        TRANSFORMATIONS_ANNOTATION,
};

static int finish_one(struct engine *e, struct resource *r, bool origins, bool transformations, struct err *err) {
        struct arena *a = e->arena;
        struct value *metadata = value_obtain_map(a, &r->object, "metadata");
        if (!metadata)
                return err_oom(err);
        struct value *annotations = value_get(metadata, "annotations");
        for (size_t i = 0; annotations && value_is_map(annotations) && i < ARRAY_LEN(own_annotations); i++)
                value_remove(annotations, own_annotations[i]);
        if (origins && r->origin && annotate(a, r, ORIGIN_ANNOTATION, r->origin, err) < 0)
                return -1;
        if (transformations && r->transformations.type == VALUE_LIST &&
            annotate(a, r, TRANSFORMATIONS_ANNOTATION, &r->transformations, err) < 0)
                return -1;
        resource_normalize_metadata(a, &r->object, "annotations");
        return 0;
}

int origin_finish(struct engine *e, struct resmap *m, struct err *err) {
        bool origins = origin_wants(e, "originAnnotations"),
             transformations = origin_wants(e, "transformerAnnotations");
        for (size_t i = 0; i < m->len; i++)
                if (finish_one(e, m->items[i], origins, transformations, err) < 0)
                        return -1;
        return 0;
}
