"""What of a text is code: comments, strings and prose are told apart from it, and stay where they are.

A tokenizer for JavaScript and TypeScript as far as that needs one (ECMA-262, 12: comments,
string, template and regular expression literals; JSX), and for the pages and components
that hold some.  All of it takes time linear in the length of the text, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum, auto
from typing import NamedTuple

from cencori_guard.inlining.pages import component, is_astro, is_component, is_page, page
from cencori_guard.patterns import lazy

SCRIPTS = (b".js", b".jsx", b".mjs", b".cjs", b".ts", b".tsx", b".mts", b".cts")
# In the others an angle bracket may be a type's.
_WITH_ELEMENTS = (b".js", b".jsx", b".mjs", b".cjs", b".tsx")

_BLANK = bytes(code if code in b"\r\n" else 32 for code in range(256))
_IN_CODE = lazy(rb"//|/\*|[\"'`/{}]")
_IN_CODE_WITH_ELEMENTS = lazy(rb"//|/\*|[\"'`/{}<]")
_IN_TEMPLATE = lazy(rb"\\[\s\S]|`|\$\{")
_IN_TAG = lazy(rb"\"[^\"]*+\"|'[^']*+'|/\*|[{>]")
_IN_TEXT = lazy(rb"[{<]")
# A string up to its end, or to where it turns out to be none.
_STRING = {
    b'"': lazy(rb'"[^"\\\r\n]*+(?:\\(?:\r\n|[\s\S])[^"\\\r\n]*+)*'),
    b"'": lazy(rb"'[^'\\\r\n]*+(?:\\(?:\r\n|[\s\S])[^'\\\r\n]*+)*"),
}
_REGEX = lazy(rb"/(?![*/])(?:[^/\\\[\r\n]++|\\[^\r\n]|\[(?:[^\]\\\r\n]++|\\[^\r\n])*\])*")
# Before these a slash divides; after others, and after such words, a regular expression or an element begins.
_BEFORE_VALUE = b"(,=:[!&|?{};+-*%~^"
_WORD_BEFORE_VALUE = lazy(
    rb"(?<![\w$.])(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield|default)\s*\Z"
)
_CONDITION = lazy(rb"(?<![\w$.])(?:if|while|for)\s*\([^()]*+(?:\([^()]*+\)[^()]*+)*\)\s*\Z")
# i++ / 2, n! / 2
_AFTER_VALUE = lazy(rb"(?:\+\+|--|[\w$)\]]!)\Z")
_LOOK_BACK = 200
_URL = lazy(rb"[A-Za-z]:\Z")
# An element begins, and no type parameter: <T,>(…) => …, <T extends U>(…) => …, <T>(…): U => …
_ELEMENT = lazy(
    rb"<(?:>|[A-Za-z_$][\w$.:-]*+(?=[\s/><])(?!\s+extends\b)"
    rb"(?!>\s*+\([^()]{0,400}+\)\s*+(?::[^={};]{0,100}+)?=>))"
)
# Texts with more openings that are none are taken for ones without any.
_MOST_MISTAKES = 5


class Code(NamedTuple):
    """A text, twice, each as long as the text itself.

    ``bare`` is without comments; in ``code`` the contents of strings, templates, regular
    expressions and elements are blank too.  Line ends stay in both.
    """

    bare: bytes
    code: bytes

    def is_code(self, at: int) -> bool:
        """Whether the character at *at* is neither in a string nor in a comment, and no blank."""
        return not self.code[at : at + 1].isspace()


def code_of(text: bytes, name: bytes) -> Code | None:
    """What is code in *text*, the content of a file of that *name*; None where that is no language known here."""
    lower = name.lower()
    if lower.endswith(SCRIPTS):
        return tokenized(text, elements=lower.endswith(_WITH_ELEMENTS))
    if is_page(lower):
        return tokenized(page(text, astro=is_astro(lower)))
    if is_component(lower):
        return tokenized(component(text, vue=lower.endswith(b".vue")))
    return None


def tokenized(text: bytes, *, elements: bool = False) -> Code:
    """*text* as JavaScript or TypeScript; *elements*: JSX may be in it."""
    mistaken: set[int] = set()
    while elements and b"<" in text and len(mistaken) < _MOST_MISTAKES:
        tokenizer = _Tokenizer(text, elements=True, mistaken=mistaken)
        opened = tokenizer.run()
        if opened is None:
            return tokenizer.code()
        mistaken.add(opened)  # what looked like an element never ended: it was none
    tokenizer = _Tokenizer(text, elements=False)
    tokenizer.run()
    return tokenizer.code()


class _Mode(Enum):
    CODE = auto()
    TEMPLATE = auto()
    TAG = auto()
    TEXT = auto()


class _Tokenizer:
    def __init__(self, text: bytes, *, elements: bool, mistaken: Collection[int] = ()) -> None:
        self._text = text
        self._mistaken = mistaken
        # Where the elements begin that are open.
        self._elements: list[int] = []
        self._bare = bytearray(text)
        self._code = bytearray(text)
        self._next = _IN_CODE_WITH_ELEMENTS if elements else _IN_CODE
        # Up to there no literal of that kind ends: asked once.
        self._unclosed: dict[bytes, int] = {}
        # From there on nothing ends a template.
        self._no_template_from = len(text) + 1
        # What is open around the code at hand: each brace, and what it stands in.
        self._modes = [_Mode.CODE]

    def run(self) -> int | None:
        """Blank what is no code; returns where the outermost element begins that never ends."""
        at, end = 0, len(self._text)
        steps = {
            _Mode.CODE: self._in_code,
            _Mode.TEMPLATE: self._in_template,
            _Mode.TAG: self._in_tag,
            _Mode.TEXT: self._in_text,
        }
        while at < end:
            at = steps[self._modes[-1]](at)
        return self._elements[0] if self._elements else None

    def code(self) -> Code:
        """The result."""
        return Code(bytes(self._bare), bytes(self._code))

    def _in_code(self, at: int) -> int:
        found = self._next.search(self._text, at)
        if found is None:
            return len(self._text)
        token, at = found.group(), found.start()
        if token == b"//":
            return self._line_comment(at)
        if token == b"/*":
            return self._comment(at)
        if token == b"`":
            return self._begin_template(at)
        if token == b"{":
            self._modes.append(_Mode.CODE)
            return at + 1
        if token == b"}":
            if len(self._modes) > 1:
                self._modes.pop()
            return at + 1
        if token == b"/":
            return self._literal(token, _REGEX, at) if self._value_may_begin(at) else at + 1
        if token == b"<":
            if at not in self._mistaken and _ELEMENT.match(self._text, at) and self._value_may_begin(at):
                self._begin_element(at)
            return at + 1
        return self._literal(token, _STRING[token], at)

    def _in_template(self, at: int) -> int:
        begin = at
        if at >= self._no_template_from:
            self._modes.pop()
            return at
        while found := _IN_TEMPLATE.search(self._text, at):
            at = found.end()
            if found.group() == b"`":
                self._modes.pop()
                self._blank(begin, at - 1)
                return at
            if found.group() == b"${":
                self._blank(begin, at - 2)
                self._modes.append(_Mode.CODE)
                return at
        # No template at all, but a character of prose.
        self._unclosed[b"`"] = len(self._text)
        self._no_template_from = begin
        self._modes.pop()
        return begin

    def _in_tag(self, at: int) -> int:
        found = _IN_TAG.search(self._text, at)
        if found is None:
            return len(self._text)
        token = found.group()
        if token == b"{":
            self._modes.append(_Mode.CODE)
        elif token == b">":
            self._modes.pop()
            if self._text[found.start() - 1 : found.start()] == b"/":
                self._elements.pop()
            else:
                self._modes.append(_Mode.TEXT)
        elif token == b"/*":
            return self._comment(found.start())
        else:
            self._blank(found.start() + 1, found.end() - 1)
        return found.end()

    def _begin_element(self, at: int) -> None:
        self._modes.append(_Mode.TAG)
        self._elements.append(at)

    def _in_text(self, at: int) -> int:
        found = _IN_TEXT.search(self._text, at)
        if found is None:
            return len(self._text)
        self._blank(at, found.start())
        if found.group() == b"{":
            self._modes.append(_Mode.CODE)
            return found.end()
        if self._text.startswith(b"</", found.start()):
            end = self._text.find(b">", found.end())
            if end < 0:
                return len(self._text)
            self._modes.pop()
            self._elements.pop()
            return end + 1
        if found.start() not in self._mistaken and _ELEMENT.match(self._text, found.start()):
            self._begin_element(found.start())
        return found.end()

    def _line_comment(self, at: int) -> int:
        if _URL.search(self._text, max(0, at - 2), at):  # https://… in the text of a page
            return at + 2
        end = self._text.find(b"\n", at)
        return self._blank(at, len(self._text) if end < 0 else end, comment=True)

    def _comment(self, at: int) -> int:
        if at < self._unclosed.get(b"/*", 0):
            return at + 2
        end = self._text.find(b"*/", at + 2)
        if end < 0:
            self._unclosed[b"/*"] = len(self._text)
            return at + 2
        return self._blank(at, end + 2, comment=True)

    def _begin_template(self, at: int) -> int:
        if at >= self._unclosed.get(b"`", 0):
            self._modes.append(_Mode.TEMPLATE)
        return at + 1

    def _literal(self, kind: bytes, pattern: re.Pattern[bytes], at: int) -> int:
        """A literal that ends in its line; what does not is prose, such as an apostrophe."""
        if at < self._unclosed.get(kind, 0):
            return at + 1
        found = pattern.match(self._text, at)
        end = found.end() if found else at + 1
        if self._text[end : end + 1] != kind or end == at:
            if kind == b"/" and self._text[end : end + 1] == b"[":  # a set without an end: none ends in this line
                newline = self._text.find(b"\n", end)
                end = len(self._text) if newline < 0 else newline
            self._unclosed[kind] = max(end, at + 1)
            return at + 1
        self._blank(at + 1, end)
        return end + 1

    def _value_may_begin(self, at: int) -> bool:
        before = bytes(self._code[max(0, at - _LOOK_BACK) : at]).rstrip()
        if _AFTER_VALUE.search(before):
            return False
        if not before or before[-1] in _BEFORE_VALUE or before.endswith(b"=>"):
            return True
        if before[-1:] == b")":
            return _CONDITION.search(before) is not None
        return _WORD_BEFORE_VALUE.search(before) is not None

    def _blank(self, begin: int, end: int, *, comment: bool = False) -> int:
        blank = self._text[begin:end].translate(_BLANK)
        self._code[begin:end] = blank
        if comment:
            self._bare[begin:end] = blank
        return end
