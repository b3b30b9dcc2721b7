"""The grammar of Cencori's *names* in other people's files: environment variables, packages, imports.

Facts: the SDKs read ``CENCORI_API_KEY``; the vendor's documentation adds
``CENCORI_TEST_API_KEY``, ``CENCORI_KEY``, ``NEXT_PUBLIC_CENCORI_KEY`` and
``NEXT_PUBLIC_CENCORI_PUBLISHABLE_KEY``.  The package is ``cencori`` on npm and PyPI,
``@cencori/…`` for its parts, ``github.com/cencori/…`` in Go.
"""

from __future__ import annotations

import re

from cencori_guard.models import Use

# What the bulk search looks for, beside the prefixes of keys.
WORDS = (b"cencori", b"CENCORI")

_PACKAGE = rb"(?:cencori(?!-guard)|@cencori|github\.com/cencori)(?:[/-][A-Za-z0-9._/-]+)?"
_IMPORT = (
    rb"(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)[\"'`]" + _PACKAGE + rb"[\"'`]"
    rb"|^\s*(?:[\w.]+\s+)?\"github\.com/cencori(?:/[A-Za-z0-9._/-]+)?\"\s*$"  # in Go's import ( … )
    rb"|^\s*(?:from|import)\s+cencori(?:\.[\w.]+)?(?:\s|,|;|$)"
)
_DEPENDENCY = (
    rb"[\"']" + _PACKAGE + rb"[\"']\s*:"  # "cencori": "^1.0"
    rb"|^\s*[\"']?" + _PACKAGE + rb"\s*(?:$|#|;|\[|[=<>~!@]=?|[\"',]|\sv\d)"  # cencori>=1, cencori = "1"
    rb"|[\[(,]\s*[\"']" + _PACKAGE + rb"\s*(?:\[[^\]\"']*\])?\s*[=<>~!@][^\"']*[\"']"  # ["cencori>=1"]
    rb"|=\s*\[\s*[\"']" + _PACKAGE + rb"[\"']"  # install_requires=["cencori"]
    rb"|^\s*(?:require|gem|use)\s+[\"']?" + _PACKAGE
)
_ASSIGNMENT = (
    rb"(?P<name>(?:[A-Z0-9]+_)*CENCORI(?:_[A-Z0-9]+)*)(?![A-Za-z0-9])"
    rb"[\"']?\s*(?=(?P<value>[=:][^\r\n]*)?)"
)
_ENVIRONMENT = r"TEST|LIVE|PROD(?:UCTION)?|STAGING|PREVIEW|DEV(?:ELOPMENT)?|\d+"
_SERVER_NAME = rf"CENCORI.*(?:KEY|TOKEN|SECRET)(?:_(?:{_ENVIRONMENT}))?\Z"
_PUBLISHABLE = r"PUBLISHABLE|(?:\A|_)CENCORI_PUBLIC(?:_|\Z)"
_SECRET_NAME = rb"KEY|TOKEN|SECRET"
_PLACEHOLDER = (
    rb"(?i:\$|<|>|\{\{|%\w+%|process\.env|\.\.\.|\xe2\x80\xa6|x{4}|\*{3}|://"
    rb"|your|change[_-]?me|example|placeholder|replace|insert|dummy|todo|redacted|none|null|undefined|key_here)"
)


def is_server_name(name: str) -> bool:
    """Whether a variable of this *name* is for a key that servers alone may have: any but a publishable one.

    ``CENCORI_API_KEY``, ``CENCORI_KEY``, ``CENCORI_TEST_API_KEY``, and such names with more before them.
    """
    return re.search(_SERVER_NAME, name) is not None and not re.search(_PUBLISHABLE, name)


def is_publishable_name(name: str) -> bool:
    """Whether a variable of this *name* says of itself that it holds a publishable key."""
    return re.search(_PUBLISHABLE, name) is not None


def is_real(value: bytes) -> bool:
    """Whether what stands after ``NAME=`` is a value, and neither empty, a reference, a placeholder nor publishable."""
    value = value.lstrip(b"=: \t")
    quote = value[:1]
    if quote in (b'"', b"'", b"`"):
        value = value[1:].partition(quote)[0]
    else:
        value = re.split(rb"\s+#|[\s,;]", value, maxsplit=1)[0]
    # A publishable key is made to be seen.
    return len(value) >= 8 and not re.search(_PLACEHOLDER, value) and not value.startswith(b"cpk_")


def use_in(line: bytes, at: int) -> tuple[Use, bool] | None:
    """What the word that starts at *at* in *line* says: how Cencori is used, and whether a secret gets a real value."""
    if line[at : at + 7].isupper():
        for match in re.finditer(_ASSIGNMENT, line):
            if match.start() <= at < match.end("name"):
                name, value = match["name"], match["value"]
                secret = re.search(_SECRET_NAME, name) and b"PUBLISHABLE" not in name
                return Use.NAME, bool(secret and value and is_real(value))
        return None
    if any(m.start() <= at < m.end() for m in re.finditer(_IMPORT, line)):
        return Use.IMPORT, False
    if any(m.start() <= at < m.end() for m in re.finditer(_DEPENDENCY, line)):
        return Use.DEPENDENCY, False
    return None
