# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: a weir of their own, a plain Kubernetes client, processes and their memory."""
import base64
import contextlib
import http.client
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.parse

TOP = os.environ.get("WEIR_TOP", os.path.abspath(os.path.join(os.path.dirname(__file__), "..")))
WEIR = os.environ.get("WEIR", os.path.join(TOP, "build", "weir"))
PEERS = os.path.join(os.environ.get("WEIR_PEERS", os.path.expanduser("~/.cache/weir-peers")), "bin")


def have_peer(name):
    return os.access(os.path.join(PEERS, name), os.X_OK)


def field(text, key):
    for line in text.splitlines():
        for part in line.replace("{", "\n").replace(",", "\n").replace("}", "\n").splitlines():
            if part.strip().startswith(key + ":"):
                return part.split(":", 1)[1].strip().strip('"')
    return None


class Cluster:
    """An API server by its kubeconfig."""

    def __init__(self, kubeconfig):
        self.kubeconfig = kubeconfig
        with open(kubeconfig, encoding="utf-8") as f:
            text = f.read()
        self.server = field(text, "server")
        self.context = ssl.create_default_context(cadata=base64.b64decode(field(text, "certificate-authority-data")).decode())
        self.context.check_hostname = False
        with tempfile.NamedTemporaryFile("wb") as cert, tempfile.NamedTemporaryFile("wb") as key:
            cert.write(base64.b64decode(field(text, "client-certificate-data")))
            key.write(base64.b64decode(field(text, "client-key-data")))
            cert.flush()
            key.flush()
            self.context.load_cert_chain(cert.name, key.name)
        self.connection = self.connect()

    def connect(self):
        url = urllib.parse.urlsplit(self.server)
        return http.client.HTTPSConnection(url.hostname, url.port, context=self.context, timeout=120)

    def request(self, method, path, body=None, content_type="application/json"):
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, {"Content-Type": content_type, "Accept": "application/json"})
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:300]!r}")
        return json.loads(answer)

    def apply(self, path, body, manager="bench"):
        return self.request("PATCH", f"{path}?fieldManager={manager}&force=true", body, "application/apply-patch+yaml")

    def kubectl_apply(self, text):
        subprocess.run(["kubectl", "--kubeconfig", self.kubeconfig, "apply", "-f", "-"], input=text, text=True, check=True,
                       stdout=subprocess.DEVNULL)

    def watch(self, path):
        """Yields events from now on."""
        connection = self.connect()
        connection.request("GET", path + ("&" if "?" in path else "?") + "watch=true")
        response = connection.getresponse()
        for line in response:
            yield json.loads(line)


def children(pid):
    pids, todo = [], [pid]
    while todo:
        one = todo.pop()
        pids.append(one)
        with contextlib.suppress(OSError):
            with open(f"/proc/{one}/task/{one}/children", encoding="ascii") as f:
                todo += [int(x) for x in f.read().split()]
    return pids


def pss(pids):
    """Proportional set size of processes, MiB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total / 1024


def cpu(pids):
    """Processor seconds of processes and of their waited-for children."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                ticks += sum(int(x) for x in f.read().rsplit(")", 1)[1].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def weir_up(*arguments):
    data = tempfile.mkdtemp(prefix="weir-bench.")
    subprocess.run([WEIR, "up", "--detach", "--data", data, *arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=open(os.path.join(data, ".log"), "w", encoding="utf-8"))
    try:
        with open(os.path.join(data, "run", "state.json"), encoding="utf-8") as f:
            state = json.load(f)
        cluster = Cluster(os.path.join(data, "admin.kubeconfig"))
        cluster.data, cluster.forge, cluster.pid = data, state["forge"], state["pid"]
        yield cluster
    finally:
        subprocess.run([WEIR, "down", "--data", data], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def real_cluster():
    work = tempfile.mkdtemp(prefix="weir-bench-real.")
    script = os.path.join(TOP, "tests/peers/cluster")
    subprocess.run([script, "start", work], check=True, stdout=subprocess.DEVNULL)
    try:
        cluster = Cluster(os.path.join(work, "admin.kubeconfig"))
        cluster.pids = []
        for name in ("etcd", "kube-apiserver", "kube-controller-manager"):
            with open(os.path.join(work, name + ".pid"), encoding="ascii") as f:
                cluster.pids.append(int(f.read()))
        yield cluster
    finally:
        subprocess.run([script, "stop", work], check=False)
        shutil.rmtree(work, ignore_errors=True)


def git(*arguments, cwd):
    env = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="b",
               GIT_AUTHOR_EMAIL="b@example.com", GIT_COMMITTER_NAME="b", GIT_COMMITTER_EMAIL="b@example.com")
    subprocess.run(["git", *arguments], cwd=cwd, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def now():
    return time.perf_counter()


def median(values):
    values = sorted(values)
    return values[len(values) // 2]
