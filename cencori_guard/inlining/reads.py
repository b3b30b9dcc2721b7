"""Where code reads an environment variable that has Cencori in its name.

process.env.NAME    process.env["NAME"]    process.env?.NAME    (process.env as any).NAME
import.meta.env.NAME    const { NAME, NAME: other } = process.env    const env = process.env; env.NAME
import { NAME } from "$env/static/public"    Config.NAME (react-native-config)    window.env.NAME
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cencori_guard.inlining.code import Code
from cencori_guard.patterns import lazy

# Any name, of which those with Cencori in them are taken: a pattern for them alone would backtrack.
NAME = rb"(?<![A-Za-z0-9_$])(?P<name>[A-Z0-9_]{1,120}+)(?![A-Za-z0-9_$])"
QUOTED = rb"[\"'`](?P<quoted>[A-Z0-9_]{1,120}+)[\"'`]"
ENV = rb"(?:process\s*+(?:\?\s*+)?\.\s*+env|import\s*+\.\s*+meta\s*+\.\s*+env|Bun\s*+\.\s*+env)(?![\w$])"
# From an object to its member: (process.env as any)!?.NAME
MEMBER = (
    rb"\s*+(?:(?:as\s+[\w$.<>,\[\]| ]{1,60}?)?\)\s*+)?(?:!\s*+)?"
    rb"(?:(?:\?\.|\.)\s*+" + NAME + rb"|(?:\?\.)?\s*+\[\s*+" + QUOTED + rb"\s*+\])"
)
IDENTIFIER = rb"[A-Za-z_$][\w$]{0,80}+"
_CENCORI = b"CENCORI"
_DIRECT = lazy(rb"(?<![\w$.])" + ENV + MEMBER)
_IN_WINDOW = lazy(rb"(?<![\w$.])(?:window|globalThis|self)\s*+\.\s*+(?P<object>[\w$]{1,60}+)" + MEMBER)
_OF_IDENTIFIER = lazy(rb"(?<![\w$.])(?P<object>" + IDENTIFIER + rb")" + MEMBER)
# Behind a list in braces: what it is taken from.
_TAKEN = lazy(rb"\}\s*+(?::\s*+[\w$<>., ]{1,80})?=\s*+(?P<from>" + ENV + rb"|" + IDENTIFIER + rb")(?!\s*+[\[.?])")
_IMPORTED = lazy(rb"\}\s*+from\s*+[\"'](?:\$env/static/public|@env|react-native-dotenv)[\"']")
_LONGEST_LIST = 4_000
NAME_IN_LIST = lazy(NAME + rb"(?:\s*+:\s*+(?P<renamed>" + IDENTIFIER + rb"))?")
_ALIAS = lazy(
    rb"\b(?:const|let|var)\s++(?P<alias>" + IDENTIFIER + rb")\s*+(?::[^=;\n]{1,80})?=\s*+" + ENV
    + rb"[ \t]*+(?:as [^;\n]{1,60})?(?=[;,\r\n]|\Z)"
)  # fmt: skip
_FROM_PROCESS = lazy(rb"\}\s*+=\s*+process(?![\w$.])")
_ENV_IN_LIST = lazy(rb"(?<![\w$])env(?![\w$])(?:\s*+:\s*+(?P<alias>" + IDENTIFIER + rb"))?")
_MODULE_ALIAS = lazy(
    rb"\bimport\s++(?:\{\s*+(?P<env>env)(?:\s++as\s++(?P<renamed>" + IDENTIFIER + rb"))?\s*+\}"
    rb"|(?P<default>" + IDENTIFIER + rb"))\s*+from\s*+[\"'](?:\$env/dynamic/public|react-native-config)[\"']"
)  # fmt: skip
_ASSIGNED = lazy(rb"\s*+=(?![=>])")
_DELETED = lazy(rb"\bdelete\s*+\Z")
_WORD_BEFORE = lazy(rb"([A-Za-z]+)[ \t]+\Z")
_WORD_AFTER = lazy(rb"[ \t]+([A-Za-z]+)")
# Words that may stand right before an expression, and right after one.
_BEFORE = frozenset(
    b"return typeof await in of new case else void delete throw yield instanceof default extends".split()
)
_AFTER = frozenset(b"as in of instanceof satisfies".split())


class Read(NamedTuple):
    """A name that is read at the offset *at*, and the way that is spelled (``process.env`` …)."""

    name: str
    at: int
    way: str


def reads(text: Code) -> list[Read]:
    """Every place in *text* where a variable with Cencori in its name is read, in order; each name and place once."""
    if _CENCORI not in text.bare:
        return []
    found = {(read.at, read.name): read for read in _reads(text)}
    return [found[place] for place in sorted(found)]


def _reads(text: Code) -> Iterator[Read]:
    known = aliases(text)
    for pattern in (_DIRECT, _IN_WINDOW, *((_OF_IDENTIFIER,) if known else ())):
        for match in pattern.finditer(text.bare):
            name = match["name"] or match["quoted"]
            if _CENCORI not in name or not text.is_code(match.start()):
                continue
            if pattern is _IN_WINDOW and b"env" not in match["object"].lower():
                continue
            if pattern is _OF_IDENTIFIER and match["object"] not in known:
                continue
            if not (_is_prose(text, match.start(), match.end()) or _is_written(text, match.start(), match.end())):
                yield Read(name.decode("ascii"), match.start(), _way(match.group()))
    for begin, end in lists(text, _CENCORI):
        source = taken_from(text, end) or b""
        if not (b"." in source or source in known or _IMPORTED.match(text.bare, end)):
            continue
        for inner in NAME_IN_LIST.finditer(text.bare, begin, end):
            if _CENCORI in inner["name"] and text.is_code(inner.start()) and not _is_renamed_to(text, inner.start()):
                yield Read(inner["name"].decode("ascii"), inner.start(), _way(source or b"$env/static/public"))


def lists(text: Code, word: bytes) -> Iterator[tuple[int, int]]:
    """Where the lists in braces, without braces in them, begin and end in which *word* stands: ``{ A, B: c }``."""
    last = -1
    at = text.bare.find(word)
    while at >= 0:
        begin = text.bare.rfind(b"{", max(0, at - _LONGEST_LIST), at)
        end = text.bare.find(b"}", at, at + _LONGEST_LIST)
        if begin > last and end >= 0 and b"}" not in text.bare[begin:at] and b"{" not in text.bare[at:end]:
            last = begin
            if text.is_code(begin) and text.is_code(end):
                yield begin + 1, end
        at = text.bare.find(word, at + len(word))


def taken_from(text: Code, end: int) -> bytes | None:
    """What the list in braces that ends at *end* is taken from: the environment, or a variable."""
    taken = _TAKEN.match(text.bare, end)
    return taken["from"] if taken else None


def aliases(text: Code) -> set[bytes]:
    """The identifiers that stand for the whole of the environment."""
    found: set[bytes] = set()
    for pattern in (_ALIAS, _MODULE_ALIAS):
        for match in pattern.finditer(text.bare):
            if text.is_code(match.start()):
                found.add(next((name for name in reversed(match.groups()) if name), b"env"))
    for match in _FROM_PROCESS.finditer(text.bare):
        begin = text.bare.rfind(b"{", max(0, match.start() - _LONGEST_LIST), match.start())
        if text.is_code(match.start()) and begin >= 0 and (env := _ENV_IN_LIST.search(text.bare, begin, match.start())):
            found.add(env["alias"] or b"env")
    return found


def _way(spelled: bytes) -> str:
    together = b"".join(spelled.split())
    for known in (b"import.meta.env", b"process.env", b"$env/static/public"):
        if known in together:
            return known.decode("ascii")
    return "an alias of the environment"


def _is_renamed_to(text: Code, at: int) -> bool:
    """``{ KEY: CENCORI_API_KEY }``: the name after the colon is that of a variable here."""
    return bytes(text.code[max(0, at - 20) : at]).rstrip()[-1:] == b":"


def _is_written(text: Code, start: int, end: int) -> bool:
    """``process.env.NAME = …``, ``delete process.env.NAME``: not read."""
    return (
        _ASSIGNED.match(text.code, end) is not None or _DELETED.search(text.code, max(0, start - 20), start) is not None
    )


def _is_prose(text: Code, start: int, end: int) -> bool:
    """Whether what looks like a read stands among words, in a text that could not be told from code."""
    before, after = text.code[max(0, start - 40) : start], text.code[end : end + 40]
    word = _WORD_BEFORE.search(before)
    if word and word[1] not in _BEFORE:
        return True
    word = _WORD_AFTER.match(after)
    if word and word[1] not in _AFTER:
        return True
    return before[-1:] == b">" and before[-2:] != b"=>" and after.lstrip()[:2] == b"</"
