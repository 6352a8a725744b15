# SPDX-License-Identifier: Apache-2.0
"""Trees that are broken on purpose: a kustomization file that asks for what is not there or not allowed, and files whose
text was damaged."""
LISTS = ["resources", "components", "patches", "configurations", "crds", "transformers", "generators", "validators",
    "replacements", "images", "replicas", "labels", "vars", "configMapGenerator", "secretGenerator", "openapi",
         "patchesStrategicMerge", "patchesJson6902", "bases", "commonLabels", "namespace", "namePrefix", "buildMetadata",
         "sortOptions", "generatorOptions", "commonAnnotations", "metadata", "kind", "apiVersion"]
VALUES = [None, [], {}, "", "x", 1, True, [None], ["x"], [1], [{}], {"x": "y"}, [[]], "true", [{"name": "a"}], [{"path": "x"}]]


def add(layer, field, item):
    """One more entry of a list that may not be one any more."""
    there = layer.spec.get(field)
    layer.spec[field] = (there if isinstance(there, list) else []) + [item]


def cycle(layer):
    """Itself, from where it is or by way of another directory."""
    way = layer.rng.choice([".", "./", "../" + layer.folder, "../" + layer.folder + "/../" + layer.folder, "..", "../top"])
    add(layer, layer.rng.choice(["resources", "resources", "bases", "components"]), way)


def missing(layer):
    field = layer.rng.choice(["resources", "components", "patchesStrategicMerge", "configurations", "crds", "transformers",
        "generators", "validators", "bases"])
    add(layer, field, layer.rng.choice(["nope.yaml", "./nope", "../nope", "sub", ""]))


def outside(layer):
    """A file above the root: the load restrictor refuses it, wherever it is asked for."""
    layer.files["outside.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: outside}\n"
    path = "../outside.yaml"
    field, item = layer.rng.choice([
        ("resources", path), ("patches", {"path": path}), ("configurations", path), ("patchesStrategicMerge", path),
        ("configMapGenerator", {"name": "out", "files": [path]}), ("secretGenerator", {"name": "out", "envs": [path]}),
        ("replacements", {"path": path}), ("transformers", path), ("crds", path),
    ])
    add(layer, field, item)


def twice(layer):
    """The same file, base, generator or transformer once more."""
    lists = [k for k, v in layer.spec.items() if isinstance(v, list) and v]
    if lists:
        field = layer.rng.choice(lists)
        layer.spec[field] = layer.spec[field] + [layer.rng.choice(layer.spec[field])]


def helm(layer):
    chart = {"name": "c", "releaseName": "r", "repo": "https://example.invalid", "version": "1.0.0"}
    field, value = layer.rng.choice([
        ("helmCharts", [chart]), ("helmCharts", []), ("helmCharts", None), ("helmGlobals", {"chartHome": "charts"}),
        ("helmChartInflationGenerator", [{"chartName": "c", "releaseName": "r"}]), ("helmChartInflationGenerator", []),
    ])
    layer.spec[field] = value


def wrong_type(layer):
    layer.spec[layer.rng.choice(LISTS)] = layer.rng.choice(VALUES)


def unknown(layer):
    """Fields that never were or are gone, versions and kinds that are none."""
    field, value = layer.rng.choice([
        ("resource", ["x"]), ("Resources", []), ("patchesJson6902Strategic", []), ("nameprefix", "p-"), ("inventory", {}),
        ("commands", []), ("apiVersion", "kustomize.config.k8s.io/v1"), ("kind", "ConfigMap"), ("patches", ["f1.yaml"]),
        ("secretGenerator", [{"name": "s", "commands": {"a": "echo"}}]), ("imageTags", [{"name": "nginx", "newTag": 1}]),
    ])
    layer.spec[field] = value


def second_file(layer):
    layer.files[layer.folder + "/" + layer.rng.choice(["Kustomization", "kustomization.yml"])] = "namePrefix: two-\n"


WAYS = [(2, cycle), (3, missing), (3, outside), (3, twice), (1, helm), (4, wrong_type), (2, unknown), (1, second_file)]


def misuse(layer):
    layer.rng.choices([w[1] for w in WAYS], [w[0] for w in WAYS])[0](layer)


def corrupt(rng, files):
    """Breaks one file a little."""
    path = rng.choice([p for p in files if isinstance(files[p], str)])
    lines = files[path].split("\n")
    at = rng.randrange(len(lines))
    r = rng.randrange(9)
    if r == 0:
        del lines[at]
    elif r == 1:
        lines.insert(at, lines[at])
    elif r == 2:
        lines[at] = rng.choice(["  ", " ", "\t"]) + lines[at]
    elif r == 3:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    elif r == 4:
        i = rng.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:i] + rng.choice(list(":{}[],&*#?|->'\"%@`!\\ \t\u0085\x00\x01") + ["\ufeff", "\u00e9",
            "$patch", "null", "~"]) + lines[at][i:]
    elif r == 5:
        lines[at] = lines[at].replace(":", "", 1) if ":" in lines[at] else lines[at] + ":"
    elif r == 6 and ": " in lines[at]:
        lines[at] = lines[at].split(": ")[0] + ": " + rng.choice(["1", "true", "null", "[]", "{}", "[a]", "{a: b}",
            "''", "1.5", "2001-01-01"])
    elif r == 7:
        lines[at] = lines[at].lstrip(" ")
    else:
        del files[path]
        return
    files[path] = "\n".join(lines)
