# SPDX-License-Identifier: Apache-2.0
"""Random Kubernetes objects that name each other, so that renamings have something to follow."""
from text import Plain, text_value

NAMES = ["a", "b", "web", "cfg", "db", "my.app", "x-1"]
NAMESPACES = ["ns1", "ns2", "default"]
IMAGES = [
    "nginx", "nginx:1.2", "reg.io:5000/app/img:v1", "busybox@sha256:0123", "app:1@sha256:ff", "docker.io/library/nginx",
    "nginx:$(TAG)",
]
KEYS = ["a", "b", "app", "k1", "k10", "k2", "x.y/z", "UPPER", "with space", "é"]
LONG = "long argument with many words that goes past the column where lines are folded, $(V)"


def name(rng):
    return rng.choice(NAMES)


def maybe(rng, p, make):
    return make() if rng.random() < p else {}


def often(rng, **fields):
    """A map with each of the fields that is lucky: key=(probability, how it is made)."""
    return {k: make() for k, (p, make) in fields.items() if rng.random() < p}


def some_map(rng, n=3):
    return {rng.choice(KEYS): text_value(rng) for _ in range(rng.randrange(n + 1))}


def labels(rng):
    values = ["web", "db", "prod", "1", "true"]
    return {rng.choice(["app", "tier", "env", "x.io/y"]): rng.choice(values) for _ in range(rng.randrange(1, 3))}


def match(rng):
    return {"matchLabels": labels(rng)}


# ---- pods ----

def env(rng):
    e = {"name": rng.choice(["A", "B", "C"])}
    if rng.random() < 0.5:
        return {**e, "value": rng.choice([text_value(rng), "$(V)", "x"])}
    return {**e, "valueFrom": {rng.choice(["configMapKeyRef", "secretKeyRef"]): {"name": name(rng), "key": "k"}}}


def container_port(rng):
    return {
        "containerPort": rng.choice([80, 443, 8080]),
        **often(rng, protocol=(0.5, lambda: rng.choice(["TCP", "UDP"])), name=(0.3, lambda: rng.choice(["http", "x"]))),
    }


def words(rng):
    return [rng.choice(["--a=$(V)", "$(V)", "x", "$(W)-$(V)", "$$(V)", LONG]) for _ in range(rng.randrange(1, 3))]


def container(rng, n):
    return {
        "name": n,
        "image": rng.choice(IMAGES),
        **often(
            rng,
            env=(0.5, lambda: [env(rng) for _ in range(rng.randrange(1, 4))]),
            envFrom=(0.3, lambda: [{rng.choice(["configMapRef", "secretRef"]): {"name": name(rng)}}]),
            ports=(0.3, lambda: [container_port(rng) for _ in range(rng.randrange(1, 3))]),
            args=(0.15, lambda: words(rng)),
            command=(0.15, lambda: words(rng)),
            volumeMounts=(0.2, lambda: [{"name": "v", "mountPath": rng.choice(["/x", "/$(V)"])}]),
            resources=(0.2, lambda: {"limits": {"cpu": rng.choice(["100m", 1, Plain("0.5"), Plain("1e3")])}}),
        ),
    }


def volume(rng, n):
    sources = [{"configMap": {"name": name(rng)}}, {"secret": {"name": name(rng)}}]
    return {"name": n, **rng.choice([
        {"configMap": {"name": name(rng)}},
        {"secret": {"secretName": name(rng)}},
        {"emptyDir": {}},
        {"persistentVolumeClaim": {"claimName": name(rng)}},
        {"image": {"reference": rng.choice(IMAGES)}},
        {"projected": {"sources": sources}},
    ])}


def spread(rng):
    return {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1, "labelSelector": match(rng)}


def affinity(rng):
    term = {"topologyKey": "h", "labelSelector": match(rng)}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def pod_spec(rng):
    return {
        "containers": [container(rng, n) for n in rng.sample(["main", "side", "third"], rng.randrange(1, 3))],
        **often(
            rng,
            initContainers=(0.2, lambda: [container(rng, "init")]),
            serviceAccountName=(0.3, lambda: name(rng)),
            imagePullSecrets=(0.2, lambda: [{"name": name(rng)}]),
            priorityClassName=(0.1, lambda: name(rng)),
            volumes=(0.4, lambda: [volume(rng, n) for n in rng.sample(["v", "w"], rng.randrange(1, 3))]),
            topologySpreadConstraints=(0.1, lambda: [spread(rng)]),
            affinity=(0.1, lambda: affinity(rng)),
            tolerations=(0.1, lambda: [{"key": "k", "operator": "Exists"}]),
        ),
    }


