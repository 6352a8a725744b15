# SPDX-License-Identifier: Apache-2.0
"""Writes values as YAML in every style that YAML has, chosen at random: block and flow, all scalar styles, comments,
anchors, aliases, merge keys, tags, document marks."""

WORDS = "a b web cfg db main side x y z alpha beta gamma one two three".split()

# Plain scalars that YAML readers see differently; written as they stand.
PLAIN = """
true false True FALSE yes No on off y n ~ null Null NULL 0 1 -1 +1 007 010 08 0x1F 0o17 0b101 1_000 1.0 1.50 .5 5.
1e3 1E+3 -0 -0.0 0.1 1e20 1e-7 123456789012345678901234567890 9223372036854775807 9223372036854775808
18446744073709551615 18446744073709551616 12:30:45 1:2 2001-01-01 2001-1-1 2001-12-14T21:59:43Z
2001-12-14t21:59:43.10-05:00 2001-12-14 2020-02-30 = << 1.2.3 v1 1a 100m 1Gi 0.25 3.0e-2 a:b a#b http://h:80/p?q=1
$(V) $(A_B) ${x}
""".split()
TAGGED = ["!!str 5", "!!str true", "!!int 3", "!!float 1", "!!bool true", "!!null ''", "!!binary aGk=", "!!str", "!x a",
          "!!timestamp 2001-01-01", "!!int '7'"]

TEXTS = [
    "", " ", "a", "plain text", "with: colon", "with #hash", "#hash", "- dash", "? q", "{brace", "[bracket", "a, b",
        "%p", "@at",
    "`tick", "'single'", '"double"', "back\\slash", "null", "~", "yes", "1", "1.5", "0x10", "1e3", "12:30:45",
        "2001-01-01", "=",
    "<<", " lead", "trail ", "tab\there", "\ttab", "two\nlines", "two\nlines\n", "three\n\n\n", "\nstart", "\n",
        "\n\n", " indented\nblock\n",
    "block\n  deeper\nback\n", "trailing \nspace\n", "tab\t\nline\n", "cr\rhere", "crlf\r\nline\r\n", "\u00e9t\u00e9",
        "\u4e2d\u6587", "\U0001f600 smile",
    "nel\u0085here", "ls\u2028here", "ps\u2029x", "nb\u00a0sp", "zw\u200bsp", "bom\ufeffhere", "bell\x07",
        "nul-like\x1b[0m", "---", "--- a", "...", "!tag", "&anchor", "*alias", "|", ">",
    "key: value\nother: [1, 2]\n", '{"json": {"a": [1, 2]}}', '{\n  "json": true\n}', "a: b", "x=y", "a=b=c", "$(V)",
        "$$(V)", "a$(V)b$(W)", "nginx:1.2@sha256:abc",
    "the quick brown fox jumps over the lazy dog and then the quick brown fox jumps over the lazy dog again",
    "word " * 40, "longwordwithoutanyspace" * 6, "a" * 79 + " b", "a" * 80 + " b",
        "a" * 81 + "  two spaces  " + "b" * 30, "x " * 39 + "  y", "\u00e9 " * 60,
    "line one which is quite long and goes on past the eightieth column of the page, really\nline two\n",
    "it's a 'quoted' text with \"both\" kinds: and a colon that is long enough to need folding somewhere in here",
    "#!/bin/sh\nset -e\nif [ \"$A\" = b ]; then\n\techo tab\nfi\n", "a\n#b\n", "a: |\n  b\n", "-", ":", "a:", "?",
        "x:y", ",", "a ,b", "]", "}", "off", "N", "0o17", "1_0", ".5", ".", "..", "-1", "+1", "--", ".inf", ".NaN",
    "2001-12-14t21:59:43.10-05:00", "0b1", "190:20:30", "1,000", "\u00c9A", "\x7fdel", "\ud7ff", "\ue000", "\ufffd",
        "a\u0300", "<b>&amp;</b>", "\u2028", "\u0085", "trail\t", "a\n\nb", "a\n b", "\n a", " \n", " \na", "a \n",
        "a\n ", "a\n\n ",
]


class Plain(str):
    """A scalar that is written as it stands, tag and all."""


def plain_is_safe(s, flow):
    if not s or s != s.strip() or s[0] in "-?:,[]{}#&*!|>'\"%@`=<~.0123456789+":
        return False
    if ": " in s or " #" in s or s.endswith(":"):
        return False
    if any(c in s for c in "\n\r\t\x07\x1b\x7f\u0085\u2028\u2029\ufeff") or (flow and any(c in s for c in ",[]{}:?#")):
        return False
    return s.lower() not in ("true", "false", "yes", "no", "on", "off", "y", "n", "null", "~")


