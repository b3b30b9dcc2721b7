"""Files of JSON that hold texts a person opens elsewhere: source maps (ECMA-426) and Jupyter notebooks (nbformat 4).

They are read whole, and taken apart only where something in them begins like a key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cencori_guard.search.containers.kinds import Kind

# Larger ones are searched as the text that they are.
MOST_BYTES = 8 << 20
# Values and texts in one; what has more is made to use up memory.
_MOST_VALUES = 200_000
_DEEPEST_SECTIONS = 4
_LONGEST_ROOT = 1024

# A text, and the way to it within the document.
Text = tuple[tuple[bytes, ...], bytes]


def texts_of(kind: Kind, data: bytes) -> Iterator[Text]:
    """The texts in a document of *kind*; none where it is no such document, or holds none."""
    import json  # for those alone that hold something

    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if kind is Kind.SOURCE_MAP and data[:1] == b")":
        data = data.partition(b"\n")[2]  # against inclusion as a script
    if data.count(b"{") + data.count(b"[") > _MOST_VALUES or data.count(b",") > 4 * _MOST_VALUES:
        return
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    yield from _sources(document, 0) if kind is Kind.SOURCE_MAP else _cells(document)


def _map(value: object) -> Mapping[str, Any]:
    """*value*, if it is an object of JSON; whatever else stands there holds nothing."""
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _sources(document: object, depth: int) -> Iterator[Text]:
    root = _map(document).get("sourceRoot")
    names = _list(_map(document).get("sources"))
    for number, text in enumerate(_list(_map(document).get("sourcesContent"))):
        if isinstance(text, str):
            name = names[number] if number < len(names) and isinstance(names[number], str) else f"source {number + 1}"
            if root and isinstance(root, str) and not name.startswith(("/", "webpack:", "file:", "http")):
                name = root[:_LONGEST_ROOT].rstrip("/") + "/" + name
            yield (_encoded(name),), _encoded(text)
    if depth < _DEEPEST_SECTIONS:
        for section in _list(_map(document).get("sections")):
            yield from _sources(_map(section).get("map"), depth + 1)


def _cells(document: object) -> Iterator[Text]:
    cells = _list(_map(document).get("cells"))
    for sheet in _list(_map(document).get("worksheets")):  # version 3
        cells = [*cells, *_list(_map(sheet).get("cells"))]
    for number, cell in enumerate(map(_map, cells), 1):
        place = b"cell %d" % number
        yield (place,), _joined(cell.get("source", cell.get("input")))
        for output, content in enumerate(map(_map, _list(cell.get("outputs"))), 1):
            for text in _texts(content):
                yield (place, b"output %d" % output), text


def _texts(output: Mapping[str, Any]) -> Iterator[bytes]:
    """What an output shows: each of its forms, a stream's text, an error's trace."""
    for key, value in output.items():
        if key in ("data", "metadata") and isinstance(value, Mapping):
            for shown in value.values():
                yield _joined(shown)
        elif key == "traceback" and isinstance(value, list):
            yield "\n".join(line for line in value if isinstance(line, str)).encode("utf-8", "surrogatepass")
        elif key not in ("output_type", "execution_count", "name", "metadata"):
            yield _joined(value)


def _joined(text: object) -> bytes:
    """A text as notebooks write it: whole, or as a list of lines with their ends; of other values the texts in them."""
    if isinstance(text, str):
        return _encoded(text)
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        return _encoded("".join(text))
    return b"\n".join(_strings(text))


def _strings(value: object) -> Iterator[bytes]:
    """The texts in a value of JSON, in order."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield _encoded(item)
        elif isinstance(item, list):
            pending += reversed(item)
        elif isinstance(item, Mapping):
            pending += [text for pair in reversed(list(item.items())) for text in reversed(pair)]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
