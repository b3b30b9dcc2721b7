"""Where code reads Cencori's variables, and where it only speaks of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.inlining.code import code_of
from cencori_guard.inlining.reads import reads

K, P = "CENCORI_API_KEY", "NEXT_PUBLIC_CENCORI_KEY"

READS = {
    "process": (f"process.env.{K}", [K]),
    "import.meta": (f"import.meta.env.{P}", [P]),
    "bun": (f"Bun.env.{K}", [K]),
    "non-null": (f"f(process.env.{K}!)", [K]),
    "brackets": (f'process.env["{K}"]', [K]),
    "brackets, single": (f"process.env[ '{K}' ]", [K]),
    "brackets, template": (f"process.env[`{K}`]", [K]),
    "optional": (f"process.env?.{K}", [K]),
    "optional process": (f"process?.env?.{K}", [K]),
    "optional brackets": (f"process.env?.['{K}']", [K]),
    "cast": (f"(process.env as any).{K}", [K]),
    "cast of meta": (f"(import.meta as ImportMeta).env.{K}", []),
    "over lines": (f"process\n  .env\n  .{K}", [K]),
    "in a call": (f"new Cencori({{ apiKey: process.env.{K} ?? '' }})", [K]),
    "in a template's expression": (f"`Bearer ${{process.env.{K}}}`", [K]),
    "in an attribute of JSX": (f"<Chat apiKey={{process.env.{P}!}} />", [P]),
    "taken apart": (f"const {{ {K} }} = process.env", [K]),
    "taken apart and renamed": (f"const {{ {K}: key, A }} = process.env;", [K]),
    "taken apart with a default": (f"const {{ {K} = '' }} = import.meta.env", [K]),
    "taken apart over lines": (f"const {{\n  A,\n  {K},\n}} = process.env", [K]),
    "taken apart, typed": (f"const {{ {K} }}: Env = process.env", [K]),
    "taken apart from one's own": (f"const {{ {K} }} = config", []),
    "a variable of that name": (f"const {{ A: {K} }} = process.env", []),
    "alias": (f"const env = process.env;\nuse(env.{K})", [K]),
    "alias, taken": (f"const {{ env }} = process\nenv.{K}", [K]),
    "alias, taken and renamed": (f"const {{ env: e }} = process\ne.{K}", [K]),
    "no alias": (f"const env = load();\nuse(env.{K})", []),
    "static": (f'import {{ {K} }} from "$env/static/public"', [K]),
    "static, renamed": (f"import {{ {K} as k }} from '$env/static/public'", [K]),
    "static, private": (f"import {{ {K} }} from '$env/static/private'", []),
    "dynamic": (f"import {{ env }} from '$env/dynamic/public';\nenv.{K}", [K]),
    "dynamic, private": (f"import {{ env }} from '$env/dynamic/private';\nenv.{K}", []),
    "react-native-config": (f"import Config from 'react-native-config';\nConfig.{K}", [K]),
    "react-native-dotenv": (f"import {{ {K} }} from '@env'", [K]),
    "window": (f"window.__ENV__.{K}", [K]),
    "two": (f"a(process.env.{K}); b(process.env.{P})", [K, P]),
    "twice": (f"process.env.{K} || process.env.{K}", [K, K]),
    "after return": (f"return process.env.{K}", [K]),
    "before as": (f"process.env.{K} as string", [K]),
    "after a statement without a semicolon": (f"foo\nprocess.env.{K}", [K]),
    "compared": (f"a > process.env.{K}", [K]),
    "arrow": (f"() =>process.env.{K}", [K]),
    "another name": ("process.env.OTHER_KEY", []),
    "part of a name": (f"process.env.{K}x", []),
    "member of another": (f"my.process.env.{K}", []),
    "a header": (f"headers: {{ '{K}': key, {K}: key }}", []),
    "a name alone": (K, []),
    "a constant": (f"const {K} = load()", []),
    "another environment": (f"os.environ['{K}']", []),
    "written": (f"process.env.{K} = 'x'", []),
    "deleted": (f"delete process.env.{K}", []),
    "compared with": (f"process.env.{K} === 'x'", [K]),
    "text of an element in a line of its own": (f"<p>\n  process.env.{K}\n</p>", []),
    "text of an element, in brackets": (f"<p>The key (process.env.{K}) stays.</p>", []),
    "text of an element, then a colon": (f"<li>process.env.{K}: the key</li>", []),
    "after text with an apostrophe": (f"<p>Don't {{process.env.{K}}} can't</p>", [K]),
    "after text with a backtick": (f"<p>Press ` key</p>;\nconst k = process.env.{K}", [K]),
    "comment": (f"// process.env.{K}", []),
    "comment of docs": (f"/**\n * apiKey={{process.env.{P}}}\n */", []),
    "string": (f"'process.env.{K}'", []),
    "string in double quotes": (f'"set process.env.{K} first"', []),
    "template": (f"const s = `import x\nconst c = new C({{ apiKey: process.env.{K} }})`", []),
    "regular expression": (f"x = /process.env.{K}/", []),
    "text of an element": (f"<p>Set process.env.{K} in your shell</p>", []),
    "element around it": (f"<code>process.env.{K}</code>", []),
    "text before a tag": (f"<p>Use process.env.{K}</p>", []),
    "name in a tag of its own": (f"apiKey: process.env.<span>{K}</span>", []),
    "escaped in a string": (f'"a \\" process.env.{K}"', []),
}


@pytest.mark.parametrize("name", READS)
def test_reads(name):
    text, expected = READS[name]
    code = code_of(text.encode(), b"a.tsx")
    assert code
    assert [read.name for read in reads(code)] == expected


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_read_is_found_where_it_is(before, after):
    """Whatever stands in the lines around it, in comments."""
    clean = "".join(c for c in before if c.isprintable() and c != "*").encode("utf-8", "replace")
    text = b"/*" + clean + b"*/\n" + f"f(process.env.{K});\n".encode() + b"// " + after.encode("utf-8", "replace")
    code = code_of(text, b"a.ts")
    assert code
    first = reads(code)[0]
    assert text[first.at :].startswith(b"process.env.")


def test_the_way_is_as_it_is_spelled():
    text = f"import.meta.env.{K}; process.env.{K}; const e = process.env; e.{K}".encode()
    code = code_of(text, b"a.ts")
    assert code
    assert [read.way for read in reads(code)] == ["import.meta.env", "process.env", "an alias of the environment"]


COMPONENTS = {
    "vue, bound": ("a.vue", f'<template><C :k="process.env.{K}" /></template>', [K]),
    "vue, a text": ("a.vue", f'<template><input placeholder="process.env.{K}" /></template>', []),
    "vue, an expression": ("a.vue", f"<template>{{{{ process.env.{K} }}}}</template>", [K]),
    "svelte, a style": ("a.svelte", f"<style>a {{ b: process.env.{K} }}</style>", []),
    "svelte, an expression": ("a.svelte", f"<p>{{import.meta.env.{K}}}</p>", [K]),
    "html, another language": ("a.html", f'<script type="text/plain">process.env.{K}</script>', []),
    "html, a module": ("a.html", f'<script type="module">process.env.{K}</script>', [K]),
    "astro, the front": ("a.astro", f"---\nimport.meta.env.{K}\n---\n", []),
    "astro, given to a script": ("a.astro", f"<script define:vars={{{{ k: import.meta.env.{K} }}}}></script>", [K]),
    "astro, given to an island": ("a.astro", f"<Chat client:load k={{import.meta.env.{K}}} />", [K]),
    "astro, given to a component": ("a.astro", f"<Chat k={{import.meta.env.{K}}} />", []),
}


@pytest.mark.parametrize("name", COMPONENTS)
def test_pages_and_components(name):
    file, text, expected = COMPONENTS[name]
    code = code_of(text.encode(), file.encode())
    assert code
    assert [read.name for read in reads(code)] == expected
