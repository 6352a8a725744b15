# SPDX-License-Identifier: Apache-2.0
"""Built-in generators, transformers and validators written out as files."""
import objects
import patches
from objects import often


def head(rng, kind):
    metadata = {"name": rng.choice(["t", "u"]), **often(rng, namespace=(0.1, lambda: "pn"))}
    return {"apiVersion": "builtin", "kind": kind, "metadata": metadata}


def iam_policy(rng):
    account = {"name": "s", "projectId": "p"}
    return {**head(rng, "IAMPolicyGenerator"), "cloud": "gke", "kubernetesService": {"name": "k"},
        "serviceAccount": account}


def generator(layer):
    rng = layer.rng
    r = rng.random()
    if r < 0.1:
        return iam_policy(rng)
    if r < 0.11:
        return {**head(rng, "Nope"), "x": "y"}
    kind = rng.choice(["ConfigMap", "Secret"])
    g = layer.generator(kind == "Secret")
    out = head(rng, kind + "Generator")
    out["metadata"]["name"] = g.pop("name", "n")
    if "namespace" in g:
        out["metadata"]["namespace"] = g.pop("namespace")
    return {**out, **g}


def specs(rng, *paths):
    """fieldSpecs with one of the paths."""
    kind = rng.choice(["Deployment", "ConfigMap", "Thing"])
    more = often(rng, kind=(0.4, lambda: kind), create=(0.5, lambda: True))
    return {"fieldSpecs": [{"path": rng.choice(paths), **more}]}


def affixes(layer):
    rng = layer.rng
    return rng.choice([
        {**head(rng, "PrefixTransformer"), "prefix": "tp-", **specs(rng, "metadata/name")},
        {**head(rng, "SuffixTransformer"), "suffix": "-ts", **specs(rng, "metadata/name", "spec/any")},
        {**head(rng, "PrefixSuffixTransformer"), "prefix": "a-", "suffix": "-z", **specs(rng, "metadata/name")},
    ])


def labels(layer):
    rng = layer.rng
    where = specs(rng, "metadata/labels", "spec/template/metadata/labels", "spec/a/b")
    return {**head(rng, "LabelTransformer"), "labels": objects.labels(rng), **where}


def annotations(layer):
    where = specs(layer.rng, "metadata/annotations", "spec/list[]/x")
    return {**head(layer.rng, "AnnotationsTransformer"), "annotations": {"note": "tr"}, **where}


def namespace(layer):
    rng = layer.rng
    t = head(rng, "NamespaceTransformer")
    t["metadata"]["namespace"] = rng.choice(objects.NAMESPACES)
    subjects = ["none", "defaultOnly", "allServiceAccounts"] * 10 + ["x"]
    where = specs(rng, "metadata/namespace", "spec/ns") if rng.random() < 0.6 else {}
    return {**t, **often(rng, unsetOnly=(0.4, lambda: True), setRoleBindingSubjects=(0.5,
        lambda: rng.choice(subjects))), **where}


def images(layer):
    rng = layer.rng
    where = specs(rng, "spec/template/spec/containers[]/image", "spec/any") if rng.random() < 0.6 else {}
    return {**head(rng, "ImageTagTransformer"), "imageTag": {"name": "nginx", "newTag": "t"}, **where}


def replicas(layer):
    name = patches.pick(layer.rng, layer.known, ("Deployment", "StatefulSet"))[2]
    where = specs(layer.rng, "spec/replicas")
    return {**head(layer.rng, "ReplicaCountTransformer"), "replica": {"name": name, "count": 4}, **where}


def strategic(layer):
    return patches.patch_text(layer.rng, patches.strategic(layer.rng, layer.known, layer.objs))


def patch(layer):
    target = often(layer.rng, target=(0.5, lambda: patches.target(layer.rng, layer.known)))
    return {**head(layer.rng, "PatchTransformer"), "patch": strategic(layer), **target}


def old_patch(layer):
    return {**head(layer.rng, "PatchStrategicMergeTransformer"), "patches": strategic(layer)}


def json_patch(layer):
    rng = layer.rng
    ident = patches.pick(rng, layer.known)
    operations = patches.patch_text(rng, patches.operations(rng, layer.objs.get(ident)))
    return {**head(rng, "PatchJson6902Transformer"), "target": patches.exact(ident), "jsonOp": operations}


def replacements(layer):
    one = patches.replacement(layer.rng, layer.known, layer.objs)
    return {**head(layer.rng, "ReplacementTransformer"), "replacements": [one]}


def value_add(layer):
    rng = layer.rng
    target = {
        "fieldPath": rng.choice(["spec/any", "metadata/labels/va", "spec/template/spec/containers/image"]),
        **often(rng, filePathPosition=(0.3, lambda: rng.choice([0, 1, 2])), selector=(0.5, lambda: {"kind": "Thing"})),
    }
    return {**head(rng, "ValueAddTransformer"), "value": rng.choice(["va", "1"]), "targets": [target]}


def hashes(layer):
    return head(layer.rng, "HashTransformer")


TRANSFORMERS = [
    affixes, affixes, labels, annotations, namespace, images, replicas, patch, old_patch, json_patch, replacements,
        value_add,
    hashes,
]


def transformer(layer):
    return layer.rng.choice(TRANSFORMERS)(layer)
