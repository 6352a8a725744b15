/* SPDX-License-Identifier: Apache-2.0 */
/* A whole build: the input is a small source tree, built as kustomize builds it and as Flux does.
 *
 * A line "--- PATH" begins a file, "--- PATH -> TARGET" is a symlink; what stands before the first is
 * kustomization.yaml. A file "@flux" is no part of the tree but the Flux Kustomization that builds it. A build ends
 * within its limits, says why it failed, and prints what reads again. */
#include "fuzz.h"

#include "base/fs.h"
#include "build/flux/flux_build.h"
#include "build/kustomize/kustomize.h"
#include "data/yaml/yaml.h"

#include <sys/stat.h>

#define FILES_MAX 32
#define BUILD_MEMORY ((size_t)256 << 20)

#define CONFIG_MAP "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n"
#define DEPLOYMENT                                                                                                     \
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, labels: {l: m}}\nspec:\n  template:\n    spec:\n"  \
        "      containers:\n      - {name: c, image: 'i:1', env: [{name: E, value: $(V)}], envFrom: [{configMapRef: "  \
        "{name: a}}]}\n"

const char *const fuzz_seeds[] = {
        "resources: [base]\nnamePrefix: p-\nnameSuffix: -s\nnamespace: n\ncommonLabels: {a: b}\ncommonAnnotations: "
        "{c: d}\nlabels:\n- pairs: {x: y}\n  includeSelectors: true\nimages:\n- name: i\n  newTag: '2'\nreplicas:\n- "
        "name: d\n  count: 3\nbuildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n"
        "--- base/kustomization.yaml\nresources: [a.yaml, d.yaml]\nvars:\n- name: V\n  objref: {apiVersion: v1, kind: "
        "ConfigMap, name: a}\n  fieldref: {fieldpath: data.k}\n--- base/a.yaml\n" CONFIG_MAP
        "--- base/d.yaml\n" DEPLOYMENT,
        "resources: [d.yaml]\npatches:\n- path: p.yaml\n- patch: '[{\"op\": \"replace\", \"path\": "
        "\"/metadata/labels/l\", \"value\": 1}]'\n  target: {kind: Dep.*, labelSelector: 'l in (m)'}\n"
        "patchesStrategicMerge:\n- |-\n  apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: d}\n  spec: "
        "{replicas: null}\npatchesJson6902:\n- target: {version: v1, kind: Deployment, name: d}\n  path: j.json\n"
        "--- d.yaml\n" DEPLOYMENT "--- p.yaml\n" DEPLOYMENT "      - {name: e, $patch: delete}\n"
        "--- j.json\n[{\"op\": \"add\", \"path\": \"/spec/template/spec/containers/-\", \"value\": {\"name\": \"x\"}}]",
        "configMapGenerator:\n- name: a\n  literals: [x=1, \"y='2'\"]\n  files: [f=data.txt]\n  envs: [e.env]\n  "
        "options: {immutable: true, labels: {a: b}}\n- name: a\n  behavior: merge\n  literals: [x=3]\nsecretGenerator:"
        "\n- name: s\n  type: t\n  files: [data.txt]\ngeneratorOptions: {annotations: {g: h}}\nsortOptions: {order: "
        "fifo}\ncomponents: [c]\n--- data.txt\n\xC3\xA9\xFF\n--- e.env\n# c\nK=v\nL\n--- c/kustomization.yaml\n"
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nreplacements:\n- source: {kind: ConfigMap, "
        "name: a, fieldPath: data.x, options: {delimiter: '.', index: 0}}\n  targets:\n  - select: {kind: Secret}\n    "
        "fieldPaths: ['metadata.annotations.[q.r]', data.x]\n    options: {create: true}\n",
        "resources: [a.yaml]\nconfigurations: [conf.yaml]\ncrds: [crd.json]\nopenapi: {path: o.json}\ngenerators:\n- "
        "|-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: g}\n  literals: [a=b]\ntransformers:"
        "\n- t.yaml\nvalidators: [t.yaml]\n--- a.yaml\napiVersion: v1\nkind: List\nitems:\n- &x {apiVersion: e/v1, kind"
        ": K, metadata: {name: k}, l: [{name: a}], when: 2001-01-01, n: 0x1F}\n- <<: *x\n  metadata: {name: m, "
        "annotations: {config.kubernetes.io/local-config: 'true'}}\n--- conf.yaml\nnameReference:\n- kind: K\n  "
        "fieldSpecs:\n  - {kind: K, path: l/name}\ncommonLabels:\n- {path: spec/x, create: true}\n--- crd.json\n{\"e.K"
        "\": {\"Schema\": {\"properties\": {\"a\": {\"x-kubernetes-object-ref-kind\": \"K\"}}}}}\n--- o.json\n{\"defi"
        "nitions\": {\"e.K\": {\"properties\": {\"l\": {\"x-kubernetes-patch-merge-key\": \"name\"}}, \"x-kubernetes-"
        "group-version-kind\": [{\"group\": \"e\", \"kind\": \"K\", \"version\": \"v1\"}]}}}\n--- t.yaml\napiVersion: "
        "builtin\nkind: ValueAddTransformer\nmetadata: {name: v}\nvalue: z\ntargets:\n- fieldPath: spec/y\n",
        "--- @flux\nmetadata: {name: f, namespace: n}\nspec:\n  path: ./x\n  targetNamespace: t\n  namePrefix: p\n  "
        "images: [{name: i, newName: j}]\n  patches:\n  - patch: |\n      - {op: add, path: /metadata/labels, value: "
        "{a: b}}\n    target: {kind: ConfigMap}\n  components: [../c]\n  commonMetadata: {labels: {q: r}}\n  postBuild:"
        "\n    substitute: {V: w, E: ''}\n--- x/a.yaml\n" CONFIG_MAP "  s: ${V:=x}-${E}-$${V}\n--- x/b.yaml -> a.yaml\n"
        "--- c/kustomization.yaml\nkind: Component\nnameSuffix: z\n",
        NULL,
};

/* Where trees are made: memory where the system has it. The folder goes with the program. */
static struct {
        char top[64];
        int fd;
} place = {.fd = -1};

static void leave(void) {
        fs_remove_tree(place.top, NULL);
}

static void enter(void) {
        if (place.fd >= 0)
                return;
        snprintf(place.top, sizeof(place.top), "%s/weir-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(place.top) || (place.fd = fs_open_dir(AT_FDCWD, place.top, NULL)) < 0)
                abort();
        atexit(leave);
}

/* ---- the tree ---- */

/* A path that stays where it is put: relative, and nothing in it leads up. */
static bool is_tame(const char *path) {
        if (!*path || *path == '/' || strlen(path) > 200)
                return false;
        for (const char *p = path; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL)
                if (p[0] == '.' && p[1] == '.' && (!p[2] || p[2] == '/'))
                        return false;
        return true;
}

static void add_file(int root, char *path, const char *text, size_t n) {
        if (!is_tame(path))
                return;
        for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = 0;
                mkdirat(root, path, 0755);
                *slash = '/';
        }
        char *target = strstr(path, " -> ");
        if (target) {
                *target = 0;
                if (symlinkat(target + 4, root, path) < 0)
                        return;
        } else {
                _cleanup_close_ int fd = fs_open(root, path, O_WRONLY | O_CREAT | O_TRUNC, 0644, NULL);
                if (fd >= 0)
                        fs_write_all(fd, text, n, NULL);
        }
}

static const char *next_mark(const char *p, const char *end) {
        while (p < end) {
                if (end - p > 4 && memcmp(p, "--- ", 4) == 0)
                        return p;
                const char *nl = memchr(p, '\n', (size_t)(end - p));
                p = nl ? nl + 1 : end;
        }
        return end;
}

/* Writes the input as files beneath root; the Flux Kustomization in it goes to *ret_flux. */
static void make_tree(struct arena *a, int root, const char *text, size_t n, struct value *ret_flux) {
        const char *end = text + n, *p = next_mark(text, end);
        char first[] = "kustomization.yaml";
        if (p != text)
                add_file(root, first, text, (size_t)(p - text));
        for (unsigned files = 0; p < end && files < FILES_MAX; files++) {
                const char *line = memchr(p, '\n', (size_t)(end - p)), *body = line ? line + 1 : end;
                char *path = arena_strndup(a, p + 4, (size_t)((line ? line : end) - p - 4));
                p = next_mark(body, end);
                if (path && strcmp(path, "@flux") == 0)
                        yaml_parse(a, body, (size_t)(p - body), NULL, ret_flux, NULL);
                else if (path)
                        add_file(root, path, body, (size_t)(p - body));
        }
}

/* ---- what must hold ---- */

static void check_error(const struct err *err) {
        if (err->class == ERR_NONE || err->class == ERR_INTERNAL || !*err_message(err))
                abort();
}

/* Prints the objects; what is printed reads again as as many documents. */
static void check_output(const struct value *objects) {
        _cleanup_buf_ struct buf out = BUF_INIT((size_t)64 << 20);
        _cleanup_arena_ struct arena *a = arena_new(BUILD_MEMORY);
        _cleanup_err_ struct err err = ERR_INIT;
        struct value back;
        if (kustomize_print(&out, objects, &err) < 0)
                check_error(&err);
        else if (yaml_parse_all(a, buf_str(&out), out.len, NULL, &back, &err) == 0 && objects->len &&
                 back.len != objects->len)
                abort();
}

static void build(int root) {
        _cleanup_arena_ struct arena *a = arena_new(BUILD_MEMORY);
        _cleanup_buf_ struct buf warnings = BUF_INIT((size_t)1 << 20);
        _cleanup_err_ struct err err = ERR_INIT;
        const struct kustomize_options options = {.display_root = "/src", .warnings = &warnings};
        struct value objects;
        if (kustomize_build(a, root, ".", &options, &objects, &err) < 0)
                check_error(&err);
        else
                check_output(&objects);
}

static void build_flux(int root, const struct value *kustomization) {
        _cleanup_arena_ struct arena *a = arena_new(BUILD_MEMORY);
        _cleanup_err_ struct err err = ERR_INIT;
        const struct value *vars = value_path(kustomization, "spec", "postBuild", "substitute", NULL);
        const struct value *path = value_path(kustomization, "spec", "path", NULL);
        struct flux_build_options options = {.vars = vars};
        struct value objects;
        if (flux_build_with(a, root, value_string_or(path, "."), kustomization, &options, &objects, &err) < 0)
                check_error(&err);
        else
                check_output(&objects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)16 << 20);
        struct value flux = value_null();
        enter();
        if (mkdirat(place.fd, "tree", 0755) < 0)
                abort();
        {
                _cleanup_close_ int root = fs_open_dir(place.fd, "tree", NULL);
                make_tree(a, root, n ? (const char *)data : "", n, &flux);
                if (value_is_map(&flux))
                        build_flux(root, &flux);
                else
                        build(root);
        }
        if (fs_remove_tree_at(place.fd, "tree", NULL) < 0)
                abort();
        return 0;
}
