# SPDX-License-Identifier: Apache-2.0
"""A random tree of overlays: {path: text or bytes}, built at "top". Every feature of a kustomization file has a weight;
some trees are broken on purpose."""
import json
import random

import broken
import objects
import patches
import plugins
from objects import often
from text import TEXTS, Plain, dump, stream


CONFIGURATIONS = [
    "nameReference", "varReference", "commonLabels", "commonAnnotations", "namePrefix", "namespace", "images",
        "replicas",
    "nameSuffix", "labels", "templateLabels",
]
METADATA = ["originAnnotations", "transformerAnnotations", "managedByLabel"]
WORKLOADS = ("Deployment", "StatefulSet", "ReplicationController")


class Layer:
    """One directory under construction: its kustomization file and the files beside it."""

    def __init__(self, rng, files, folder, known, objs, taken):
        self.rng, self.files, self.folder = rng, files, folder
        self.known, self.objs, self.taken = known, objs, taken  # objects of the layers so far, names of vars
        self.spec, self.n, self.busy = {}, 0, rng.choice([0.3, 0.7, 1, 1.3])

    def chance(self, p):
        return self.rng.random() < p

    def file(self, text, suffix=".yaml"):
        """Writes a file and answers its path as the kustomization says it."""
        self.n += 1
        path = self.rng.choice(["f%d" % self.n, "sub/f%d" % self.n]) + suffix
        self.files[self.folder + "/" + path] = text
        return self.rng.choice([path, path, path, "./" + path])

    # ---- what it takes in ----

    def add_resources(self):
        docs = []
        for _ in range(self.rng.choice([0, 1, 1, 2, 3, 5])):
            ident, o = objects.resource(self.rng)
            if any((k[1], k[2]) == ident[1:3] for k in self.known) and not self.chance(0.02):
                continue
            self.known.append(ident)
            self.objs[ident] = o
            docs.append(o)
        if docs and self.chance(0.05):
            docs = [{"apiVersion": "v1", "kind": self.rng.choice(["List", "ConfigMapList", "ThingList"]),
                "items": docs}]
        while docs:
            take = self.rng.randrange(1, len(docs) + 1)
            self.spec.setdefault("resources", []).append(self.file(stream(self.rng, docs[:take])))
            docs = docs[take:]

    def add_bases(self, bases, components):
        for b in bases:
            self.spec.setdefault("bases" if self.chance(0.08) else "resources", []).append("../" + b)
        for c in components:
            self.spec.setdefault("components", []).append("../" + c)

    def source_text(self):
        return self.rng.choice([
            "a=b\nc=d\n", "# c\n\nK=v w\n  X= y\nEMPTY\nQ=\"q\"\n", "k=v", "one: two\n", "\ufeffA=1\n",
            "plain text\nmore\n", "x" * 100, "\n", "", "a=\u00e9\nb=1=2\r\n", "#only\n", self.rng.choice(TEXTS),
        ])

    def add_source(self, g):
        """One more source of a generator: a literal, a file or an env file."""
        rng, r = self.rng, self.rng.random()
        if r < 0.5:
            odd = [
                "b='q'", 'c="q q"', "d=x=y", "e=", "k1=\u00e9", "f=" + rng.choice(TEXTS), "l=" + "word " * 30, "g='",
                    "bad"
            ]
            g.setdefault("literals", []).append(rng.choice(odd if self.chance(0.15) else ["a=1", "k=v", "b=x",
                "port=80"]))
        elif r < 0.75:
            bytes_ = [self.source_text().encode("utf-8", "replace"), b"\xff\xfe\x00bin", bytes(range(60))]
            text = rng.choice(bytes_) if self.chance(0.2) else self.source_text()
            path = self.file(text, rng.choice([".txt", ".env", ".properties", ""]))
            wrong = ["x=", "=y", "a=b=c", "missing.txt"]
            g.setdefault("files", []).append(rng.choice([path, "key=" + path] if self.chance(0.99) else wrong))
        elif self.chance(0.3):
            g["env"] = self.file(self.source_text(), ".env")
        else:
            g.setdefault("envs", []).append(self.file(self.source_text(), ".env"))

    def generator(self, secret):
        rng, g = self.rng, {}
        kind = "Secret" if secret else "ConfigMap"
        there = [k for k in self.known if k[1] == kind]
        if there and self.chance(0.25):
            _, _, g["name"], ns = rng.choice(there)
            g["behavior"] = rng.choice(["merge", "replace"] * 10 + ["create", "unspecified"])
            if ns:
                g["namespace"] = ns
        elif self.chance(0.99):
            g["name"] = rng.choice([n for n in objects.NAMES if not any(k[2] == n for k in there)] or objects.NAMES)
        for _ in range(rng.randrange(1, 3)):
            self.add_source(g)
        if "behavior" not in g and self.chance(0.1):
            g["namespace"] = rng.choice(objects.NAMESPACES)
        if self.chance(0.2):
            g["options"] = self.generator_options()
        if secret and self.chance(0.4):
            g["type"] = rng.choice(["Opaque", "kubernetes.io/tls", "x"])
        if "name" in g and "behavior" not in g:
            self.known.append(("v1", kind, g["name"], g.get("namespace")))
        return g

    def generator_options(self):
        return often(
            self.rng,
            labels=(0.4, lambda: objects.labels(self.rng)),
            annotations=(0.3, lambda: {"note": self.rng.choice(["x", "1", "true"])}),
            disableNameSuffixHash=(0.5, lambda: self.rng.choice([True, True, False])),
            immutable=(0.2, lambda: True),
        )

    # ---- what it changes ----

    def add_patches(self):
        rng = self.rng
        for _ in range(rng.choice([1, 1, 2])):
            p = {}
            if self.chance(0.55):
                body = patches.patch_text(rng, patches.strategic(rng, self.known, self.objs))
                if self.chance(0.4):
                    p["target"] = patches.target(rng, self.known)
                if self.chance(0.1):
                    p["options"] = {rng.choice(["allowNameChange", "allowKindChange"]): True}
                if self.chance(0.05):
                    body += "\n---\n" + patches.patch_text(rng, patches.strategic(rng, self.known, self.objs))
            else:
                ident = patches.pick(rng, self.known)
                body = patches.patch_text(rng, patches.operations(rng, self.objs.get(ident)))
                if self.chance(0.99):
                    p["target"] = patches.target(rng, [ident])
            p["path" if self.chance(0.4) else "patch"] = None
            p = {k: (self.file(body, rng.choice([".yaml", ".json"])) if k == "path" else body) if v is None else v
                for k, v in p.items()}
            self.spec.setdefault("patches", []).append(p)

    def add_old_patches(self):
        rng = self.rng
        if self.chance(0.6):
            body = patches.patch_text(rng, patches.strategic(rng, self.known, self.objs))
            self.spec.setdefault("patchesStrategicMerge", []).append(self.file(body) if self.chance(0.6) else body)
            return
        ident = patches.pick(rng, self.known)
        body = patches.patch_text(rng, patches.operations(rng, self.objs.get(ident)))
        where = {"path": self.file(body)} if self.chance(0.5) else {"patch": body}
        self.spec.setdefault("patchesJson6902", []).append({"target": patches.exact(ident), **where})

    def field_spec(self, paths, kinds):
        return {
            "path": self.rng.choice(paths),
            **often(self.rng, kind=(0.6, lambda: self.rng.choice(kinds)), create=(0.4, lambda: True)),
        }

    def add_labels(self):
        values = ["x", "1", "true", "1.10", "yes", "2001-01-01"] * 10 + [Plain("5")]
        paths = ["spec/x/labels", "spec/template/metadata/labels", "metadata/labels"]
        for _ in range(self.rng.choice([1, 1, 2])):
            self.spec.setdefault("labels", []).append({
                "pairs": {self.rng.choice(["app", "team", "x.io/y", "n"]): self.rng.choice(values)},
                **often(
                    self.rng,
                    includeSelectors=(0.3, lambda: self.rng.choice([True, True, False])),
                    includeTemplates=(0.3, lambda: self.rng.choice([True, True, False])),
                    fields=(0.15, lambda: [self.field_spec(paths, ["Thing", "Deployment"])]),
                ),
            })

    def add_image(self):
        rng = self.rng
        names = ["nginx", "app", "busybox"] * 8 + ["reg.io:5000/app/img", "docker.io/library/nginx", "nginx.*",
            "ngin[x]", "nope"]
        tags = ["v2", "latest", "1.10", "0x1F", "1e3"] * 8 + [Plain("1.10")]
        self.spec.setdefault("imageTags" if self.chance(0.05) else "images", []).append({
            "name": rng.choice(names),
            **often(
                rng,
                newName=(0.4, lambda: rng.choice(["other", "reg.io/x", "r:5000/y"])),
                newTag=(0.4, lambda: rng.choice(tags)),
                digest=(0.3, lambda: rng.choice(["sha256:abc", "sha256:24a0c4b4"])),
                tagSuffix=(0.08, lambda: "-x"),
            ),
        })

    def add_replicas(self):
        there = [k for k in self.known if k[1] in WORKLOADS]
        if there or self.chance(0.05):
            self.spec.setdefault("replicas", []).append({"name": patches.pick(self.rng, there)[2],
                "count": self.rng.choice([0, 2, 10])})

    def free_vars(self):
        free = [n for n in ("V", "W", "TAG") if n not in self.taken or self.chance(0.03)][: self.rng.randrange(1, 3)]
        self.taken.update(free)
        return free

    def add_configuration(self):
        rng = self.rng
        key = rng.choice(CONFIGURATIONS)
        paths = [
            "spec/ref/name", "spec/any", "metadata/labels", "spec/x/y", "spec/list/name", "spec/list[]/value",
                "metadata/name",
            "data/a", "spec/replicas", "spec/image",
        ]
        spec = self.field_spec(paths, ["Thing", "ConfigMap", "Deployment"])
        spec.update(often(rng, group=(0.2, lambda: "example.com"), version=(0.1, lambda: "v1")))
        referred = {"kind": rng.choice(["ConfigMap", "Thing", "Secret"]), **often(rng, version=(0.4, lambda: "v1"))}
        value = {**referred, "fieldSpecs": [spec]} if key == "nameReference" else spec
        self.spec.setdefault("configurations", []).append(self.file(dump(rng, {key: [value]})))

    def data_file(self, v, suffix):
        """JSON or YAML, whatever the name says."""
        return self.file(json.dumps(v) if self.chance(0.5) else dump(self.rng, v, True), suffix)

    def add_crd(self):
        mark = self.rng.choice(["x-kubernetes-annotation", "x-kubernetes-label-selector", "x-kubernetes-identity"])
        ref = {
            "x-kubernetes-object-ref-api-version": "v1",
            "x-kubernetes-object-ref-kind": "ConfigMap",
            "x-kubernetes-object-ref-name-key": "name",
        }
        definitions = {
            "example.com/v1.Thing": {"Schema": {"properties": {"spec": {"$ref": "Spec"}}}},
            "Spec": {"Schema": {"properties": {"ref": ref, "any": {mark: ""}}}},
        }
        self.spec.setdefault("crds", []).append(self.data_file(definitions, self.rng.choice([".json", ".yaml"])))

    def add_openapi(self):
        if self.chance(0.3):
            self.spec["openapi"] = {"version": self.rng.choice(["v1.21.2"] * 10 + ["v1.20.4"])}
            return
        merging = {
            "type": "array",
            "items": {"type": "object"},
            "x-kubernetes-patch-merge-key": "name",
            "x-kubernetes-patch-strategy": "merge",
        }
        thing = {
            "properties": {"spec": {"properties": {"list": merging}}},
            "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Thing", "version": "v1"}],
        }
        self.spec["openapi"] = {"path": self.data_file({"definitions": {"com.example.v1.Thing": thing}}, ".json")}

    def add_plugins(self):
        kind = self.rng.choices(["transformers", "generators", "validators"], [6, 3, 1])[0]
        body = plugins.generator(self) if kind == "generators" else plugins.transformer(self)
        text = dump(self.rng, body, self.chance(0.5))
        if self.chance(0.15):  # a directory whose resources are the plugins
            self.n += 1
            folder = "plugin%d" % self.n
            self.files[f"{self.folder}/{folder}/kustomization.yaml"] = "resources: [p.yaml]\n"
            self.files[f"{self.folder}/{folder}/p.yaml"] = text
            self.spec.setdefault(kind, []).append(folder)
            return
        self.spec.setdefault(kind, []).append(self.file(text) if self.chance(0.6) else text)

    def add_sort(self):
        kinds = ["ConfigMap", "Secret", "Deployment", "Thing", "Namespace"]
        order = often(
            self.rng,
            orderFirst=(0.7, lambda: self.rng.sample(kinds, 2)),
            orderLast=(0.7, lambda: self.rng.sample(kinds, 2)),
        )
        self.spec["sortOptions"] = {
            "order": self.rng.choice(["legacy", "fifo"] * 10 + ["other"]),
            **often(self.rng, legacySortOptions=(0.3, lambda: order)),
        }

    def put(self, field, *values):
        self.spec[field] = self.rng.choice(values)

    def add(self, field, items):
        self.spec.setdefault(field, []).extend(items)

    def some(self, make):
        return [make() for _ in range(self.rng.choice([1, 1, 2]))]

    def vars(self):
        return [patches.var(self.rng, self.known, self.objs, n) for n in self.free_vars()]

    FEATURES = [  # probability, what adds it
        (0.18, lambda s: s.put("namePrefix", "p-", "dev-", "x.")),
        (0.13, lambda s: s.put("nameSuffix", "-s", "-v1", "-9")),
        (0.18, lambda s: s.put("namespace", "apps", *objects.NAMESPACES)),
        (0.15, lambda s: s.add_labels()),
        (0.1, lambda s: s.put("commonLabels", {"app": "c"}, {"owner": "1"}, {"owner": "true"})),
        (0.12, lambda s: s.put("commonAnnotations", {"note": "c"}, {"by": "1"}, {"by": "long " * 25},
            {"note": "a: b"})),
        (0.25, lambda s: s.add_patches()),
        (0.12, lambda s: s.add_old_patches()),
        (0.15, lambda s: s.add_image()),
        (0.1, lambda s: s.add_replicas()),
        (0.2, lambda s: s.add("configMapGenerator", s.some(lambda: s.generator(False)))),
        (0.12, lambda s: s.add("secretGenerator", [s.generator(True)])),
        (0.08, lambda s: s.put("generatorOptions", s.generator_options())),
        (0.15, lambda s: s.add("replacements", s.replacements())),
        (0.1, lambda s: s.add("vars", s.vars())),
        (0.05, lambda s: s.add_configuration()),
        (0.03, lambda s: s.add_crd()),
        (0.03, lambda s: s.add_openapi()),
        (0.1, lambda s: s.add_plugins()),
        (0.06, lambda s: s.add_sort()),
        (0.06, lambda s: s.put("buildMetadata", *[s.rng.sample(METADATA, n) for n in (1, 2, 3)])),
        (0.03, lambda s: s.put("metadata", {"name": "k", "labels": {"a": "b"}})),
    ]

    def replacements(self):
        r = [patches.replacement(self.rng, self.known, self.objs) for _ in range(self.rng.choice([1, 1, 2]))]
        if self.chance(0.2):
            return [{"path": self.file(dump(self.rng, r if self.chance(0.7) else r[0]))}]
        return r

    def write(self, component):
        for weight, add in self.FEATURES:
            if self.chance(weight * self.busy):
                add(self)
        head = {}
        if component or self.chance(0.3):
            head = {"apiVersion": "kustomize.config.k8s.io/v1" + ("alpha1" if component else "beta1"),
                "kind": "Component" if component else "Kustomization"}
        if self.chance(0.06):
            broken.misuse(self)
        items = list(self.spec.items())
        self.rng.shuffle(items)
        if not self.spec:
            self.spec["namePrefix"] = "only-"
        name = self.rng.choice(["kustomization.yaml"] * 8 + ["kustomization.yml", "Kustomization"])
        self.files[f"{self.folder}/{name}"] = dump(self.rng, {**head, **dict(items)}, self.chance(0.8))


def make(seed):
    rng = random.Random(seed)
    files, known, objs, taken, waiting, components = {}, [], {}, set(), [], []
    n = rng.choice([1, 1, 2, 2, 3, 4])
    for i in range(n):
        top = i == n - 1
        component = not top and rng.random() < 0.2
        layer = Layer(rng, files, "top" if top else "l%d" % i, known, objs, taken)
        layer.add_resources()
        if not component:
            take = list(waiting) if top or rng.random() < 0.6 else []
            layer.add_bases(take, [components.pop() for _ in range(len(components)) if top or rng.random() < 0.5])
            waiting = [w for w in waiting if w not in take] + ["l%d" % i]
        else:
            components.append("l%d" % i)
        layer.write(component)
    if rng.random() < 0.08:
        broken.corrupt(rng, files)
    return files
