# SPDX-License-Identifier: Apache-2.0
"""Random patches of both kinds, targets, selectors, replacements and vars for objects that are known to be there."""
import copy
import json

import objects
from objects import often
from text import Plain, dump, stream, text_value

PATHS = ["/metadata/labels", "/metadata/labels/app", "/metadata/annotations", "/metadata/annotations/note",
    "/spec/replicas", "/spec/template/spec/containers/0/image",
         "/spec/template/spec/containers/-", "/spec/template/spec/containers", "/data", "/data/a", "/data/k1",
             "/spec/ports/0/port", "/spec/ports/-", "/spec/x", "/spec/x/y", "/metadata/name",
         "/metadata/namespace", "/kind", "/spec/list/0", "/spec/list/-1", "/spec/any", "/metadata/annotations/x.io~1a",
             "", "/", "/spec/template/spec/containers/5", "/rules/0/resourceNames/0", "/subjects/0/name"]
FIELDS = ["metadata.name", "metadata.namespace", "metadata.labels.app", "metadata.labels.[x.io/y]",
    "metadata.annotations.note", "metadata.annotations.[x.io/a]", r"metadata.annotations.x\.io/a", "data.a", "data.k1",
    "data", "spec.replicas",
          "spec.template.spec.containers.[name=main].image", "spec.template.spec.containers.*.image",
              "spec.template.spec.containers.0.image", "spec.template.spec.containers.0.env.0.value",
              "spec.list.[name=a].value", "spec.list.*.value",
          "spec.list.-", "spec.any", "spec.json.a.b", "spec.json.c.0", "spec.json", "spec.ref.name",
              "spec.ports.0.port", "spec", "spec.template.spec.volumes", "spec.nope", "spec.nope.deep", "data.b.c",
              "rules.0.resourceNames.[=a]", "spec.list.[name=zz].value", ""]


def pick(rng, known, kinds=None):
    """Something that is there, mostly; of these kinds, when there is one."""
    known = [k for k in known if kinds and k[1] in kinds] or known
    if known and rng.random() < 0.97:
        return rng.choice(known)
    return ("v1", "ConfigMap", rng.choice(["a", "nope"]), None)


def walk(rng, o):
    """The steps of a random way into an object."""
    steps = []
    while isinstance(o, (dict, list)) and o and (not steps or rng.random() < 0.75):
        step = rng.choice(list(o)) if isinstance(o, dict) else rng.randrange(len(o))
        if not steps and step in ("apiVersion", "kind") and rng.random() < 0.9:
            step = "metadata" if "metadata" in o else step
        steps.append(step)
        o = o[step]
    return steps, o


def pointer(rng, o):
    steps, v = walk(rng, o or {})
    if isinstance(v, list) and rng.random() < 0.5:
        steps.append("-")
    if isinstance(v, dict) and rng.random() < 0.3:
        steps.append("fresh")
    return "".join("/" + str(s).replace("~", "~0").replace("/", "~1") for s in steps)


def field(rng, o):
    """The same as a field path of replacements and vars."""
    steps, out, v = walk(rng, o or {})[0], [], o
    for s in steps:
        if isinstance(s, int):
            item = v[s]
            named = isinstance(item, dict) and isinstance(item.get("name"), str)
            out.append(rng.choice(["[name=%s]" % item["name"]] * 2 + ["*", str(s)]) if named
                else rng.choice([str(s), "*"]))
        else:
            out.append("[" + s + "]" if "." in s and rng.random() < 0.5 else s.replace(".", "\\."))
        v = v[s]
    if isinstance(v, dict) and rng.random() < 0.2:
        out.append("fresh")
    return ".".join(out)


def group_of(version):
    return version.split("/")[0] if "/" in version else ""


def exact(ident):
    """The target that names one object."""
    version, kind, name, ns = ident
    out = {"group": group_of(version), "version": version.split("/")[-1], "kind": kind, "name": name, "namespace": ns}
    return {k: v for k, v in out.items() if v}


