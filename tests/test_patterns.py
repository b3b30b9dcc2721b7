"""Patterns that are compiled late, and one thing that none may hold."""

from __future__ import annotations

import re
from pathlib import Path

import cencori_guard
from cencori_guard.patterns import lazy


def test_a_lazy_pattern_is_as_any_other():
    pattern = lazy(rb"(?P<a>x)(y)?")
    plain = re.compile(rb"(?P<a>x)(y)?")
    assert pattern.findall(b"xyx") == plain.findall(b"xyx")
    assert [m.span() for m in pattern.finditer(b"xyx", 1)] == [m.span() for m in plain.finditer(b"xyx", 1)]
    assert pattern.sub(b"", b"axb") == b"ab"
    assert pattern.groupindex == plain.groupindex
    assert lazy(r"\d").search("a1")


def test_no_group_is_possessive():
    """Python before 3.11.5 gets these wrong (python/cpython#106052); a set or a character may be possessive."""
    root = Path(cencori_guard.__file__).parent
    wrong = [
        f"{file.relative_to(root)}:{number}"
        for file in sorted(root.rglob("*.py"))
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if re.search(r"(?<!\\)\)(?:[*+?]|\{[0-9,]+\})\+(?!=)", line) and '"' in line
    ]
    assert wrong == []
