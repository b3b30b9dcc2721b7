"""What the settings of a bundler hand over to client code, read from its config as text.

    define: { __KEY__: JSON.stringify(process.env.CENCORI_API_KEY) }    new DefinePlugin({ … })
    env: { KEY: process.env.CENCORI_API_KEY }    new EnvironmentPlugin(["CENCORI_API_KEY"])
    define: { "process.env": JSON.stringify(process.env) }    (all of them at once)

A config is a program, and nothing of a stranger's is run: a value that it computes in a way
not written here is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from cencori_guard.inlining.code import Code
from cencori_guard.inlining.nesting import Nesting
from cencori_guard.inlining.reads import ENV, IDENTIFIER, MEMBER, NAME, NAME_IN_LIST, aliases, lists, taken_from
from cencori_guard.patterns import lazy

# Settings that list the names of variables, and take the values from the environment themselves.
_LISTS = ("EnvironmentPlugin", "includeEnvironmentVariables", "transform-inline-environment-variables")
_CENCORI = b"CENCORI"
_REFERENCE = lazy(rb"(?<![\w$.])(?:" + ENV + rb"|(?P<object>" + IDENTIFIER + rb")(?:\.parsed)?)" + MEMBER)
_NAME = lazy(NAME)
_WORD = lazy(rb"(?<![\w$.])" + IDENTIFIER)
_ASSIGNED = lazy(
    rb"\b(?:const|let|var)\s++(?P<name>" + IDENTIFIER + rb")\s*+(?::[^=;\n]{1,80})?=(?![=>])\s*+(?=[^\s;])"
)
_LOAD_ALL = lazy(
    rb"\bloadEnv\s*+\([^;\n]{0,200},\s*+(?:\"\"|'')\s*+,?\s*+\)|\bconfig\s*+\([^;\n]{0,200}\)\s*+\.\s*+parsed\b"
)
_LOADS = lazy(rb"\A(?:loadEnv|dotenv|config)\Z")
_FILTERED = lazy(rb"\bfilter\b|\bstartsWith\b|\bpick\b|\bmatch\b|\btest\s*+\(")
# A truth about a variable is not its value.
_ONLY_WHETHER_BEFORE = lazy(rb"(?:!\s*+|\bBoolean\s*+\(\s*+|\btypeof\s++)\Z")
_ONLY_WHETHER_AFTER = lazy(rb"\s*+(?:\?(?![.?])|[!=]==?|&&)")
# Settings that are calls: plug-ins, and methods such as configureDefinePlugin.  str.replace() is none.
_IS_CALLED = lazy(rb"[A-Z]|\Areplace\Z")
_HAS_CAPITAL = lazy(rb"[A-Z]")
_ONLY_CALLED = (b"replace",)
# Calls that start something with an environment of its own.
_STARTS = lazy(rb"(?:exec\w*|spawn\w*|fork|run|\$|zx|shell\w*|Worker|fetch)\s*+\Z")
_TARGET = lazy(rb"\b(?:platform|target)[\"']?\s*+:\s*+\[?\s*+[\"'](?P<target>[\w-]++)")
_SERVERS = lazy(rb"\A(?:async-)?node|\Aneutral\Z|\Aelectron-main\Z")
# A config of which all is for a server.
_WHOLLY_FOR_SERVER = lazy(
    rb"\.target\s*+=\s*+[\"'](?:async-)?node|[\"']webpack-node-externals[\"']|\bexternalsPresets\s*+:\s*+\{\s*+node\b"
)
_FOR_SERVER = lazy(rb"(?<![!\w$.])(?:isServer|isSsrBuild|ssr)\b(?!\s*+[:?=])")
_JOINS = lazy(rb"\b(?:join|resolve)\s*+\(")
_IDENTIFIER = lazy(rb"\A" + IDENTIFIER + rb"\Z")
_STRING = lazy(rb"[\"'`]([^\"'`\r\n]{0,400})[\"'`]")
# Bytes of values that are looked into in one config; real ones have some hundred.
_MOST_BYTES = 4 << 20
_PRICE = 200
_MOST_VARIABLES = 2_000
_LONGEST_VALUE = 100_000
_LINE_BEFORE = 200


class Handed(NamedTuple):
    """A name that a *setting* hands over at the offset *at*; None: every name there is."""

    name: str | None
    at: int
    setting: str


class TooMuch(Exception):
    """A config has more in it than is looked at."""


class _Variable(NamedTuple):
    """A variable of the config: where its value stands, the name it holds, or whether it holds all there are."""

    begin: int
    end: int
    name: bytes | None = None
    everything: bool = False


class Config:
    """A config as text."""

    def __init__(self, text: Code) -> None:
        self._text = text
        self._nested: Nesting | None = None
        self._named: dict[bytes, _Variable] | None = None
        self._left = _MOST_BYTES

    @property
    def text(self) -> Code:
        """What is code in it."""
        return self._text

    @property
    def _nesting(self) -> Nesting:
        if self._nested is None:
            self._nested = Nesting(self._text.code)
        return self._nested

    def handed_over(self, settings: Collection[str]) -> list[Handed]:
        """What the *settings* hand over, in order; each place and each name and setting once.

        Raises :class:`TooMuch`.
        """
        found: dict[tuple[str | None, str], Handed] = {}
        if _WHOLLY_FOR_SERVER.search(self._text.bare):
            return []
        variables = self._variables()
        for setting in settings:
            for begin, end in self._values(setting.encode("utf-8"), variables):
                for name, at in self._names_in(begin, end, variables, listed=setting in _LISTS):
                    found.setdefault((name, setting), Handed(name, at, setting))
        places = {(handed.at, handed.name): handed for handed in reversed(found.values())}
        return [places[place] for place in sorted(places, key=lambda place: (place[0], place[1] or ""))]

    def strings_of(self, setting: str) -> list[tuple[int, list[str]]]:
        """The string literals in the values of *setting*, by the places where it is set; what makes one path is joined.

        Raises :class:`TooMuch`.
        """
        found = []
        for begin, end in self._values(setting.encode("utf-8"), self._variables()):
            joins = _JOINS.search(self._text.bare, begin, end)
            first = joins.end() if joins else begin
            strings = [s.group(1).decode("utf-8", "replace") for s in _STRING.finditer(self._text.bare, first, end)]
            if strings:
                found.append((begin, ["/".join(strings)] if joins else strings))
        return found

    def _variables(self) -> dict[bytes, _Variable]:
        if self._named is None:
            self._named = self._find_variables()
        return self._named

    def _find_variables(self) -> dict[bytes, _Variable]:
        text, found = self._text, dict[bytes, _Variable]()
        for alias in aliases(text):
            found[alias] = _Variable(0, 0, everything=True)
        for match in _ASSIGNED.finditer(text.bare):
            if not text.is_code(match.start()) or match["name"] in found:
                continue
            begin = match.end()
            end = min(self._nesting.end_of_value(begin, statement=True), begin + _LONGEST_VALUE)
            value = text.bare[begin : min(end, begin + 400)]
            reference = next(self._references(begin, min(end, begin + 400)), None)
            everything = bool(_LOAD_ALL.search(value) or _spreads(value, ())) and not _FILTERED.search(value)
            name = None if everything or reference is None else reference[0]
            self._add(found, match["name"], _Variable(begin, end, name, everything))
        for begin, end in lists(text, _CENCORI):
            source = taken_from(text, end)
            if source and (b"." in source or _LOADS.match(source) or (source in found and found[source].everything)):
                for inner in NAME_IN_LIST.finditer(text.bare, begin, end):
                    if _CENCORI in inner["name"] and text.is_code(inner.start()):
                        self._add(found, inner["renamed"] or inner["name"], _Variable(0, 0, inner["name"]))
        return found

    def _add(self, found: dict[bytes, _Variable], name: bytes, variable: _Variable) -> None:
        if len(found) >= _MOST_VARIABLES:
            raise TooMuch
        found[name] = variable

    def _values(self, setting: bytes, variables: dict[bytes, _Variable]) -> Iterator[tuple[int, int]]:
        """Where the values of *setting* begin and end; a variable that stands for one is looked up."""
        text = self._text
        pattern = re.compile(rb"(?<![\w$-])" + re.escape(setting) + rb"[\"']?\s*+([:=(,}])(?![=>])")
        for match in pattern.finditer(text.bare):
            mark = match.group(1)
            if not self._is_setting(setting, match.start(), mark) or self._is_of_server(match.start()):
                continue
            quoted = text.bare[match.start() - 1 : match.start()] in (b'"', b"'")
            if mark in b",}" and not quoted:  # { define }, with a variable of that name
                if (variable := variables.get(setting)) and variable.end:
                    yield self._took(variable.begin, variable.end)
                continue
            if mark == b"}":
                continue
            begin = match.end()
            end = self._nesting.end_of_value(begin, to_bracket=mark in b"(,", statement=mark == b"=")
            value = text.bare[begin:end].strip()
            if _IDENTIFIER.match(value) and (variable := variables.get(value)) and variable.end:
                yield self._took(variable.begin, variable.end)
            yield self._took(begin, end)

    def _took(self, begin: int, end: int) -> tuple[int, int]:
        end = min(end, begin + _LONGEST_VALUE)
        self._spend(end - begin)
        return begin, end

    def _spend(self, price: int) -> None:
        self._left -= price
        if self._left < 0:
            raise TooMuch

    def _is_setting(self, setting: bytes, at: int, mark: bytes) -> bool:
        """Whether the word at *at*, with *mark* behind it, sets something."""
        text = self._text
        before = text.bare[at - 1 : at] if at else b""
        if not (text.is_code(at) or (before in (b'"', b"'") and text.is_code(at - 1))):
            return False
        if mark == b"(":
            return bool(_IS_CALLED.search(setting) and (before != b"." or _HAS_CAPITAL.search(setting)))
        if before == b"." or setting in _ONLY_CALLED:
            return False
        if mark == b"=":  # const env = …; a setting of TOML begins its line
            begin = text.bare.rfind(b"\n", max(0, at - _LINE_BEFORE), at) + 1
            return at - begin < _LINE_BEFORE and not text.bare[begin:at].strip(b" \t\"'")
        return not any(_STARTS.search(text.code, max(0, opened - 40), opened) for opened in self._nesting.around(at))

    def _is_of_server(self, at: int) -> bool:
        """Whether what stands at *at* is for a build that runs on a server."""
        text = self._text
        self._spend(_PRICE)
        begin = text.code.rfind(b"\n", max(0, at - _LINE_BEFORE), at) + 1
        if _FOR_SERVER.search(text.code, max(begin, at - _LINE_BEFORE), at):
            return True
        for opened in self._nesting.around(at):
            line = text.code.rfind(b"\n", max(0, opened - _LINE_BEFORE), opened) + 1
            if _FOR_SERVER.search(text.code, max(line, opened - 60), opened):
                return True
            if text.code[opened : opened + 1] == b"{":
                target = self._nesting.target_in(opened, text.bare, _TARGET)
                if target is not None:
                    return _SERVERS.search(target) is not None
        return False

    def _references(self, begin: int, end: int) -> Iterator[tuple[bytes, int]]:
        """The names in a value that are read from an environment there, and are not only asked about."""
        text = self._text
        for found in _REFERENCE.finditer(text.bare, begin, end):
            name, at = found["name"] or found["quoted"], found.start()
            if _CENCORI not in name or not text.is_code(at):
                continue
            if found["object"] is not None and b"env" not in found["object"].lower():
                continue
            if not self._is_only_asked_about(begin, at, found.end()):
                yield name, at

    def _is_only_asked_about(self, begin: int, at: int, end: int) -> bool:
        """``!X``, ``X ? 1 : 0``, ``X != ""``: whether there is one, and not which."""
        code = self._text.code
        before = _ONLY_WHETHER_BEFORE.search(code, max(begin, at - 20), at)
        return before is not None or _ONLY_WHETHER_AFTER.match(code, end) is not None

    def _names_in(
        self, begin: int, end: int, variables: dict[bytes, _Variable], *, listed: bool
    ) -> Iterator[tuple[str | None, int]]:
        text = self._text
        for name, at in self._references(begin, end):
            yield name.decode("ascii"), at
        if listed:
            for found in _NAME.finditer(text.bare, begin, end):
                if _CENCORI in found["name"]:
                    yield found["name"].decode("ascii"), found.start()
        whole = set()
        for used in _WORD.finditer(text.code, begin, end):
            variable = variables.get(used.group())
            if variable is None or text.code[used.end() : used.end() + 40].lstrip()[:1] == b":":
                continue
            if variable.everything:
                whole.add(used.group())
            elif variable.name and not self._is_only_asked_about(begin, used.start(), used.end()):
                yield variable.name.decode("ascii"), used.start()
        value = text.bare[begin:end]
        if not _FILTERED.search(text.code, begin, end) and (at_all := _spreads(value, whole)):
            place = begin + at_all.start()
            if not text.code[place : begin + at_all.end()].isspace():
                yield None, place + len(at_all.group()) - len(at_all.group().lstrip())


def _spreads(value: bytes, whole: Collection[bytes]) -> re.Match[bytes] | None:
    """Whether *value* takes the whole of the environment in: as a value, spread out, as a text, or all its names."""
    names = (re.escape(name) + rb"(?![\w$])" for name in sorted(whole)[:20])
    all_of_it = rb"(?:" + b"|".join((ENV, *names)) + rb")"
    return re.search(
        rb"[\"'](?:process|import\.meta)\.env[\"']\s*+:\s*+" + all_of_it + rb"\s*+(?=[,}\r\n]|\Z)"
        rb"|\.\.\.\s*+" + all_of_it + rb"\s*+(?=[,})\r\n]|\Z)"
        rb"|\bJSON\.stringify\(\s*+" + all_of_it + rb"\s*+\)"
        rb"|\bObject\.(?:keys|entries)\(\s*+" + all_of_it + rb"\s*+\)"
        rb"|\A\s*+" + all_of_it + rb"\s*+\Z",
        value,
    )
