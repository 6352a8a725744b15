# SPDX-License-Identifier: Apache-2.0
"""Built-in generators, transformers and validators written out as files."""
import objects
import patches


def head(rng, kind):
    return {"apiVersion": "builtin", "kind": kind, "metadata": {"name": rng.choice(["t", "u"]), **objects.maybe(rng,
        0.1, lambda: {"namespace": "pn"})}}


def generator(layer):
    rng = layer.rng
    r = rng.random()
    if r < 0.1:
        return {**head(rng, "IAMPolicyGenerator"), "cloud": "gke", "kubernetesService": {"name": "k"},
            "serviceAccount": {"name": "s", "projectId": "p"}}
    if r < 0.11:
        return {**head(rng, "Nope"), "x": "y"}
    kind = rng.choice(["ConfigMap", "Secret"])
    g = layer.generator(kind == "Secret")
    out = head(rng, kind + "Generator")
    out["metadata"]["name"] = g.pop("name", "n")
    if "namespace" in g:
        out["metadata"]["namespace"] = g.pop("namespace")
    return {**out, **g}


def specs(rng, path, **more):
    return {"fieldSpecs": [{"path": path, **more, **objects.maybe(rng, 0.4, lambda: {"kind": rng.choice(["Deployment",
        "ConfigMap", "Thing"])}), **objects.maybe(rng, 0.5, lambda: {"create": True})}]}


def json_patch(layer):
    version, kind, name, ns = ident = patches.pick(layer.rng, layer.known)
    target = {"group": patches.group_of(version), "version": version.split("/")[-1], "kind": kind, "name": name,
        **({"namespace": ns} if ns else {})}
    return {"target": target, "jsonOp": patches.patch_text(layer.rng, patches.operations(layer.rng,
        layer.objs.get(ident)))}


def transformer(layer):
    rng = layer.rng
    return rng.choice([
        lambda: {**head(rng, "PrefixTransformer"), "prefix": "tp-", **specs(rng, "metadata/name")},
        lambda: {**head(rng, "SuffixTransformer"), "suffix": "-ts", **specs(rng, rng.choice(["metadata/name",
            "spec/any"]))},
        lambda: {**head(rng, "PrefixSuffixTransformer"), "prefix": "a-", "suffix": "-z", **specs(rng, "metadata/name")},
        lambda: {**head(rng, "LabelTransformer"), "labels": objects.labels(rng), **specs(rng,
            rng.choice(["metadata/labels", "spec/template/metadata/labels", "spec/a/b"]))},
        lambda: {**head(rng, "AnnotationsTransformer"), "annotations": {"note": "tr"}, **specs(rng,
            rng.choice(["metadata/annotations", "spec/list[]/x"]))},
        lambda: namespace(rng), lambda: {**head(rng, "ImageTagTransformer"), "imageTag": {"name": "nginx",
            "newTag": "t"}, **objects.maybe(rng, 0.6, lambda: specs(rng,
            rng.choice(["spec/template/spec/containers[]/image", "spec/any"])))},
        lambda: {**head(rng, "ReplicaCountTransformer"), "replica": {"name": patches.pick(rng, layer.known,
            ("Deployment", "StatefulSet"))[2], "count": 4}, **specs(rng, "spec/replicas")},
        lambda: {**head(rng, "PatchTransformer"), "patch": patches.patch_text(rng, patches.strategic(rng, layer.known,
            layer.objs)), **objects.maybe(rng, 0.5, lambda: {"target": patches.target(rng, layer.known)})},
        lambda: {**head(rng, "PatchJson6902Transformer"), **json_patch(layer)},
        lambda: {**head(rng, "PatchStrategicMergeTransformer"), "patches": patches.patch_text(rng,
            patches.strategic(rng, layer.known, layer.objs))},
        lambda: {**head(rng, "ReplacementTransformer"), "replacements": [patches.replacement(rng, layer.known,
            layer.objs)]},
        lambda: {**head(rng, "ValueAddTransformer"), "value": rng.choice(["va", "1"]),
            "targets": [{"fieldPath": rng.choice(["spec/any", "metadata/labels/va",
            "spec/template/spec/containers/image"]), **objects.maybe(rng, 0.3,
            lambda: {"filePathPosition": rng.choice([0, 1, 2])}), **objects.maybe(rng, 0.5,
            lambda: {"selector": {"kind": "Thing"}})}]},
        lambda: {**head(rng, "HashTransformer")},
    ])()


def namespace(rng):
    t = head(rng, "NamespaceTransformer")
    t["metadata"]["namespace"] = rng.choice(objects.NAMESPACES)
    if rng.random() < 0.4:
        t["unsetOnly"] = True
    if rng.random() < 0.5:
        t["setRoleBindingSubjects"] = rng.choice(["none", "defaultOnly", "allServiceAccounts", "x"]
            if rng.random() < 0.1 else ["none", "defaultOnly", "allServiceAccounts"])
    return {**t, **objects.maybe(rng, 0.6, lambda: specs(rng, rng.choice(["metadata/namespace", "spec/ns"])))}