def template(rng):
    metadata = often(rng, labels=(0.8, lambda: labels(rng)), annotations=(0.2, lambda: some_map(rng)))
    return {**({"metadata": metadata} if rng.random() < 0.7 else {}), "spec": pod_spec(rng)}


def workload(rng):
    spec = often(rng, replicas=(0.6, lambda: rng.choice([1, 3, None, Plain("2")])), selector=(0.6, lambda: match(rng)))
    return {"spec": {**spec, "template": template(rng)}}


def stateful_set(rng):
    o = workload(rng)
    claim = {"metadata": {"name": "data"}, "spec": {"storageClassName": name(rng)}}
    o["spec"].update({"serviceName": name(rng), **often(rng, volumeClaimTemplates=(0.5, lambda: [claim]))})
    return o


# ---- everything else ----

def service_port(rng, port):
    return {
        "port": port,
        **often(
            rng,
            protocol=(0.5, lambda: "TCP"),
            name=(0.4, lambda: "p%d" % port),
            targetPort=(0.3, lambda: rng.choice(["http", 8080, "$(V)"])),
        ),
    }


def service(rng):
    ports = [service_port(rng, p) for p in rng.sample([80, 443, 53], rng.randrange(1, 3))]
    return {"spec": {**often(rng, selector=(0.6, lambda: labels(rng))), "ports": ports}}


def role(rng):
    names = often(rng, resourceNames=(0.6, lambda: [name(rng) for _ in range(rng.randrange(1, 3))]))
    return {"rules": [{"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get"], **names}]}


def cluster_role(rng):
    return {**role(rng), **often(rng, aggregationRule=(0.2, lambda: {"clusterRoleSelectors": [match(rng)]}))}


def subject(rng):
    return {
        "kind": rng.choice(["ServiceAccount", "ServiceAccount", "User"]),
        "name": rng.choice(["default", name(rng)]),
        **often(rng, namespace=(0.5, lambda: rng.choice(NAMESPACES))),
    }


def binding(rng):
    kind = rng.choice(["Role", "ClusterRole"])
    return {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name(rng)},
        "subjects": [subject(rng) for _ in range(rng.randrange(1, 3))],
    }


def ingress(rng):
    backend = {"service": {"name": name(rng), "port": {"number": 80}}}
    rule = {"host": "h.$(V)", "http": {"paths": [{"path": "/", "backend": backend}]}}
    return {"spec": {
        "rules": [rule],
        **often(
            rng,
            ingressClassName=(0.5, lambda: name(rng)),
            tls=(0.5, lambda: [{"hosts": ["$(V).x"], "secretName": name(rng)}]),
            defaultBackend=(0.3, lambda: {"service": {"name": name(rng)}}),
        ),
    }}


def autoscaler(rng):
    target = {"apiVersion": "apps/v1", "kind": rng.choice(["Deployment", "StatefulSet"]), "name": name(rng)}
    return {"spec": {"scaleTargetRef": target, "metrics": [{"type": "Resource"}]}}


def service_ref(rng):
    return {"name": name(rng), "namespace": rng.choice(NAMESPACES)}


def definition(rng):
    client = {"clientConfig": {"service": service_ref(rng)}}
    return {"spec": {"group": "example.com", "names": {"kind": "Thing"}, "conversion": {"webhook": client}}}


def config_map(rng):
    return often(rng, data=(0.9, lambda: some_map(rng, 5)), binaryData=(0.1, lambda: {"b": "aGk="}),
                 immutable=(0.05, lambda: True))


def secret(rng):
    return often(rng, type=(0.6, lambda: "Opaque"), data=(0.7, lambda: {"k": "dg=="}),
                 stringData=(0.3, lambda: some_map(rng)))


def thing(rng):
    items = [{"name": n, "value": text_value(rng)} for n in rng.sample(["a", "b", "c"], rng.randrange(0, 3))]
    inside = often(rng, json=(0.5, lambda: rng.choice(['{"a": {"b": 1}}', "a: b\nc:\n- d\n", "x"])))
    return {"spec": {"ref": {"name": name(rng)}, "list": items, **inside, "any": text_value(rng)}}


def spec(make):
    return lambda rng: {"spec": make(rng)}


