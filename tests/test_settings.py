"""What a config hands over to client code, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.inlining.code import tokenized
from cencori_guard.inlining.settings import Config, TooMuch

K = "CENCORI_API_KEY"
ALL = (
    "define", "DefinePlugin", "EnvironmentPlugin", "env", "replace", "extra", "public", "publicRuntimeConfig",
    "includeEnvironmentVariables", "transform-inline-environment-variables",
)  # fmt: skip

HANDED = {
    "vite": (f"export default {{ define: {{ __K__: JSON.stringify(process.env.{K}) }} }}", [("define", K)]),
    "vite, loaded": (
        f"const env = loadEnv(mode, process.cwd(), '')\nreturn {{ define: {{ K: JSON.stringify(env.{K}) }} }}",
        [("define", K)],
    ),
    "as a key of the same name": (f"define: {{ 'process.env.{K}': JSON.stringify(env.{K}) }}", [("define", K)]),
    "in brackets": (f"define: {{ K: JSON.stringify(process.env['{K}']) }}", [("define", K)]),
    "in quotes": (f"\"define\": {{ K: '\"' + process.env.{K} + '\"' }}", [("define", K)]),
    "in a template": (f"define: {{ K: `\"${{process.env.{K}}}\"` }}", [("define", K)]),
    "webpack": (
        f"plugins: [new webpack.DefinePlugin({{ K: JSON.stringify(process.env.{K}) }})]", [("DefinePlugin", K)]
    ),
    "a list": (f"new EnvironmentPlugin(['NODE_ENV', '{K}'])", [("EnvironmentPlugin", K)]),
    "a list with defaults": (f"new EnvironmentPlugin({{ NODE_ENV: 'x', {K}: '' }})", [("EnvironmentPlugin", K)]),
    "next": (f"module.exports = {{ env: {{ KEY: process.env.{K} }} }}", [("env", K)]),
    "next, runtime": (f"publicRuntimeConfig: {{ key: process.env.{K} }},", [("publicRuntimeConfig", K)]),
    "nuxt": (f"runtimeConfig: {{ a: 1, public: {{ key: process.env.{K} }} }}", [("public", K)]),
    "expo": (f"export default {{ extra: {{ key: process.env.{K} }} }}", [("extra", K)]),
    "rollup": (f"plugins: [replace({{ values: {{ __K__: JSON.stringify(process.env.{K}) }} }})]", [("replace", K)]),
    "redwood": (f"[web]\n  includeEnvironmentVariables = ['{K}']", [("includeEnvironmentVariables", K)]),
    "babel": (
        f'{{"plugins": [["transform-inline-environment-variables", {{"include": ["{K}"]}}]]}}',
        [("transform-inline-environment-variables", K)],
    ),
    "by way of a variable": (
        f"const key = process.env.{K};\nconfig = {{ define: {{ K: JSON.stringify(key) }} }}",
        [("define", K)],
    ),
    "a variable for all of it": (f"const defs = {{ K: process.env.{K} }};\nbuild({{ define: defs }})", [("define", K)]),
    "in short": (f"const define = {{ K: process.env.{K} }};\nbuild({{ define, a }})", [("define", K)]),
    "everything": ("define: { 'process.env': JSON.stringify(process.env) }", [("define", None)]),
    "everything as it is": ("define: { 'process.env': process.env },", [("define", None)]),
    "everything that was loaded": (
        "const env = loadEnv(mode, process.cwd(), '');\nx = { define: { 'process.env': env } }", [("define", None)],
    ),
    "everything spread out": ("env: { ...process.env, A: 'b' }", [("env", None)]),
    "everything itself": ("module.exports = { env: process.env }", [("env", None)]),
    "every name": ("new webpack.EnvironmentPlugin(Object.keys(process.env))", [("EnvironmentPlugin", None)]),
    "everything of a file": (
        "const { parsed } = require('dotenv').config()\nconst all = dotenv.config().parsed;\n"
        "new DefinePlugin({ 'process.env': JSON.stringify(all) })", [("DefinePlugin", None)],
    ),
    "taken apart": (f"const {{ {K} }} = process.env;\nx = {{ define: {{ A: JSON.stringify({K}) }} }}", [("define", K)]),
    "taken apart, in short": (f"const {{ {K} }} = process.env\nmodule.exports = {{ env: {{ {K} }} }}", [("env", K)]),
    "taken apart and renamed": (
        f"const {{ {K}: key }} = loadEnv(mode, process.cwd(), '')\nx = {{ define: {{ A: key }} }}", [("define", K)],
    ),
    "every name of a file, reduced": (
        "const env = dotenv.config().parsed;\nconst keys = Object.keys(env).reduce((p, n) => "
        "{ p[`process.env.${n}`] = JSON.stringify(env[n]); return p }, {});\nplugins: [new webpack.DefinePlugin(keys)]",
        [("DefinePlugin", None)],
    ),
    "behind many that are none": (
        "a = [" + "'define:', " * 300 + f"]\nx = {{ define: {{ A: process.env.{K} }} }}", [("define", K)],
    ),
    "for browsers": (f"esbuild.build({{ platform: 'browser', define: {{ A: process.env.{K} }} }})", [("define", K)]),
    "for clients": (
        f"if (!isServer) c.plugins.push(new DefinePlugin({{ A: process.env.{K} }}))", [("DefinePlugin", K)],
    ),
    "one of two targets": (
        f"x = [{{ target: 'node', define: {{ A: process.env.{K} }} }}, "
        f"{{ target: 'web', define: {{ B: process.env.{K} }} }}]",
        [("define", K)],
    ),
    "a fallback": (f"define: {{ A: process.env.{K} ?? '' }}", [("define", K)]),
    "chosen": (f"define: {{ A: dev ? '' : process.env.{K} }}", [("define", K)]),
}  # fmt: skip
QUIET = {
    "without semicolons, another's": (
        "const env = loadEnv(mode, process.cwd(), '')\n  return { define: { A: JSON.stringify(env.APP_ENV) },\n"
        f"    server: {{ proxy: {{ '/ai': {{ headers: {{ a: env.{K} }} }} }} }} }}"
    ),
    "without semicolons, a variable before": (
        "const version = pkg.version\nconst env = loadEnv(mode, process.cwd(), '')\n"
        "return { define: { V: JSON.stringify(version) } }"
    ),
    "of a process": "execSync('git rev-parse HEAD', { env: process.env })",
    "of a process, spread": "spawn('x', [], { env: { ...process.env, TZ: 'UTC' } })",
    "of the server's build": f"esbuild.build({{ platform: 'node', define: {{ A: process.env.{K} }} }})",
    "of a server's target": f"module.exports = {{ target: 'node', plugins: [new EnvironmentPlugin(['{K}'])] }}",
    "on the server": f"if (isServer) config.plugins.push(new webpack.DefinePlugin({{ A: process.env.{K} }}))",
    "on the server, in a block": f"if (isServer) {{\n  c.push(new DefinePlugin({{ A: process.env.{K} }}))\n}}",
    "whether there is one": f"define: {{ A: JSON.stringify(Boolean(process.env.{K})), B: !!process.env.{K} }}",
    "chosen by it": f"env: {{ A: process.env.{K} ? '1' : '' }}",
    "compared": f"env: {{ A: process.env.{K} !== undefined }}",
    "replaced in a text": f"const redact = (s) => s.replace(process.env.{K}!, '***')",
    "replaced, as a key": f"nitro: {{ replace: {{ A: process.env.{K} }} }}",
    "another name": "define: { K: JSON.stringify(process.env.OTHER_KEY) }",
    "only as a key": f"define: {{ 'process.env.{K}': JSON.stringify('') }}",
    "undefined": f"define: {{ 'process.env.{K}': 'undefined' }}",
    "outside of it": f"define: {{ A: 1 }}, server: {{ key: process.env.{K} }}",
    "before it": f"const client = new Cencori(process.env.{K});\nexport default {{ define: {{ A: 1 }} }}",
    "in a comment": f"define: {{ /* K: process.env.{K} */ A: 1 }}",
    "commented out": f"// define: {{ K: process.env.{K} }}",
    "in a string": f"const help = 'define: {{ K: process.env.{K} }}'",
    "one of all": "define: { 'process.env': { NODE_ENV: process.env.NODE_ENV } }",
    "filtered": "env: Object.fromEntries(Object.entries({ ...process.env }).filter(([k]) => k.startsWith('VITE_')))",
    "those of the prefix": "const env = loadEnv(mode, process.cwd());\nx = { define: { 'process.env': env } }",
    "another setting": f"serverRuntimeConfig: {{ key: process.env.{K} }}",
    "the end of a longer name": f"my_define: {{ K: process.env.{K} }}, redefine: {{ K: process.env.{K} }}",
    "a method": f"sequelize.define('a', {{ k: process.env.{K} }})",
    "a call of a string's": f"const a = b.replace('x', process.env.{K})",
    "a module of AMD": f"define(['a'], () => process.env.{K})",
    "a variable called like it": f"const env = {{ a: process.env.{K} }}\nlet extra = process.env.{K}",
    "a member": f"config.env = load(process.env.{K})",
    "type": f"interface A {{ define: string; }}\nconst c = process.env.{K}",
}


@pytest.mark.parametrize("name", HANDED)
def test_handed_over(name):
    text, expected = HANDED[name]
    assert [(h.setting, h.name) for h in Config(tokenized(text.encode())).handed_over(ALL)] == expected


@pytest.mark.parametrize("name", QUIET)
def test_not_handed_over(name):
    assert Config(tokenized(QUIET[name].encode())).handed_over(ALL) == []


STRINGS = {
    "one": ("envPrefix: 'APP_'", "envPrefix", [["APP_"]]),
    "a list": ("envPrefix: ['VITE_', \"APP_\"],", "envPrefix", [["VITE_", "APP_"]]),
    "empty": ("envPrefix: ''", "envPrefix", [[""]]),
    "a call": ("output: { path: path.resolve(__dirname, 'web/out') }", "path", [["web/out"]]),
    "a url": ("outDir: fileURLToPath(new URL('./site', import.meta.url))", "outDir", [["./site"]]),
    "toml": ('publish = "site"\n', "publish", [["site"]]),
    "yaml-like": ("{ outDir: `x` }", "outDir", [["x"]]),
    "two places": ("a: { dir: 'x' }, b: { dir: 'y' }", "dir", [["x"], ["y"]]),
    "none": ("outDir: make()", "outDir", []),
    "a comment": ("// outDir: 'x'", "outDir", []),
}


def test_a_config_with_too_much_in_it_is_told():
    values = b"define: { a: " + b"x" * 90_000 + b" },\n"
    with pytest.raises(TooMuch):
        Config(tokenized(values * 60)).handed_over(["define"])
    with pytest.raises(TooMuch):
        Config(tokenized(b"".join(b"const v%d = env.A;" % n for n in range(3000)))).handed_over(["define"])


@given(st.text(alphabet="(){}[],;:='\"`\n define.env!?CENCORI_KEY", max_size=120))
def test_any_config_is_no_error(text):
    code = tokenized(text.encode())
    for handed in Config(code).handed_over(ALL):
        assert 0 <= handed.at <= len(text)
    Config(code).strings_of("define")


@pytest.mark.parametrize("name", STRINGS)
def test_strings(name):
    text, setting, expected = STRINGS[name]
    assert [strings for _, strings in Config(tokenized(text.encode())).strings_of(setting)] == expected