def double(s):
    out = ""
    for c in s:
        if c in '"\\':
            out += "\\" + c
        elif c in "\n\t\r":
            out += {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[c]
        elif ord(c) < 32 or c in "\x7f\u0085\u2028\u2029\ufeff" or 0xD800 <= ord(c) < 0xE000:
            out += "\\u%04x" % ord(c)
        else:
            out += c
    return '"' + out + '"'


class Writer:
    """One document. rng decides every style; with `calm` nothing fancy is written."""

    def __init__(self, rng, calm=False):
        self.rng, self.calm = rng, calm
        self.anchors, self.maps = [], []  # names that may follow, those of mappings

    def chance(self, p):
        return not self.calm and self.rng.random() < p

    def comment(self):
        return self.rng.choice(["", "", " # c",
            "  # a: b"] + ["\t# tab"] * (self.rng.random() < 0.02)) if self.chance(0.05) else ""

    def scalar(self, v, indent, flow=False, key=False):
        if isinstance(v, Plain):
            return str(v)
        if v is None:
            return self.rng.choice(["null", "~", "null", "Null"]) if flow or key or not self.chance(0.3) else ""
        if isinstance(v, bool):
            return "true" if v else "false"
        if isinstance(v, (int, float)):
            return repr(v)
        styles = ["double"]
        if plain_is_safe(v, flow):
            styles += ["plain"] * 6
        if not any(ord(c) < 32 or c in "\x7f\u0085\u2028\u2029\ufeff" for c in v):
            styles += ["single"]
        block = not flow and not key and v and not any(ord(c) < 32 and c not in "\n\t"
            or c in "\x7f\u0085\u2028\u2029\ufeff\r" for c in v)
        if block and "\n" in v:
            styles += ["literal"] * 5
        elif block and self.chance(0.1):
            styles += ["literal", "folded"]
        style = self.rng.choice(styles) if not self.calm or "plain" not in styles else "plain"
        if style == "single" and "\n" not in v:
            return "'" + v.replace("'", "''") + "'"
        if style == "plain":
            return v
        if style == "literal":
            return self.block("|", v, indent)
        if style == "folded" and "\n" not in v:
            words, line, lines = v.split(" "), "", []
            for w in words:
                if len(line) > 30 and line.strip() == line and w:
                    lines, line = lines + [line], w
                else:
                    line = line + " " + w if line else w
            return self.block(">", "\n".join(lines + [line]), indent)
        return double(v)

    def block(self, mark, text, indent):
        body = text.rstrip("\n")
        tail = len(text) - len(body)
        chomp = "" if tail == 1 else "-" if tail == 0 else "+"
        if not body:
            return double(text)
        first = next((l for l in body.split("\n") if l), "")
        hint = "2" if first[:1] in " \t" or body.startswith("\n") or self.chance(0.1) else ""
        pad = " " * (indent + 2)
        lines = [pad + l if l else "" for l in body.split("\n")] + [""] * max(0, tail - 1)
        return mark + hint + chomp + self.comment() + "\n" + "\n".join(lines)

    def flow(self, v):
        if isinstance(v, dict):
            return "{" + ", ".join(f"{self.scalar(k, 0, True, True)}: {self.flow(x)}" for k, x in v.items()) + "}"
        if isinstance(v, list):
            return "[" + ", ".join(self.flow(x) for x in v) + "]"
        return self.scalar(v, 0, True)

    def value(self, v, indent):
        """What follows "key:" or "-", with its leading space or line break."""
        if isinstance(v, str) and self.anchors and self.chance(0.01):
            return " *" + self.rng.choice(self.anchors) + " "
        mark = ""
        if self.chance(0.03):
            name = "a%d" % self.rng.randrange(100)
            mark = " &" + name
        if isinstance(v, (dict, list)) and v and not self.chance(0.06):
            body = self.mapping(v, indent) if isinstance(v, dict) else self.sequence(v, indent)
            out = mark + self.comment() + "\n" + body
        elif isinstance(v, (dict, list)):
            out = mark + " " + self.flow(v)
        else:
            text = self.scalar(v, indent)
            out = mark + (" " + text if text else "") + (self.comment() if "\n" not in text else "")
        if mark:
            (self.maps if isinstance(v, dict) else self.anchors).append(name)
        return out

    def mapping(self, v, indent):
        out = []
        for k, x in v.items():
            if self.chance(0.01):
                out.append(" " * indent + "# comment: here")
            if self.chance(0.005):
                out.append("")
            nested = indent if isinstance(x, list) and self.rng.random() < 0.6 else indent + 2
            out.append(" " * indent + self.scalar(k, 0, False, True) + ":" + self.value(x, nested))
        if self.maps and self.chance(0.03):
            out.append(" " * indent + "<<: *" + self.rng.choice(self.maps if self.rng.random() < 0.97
                else self.anchors + self.maps))
        return "\n".join(out)

    def sequence(self, v, indent):
        out = []
        for x in v:
            if isinstance(x, dict) and x and not self.chance(0.1):
                body = self.mapping(x, indent + 2)
                if body.lstrip(" ").startswith("#") or body.startswith("\n"):
                    out.append(" " * indent + "-\n" + body)
                else:
                    out.append(" " * indent + "- " + body[indent + 2:])
            else:
                out.append(" " * indent + "-" + self.value(x, indent + 2))
        return "\n".join(out)

    def document(self, v):
        if self.chance(0.03):
            return self.flow(v) + "\n"
        return (self.mapping(v, 0) if isinstance(v, dict) else self.sequence(v, 0)) + "\n"


def dump(rng, v, calm=False):
    return Writer(rng, calm).document(v)


def stream(rng, documents, calm=False):
    """Several documents with every kind of mark between them."""
    out = rng.choice(["", "", "", "---\n", "# head\n", "# head\n---\n", "\n"]) if not calm else ""
    for i, d in enumerate(documents):
        if i:
            out += "---\n" if calm or rng.random() < 0.8 else rng.choice(["---\n---\n", "--- # c\n", "---\n# c\n",
                "---\n\n", "...\n---\n", "--- \n"])
        out += dump(rng, d, calm)
    return out + (rng.choice(["", "", "", "", "---\n", "...\n", "\n\n", "# end\n"]) if not calm else "")


def text_value(rng):
    """Any scalar, mostly a text."""
    r = rng.random()
    if r < 0.35:
        return rng.choice(WORDS)
    if r < 0.75:
        return rng.choice(TEXTS)
    if r < 0.95:
        return Plain(rng.choice(PLAIN))
    if r < 0.97:
        return Plain(rng.choice(TAGGED))
    return rng.choice([None, True, 7, 1.5])
