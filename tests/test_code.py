"""What is code and what is not: the tokenizer, by tables and by properties."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.inlining.code import code_of, tokenized

# X marks what has to be code, O what has to be in a string, C what has to be gone altogether.
CASES = {
    "plain": "X + X",
    "line comment": "X // C C\nX",
    "block comment": "X /* C\nC */ X",
    "comment in a comment": "/* // C */ X // /* C\nX",
    "double quotes": 'X + "O \\" O // O" + X',
    "single quotes": "X + 'O \\' /* O' + X",
    "a quote in the other quotes": "X + \"O ' O\" + ' O \" ' + X",
    "escaped line end in a string": '"O \\\nO" + X',
    "template": "X + `O 'O` + X",
    "template over lines": "`O\nO // O\nO` + X",
    "expression in a template": "`O ${X} O` + X",
    "object in an expression": "`O ${f({a: X})} O` + X",
    "template in a template": "`O ${X + `O ${X} O` + X} O` + X",
    "string in an expression": "`O ${'O }' + X} O` + X",
    "comment in an expression": "`O ${X /* C } */ + X} O` + X",
    "escaped backtick": "`O \\` O` + X",
    "escaped dollar": "`O \\${O} O` + X",
    "dollar alone": "`O $O} O` + X",
    "regular expression": "X = /O'O\"`/.test(X)",
    "regular expression with a slash in a set": "X = /[/'O]/.test(X)",
    "regular expression after return": "return /'O/.test(X)",
    "division": "a = X / 2; b = '/' + X / 3",
    "division after a bracket": "(X) / 2 + '/' + X",
    "apostrophe in the text of an element": "<p>don't O</p>\nX",
    "two of them": "<p>don't {X} can't</p>\nX + X",
    "url in the text of an element": "<a>https://x.y/ O</a> + X",
    "closing tag": "<p>O</p> + X",
    "self-closing tag": "<br /> + X + '/'",
    "html in a string": "'<!-- O -->' + X",
    "unclosed string": "'X\nX",
    "unclosed template": "X + `X\nX",
    "backtick in the text of an element": "<p>Press ` O</p>; X",
    "comment-like text of an element": "<a>//cdn O</a>; X",
    "expressions in an element": "<p a={X} b='O'>O {X + <b>O</b>} O <i/> O</p> + X",
    "elements in elements": "<A><B c={() => <D>O</D>}>O</B>{X}</A>; X",
    "fragments": "(<>O{X}</>) + X",
    "an element over lines": "return (\n  <p\n    a={X}\n  >\n    O\n  </p>\n)\nX",
    "comparison": "X < b && c > X",
    "type parameters": "const f = <T,>(a: T) => X; const g = <T extends X>(a: T) => X",
    "regular expression after a condition": "if (a) /['\"`]O/.test(X); X",
    "nested brackets in a condition": "while (x.f(1)) /`O/.test(y); X",
    "division after an increment": "const z = i++ / 2, y = X + 1 / 2; const p = '/'; X",
    "division after an assertion": "n! / 2, X / 2",
    "no regular expression, but an open set": "a = /[; X\nX",
    "a type parameter before elements": "type R = <T>(x: T) => T;\n<p>Don't ` O</p>; X; <b>` O</b>",
    "type arguments of an element": "<Sel<string> v={X}>it's ` O</Sel>; X",
    "a comment in a tag": "<a /* C > */ b={X}>O</a>; X",
    "an element that never ends, after others": "<p>O</p>; <q>X\nX",
    "an element that never ends": "<p>X\nX",
    "unclosed comment": "X /* X\nX",
    "glob that looks like a comment": "<p>src/*</p> + X",
    "shebang-like": "#!/usr/bin/env node\nX",
    "braces that do not match": "}}} X {{{ `O ${X} O` X",
    "empty literals": "'' + \"\" + `` + X",
    "type arguments": "const a: Map<'O', X> = X",
    "backslash at the end": "X \\",
    "nothing": "",
}
LANGUAGES = {
    "html": ("a.html", "X <script>X</script> X <!-- <script>C</script> -->", ["C", "X", "C", "C"]),
    "html, attributes": ("a.htm", "<SCRIPT type='module' src='x'>X</SCRIPT>X", ["X", "C"]),
    "html, unclosed": ("a.html", "<script>X", ["X"]),
    "astro": ("a.astro", "---\nX\n---\n<p>{X}</p><script>X</script>", ["C", "C", "X"]),
    "vue": ("a.vue", '<script setup>X</script><template><p :a="X">X{{ X }}</p></template>', ["X", "X", "C", "X"]),
    "svelte": ("a.svelte", "<script>X</script>\n<p a={X}>X {X} <!-- {X} --></p>", ["X", "X", "C", "X", "C"]),
    "svelte, two scripts": ("a.svelte", "<script context='module'>X</script><script>X // C</script>", ["X", "X", "C"]),
}


def _expect(text: str, marks: list[str] | None = None, name: str = "a.tsx") -> None:
    code = code_of(text.encode(), name.encode())
    assert code
    assert len(code.bare) == len(code.code) == len(text.encode())
    places = [m.start() for m in re.finditer(r"\b[XOC]\b", text)]
    for at, mark in zip(places, marks or [text[at] for at in places], strict=True):
        seen = "X" if code.is_code(at) else "C" if code.bare[at : at + 1].isspace() else "O"
        assert seen == mark, (text, at, code)


@pytest.mark.parametrize("name", CASES)
def test_javascript(name):
    _expect(CASES[name])


@pytest.mark.parametrize("name", LANGUAGES)
def test_pages_and_components(name):
    file, text, marks = LANGUAGES[name]
    _expect(text, marks, file)


@pytest.mark.parametrize("name", ["a.py", "a.md", "Dockerfile", "a.json", "a.css"])
def test_other_languages_are_not_known(name):
    assert code_of(b"X", name.encode()) is None


@given(st.binary(max_size=300))
def test_nothing_moves_whatever_the_bytes(data):
    """Every byte stays where it is or becomes a blank; line ends stay."""
    for name in (b"a.ts", b"a.vue", b"a.html"):
        code = code_of(data, name)
        assert code
        for masked in code:
            assert len(masked) == len(data)
            assert all(m == d or (m == 32 and d not in b"\r\n") for m, d in zip(masked, data, strict=True))
        assert all(c == b or c == 32 for b, c in zip(code.bare, code.code, strict=True))


_PIECES = st.sampled_from(["`", "${", "}", "{", "'", '"', "//", "/*", "*/", "\n", "\\", "/", "x", "=", "<", ">", " "])


@given(st.lists(_PIECES, max_size=60).map("".join), st.sampled_from(["'{}'", '"{}"', "/*{}*/ ", "// {}\n", "`{}`"]))
def test_what_comes_after_a_whole_literal_does_not_depend_on_what_is_in_it(inner, form):
    """Any text, made fit for the literal that it is put into, leaves what follows as it was."""
    fit = inner.replace("\\", "").replace("\n", "").replace("*/", "").replace("${", "")
    fit = fit.replace("*", "").replace("'", "").replace('"', "").replace("`", "").replace("$", "")
    text = "a = " + form.format(fit) + "\nfollows"
    assert tokenized(text.encode()).code.endswith(b"\nfollows")


@pytest.mark.parametrize("word", ["/[", "=/[a", "<a /*", "`${", "<a>", '"\\\n', "{", "<T>(", "/", "//"])
def test_hostile_texts_take_no_time(word):
    """A megabyte of what begins and never ends (the limit is the patience of who runs the tests)."""
    text = word.encode() * (1_000_000 // len(word))
    assert len(tokenized(text, elements=True).code) == len(text)
