# SPDX-License-Identifier: Apache-2.0
"""Builds a tree with both programs, says how the answers differ, and makes a tree that differs smaller."""
import os
import re
import shutil
import subprocess

SECONDS = 60


class Answer:
    def __init__(self, status, out, error):
        self.status, self.out, self.error = status, out, error


def run(program, folder):
    """One build. A crash or a timeout is a status of its own. weir's label says what kustomize says inside Flux."""
    try:
        p = subprocess.run([program, "build", os.path.join(folder, "top")], capture_output=True, timeout=SECONDS,
            check=False)
    except subprocess.TimeoutExpired:
        return Answer("timeout", b"", b"")
    return Answer(p.returncode, p.stdout.replace(b"managed-by: kustomize-v5.8.1", b"managed-by: kustomize-(devel)"),
        p.stderr)


def write(files, folder):
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    os.makedirs(os.path.join(folder, "top"), exist_ok=True)


def difference(ours, theirs):
    """None, or what a difference looks like: verdict, or the first lines that differ."""
    if ours.status not in (0, 1):
        return f"weir ended with {ours.status}"
    if (ours.status == 0) != (theirs.status == 0):
        return "verdict: weir " + ("builds" if ours.status == 0 else "refuses") + ", kustomize " + ("builds"
            if theirs.status == 0 else "refuses")
    if ours.out == theirs.out:
        return None
    a, b = ours.out.split(b"\n"), theirs.out.split(b"\n")
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return "output: " + repr(a[at] if at < len(a) else b"")[1:] + " for " + repr(b[at] if at < len(b) else b"")[1:]


class Pair:
    """The two programs and a folder of this process's own."""

    def __init__(self, weir, kustomize, folder):
        self.weir, self.kustomize, self.folder = weir, kustomize, folder
        self.ours = self.theirs = None

    def differ(self, files):
        write(files, self.folder)
        self.ours, self.theirs = run(self.weir, self.folder), run(self.kustomize, self.folder)
        found = difference(self.ours, self.theirs)
        return found if found is None or self.is_steady() else None

    def is_steady(self):
        """kustomize walks Go maps: where its own answer changes from run to run there is nothing to compare with."""
        for _ in range(4):
            again = run(self.kustomize, self.folder)
            if (again.status, again.out) != (self.theirs.status, self.theirs.out):
                return False
        return True

    # ---- making it smaller ----

    def kind(self, found):
        """Differences of one kind, so that reducing does not walk from one to another."""
        if found is None:
            return None
        return found if found.startswith("verdict") and self.error_kind() is None else found.split(":")[0] + str(
            self.error_kind())

    def error_kind(self):
        """The words of the error of the one that refuses, without names."""
        bad = self.ours if self.ours.status else self.theirs if self.theirs.status else None
        return bad and re.sub(r"'[^']*'|\"[^\"]*\"|[^a-z ]", "", bad.error.decode("utf-8", "replace").lower())[-40:]

    def reduce(self, files):
        wanted = self.kind(self.differ(files))
        same = lambda f: self.kind(self.differ(f)) == wanted
        changed = True
        while changed:
            changed = False
            for path in sorted(files, key=lambda p: -len(files[p])):
                smaller = {p: t for p, t in files.items() if p != path}
                if path in files and same(smaller):
                    files, changed = smaller, True
            for path in sorted(files):
                if isinstance(files[path], str):
                    text = self.reduce_text(files, path, same)
                    if text != files[path]:
                        files, changed = {**files, path: text}, True
        self.differ(files)
        return files

    def reduce_text(self, files, path, same):
        """Drops lines with all that is indented beneath them, then runs of lines, then ends of lines."""
        lines, at = files[path].split("\n"), 0
        test = lambda l: same({**files, path: "\n".join(l)})
        while at < len(lines):
            for end in blocks(lines, at):
                smaller = lines[:at] + lines[end:]
                if test(smaller):
                    lines = smaller
                    break
            else:
                at += 1
        for i, line in enumerate(lines):
            lines = lines[:i] + [shorten(line, lambda s, i=i: test(lines[:i] + [s] + lines[i + 1:]))] + lines[i + 1:]
        return "\n".join(lines)


def blocks(lines, at):
    """Where a piece that begins at this line may end, the longest first."""
    depth = len(lines[at]) - len(lines[at].lstrip(" "))
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip(" ")) > depth):
        end += 1
    return [end, at + 1] if end > at + 1 else [end]


def shorten(line, test):
    """A line without words or pieces that do not matter."""
    for part in re.findall(r"\{[^{}]*\}|\[[^\[\]]*\]|\"[^\"]*\"|'[^']*'|\w+: [^,{}\[\]]*, |, \w+: [^,{}\[\]]*|#.*$",
        line)[:8]:
        smaller = line.replace(part, {"{": "{}", "[": "[]", '"': "x", "'": "x"}.get(part[0], ""), 1)
        if smaller != line and len(smaller) < len(line) and test(smaller):
            line = smaller
    size = len(line) // 2
    while size >= 8:
        at = 0
        while at < len(line):
            smaller = line[:at] + line[at + size:]
            if test(smaller):
                line = smaller
            else:
                at += size
        size //= 2
    return line
