#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kubernetes_tables.py RECORDINGS FIELDS_TSV GO_API_DIR... OUT_DIR: makes data/kubernetes/{schema.txt,kinds.tsv}.

RECORDINGS is the folder of exchanges recorded from kube-apiserver (openapi_v3/, discovery/), FIELDS_TSV the table of
protobuf fields and JSON tags of the same release, GO_API_DIR the roots of the Go modules with the API types (only the
names of Go types are taken from them, for the decoder's error texts). data/kubernetes/README.md explains the formats.
"""
import base64
import glob
import gzip
import hashlib
import json
import os
import re
import sys

SHORT = [("io.k8s.apimachinery.pkg.apis.meta.", "meta."),
         ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.", "apiextensions."),
         ("io.k8s.kube-aggregator.pkg.apis.apiregistration.", "apiregistration."),
         ("io.k8s.apimachinery.pkg.", ""),
         ("io.k8s.api.", "")]
# types that Go writes in a form of their own, and their letter in the table
SPECIAL = {"runtime.RawExtension": "R", "meta.v1.FieldsV1": "F", "meta.v1.Time": "t", "meta.v1.MicroTime": "T",
           "api.resource.Quantity": "q", "util.intstr.IntOrString": "x", "apiextensions.v1.JSON": "J",
           "apiextensions.v1.JSONSchemaPropsOrArray": "A", "apiextensions.v1.JSONSchemaPropsOrBool": "O",
           "apiextensions.v1.JSONSchemaPropsOrStringArray": "P"}
# the names under which the API packages import each other
IMPORTS = {"v1": "core/v1", "metav1": "meta/v1"}
SCALARS = {"string": "s", "int32": "i", "int64": "l", "bool": "b", "double": "d", "bytes": "B"}
OMIT = {"runtime.TypeMeta", "runtime.Unknown", "meta.v1.Verbs", "apiextensions.v1.ValidationRules"}


def short(name):
    for prefix, to in SHORT:
        if name.startswith(prefix):
            return to + name[len(prefix):]
    raise SystemExit(f"no short form of {name}")


def read_openapi(folder):
    schemas = {}
    for path in sorted(glob.glob(os.path.join(folder, "openapi_v3", "*_v*.json.gz"))):
        with gzip.open(path) as f:
            for name, schema in json.load(f).get("components", {}).get("schemas", {}).items():
                old = schemas.setdefault(short(name), schema)
                gvks = old.setdefault("x-kubernetes-group-version-kind", [])
                gvks += [g for g in schema.get("x-kubernetes-group-version-kind", []) if g not in gvks]
    return schemas


def read_fields(path):
    messages = {}
    with open(path) as f:
        next(f)
        for line in f:
            message, number, _, label, proto, name, kind, flags = line.rstrip("\n").split("\t")
            if re.search(r"\.v\d+(alpha|beta)\d+\.", message) or message.startswith("api.extensions."):
                continue
            messages.setdefault(short("io.k8s." + message), []).append(
                {"number": int(number), "list": label == "rep", "proto": proto, "name": name, "type": kind,
                 "flags": set(flags.split())})
    return messages


def read_go_types(roots):
    """(type, json name) -> Go type as reflect prints it, for fields of named scalar, list or map types."""
    structs, named = {}, {}
    for root in roots:
        for path in glob.glob(os.path.join(root, "**", "types*.go"), recursive=True):
            package = "/".join(os.path.dirname(path).split("/")[-2:])
            with open(path) as f:
                text = f.read()
            for m in re.finditer(r"^type (\w+) ((?:\[\]|map\[)?[\w.\]\*]+)$", text, re.M):
                named[(package, m.group(1))] = m.group(2)
            for m in re.finditer(r"^type (\w+) struct \{\n(.*?)^\}", text, re.M | re.S):
                fields = structs.setdefault((package, m.group(1)), {})
                for g in re.finditer(r"^\t\w+ +(\S+) +`json:\"([^,\"]+)", m.group(2), re.M):
                    fields[g.group(2)] = g.group(1)
    return structs, named


class Tables:
    def __init__(self, recordings, fields, roots):
        self.openapi = read_openapi(recordings)
        self.messages = read_fields(fields)
        self.structs, self.named = read_go_types(roots)
        self.pseudo = set()

    def go_type(self, package, name, field):
        """The field's Go type when it is a named one that its JSON type does not tell, else ""."""
        go = self.structs.get((package, name), {}).get(field, "")
        match = re.fullmatch(r"((?:\*|\[\]|map\[string\])*)([\w.]+)", go)
        if not match:
            return ""
        wrap, go = match.group(1).lstrip("*"), match.group(2)
        if go.startswith("types."):
            return wrap + go
        home = IMPORTS.get(go.split(".")[0], go.split(".")[0]) if "." in go else package
        base = go.split(".")[-1]
        return f"{wrap}{home.split('/')[1]}.{base}" if (home, base) in self.named else ""

    def base_type(self, p):
        if "$ref" in p or "allOf" in p:
            name = short((p.get("$ref") or p["allOf"][0]["$ref"]).split("/")[-1])
            return SPECIAL.get(name, "@" + name)
        kind, fmt = p.get("type"), p.get("format")
        if kind == "array":
            return "[" + self.field_type(p["items"]) + "]"
        if kind == "object":
            return "{" + (self.field_type(p["additionalProperties"]) if "additionalProperties" in p else "?") + "}"
        return {("string", None): "s", ("string", "byte"): "B", ("integer", "int32"): "i", ("integer", "int64"): "l",
                ("boolean", None): "b", ("number", "double"): "d", ("string", "date-time"): "t"}[(kind, fmt)]

    def field_type(self, p):
        t = self.base_type(p)
        if "x-kubernetes-list-type" in p and p.get("type") == "array":
            t += {"atomic": "a", "set": "t",
                  "map": "k(" + ",".join(p.get("x-kubernetes-list-map-keys", [])) + ")"}[p["x-kubernetes-list-type"]]
        if "x-kubernetes-map-type" in p:
            t += ("/" if t[0] == "@" else "") + {"atomic": "a", "granular": "g"}[p["x-kubernetes-map-type"]]
        return t

    def message_type(self, f):
        """The type of a field that is only in the protobuf table."""
        def one(t):
            if t in SCALARS:
                return SCALARS[t]
            m = re.match(r"map<string,(.*)>", t)
            if m:
                return "{" + one(m.group(1)) + "}"
            name = short("io.k8s." + t)
            return SPECIAL.get(name, "@" + name)
        t = one(f["type"])
        return "[" + t + "]" if f["list"] and not t.startswith("{") else t

    def line(self, owner, name, prop, field, required):
        t = self.field_type(prop) if prop is not None else self.message_type(field)
        if field and "ExtraValue" in field["type"]:
            t = t.replace("[s]", "[s]w", 1)
        out = [name, t]
        if field:
            if field["number"]:
                out.append("#%d" % field["number"])
            pointer = "pointer" in field["flags"]
            # omitempty does not leave out what Go holds as a struct
            held = t[0] in "@RtTqxJAOP" and not pointer and "omitzero" not in field["flags"]
            if held or not field["flags"] & {"omitempty", "omitzero"}:
                out.append(".")
            if pointer:
                out.append("^")
        if name in required:
            out.append("*")
        prop = prop or {}
        key, strategy = prop.get("x-kubernetes-patch-merge-key"), prop.get("x-kubernetes-patch-strategy")
        if key or strategy:
            out.append("!%s:%s" % (key or "", strategy or ""))
        package, _, kind = owner.rpartition(".")
        go = self.go_type("/".join(package.split(".")[-2:]), kind, name)
        if go:
            out.append("~" + go)
        if "default" in prop:
            out.append("=" + json.dumps(prop["default"], separators=(",", ":")))
        return " ".join(out)

    def flattened(self, message):
        """JSON name -> field with flags, for the fields of inline messages as well (number 0 there)."""
        out = {}
        for f in self.messages.get(message, []):
            if "inline" in f["flags"]:
                for name, g in self.flattened(short("io.k8s." + f["type"])).items():
                    out[name] = dict(g, number=0)
            elif f["name"] not in ("", "-"):
                out[f["name"]] = f
        return out

    def emit(self, name, properties, schema):
        fields = self.flattened(name)
        head = [name]
        if schema.get("x-kubernetes-map-type") == "atomic":
            head.append("a")
        gvks = schema.get("x-kubernetes-group-version-kind", [])
        if len(gvks) == 1:
            head.append("=" + "/".join(filter(None, (gvks[0]["group"], gvks[0]["version"], gvks[0]["kind"]))))
        lines = [" ".join(head)]
        for f in self.messages.get(name, []):
            if "inline" in f["flags"]:
                inline = short("io.k8s." + f["type"])
                lines.append("+%s #%d" % (inline, f["number"]))
                self.pseudo.add((inline, name))
        names = sorted(set(properties) | set(fields))
        required = set(schema.get("required", []))
        for n in names:
            lines.append(self.line(self.owner_of(name, n), n, properties.get(n), fields.get(n), required))
        return "\n".join(lines)

    def owner_of(self, message, field):
        """The Go struct that declares the field: the inline one when it is not the message itself."""
        for f in self.messages.get(message, []):
            if "inline" in f["flags"]:
                inner = short("io.k8s." + f["type"])
                if field in self.flattened(inner):
                    return self.owner_of(inner, field)
        return message

    def schema_text(self):
        blocks = {}
        for name, schema in self.openapi.items():
            if name not in SPECIAL:
                blocks[name] = self.emit(name, schema.get("properties", {}), schema)
        pending = list(self.pseudo)
        done = set()
        while pending:
            inline, parent = pending.pop()
            if inline in done:
                continue
            done.add(inline)
            if inline in self.openapi:
                continue
            before = set(self.pseudo)
            properties = self.openapi.get(parent, {}).get("properties", {})
            fields = self.flattened(inline)
            blocks[inline] = self.emit(inline, {n: properties[n] for n in fields if n in properties}, {})
            pending += self.pseudo - before
        for name in self.messages:
            if name not in blocks and name not in SPECIAL and name not in OMIT and not name.endswith("ExtraValue"):
                blocks[name] = self.emit(name, {}, {})
        return "\n\n".join(blocks[n] for n in sorted(blocks)) + "\n"


VERBS = [("get", "g"), ("list", "l"), ("watch", "w"), ("create", "c"), ("update", "u"), ("patch", "p"), ("delete", "d"),
         ("deletecollection", "D")]

# Resources served in two versions or groups and the one they are stored in; the storage hashes in the plain discovery
# documents prove which. (Others differ only in that the server stores a version that it does not serve.)
SHARED = {("events.k8s.io", "Event"): "/v1", ("autoscaling", "HorizontalPodAutoscaler"): "autoscaling/v2"}


def verbs(names):
    return "".join(letter for verb, letter in VERBS if verb in names)


def storage_hash(group, version, kind):
    return base64.b64encode(hashlib.sha256(f"{group}/{version}/{kind}".encode()).digest()[:8]).decode()


def kinds_text(recordings):
    rows = []
    for document in ("api", "apis"):
        with open(os.path.join(recordings, "discovery", document + ".aggregated.json")) as f:
            groups = json.load(f)["body"]["items"]
        for group in groups:
            name = group["metadata"].get("name", "")
            if name == "example.com":
                continue
            for version in group["versions"]:
                rows += kind_rows(recordings, name, version)
    return "\n".join(rows) + "\n"


def kind_rows(recordings, group, version):
    v = version["version"]
    path = f"gv_{group}_{v}.json" if group else f"api_{v}.json"
    hashes = {}
    if os.path.exists(os.path.join(recordings, "discovery", path)):
        with open(os.path.join(recordings, "discovery", path)) as f:
            hashes = {r["name"]: r.get("storageVersionHash") for r in json.load(f)["body"]["resources"]}
    rows = []
    for r in version["resources"]:
        kind = r["responseKind"]["kind"]
        stored = hashes.get(r["resource"]) in (None, storage_hash(group, v, kind)) or (group, kind) not in SHARED
        rows.append("\t".join([group or "-", v, kind, r["resource"], r["singularResource"],
                               {"Namespaced": "n", "Cluster": "c"}[r["scope"]], verbs(r["verbs"]) or "-",
                               ",".join(r.get("shortNames", [])) or "-", ",".join(r.get("categories", [])) or "-",
                               "-" if stored else SHARED[(group, kind)]]))
        for s in r.get("subresources", []):
            k = s["responseKind"]
            rows.append("\t".join(["+" + s["subresource"], k["group"] or (group if not k["version"] else "") or "-",
                                   k["version"] or v, k["kind"], verbs(s["verbs"])]))
    return rows


def main():
    recordings, fields, *roots, out = sys.argv[1:]
    with open(os.path.join(out, "schema.txt"), "w") as f:
        f.write(Tables(recordings, fields, roots).schema_text())
    with open(os.path.join(out, "kinds.tsv"), "w") as f:
        f.write(kinds_text(recordings))


if __name__ == "__main__":
    main()
