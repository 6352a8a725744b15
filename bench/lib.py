# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: a weir of their own, a plain Kubernetes client, processes and their memory."""
import base64
import contextlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

TOP = os.environ.get("WEIR_TOP", os.path.abspath(os.path.join(os.path.dirname(__file__), "..")))
WEIR = os.environ.get("WEIR", os.path.join(TOP, "build", "weir"))
PEERS = os.path.join(os.environ.get("WEIR_PEERS", os.path.expanduser("~/.cache/weir-peers")), "bin")

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # `timeout bench/...` stops what the benchmark started, too


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
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        self.connection.request(method, path, data, {"Content-Type": content_type, "Accept": "application/json"})
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:300]!r}")
        return json.loads(answer)

    def apply(self, path, body, manager="bench"):
        """body: an object, or its YAML text."""
        return self.request("PATCH", f"{path}?fieldManager={manager}&force=true", body, "application/apply-patch+yaml")

    def kubectl_apply(self, text):
        subprocess.run(["kubectl", "--kubeconfig", self.kubeconfig, "apply", "-f", "-"], input=text, text=True, check=True,
                       stdout=subprocess.DEVNULL)

    def watch(self, path, version=None):
        """Yields events from now on, or from after a resourceVersion."""
        connection = self.connect()
        connection.request("GET", path + ("&" if "?" in path else "?") + "watch=true"
                           + (f"&resourceVersion={version}" if version else ""))
        response = connection.getresponse()
        for line in response:
            yield json.loads(line)


def tree(roots):
    """Processes with all their descendants."""
    pids, todo = [], list(roots)
    while todo:
        one = todo.pop()
        pids.append(one)
        with contextlib.suppress(OSError):
            with open(f"/proc/{one}/task/{one}/children", encoding="ascii") as f:
                todo += [int(x) for x in f.read().split()]
    return pids


def memory(pids, file, field):
    """A field in kB of a file in /proc/PID, summed over processes, MiB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/{file}", encoding="ascii") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith(field))
    return total / 1024


def pss(pids):
    """Proportional set size of processes, MiB."""
    return memory(pids, "smaps_rollup", "Pss:")


def peak_rss(pids):
    """The largest resident set of each process so far, summed, MiB. Shared pages count once for each."""
    return memory(pids, "status", "VmHWM:")


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
        cluster.data, cluster.forge, cluster.roles = data, state["forge"], [state["pid"]]
        yield cluster
    finally:
        subprocess.run([WEIR, "down", "--data", data], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def real_cluster():
    """etcd, kube-apiserver and kube-controller-manager, without the latter's limit of 20 requests a second."""
    work = tempfile.mkdtemp(prefix="weir-bench-real.")
    script = os.path.join(TOP, "tests/peers/cluster")
    subprocess.run([script, "start", work], check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, WEIR_MANAGER_FLAGS="--kube-api-qps=2000 --kube-api-burst=4000"))
    try:
        cluster = Cluster(os.path.join(work, "admin.kubeconfig"))
        cluster.data, cluster.pids = work, []
        for name in ("etcd", "kube-apiserver", "kube-controller-manager"):
            with open(os.path.join(work, name + ".pid"), encoding="ascii") as f:
                cluster.pids.append(int(f.read()))
        yield cluster
    finally:
        subprocess.run([script, "stop", work], check=False)
        shutil.rmtree(work, ignore_errors=True)


def start_role(*arguments):
    """Starts a role of weir; its process and the address it says it is ready at."""
    end, theirs = os.pipe()
    with open(os.devnull, "w", encoding="ascii") as nothing:
        process = subprocess.Popen([WEIR, *arguments, "--ready-fd", str(theirs)], pass_fds=[theirs], stderr=nothing)
    os.close(theirs)
    with open(end, encoding="ascii") as f:
        return process, f.readline().split()[1]


@contextlib.contextmanager
def weir_on_real_cluster():
    """The forge and the controllers beside a real control plane, as on any cluster."""
    with real_cluster() as cluster:
        data, account = os.path.join(cluster.data, "weir"), os.path.join(cluster.data, "controllers.kubeconfig")
        wake = os.path.join(data, "wake.sock")
        os.mkdir(data)
        subprocess.run([WEIR, "install"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env=dict(os.environ, KUBECONFIG=cluster.kubeconfig))
        with open(account, "w", encoding="utf-8") as f:
            subprocess.run([os.path.join(TOP, "tests/peers/cluster"), "account", cluster.data, "weir-system",
                            "weir-controllers"], check=True, stdout=f)
        forge, cluster.forge = start_role("forge", "--dir", os.path.join(data, "git"), "--wake-socket", wake)
        controllers, _ = start_role("controllers", "--kubeconfig", account, "--data", os.path.join(data, "sources"),
                                    "--wake-socket", wake)
        cluster.roles = [forge.pid, controllers.pid]
        try:
            yield cluster
        finally:
            for process in (controllers, forge):
                process.terminate()
                process.wait()


def git(*arguments, cwd):
    env = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="b",
               GIT_AUTHOR_EMAIL="b@example.com", GIT_COMMITTER_NAME="b", GIT_COMMITTER_EMAIL="b@example.com")
    subprocess.run(["git", *arguments], cwd=cwd, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def now():
    return time.perf_counter()


def median(values):
    values = sorted(values)
    return values[len(values) // 2]
