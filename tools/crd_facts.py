#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""crd_facts.py IN.yaml: prints a CRD's schema facts without its prose (descriptions), for data/install/."""
import sys

import yaml


def strip(node, inside_properties=False):
    if isinstance(node, dict):
        return {
            k: strip(v, k in ("properties", "patternProperties") and not inside_properties)
            for k, v in node.items()
            if not (k == "description" and not inside_properties and isinstance(v, str))
        }
    if isinstance(node, list):
        return [strip(v) for v in node]
    return node


with open(sys.argv[1]) as f:
    crd = strip(yaml.safe_load(f))
crd["metadata"].get("annotations", {}).pop("controller-gen.kubebuilder.io/version", None)
if not crd["metadata"].get("annotations"):
    crd["metadata"].pop("annotations", None)
crd["metadata"].setdefault("annotations", {})["kustomize.toolkit.fluxcd.io/substitute"] = "disabled"
print(yaml.safe_dump(crd, sort_keys=False, width=110), end="")
