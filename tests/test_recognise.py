"""From bytes to matches: every key once, at its place, in any context; and no report that shows one."""

from __future__ import annotations

import codecs
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cencori_guard.models import Blob, Match, Mention, Use
from cencori_guard.recognise import limits as module
from cencori_guard.recognise.limits import MOST_IN_BLOB
from cencori_guard.recognise.names import recognise_name
from cencori_guard.recognise.stage import recognise
from cencori_guard.search.engine import search
from cencori_guard.search.matchers import ReMatcher
from cencori_guard.tally import Tally
from tests.mint import SHAPES, key, opaque
from tests.test_search import reader, scan

# Where people put keys: what stands before and after one.
CONTEXTS = [
    ("", ""),
    ('"', '"'),
    ("'", "',"),
    ("`", "`;"),
    ("CENCORI_API_KEY=", ""),
    ("export CENCORI_API_KEY='", "' # live"),
    ("const key = '", "';"),
    ('{"apiKey":"', '","n":1}'),
    ('{"a": {"CENCORI_API_KEY": "', '"}}'),
    ("  cencori_api_key: ", " # the key"),
    ("- ", ""),
    ("key: !!str ", ""),
    ("api_key=", "&x=1"),
    ("https://cencori.com/api/v1?key=", "#top"),
    ("https://user:", "@cencori.com/"),
    ("curl -H 'Authorization: Bearer ", "' https://cencori.com"),
    ("-H CENCORI_API_KEY:", " \\"),
    ("// ", ""),
    ("# ", " (old)"),
    ("/* ", "*/"),
    ("<!-- ", "-->"),
    ("<b>", "</b>"),
    ("<key>", "</key>"),
    ("|", "|"),
    ("\t", "\t"),
    ("a\tb\t", "\tc"),
    ("[", "]"),
    ("(", ")"),
    ("x,", ",y"),
    ("\\n", "\\n"),
    ("\\t", "\\r\\n"),
    ('{\\"key\\":\\"', '\\"}'),
    ("\\u0022", "\\u0022"),
    ("\\x22", "\\x22"),
    ("key%3D", "%26"),
    ("%22", "%22"),
    ("key=3D", "=20"),
    ("&quot;", "&quot;"),
    ("&#34;", "&#34;"),
    ("\x1b[32m", "\x1b[0m"),
    ("\\x1b[1;32m", "\\x1b[0m"),
    ("\\033[32m", "\\033[0m"),
    ("../", "/x.txt"),
    ("C:\\", "\\x"),
    ("\0", "\0"),
    ("\ufeff", ""),
]
BEFORE = ["", "é", "— ", "日本語 ", "🚀🚀 ", "a\u0301 ", "\u00a0", "\u202e", "ÅÄÖ = ", "word ", "\t\t"]
INVALID = ["", "\udcff", "\udc80\udc80 ", "\udcc3", "\udce2\udc82 "]
LINES = ["", "one\n", "one\r\ntwo\r\n", "\n\n\n", "é—🚀\n", "# Cencori\r\n\r\n", "A=b\n" * 50]
SHAPE = st.sampled_from(SHAPES)


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column of the character at *at*."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def check(data: bytes, text: str, at: int, secret: str) -> None:
    """*secret*, which is at *at* in *text*, is all that is found in *data*, and where it is."""
    (match,) = scan(data)
    line, column = place(text, at)
    assert (match.line, match.column, match.end_column) == (line, column, column + len(secret))
    assert match.key.confidence == "exact"
    assert match.key.redacted[:-1] == secret[: len(match.key.redacted) - 1]
    assert match.excerpt is not None
    assert secret not in match.excerpt.text
    assert match.excerpt.text[match.excerpt.start : match.excerpt.end] == match.key.redacted


@given(
    SHAPE,
    st.integers(),
    st.sampled_from(LINES),
    st.sampled_from(BEFORE),
    st.sampled_from(INVALID),
    st.sampled_from(CONTEXTS),
    st.sampled_from(LINES),
)
@settings(max_examples=600)
def test_a_key_is_found_once_where_it_stands(
    shape: str, seed: int, above: str, before: str, invalid: str, context: tuple[str, str], below: str
) -> None:
    """UTF-8, with invalid bytes too, with and without a mark."""
    secret = key(shape, seed)
    head = above + before + invalid + context[0]
    text = head + secret + context[1] + "\n" + below
    data = text.encode("utf-8", "surrogateescape")
    check(data, text, len(head), secret)
    check(codecs.BOM_UTF8 + data, text, len(head), secret)


