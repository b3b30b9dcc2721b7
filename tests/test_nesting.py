"""Where values end, and what they stand in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.inlining.nesting import Nesting

# The value begins behind the first colon or equals sign and ends at the bar, which is no part of the text.
ENDS = {
    "a comma": "{ a: b|, c }",
    "a bracket": "{ a: b |}",
    "brackets within": "{ a: f(b, [c, { d: e }])|, g }",
    "a semicolon": "a = b|; c",
    "the end": "a = b|",
    "never closed": "{ a: f(b, c|",
    "a bracket of another kind": "{ a: b|) }",
}
STATEMENTS = {
    "the end of a line": "a = b|\nc = d",
    "goes on with an operator": "a = b +\n c|\nd",
    "goes on with a member": "a = b\n  .c()|\nd",
    "goes on with a choice": "a = b\n  ? c\n  : d|\ne",
    "goes on in brackets": "a = f(\n b,\n c)|\nd",
    "a comma": "a = b|, c",
    "an object": "a = {\n b: c,\n}|\nd",
    "the end": "a = b|",
}


@pytest.mark.parametrize("name", ENDS)
def test_values(name):
    text = ENDS[name].replace("|", "", 1) if "|" in ENDS[name] else ENDS[name]
    begin = min(text.find(mark) for mark in ":=" if mark in text) + 1
    assert Nesting(text.encode()).end_of_value(begin) == ENDS[name].find("|")


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements(name):
    text = STATEMENTS[name].replace("|", "", 1)
    begin = text.find("=") + 1
    assert Nesting(text.encode()).end_of_value(begin, statement=True) == STATEMENTS[name].find("|")


def test_around():
    text = b"a({ b: [c, d], e: X }, f)"
    nesting = Nesting(text)
    assert nesting.around(text.index(b"X")) == [2, 1]
    assert nesting.around(text.index(b"d")) == [7, 2, 1]
    assert nesting.around(0) == []


def _slow_end(text: str, begin: int) -> int:
    depth, openers = 0, {")": "(", "]": "[", "}": "{"}
    stack: list[str] = []
    for at in range(begin, len(text)):
        mark = text[at]
        if mark in "([{":
            stack.append(mark)
        elif mark in openers:
            if not stack:
                return at
            stack.pop()
        elif mark in ",;" and not stack:
            return at
    return len(text) + depth


@given(st.text(alphabet="(){}[],;ab ", max_size=60), st.integers(0, 60))
def test_the_end_is_that_of_a_plain_count(text, begin):
    """Brackets are matched by their order alone, whatever their kind."""
    begin = min(begin, len(text))
    nesting = Nesting(text.encode())
    # A bracket that closes what was opened before the value ends it in either way of counting.
    assert nesting.end_of_value(begin) == _slow_end(text, begin)


@given(st.text(alphabet="(){}[],;ab ", max_size=60), st.integers(0, 60))
def test_what_is_around_a_place_is_open_there(text, at):
    at = min(at, len(text))
    stack: list[int] = []
    for place, mark in enumerate(text[:at]):
        if mark in "([{":
            stack.append(place)
        elif mark in ")]}" and stack:
            stack.pop()
    found = Nesting(text.encode()).around(at)
    assert found == stack[::-1] or not any(mark in "(){}[],;" for mark in text[at:])
