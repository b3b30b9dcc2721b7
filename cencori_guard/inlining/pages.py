"""Pages and single-file components: where in them there is code, and whose."""

from __future__ import annotations

from itertools import islice

from cencori_guard.patterns import lazy

COMPONENTS = (b".vue", b".svelte")
PAGES = (b".html", b".htm", b".astro")

_BLANK = bytes(code if code in b"\r\n" else 32 for code in range(256))
_TYPE = lazy(rb"(?i)(?<![\w-])type\s*+=\s*+[\"']?([\w/+.-]*+)")
_LANGUAGES = (
    b"",
    b"module",
    b"text/javascript",
    b"application/javascript",
    b"text/babel",
    b"text/jsx",
    b"text/typescript",
)
# :name="…", v-bind:name="…", @name="…", #name="…": expressions; others are texts.
_DIRECTIVE = lazy(rb"\s(?:[:@#]|v-)[\w:.@#\[\]-]*+\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")
_NESTED = rb"[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*"
_MUSTACHE = lazy(rb"\{\{(" + _NESTED + rb")\}\}")
_EXPRESSION = lazy(rb"\{(" + _NESTED + rb")\}")
_DEFINED = lazy(rb"(?i)\sdefine:vars\s*+=\s*+\{(" + _NESTED + rb")\}")
_TAG = lazy(rb"<[A-Za-z][\w.-]*+(?:[^<>\"'{}]++|\"[^\"]*+\"|'[^']*+'|\{" + _NESTED + rb"\})*>")
_FOR_CLIENTS = lazy(rb"\sclient:[a-z]")

_MOST_ISLANDS, _LONGEST_TAG = 1_000, 4_000

Span = tuple[int, int]


def is_page(lower: bytes) -> bool:
    """Whether a file of that name, in lower case, is a page."""
    return lower.endswith(PAGES)


def is_astro(lower: bytes) -> bool:
    """Whether it is one of Astro's, of which most runs on the server."""
    return lower.endswith(b".astro")


def is_component(lower: bytes) -> bool:
    """Whether it is a single-file component."""
    return lower.endswith(COMPONENTS)


def page(text: bytes, *, astro: bool) -> bytes:
    """A page of which all is blank but the scripts; in Astro's, also what is given to scripts and to islands."""
    spans = scripts(text)
    if astro:
        bare = _without_remarks(text)
        spans = spans + [found.span(1) for found in _DEFINED.finditer(bare)]
        for directive in islice(_FOR_CLIENTS.finditer(bare), _MOST_ISLANDS):
            at = directive.start()
            begin = bare.rfind(b"<", max(0, at - _LONGEST_TAG), at)
            tag = _TAG.match(bare, begin, begin + 2 * _LONGEST_TAG) if begin >= 0 else None
            if tag and tag.end() > at:
                spans += [found.span(1) for found in _EXPRESSION.finditer(bare, *tag.span())]
    return _only(text, spans)


def component(text: bytes, *, vue: bool) -> bytes:
    """A single-file component of which only the scripts and the expressions in the markup are left."""
    spans = scripts(text)
    markup = bytearray(_without_remarks(text))
    for begin, end in (*spans, *_elements(text, b"style")):
        markup[begin:end] = markup[begin:end].translate(_BLANK)
    found = []
    for pattern in (_DIRECTIVE, _MUSTACHE) if vue else (_EXPRESSION,):
        found += [match.span(match.lastindex or 0) for match in pattern.finditer(bytes(markup))]
    return _only(text, spans + found)


def scripts(text: bytes) -> list[Span]:
    """Where the scripts of a page are, those in other languages than JavaScript and TypeScript left out."""
    return _elements(text, b"script")


def _only(text: bytes, spans: list[Span]) -> bytes:
    masked = bytearray(text.translate(_BLANK))
    for begin, end in spans:
        masked[begin:end] = text[begin:end]
    return bytes(masked)


def _elements(text: bytes, name: bytes) -> list[Span]:
    lower = _without_remarks(text).lower()
    spans: list[Span] = []
    at = 0
    while (tag := lower.find(b"<" + name, at)) >= 0:
        begin = lower.find(b">", tag) + 1
        if not begin:
            break
        end = lower.find(b"</" + name, begin)
        end = len(text) if end < 0 else end
        at = end
        said = _TYPE.search(lower, tag, begin)
        if name == b"style" or said is None or said[1] in _LANGUAGES:
            spans.append((begin, end))
    return spans


def _without_remarks(text: bytes) -> bytes:
    """*text* with the comments of HTML blank."""
    bare = bytearray(text)
    at = 0
    while (begin := text.find(b"<!--", at)) >= 0:
        end = text.find(b"-->", begin)
        at = len(text) if end < 0 else end + 3
        bare[begin:at] = text[begin:at].translate(_BLANK)
    return bytes(bare)