@given(
    SHAPE,
    st.integers(),
    st.sampled_from(LINES),
    st.sampled_from(BEFORE),
    st.sampled_from(CONTEXTS),
    st.sampled_from(LINES),
)
@settings(max_examples=400)
def test_a_key_in_utf_16_is_found_once_where_it_stands(
    shape: str, seed: int, above: str, before: str, context: tuple[str, str], below: str
) -> None:
    """In either order of bytes, with and without a mark (without: where the text is mostly ASCII)."""
    secret = key(shape, seed)
    plain = "# settings of the service\r\n"
    for start, mark in (("", True), (plain * 3, False)):
        head = start + above + before + context[0]
        text = head + secret + context[1] + "\n" + below
        for encoding, bom in (("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)):
            check((bom if mark else b"") + text.encode(encoding), text, len(head), secret)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("shape", SHAPES)
def test_utf_16_is_named_as_what_was_decoded(encoding: str, shape: str) -> None:
    (match,) = scan(f"A={key(shape)}\r\n".encode(encoding))
    assert match.decoded == (encoding,)
    (match,) = scan(f"A={key(shape)}\r\n".encode())
    assert match.decoded == ()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("after", ["—", "é", "日本", "一一一", "x", "", "\u2019s"])
@pytest.mark.parametrize("junk", [b"", b"\x01\xfe\x02", b"MZ\x90\x00\x03"])
def test_utf_16_within_a_binary_file(encoding: str, after: str, junk: bytes) -> None:
    """At an odd offset as well, and whatever character follows; ``x`` alone makes it no whole key."""
    secret = key("legacy-base58")
    (match,) = scan(junk * 9 + f"= {secret}{after}".encode(encoding))
    assert match.key.confidence == ("likely" if after == "x" else "exact")


ALL = [key(shape) for shape in SHAPES] + [opaque()]


def bodies(secret: str) -> list[str]:
    """The pieces of *secret* that must stay out of a report."""
    body = secret.split("_")[-1]
    return [body[i : i + 12] for i in range(4, len(body) - 11)]


def shown(match: Match) -> str:
    """All that a report could show of *match*, as a terminal would show it."""
    assert match.excerpt is not None
    return repr(match).replace("\\x00", "") + (match.excerpt.text + " ".join(match.notes)).replace("\0", "")


LAYOUTS = [
    "{a}",
    "A={a} B={b}",
    "{a},{b},{a},{b}",
    "{a}\\n{b}",
    "{a}%0A{b}",
    "{a}{b}",
    "{b}{a}",
    "x{b} {a}",
    "{a} x{b}",
    "my_{b}={a}",
    "{a} {bare_a}",
    "{bare_a} {a} {bare_b}",
    "{bare_b}:{a}:{BARE_A}",
    "{a} // cencori-guard: allow -- was {b}",
    "/* cencori-guard: allow */ k = '{a}'; j = '{b}'",
    "# cencori-guard: allow-next-line -- not {b}\nk = '{a}'",
    "{a}_{bare_b}",
    "{bare_b}_{a}",
    "{a}\0{b}",
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_match_shows_any_key_of_its_line(layout: str, encoding: str) -> None:
    """Not in the excerpt, not in the notes, not in a repr."""
    for i, a in enumerate(ALL):
        for b in (ALL[i], ALL[i - 1], ALL[i - 4]):
            bare_a, bare_b = a.split("_")[-1], b.split("_")[-1]
            # Without its prefix, or within a token, only hex is known for what it is.
            if not is_hex(bare_a if "bare_a" in layout else "") or (not is_hex(bare_b) and BARE_B.search(layout)):
                continue
            text = layout.format(a=a, b=b, bare_a=bare_a, bare_b=bare_b, BARE_A=bare_a.upper())
            for match in scan(f"first line\n{text}\nlast line\n".encode(encoding)):
                assert not [piece for piece in bodies(a) + bodies(b) if piece in shown(match)]


BARE_B = re.compile(r"bare_b|x\{b\}|my_\{b\}")


def is_hex(body: str) -> bool:
    """Whether *body* is hexadecimal."""
    return not body.strip("0123456789abcdef")


@pytest.mark.parametrize("gap", range(150, 260, 3))
@pytest.mark.parametrize("filler", [" ", "x", ", "])
def test_a_key_cut_by_the_edge_of_an_excerpt_is_not_shown(gap: int, filler: str) -> None:
    for a in (key("secret"), key("legacy-base58"), opaque(3, 64)):
        between = " " + (filler * gap)[:gap] + " "
        text = between.join([key("agent-uuid"), a, key("legacy-base58", 1), a, opaque(4, 100)])
        for match in scan(text.encode()):
            for other in (a, key("agent-uuid"), key("legacy-base58", 1), opaque(4, 100)):
                assert not [piece for piece in bodies(other) if piece in shown(match)]


def test_a_key_in_another_width_beside_it_is_not_shown() -> None:
    """A binary file holds one key in single bytes and one in UTF-16, and no line break between them."""
    a, b = key("secret", 1), key("legacy-base58", 2)
    for first, second in ((a, b), (b, a)):
        for data in (
            first.encode() + b" = " + second.encode("utf-16-le"),
            first.encode("utf-16-le") + b" = " + second.encode(),
        ):
            found = scan(data)
            assert len(found) == 2
            for match in found:
                assert not [piece for piece in bodies(a) + bodies(b) if piece in shown(match)]


def test_an_excerpt_is_the_line_alone() -> None:
    (match,) = scan(f"above\r\n\tconst k = '{key()}'; // é\r\nbelow".encode())
    assert match.excerpt is not None
    assert match.excerpt.text == f"\tconst k = '{match.key.redacted}'; // é"
    assert len(scan(b"x " * 5000 + key().encode() + b" y" * 5000)[0].excerpt.text) < 600


ALLOW, NEXT = "cencori-guard: allow", "cencori-guard: allow-next-line"
NOTES = [
    (f"K # {ALLOW}", ["allow"]),
    (
        f"K // {ALLOW}[key-in-source] until=2027-01-31 -- a test key",
        ["allow[key-in-source] until=2027-01-31 -- a test key"],
    ),
    ("K # cencori-guard:allow", ["allow"]),
    ("K # cencori-guard:   allow", ["allow"]),
    (f"K # {ALLOW}\r\nnext", ["allow"]),
    (f"# {NEXT}\nK", ["allow-next-line"]),
    (f"# {NEXT} -- why\r\nK\r\n", ["allow-next-line -- why"]),
    (f"/* {ALLOW} */ K", ["allow */ "]),
    (f"# {NEXT}\nK # {ALLOW}", ["allow", "allow-next-line"]),
    (f"# {ALLOW}\nK", []),
    (f"K\n# {ALLOW}", []),
    (f"K # {NEXT}", []),
    (f"K\n# {NEXT}", []),
    (f"# {NEXT}\n\nK", []),
    (f"# {NEXT}\nother\nK", []),
    ("K # cencori-guard: allowed", []),
    ("K # cencori-guard: allow-file", []),
    ("K # cencori-guard: allowance", []),
    ("K # cencori-guard: deny", []),
    ("K # guard: allow", []),
    ("K # other-cencori: allow", []),
]


@pytest.mark.parametrize(("text", "expected"), NOTES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_notes_are_those_of_the_line_and_of_the_one_above(text: str, expected: list[str], encoding: str) -> None:
    for above in ("", "x\n" * 5_000):
        (match,) = scan((above + text.replace("K", f"k = '{key()}'")).encode(encoding))
        assert [n.split("k = ")[0] for n in match.notes] == expected


def test_more_keys_than_anyone_can_read_are_noted_and_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    line = f"{key()}\n".encode()
    tally = Tally()
    assert len(scan(line * MOST_IN_BLOB, tally=tally)) == MOST_IN_BLOB
    assert tally.complete
    found = scan(line * (MOST_IN_BLOB + 50), line, tally=tally)
    assert len([m for m in found if m.blob.path == b"0"]) == MOST_IN_BLOB
    assert [m.line for m in found if m.blob.path == b"1"] == [1]
    assert [(s.path, s.blind) for s in tally.skipped] == [(b"0", True)]
    assert not tally.complete
    monkeypatch.setattr(module, "MOST_IN_SCAN", 10)
    tally = Tally()
    assert len(scan(*[f"{key(seed=n)}\n".encode() for n in range(20)], tally=tally)) == 10
    assert [s.blind for s in tally.skipped] == [True]
    tally = Tally()
    assert len(scan(*[line] * 20, tally=tally)) == 20, "the versions of a file say one key again and again"
    assert tally.complete
    monkeypatch.setattr(module, "_MOST_TIMES", 15)
    assert len(scan(*[line] * 20, tally=tally)) == 15
    assert not tally.complete


def test_publishable_keys_leave_room_for_secret_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = f"{key()}\n".encode()
    public = [f"{key('publishable', n)}\n".encode() for n in range(MOST_IN_BLOB + 5)]
    tally = Tally()
    found = scan(b"".join(public) + secret, tally=tally)
    assert [str(m.key) for m in found][-1] == f"{key()[:8]}…"
    assert len(found) == MOST_IN_BLOB + 1
    assert tally.complete
    assert [s.blind for s in tally.skipped] == [False]
    monkeypatch.setattr(module, "MOST_IN_SCAN", 10)
    found = scan(*public[:30], secret, tally=tally)
    assert [str(m.key) for m in found][-1] == f"{key()[:8]}…"


def test_an_lfs_pointer_is_noted() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a2146" * 8 + b"\nsize 12345\n"
    tally = Tally()
    assert [m.blob.path for m in scan(b"a", pointer, b" " + pointer, pointer + key().encode(), tally=tally)] == [b"3"]
    assert sorted((s.path, s.blind) for s in tally.skipped) == [(b"1", False), (b"3", False)]
    assert tally.complete


def test_mentions_say_how_a_blob_speaks_of_cencori() -> None:
    def mentions(data: bytes) -> set[tuple[Use, bool]]:
        found = recognise(search([(Blob(b"x"), reader(data))], ReMatcher(), Tally()), Tally())
        return {(m.use, m.real) for m in found if isinstance(m, Mention)}

    assert mentions(b'{"dependencies": {\n"cencori": "^1"}}') == {(Use.DEPENDENCY, False)}
    assert mentions(b"import cencori\nprint(1)\n") == {(Use.IMPORT, False)}
    assert mentions(b"A=1\r\nCENCORI_API_KEY=\r\nB=2") == {(Use.NAME, False)}
    assert mentions(f"CENCORI_API_KEY={key()}\n".encode()) == {(Use.NAME, True)}
    assert mentions(f"CENCORI_API_KEY={key()}\r\n".encode("utf-16")) == {(Use.NAME, True)}
    assert mentions(b"CENCORI_API_KEY=\nCENCORI_KEY=s3cr3t-v4lue") == {(Use.NAME, False), (Use.NAME, True)}
    assert mentions(b"nothing but prose about cencori here") == set()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_in_a_name(shape: str) -> None:
    secret = key(shape).encode()
    blob = Blob(b"a/" + secret + b".d/c.txt", oid="1")
    (match,) = recognise_name(blob)
    assert (match.blob.path, match.line) == (b"a/" + secret + b".d/", None)
    (match,) = recognise_name(Blob(b"a/" + secret))
    assert match.blob.path == b"a/" + secret
    assert list(recognise_name(Blob(b"cencori_sidebar_mode/cen_your_api_key_here.txt"))) == []


def test_all_keys_in_a_name() -> None:
    """A publishable one hides no secret one behind it; one key is one match."""
    public, secret = key("publishable").encode(), key("secret").encode()
    found = [(str(m.key), m.blob.path) for m in recognise_name(Blob(public + b"/" + secret + b"-" + secret + b".txt"))]
    assert sorted(found) == [
        (public[:8].decode() + "…", public + b"/"),
        (secret[:8].decode() + "…", public + b"/" + secret + b"-" + secret + b".txt"),
    ]