KINDS = [  # weight, api version, kind, what it holds
    (12, "v1", "ConfigMap", config_map),
    (6, "v1", "Secret", secret),
    (10, "apps/v1", "Deployment", workload),
    (3, "apps/v1", "StatefulSet", stateful_set),
    (2, "apps/v1", "DaemonSet", workload),
    (2, "batch/v1", "Job", spec(lambda r: {"template": template(r)})),
    (2, "batch/v1", "CronJob", spec(lambda r: {"jobTemplate": {"spec": {"template": template(r)}}})),
    (1, "v1", "ReplicationController", spec(lambda r: {"replicas": 1, "template": template(r)})),
    (2, "v1", "Pod", spec(pod_spec)),
    (5, "v1", "Service", service),
    (3, "v1", "ServiceAccount", lambda r: often(r, imagePullSecrets=(0.3, lambda: [{"name": name(r)}]))),
    (2, "v1", "Namespace", lambda r: {}),
    (1, "v1", "PersistentVolumeClaim", spec(lambda r: {"storageClassName": name(r), "volumeName": name(r)})),
    (1, "v1", "PersistentVolume", spec(lambda r: {"storageClassName": name(r)})),
    (2, "rbac.authorization.k8s.io/v1", "Role", role),
    (2, "rbac.authorization.k8s.io/v1", "ClusterRole", cluster_role),
    (3, "rbac.authorization.k8s.io/v1", "RoleBinding", binding),
    (2, "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", binding),
    (2, "networking.k8s.io/v1", "Ingress", ingress),
    (1, "networking.k8s.io/v1", "IngressClass", spec(lambda r: {"controller": "c"})),
    (1, "networking.k8s.io/v1", "NetworkPolicy",
     spec(lambda r: {"podSelector": match(r), "ingress": [{"from": [{"podSelector": match(r)}]}]})),
    (1, "policy/v1", "PodDisruptionBudget", spec(lambda r: {"selector": match(r)})),
    (2, "autoscaling/v2", "HorizontalPodAutoscaler", autoscaler),
    (1, "storage.k8s.io/v1", "StorageClass", lambda r: {"provisioner": "p", "parameters": {"secretName": name(r)}}),
    (1, "scheduling.k8s.io/v1", "PriorityClass", lambda r: {"value": 1}),
    (1, "apiextensions.k8s.io/v1", "CustomResourceDefinition", definition),
    (1, "apiregistration.k8s.io/v1", "APIService", spec(lambda r: {"service": service_ref(r)})),
    (1, "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
     lambda r: {"webhooks": [{"name": "w", "clientConfig": {"service": service_ref(r)}}]}),
    (1, "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", spec(lambda r: {})),
    (1, "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", spec(lambda r: {"policyName": name(r)})),
    (6, "example.com/v1", "Thing", thing),
    (1, "example.com/v1alpha1", "Gadget", thing),
]


def annotations(rng):
    keys = ["note", "x.io/a", "nginx.ingress.kubernetes.io/auth-secret"]
    out = {rng.choice(keys): rng.choice([text_value(rng), name(rng)]) for _ in range(rng.randrange(3))}
    r = rng.random()
    if r < 0.08:
        out["config.kubernetes.io/local-config"] = rng.choice(["true", "false"])
    elif r < 0.1:
        out["kustomize.config.k8s.io/needs-hash"] = "true"
    elif r < 0.15:
        out["kustomize.config.k8s.io/behavior"] = rng.choice(["merge", "replace", "create"])
    elif r < 0.16:
        out["internal.config.kubernetes.io/previousNames"] = "old"
    return out or None


def resource(rng):
    """(api version, kind, name, namespace) and the object."""
    _, version, kind, make = rng.choices(KINDS, [k[0] for k in KINDS])[0]
    n, ns = name(rng), rng.choice(NAMESPACES) if rng.random() < 0.2 else None
    metadata = {
        "name": n,
        **({"namespace": ns} if ns else {}),
        **often(
            rng,
            labels=(0.3, lambda: rng.choice([labels(rng)] * 8 + [None, {}])),
            annotations=(0.2, lambda: annotations(rng)),
            creationTimestamp=(0.03, lambda: None),
            finalizers=(0.03, lambda: ["f1", "f2"]),
        ),
    }
    o = {"apiVersion": version, "kind": kind, "metadata": metadata, **make(rng), **often(rng, status=(0.05, dict))}
    items = list(o.items())
    if rng.random() < 0.2:
        rng.shuffle(items)
    return (version, kind, n, ns), dict(items)