def pattern(rng, text):
    other = [".*", text[:1] + ".*", text + "|nope", "^" + text + "$"]
    return rng.choice([text] * 40 + other * 4 + ["nope", "nope", "["])


def target(rng, known):
    """A selector by regular expressions and labels."""
    version, kind, name, ns = pick(rng, known)
    t = {}
    if rng.random() < 0.8:
        t["kind"] = pattern(rng, kind)
    if rng.random() < 0.6:
        t["name"] = pattern(rng, name)
    if rng.random() < 0.2:
        t["version"] = pattern(rng, version.split("/")[-1])
    if rng.random() < 0.15:
        t["group"] = pattern(rng, group_of(version))
    if rng.random() < 0.1:
        t["namespace"] = pattern(rng, ns or "ns1")
    if rng.random() < 0.1:
        selectors = ["app=web", "app in (web,db)", "tier", "!tier", "app!=web,env", "app=", ""]
        t["labelSelector"] = rng.choice(selectors * 5 + ["a b"])
    if rng.random() < 0.05:
        t["annotationSelector"] = rng.choice(["note", "note=a", "note notin (x)"])
    return t


def spoil_keys(rng, element):
    """Merge keys that are null, empty or not there."""
    for key in ("name", "port", "containerPort", "protocol", "mountPath", "topologyKey"):
        if key in element and rng.random() < 0.7:
            element[key] = rng.choice([None, None, "", {}])
            if rng.random() < 0.2:
                del element[key]


def mutate(rng, v, depth=0):
    """A part of an object, changed: what a strategic merge patch looks like."""
    if isinstance(v, dict):
        kept = ("apiVersion", "kind", "metadata", "name") if depth == 0 else ("name",)
        out = {k: mutate(rng, x, depth + 1) for k, x in v.items() if k in kept or rng.random() < 0.6}
        r = rng.random()
        if r < 0.06 and depth:
            out[rng.choice(list(v) or ["zz"])] = None
        elif r < 0.12:
            out[rng.choice(["new", "a", "labels", "value", "name"]) if depth else "extra"] = text_value(rng)
        elif r < 0.16:
            out["$patch"] = rng.choice(["delete", "replace", "merge"] * 5 + ["bogus"])
        elif r < 0.17:
            odd = ["$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers"]
            out[rng.choice(odd)] = ["a"]
        elif r < 0.19 and depth > 1:
            spoil_keys(rng, out)
        return out
    if isinstance(v, list):
        out = [mutate(rng, x, depth + 1) for x in v if rng.random() < 0.7]
        rng.shuffle(out)
        r = rng.random()
        if r < 0.15 and v:
            new = copy.deepcopy(rng.choice(v))
            if isinstance(new, dict) and "name" in new:
                new["name"] = rng.choice(["main", "fresh"])
            out.insert(rng.randrange(len(out) + 1), new)
        elif r < 0.2:
            out.append({"$patch": rng.choice(["replace", "delete"])})
        return out
    return v if rng.random() < 0.5 else rng.choice([text_value(rng), v, None if rng.random() < 0.2 else v])


def small(rng, ident):
    """A patch that only says what it is for and a field or two."""
    version, kind, name, ns = ident
    metadata = {
        "name": name,
        **({"namespace": ns} if ns else {}),
        **often(rng, labels=(0.2, lambda: objects.labels(rng)), annotations=(0.2, lambda: objects.labels(rng))),
    }
    body = {"data": objects.some_map(rng)} if kind == "ConfigMap" else {"spec": {"replicas": 5}}
    out = {"apiVersion": version, "kind": kind, "metadata": metadata, **(body if rng.random() < 0.7 else {})}
    return {**out, "$patch": "delete"} if rng.random() < 0.1 else out


def strategic(rng, known, objs):
    """A strategic merge patch for a known object, its own shape or another's."""
    ident = pick(rng, known)
    o = objs.get(ident)
    if o is None or rng.random() < 0.3:
        return small(rng, ident)
    p = mutate(rng, o)
    if rng.random() < 0.97:
        p.update({"apiVersion": ident[0], "kind": ident[1]})
    meta = p.setdefault("metadata", {})
    if isinstance(meta, dict) and rng.random() < 0.95:
        meta["name"] = ident[2]
        if ident[3]:
            meta["namespace"] = ident[3]
        meta.pop("$patch", None)
    return p


