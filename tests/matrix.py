"""Every way in which a key may lie in a file: how it is written, what it lies in, and where.

Each case is made from a seed.  ``benchmarks/recall.py`` prints what is found of them, by
this program and by others; ``tests/test_matrix.py`` holds that all of it is.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import marshal
import random
import sqlite3
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import brotli

from tests.mint import key

try:
    from compression import zstd
except ImportError:
    from backports import zstd

B64 = base64.b64encode


class Case(NamedTuple):
    """A file, and the key in it."""

    writing: str
    container: str
    position: str
    name: str
    data: bytes
    key: str


def _config(text: str) -> str:
    return f'{{"service": "web", "apiKey": "{text}", "region": "eu"}}\n'


def _wrapped(data: bytes, width: int, end: str = "\n", indent: str = "") -> str:
    text = B64(data).decode()
    return "".join(f"{indent}{text[at : at + width]}{end}" for at in range(0, len(text), width))


def _spelled(form: str) -> Callable[[str, random.Random], str]:
    return lambda text, _: "value: '" + "".join(form.format(ord(c)) for c in text) + "'\n"


def _underscore(spelled: str) -> Callable[[str, random.Random], str]:
    return lambda text, _: f'url = "https://x.invalid/?key={text.replace("_", spelled)}&page=1"\n'


def _somewhere(form: str) -> Callable[[str, random.Random], str]:
    """One character of the body is spelled, any."""

    def write(text: str, source: random.Random) -> str:
        at = source.randrange(len(text))
        return f'key: "{text[:at]}{form.format(ord(text[at]))}{text[at + 1 :]}"\n'

    return write


def _helm(text: str, _: random.Random) -> str:
    secret = f"apiVersion: v1\nkind: Secret\ndata:\n  key: {B64(text.encode()).decode()}\n"
    release = json.dumps({"name": "web", "manifest": secret, "version": 1}).encode()
    return (
        "kind: Secret\ntype: helm.sh/release.v1\ndata:\n  release: " + B64(B64(gzip.compress(release))).decode() + "\n"
    )


def zip_of(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("first.txt", "nothing here\n" * 20)
        archive.writestr(name, data)
        archive.writestr("last.txt", "nor here\n")
    return out.getvalue()


def tar_of(name: str, data: bytes, mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for file, content in (("first.txt", b"nothing\n"), (name, data), ("last.txt", b"nothing\n")):
            info = tarfile.TarInfo(file)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


# How the key is written; the file's text, or its bytes, with the key in it.
WRITINGS: dict[str, Callable[[str, random.Random], str | bytes]] = {
    "plain": lambda k, _: _config(k),
    "UTF-16 LE": lambda k, _: b"\xff\xfe" + _config(k).encode("utf-16-le"),
    "UTF-16 BE": lambda k, _: b"\xfe\xff" + _config(k).encode("utf-16-be"),
    "UTF-16 LE without a mark": lambda k, _: _config(k).encode("utf-16-le"),
    "UTF-16 BE without a mark": lambda k, _: _config(k).encode("utf-16-be"),
    "base64, alignment 0": lambda k, _: f"data: {B64(k.encode()).decode()}\n",
    "base64, alignment 1": lambda k, _: f"data: {B64(b':' + k.encode()).decode()}\n",
    "base64, alignment 2": lambda k, _: f"data: {B64(b'a:' + k.encode()).decode()}\n",
    "base64url": lambda k, _: (
        f"?state={base64.urlsafe_b64encode(b'>>>~~~' + _config(k).encode()).decode().rstrip('=')}\n"
    ),
    "base64 of JSON": lambda k, _: f'token = "{B64(_config(k).encode()).decode()}"\n',
    "base64, lines of 76": lambda k, s: (
        "Content:\n" + _wrapped(b"x" * s.randrange(300) + b" " + k.encode() + b" end", 76)
    ),
    "base64, lines of 64": lambda k, s: _wrapped(b"x" * s.randrange(300) + b"\n" + k.encode() + b"\n" + b"z" * 99, 64),
    "base64, CRLF": lambda k, s: _wrapped(b"x" * s.randrange(300) + b"\n" + k.encode() + b"\n" + b"z" * 99, 76, "\r\n"),
    "base64, indented": lambda k, s: (
        "data: |\n" + _wrapped(b"x" * s.randrange(300) + b"=" + k.encode(), 76, "\n", "    ")
    ),
    "base64, lines in JSON": lambda k, s: json.dumps(
        {"pem": _wrapped(b"x" * s.randrange(300) + b"=" + k.encode(), 64)}
    ),
    "PEM-like": lambda k, s: (
        "-----BEGIN SECRET-----\n"
        + _wrapped(b"x" * s.randrange(200) + b"=" + k.encode() + b"\0\1", 64)
        + "-----END SECRET-----\n"
    ),
    "base64 of base64": lambda k, s: "x: " + B64(B64(b"k" * s.randrange(9) + b"=" + k.encode())).decode() + "\n",
    "base64 of base64, lines": lambda k, s: _wrapped(
        base64.encodebytes(b"k" * s.randrange(99) + b"=" + k.encode()), 76
    ),
    "base64 thrice": lambda k, s: "x: " + B64(B64(B64(b"k" * s.randrange(9) + b"=" + k.encode()))).decode() + "\n",
    "base64 of gzip": lambda k, _: "blob: " + B64(gzip.compress(_config(k).encode() * 3, mtime=0)).decode() + "\n",
    "base64 of zip": lambda k, _: "blob: " + B64(zip_of("c.json", _config(k).encode())).decode() + "\n",
    "Helm release": _helm,
    "Kubernetes Secret": lambda k, _: f"kind: Secret\ndata:\n  a: YWJj\n  key: {B64(k.encode()).decode()}\n  z: eHl6\n",
    "Authorization: Basic": lambda k, s: (
        f"Authorization: Basic {B64(b'u' * s.randrange(9) + b':' + k.encode()).decode()}\n"
    ),
    "data URI": lambda k, _: f'<img src="data:text/plain;base64,{B64(_config(k).encode()).decode()}">\n',
    "PowerShell -EncodedCommand": lambda k, _: (
        "powershell -enc " + B64(f"$env:CENCORI_API_KEY='{k}'".encode("utf-16-le")).decode() + "\n"
    ),
    "base64 in UTF-16": lambda k, _: f"data: {B64(k.encode()).decode()}\n".encode("utf-16"),
    "hex": lambda k, _: f"blob = '{_config(k).encode().hex()}'\n",
    "HEX": lambda k, _: f"blob = '{_config(k).encode().hex().upper()}'\n",
    "hex, lines of 60": lambda k, s: "".join(
        line + "\n" for line in _lines((b"x" * s.randrange(99) + b"=" + k.encode()).hex(), 60)
    ),
    "hex in base64": lambda k, _: f"x: {B64(k.encode().hex().encode()).decode()}\n",
    "base64 in hex": lambda k, _: f"x: {B64(k.encode()).hex()}\n",
    "percent-encoded": _spelled("%{:02x}"),
    "percent-encoded _": _underscore("%5F"),
    "percent-encoded twice": _underscore("%255f"),
    "percent, one character": _somewhere("%{:02X}"),
    "around it percent-encoded": lambda k, _: f"next=https%3A%2F%2Fx.invalid%2F%3Fkey%3D{k}%26page%3D1\n",
    "JSON \\u": _spelled("\\u{:04x}"),
    "JSON \\u005f": _underscore("\\u005f"),
    "JSON, one character": _somewhere("\\u{:04X}"),
    "JSON in JSON": lambda k, _: json.dumps({"body": json.dumps({"key": k, "a": "\n"})}) + "\n",
    "JSON in JSON, \\u": _spelled("\\\\u{:04x}"),
    "JavaScript \\x": _spelled("\\x{:02x}"),
    "JavaScript, one character": _somewhere("\\x{:02x}"),
    "JavaScript \\u{}": _spelled("\\u{{{:x}}}"),
    "octal": _spelled("\\{:03o}"),
    "HTML entities": _spelled("&#{};"),
    "HTML entities in hex": _spelled("&#x{:x};"),
    "HTML, around it": lambda k, _: f"<pre>{{&quot;key&quot;:&quot;{k}&quot;}}</pre>\n",
    "quoted-printable _": _underscore("=5F"),
    "quoted-printable, wrapped": lambda k, s: _broken(f"key: {k}\n", s),
}


def _lines(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


def _broken(text: str, source: random.Random) -> str:
    at = source.randrange(10, 50)
    return text[:at] + "=\n" + text[at:]


def _sqlite(data: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.db"
        base = sqlite3.connect(file)
        base.execute("create table t (name text, value text)")
        base.execute("insert into t values ('settings', ?)", (data.decode("latin-1"),))
        base.commit()
        base.close()
        return file.read_bytes()


def _notebook(data: bytes) -> bytes:
    lines = data.decode("latin-1").splitlines(keepends=True)
    code = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": lines}
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n"]}
    return json.dumps({"cells": [text, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def _map(data: bytes) -> bytes:
    sources = ["webpack://app/./src/a.ts", "webpack://app/./src/key.ts"]
    contents = ["export const a = 1;\n", data.decode("latin-1")]
    return json.dumps(
        {"version": 3, "file": "app.js", "sources": sources, "sourcesContent": contents, "mappings": "AAAA"}
    ).encode()


def _image(data: bytes) -> bytes:
    """As ``docker save`` writes one: a tar of layers and of the config."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (
            ("blobs/sha256/1a2b", b'{"config":{"Env":["PATH=/bin"]}}'),
            ("blobs/sha256/3c4d", tar_of("app/settings", data, "w:gz")),
            ("manifest.json", b"[]"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _pyc(data: bytes) -> bytes:
    code = compile(f"A = 1\nB = {data.decode('latin-1')!r}\n", "m.py", "exec")
    return b"\xa7\r\r\n" + bytes(12) + marshal.dumps(code)


def _asar(data: bytes) -> bytes:
    header = json.dumps(
        {"files": {"a.js": {"size": 2, "offset": "0"}, "b.js": {"size": len(data), "offset": "2"}}}
    ).encode()
    size = (len(header) + 3) // 4 * 4
    return struct.pack("<4I", 4, size + 8, size + 4, len(header)) + header.ljust(size, b"\0") + b"ok" + data


def _wasm(data: bytes) -> bytes:
    return b"\0asm\1\0\0\0\x0b\x99\1\0\x41\0\x0b" + b"a string before it" + data + b"\0\0\1\2"


def _crx(data: bytes) -> bytes:
    return b"Cr24\3\0\0\0\x10\0\0\0" + b"\x12\x0e" + b"p" * 14 + zip_of("background.js", data)


Wrap = Callable[[bytes], bytes]
# What the file lies in: its name, and how that is made.
CONTAINERS: dict[str, tuple[str, Wrap]] = {
    "none": ("settings.txt", lambda d: d),
    "gzip": ("app.js.gz", lambda d: gzip.compress(d, mtime=0)),
    "bzip2": ("log.bz2", bz2.compress),
    "xz": ("log.xz", lzma.compress),
    "lzma": ("log.lzma", lambda d: lzma.compress(d, lzma.FORMAT_ALONE)),
    "zstd": ("log.zst", zstd.compress),
    "brotli": ("app.js.br", brotli.compress),
    "zip": ("release.zip", lambda d: zip_of("a/settings.txt", d)),
    "zip, stored": ("release.zip", lambda d: zip_of("a/settings.txt", d, zipfile.ZIP_STORED)),
    "zip, bzip2": ("release.zip", lambda d: zip_of("a/settings.txt", d, zipfile.ZIP_BZIP2)),
    "zip, cut short": ("release.zip", lambda d: zip_of("a/settings.txt", d)[:-70]),
    "jar": ("app.jar", lambda d: zip_of("BOOT-INF/application.yml", d)),
    "apk": ("app.apk", lambda d: zip_of("assets/config.json", d)),
    "whl": ("pkg-1-py3-none-any.whl", lambda d: zip_of("pkg/settings.py", d)),
    "docx": ("notes.docx", lambda d: zip_of("word/document.xml", d)),
    "crx": ("extension.crx", _crx),
    "pyz": ("tool.pyz", lambda d: b"#!/usr/bin/env python3\n" + zip_of("__main__.py", d)),
    "tar": ("backup.tar", lambda d: tar_of("etc/settings", d)),
    "npm tgz": ("pkg-1.0.0.tgz", lambda d: tar_of("package/index.js", d, "w:gz")),
    "tar.xz": ("backup.tar.xz", lambda d: tar_of("etc/settings", d, "w:xz")),
    "tar.bz2": ("backup.tar.bz2", lambda d: tar_of("etc/settings", d, "w:bz2")),
    "tar.zst": ("backup.tar.zst", lambda d: zstd.compress(tar_of("etc/settings", d))),
    "container image": ("image.tar", _image),
    "zip in tgz": ("backup.tgz", lambda d: tar_of("x.zip", zip_of("settings", d), "w:gz")),
    "tgz in zip": ("backup.zip", lambda d: zip_of("x.tgz", tar_of("settings", d, "w:gz"))),
    "jar in war in zip": ("all.zip", lambda d: zip_of("a.war", zip_of("WEB-INF/lib/a.jar", zip_of("app.yml", d)))),
    "gzip four deep": ("log.gz", lambda d: _nested(d, 4)),
    "source map": ("dist/app.js.map", _map),
    "source map in zip": ("dist.zip", lambda d: zip_of("app.js.map", _map(d))),
    "inline source map": (
        "dist/app.js",
        lambda d: b"let a=1;\n//# sourceMappingURL=data:application/json;charset=utf-8;base64," + B64(_map(d)) + b"\n",
    ),
    "notebook": ("analysis.ipynb", _notebook),
    "SQLite": ("app.db", _sqlite),
    "WebAssembly": ("app.wasm", _wasm),
    "asar": ("app.asar", _asar),
    "pyc": ("m.pyc", _pyc),
}

POSITIONS = ("start", "middle", "end")
# Containers of texts: what is not one would be changed by them.
_OF_TEXT = ("source map", "source map in zip", "inline source map", "notebook", "SQLite", "pyc")
# Lines end there, and a key that a line break stands in is none in a file that a person opens.


def _nested(data: bytes, depth: int) -> bytes:
    for _ in range(depth):
        data = gzip.compress(data, mtime=0)
    return data


def _filler(source: random.Random, size: int) -> str:
    words = ("let", "const", "return", "await", "config", "token", "value", "user", "page", "route", "state", "query")
    text, line = [], []
    while size > 0:
        word = source.choice(words)
        line.append(word)
        size -= len(word) + 1
        if len(line) == 9:
            text.append(" ".join(line) + "\n")
            line = []
    return "".join(text)


def case(writing: str, container: str, position: str, seed: int = 0, *, large: int = 2_000) -> Case:
    """The case of that name; *large*: about how many bytes stand before or after the key."""
    source = random.Random(f"{writing}/{container}/{position}/{seed}")
    shape = source.choice(("secret", "legacy-base58", "agent-uuid", "legacy-hex", "secret-test", "agent-hex"))
    text = key(shape, f"{writing}/{container}/{position}/{seed}")
    inner = WRITINGS[writing](text, source)
    if container == "SQLite":  # what does not fit into a page is cut
        large = min(large, 500)
    before = _filler(source, {"start": 0, "middle": large, "end": 2 * large}[position])
    after = _filler(source, {"start": 2 * large, "middle": large, "end": 0}[position])
    if isinstance(inner, bytes):
        encoding = "utf-16-be" if "BE" in writing else "utf-16-le"
        mark = inner[:2] if inner[:1] in (b"\xff", b"\xfe") else b""
        data = mark + before.encode(encoding) + inner[len(mark) :] + after.encode(encoding)
    else:
        data = (before + inner + after).encode("latin-1")
    name, wrap = CONTAINERS[container]
    return Case(writing, container, position, name, wrap(data), text)


def cases(seed: int = 0, *, containers: Iterable[str] = CONTAINERS, large: int = 2_000) -> Iterator[Case]:
    """All in *containers* that make sense, in order."""
    for container in containers:
        for writing in WRITINGS:
            if container in _OF_TEXT and "UTF-16" in writing:
                continue
            for position in POSITIONS:
                yield case(writing, container, position, seed, large=large)