VERBS = {"add": 10, "replace": 6, "remove": 2, "test": 0.2, "copy": 0.7, "move": 0.5, "bogus": 0.05}


def operations(rng, o=None):
    """Of a JSON patch; most ways lead somewhere in o."""
    out = []
    way = lambda: pointer(rng, o) if o and rng.random() < 0.9 else rng.choice(PATHS)
    for _ in range(rng.randrange(1, 4)):
        op = {"op": rng.choices(list(VERBS), list(VERBS.values()))[0], "path": way()}
        if op["op"] in ("add", "replace", "test"):
            fresh = {"name": "fresh", "image": "i"}
            op["value"] = rng.choice([text_value(rng), fresh, ["x"], {"app": "new"}, 7, None, {}])
        elif op["op"] in ("copy", "move"):
            op["from"] = way()
        out.append(op)
    return out


def plain(v):
    """v as JSON can hold it."""
    if isinstance(v, dict):
        return {str(k): plain(x) for k, x in v.items()}
    if isinstance(v, list):
        return [plain(x) for x in v]
    return str(v) if isinstance(v, Plain) else v


def patch_text(rng, v):
    if rng.random() < 0.35:
        return json.dumps(plain(v), indent=rng.choice([None, 2]), ensure_ascii=rng.random() < 0.5)
    return dump(rng, v)


def selector(rng, ident, exact):
    """Of a replacement: exact names for a source, regular expressions for a target."""
    version, kind, name, ns = ident
    s = {"kind": kind if exact else pattern(rng, kind)} if rng.random() < 0.97 else {}
    if rng.random() < (0.97 if exact else 0.8):
        s["name"] = name if exact else pattern(rng, name)
    if rng.random() < 0.1:
        s["version"] = version.split("/")[-1]
    if rng.random() < 0.1:
        s["group"] = group_of(version)
    if rng.random() < 0.1:
        s["namespace"] = ns or "default"
    return s


def options(rng):
    o = {}
    if rng.random() < 0.4:
        o["delimiter"] = rng.choice([":", "-", "/", ".", ""])
        if rng.random() < 0.7:
            o["index"] = rng.choice([0, 0, 1, -1, 5])
    if rng.random() < 0.7:
        o["create"] = True
    return o


def replacement(rng, known, objs):
    way = lambda ident: field(rng, objs[ident]) if ident in objs and rng.random() < 0.85 else rng.choice(FIELDS)
    if rng.random() < 0.1:
        r = {"sourceValue": text_value(rng)}
    else:
        ident = pick(rng, known)
        source = selector(rng, ident, True)
        if rng.random() < 0.8:
            source["fieldPath"] = way(ident)
        if rng.random() < 0.2:
            source["options"] = options(rng)
        r = {"source": source}
    r["targets"] = []
    for _ in range(rng.choice([1, 1, 1, 2])):
        ident = pick(rng, known)
        t = {"select": selector(rng, ident, False)}
        if rng.random() < 0.2:
            t["reject"] = [selector(rng, pick(rng, known), False)]
        if rng.random() < 0.95:
            t["fieldPaths"] = [way(ident) for _ in range(rng.choice([1, 1, 2]))]
        if rng.random() < 0.7:
            t["options"] = options(rng)
        r["targets"].append(t)
    return r


def var(rng, known, objs, n):
    ident = pick(rng, known)
    version, kind, name, ns = ident
    v = {"name": n, "objref": {"kind": kind, "name": name}}
    if rng.random() < 0.9:
        v["objref"]["apiVersion"] = version
    if ns and rng.random() < 0.9:
        v["objref"]["namespace"] = ns
    if rng.random() < 0.5:
        v["fieldref"] = {rng.choice(["fieldpath", "fieldPath"]): field(rng, objs.get(ident)) or "metadata.name"}
    return v
