"""The table of frameworks, and what it says of places in a project."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cencori_guard.frameworks.globs import literal_part, path_pattern
from cencori_guard.frameworks.layout import Layout
from cencori_guard.frameworks.table import Framework, frameworks
from cencori_guard.models import Side

TABLE = frameworks()
BY_NAME = {framework.name: framework for framework in TABLE}


class Files:
    """A project in memory."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = {name.encode(): text.encode() for name, text in files.items()}

    def names(self, directory: bytes) -> frozenset[bytes]:
        below = [path[len(directory) :] for path in self._files if path.startswith(directory)]
        return frozenset(path.partition(b"/")[0] for path in below)

    def read(self, path: bytes, _most: int = 0) -> bytes | None:
        return self._files.get(path, b"")

    def is_root(self, directory: bytes) -> bool:
        return directory + b".git" in self._files

    def holds(self, directory: bytes, test: Callable[[bytes], bool]) -> bool:
        return any(path.startswith(directory + b"/") and test(path) for path in self._files)


def layout(*files: str, **contents: str) -> Layout:
    return Layout(Files({**dict.fromkeys(files, "x"), **contents}))


def manifest(*dependencies: str, **more: object) -> str:
    return json.dumps({"dependencies": dict.fromkeys(dependencies, "1"), **more})


def package(framework: Framework, **files: str) -> Layout:
    """A package that uses *framework*: by its dependency, or by its config."""
    if framework.dependencies:
        return layout(**{"package.json": manifest(framework.dependencies[0]), **files})
    config = framework.configs[0].replace("*", "ts")
    return layout(**{config: "", **files})


def example(glob: str) -> bytes:
    """A path that *glob* names."""
    return glob.replace("**/", "a/b/").replace("**", "a/b.js").replace("*", "x").encode()


def test_every_entry_is_whole():
    assert len({framework.name for framework in TABLE}) == len(TABLE) >= 30
    for framework in TABLE:
        assert framework.docs.startswith("https://"), framework.name
        assert framework.dependencies or framework.configs, framework.name
        assert framework.inlines in ("prefix", "any", "none"), framework.name
        assert not (framework.inlines == "prefix" and not framework.prefixes), framework.name
        for value in framework:
            assert isinstance(value, (str, bool)) or all(isinstance(item, str) and item for item in value)


def test_the_ones_that_people_use_are_there():
    assert {
        "Next.js", "Vite", "Create React App", "Gatsby", "Nuxt", "Astro", "SvelteKit", "React Router", "Remix",
        "Vue CLI",
        "Angular", "Expo", "React Native", "react-native-config", "Parcel", "webpack", "dotenv-webpack", "Storybook",
        "Docusaurus", "RedwoodJS", "electron-vite", "Tauri", "WXT", "Plasmo", "Capacitor", "Ionic", "Eleventy",
        "TanStack Start", "SolidStart", "Qwik", "Bun", "esbuild", "Rspack", "Rollup",
    } <= set(BY_NAME)  # fmt: skip


@pytest.mark.parametrize("name", BY_NAME)
def test_each_is_recognised_by_each_of_its_signs(name):
    framework = BY_NAME[name]
    for dependency in framework.dependencies:
        for table in ("dependencies", "devDependencies", "optionalDependencies"):
            project = layout(**{"package.json": json.dumps({table: {dependency: "1"}})})
            (found,) = project.packages(b"src/a.ts")
            assert framework in found.frameworks
    for config in framework.configs:
        for ending in ("js", "mjs", "ts"):
            (found,) = layout(config.replace("*", ending)).packages(b"src/a.ts")
            assert framework in found.frameworks
    assert framework not in [f for p in layout("package.json", "index.js").packages(b"a.js") for f in p.frameworks]


@pytest.mark.parametrize("name", BY_NAME)
def test_each_ships_what_it_ships(name):
    framework = BY_NAME[name]
    project = package(framework)
    for glob in (*framework.ships, *framework.static):
        path = example(glob)
        below = path if b".html" in path or b"." in path.rpartition(b"/")[2] else path + b"/deep/a.js"
        if not any(path_pattern(kept).match(below) for kept in framework.server_output):
            shipped = project.ships(below)
            assert shipped, (glob, below)
            assert shipped.framework
        assert project.ships(b"node_modules/x/" + below) is None
    for glob in framework.server_output:
        assert project.ships(example(glob)) is None, glob
        assert project.ships(example(glob) + b"/a.js") is None, glob


@pytest.mark.parametrize("name", BY_NAME)
def test_each_has_its_source_on_its_sides(name):
    framework = BY_NAME[name]
    project = package(framework)
    for glob in framework.server:
        path = example(glob).replace(b".x", b".ts")
        path = path if path.endswith((b".ts", b".js")) else path + b"/a.ts"
        assert project.side(path, None) is not Side.CLIENT, glob


SHIPS = {
    "no framework": (("dist/index.html", "package.json"), {"dist/a.js"}, {"lib/a.js", "server/a.js"}),
    "no framework, no web": (("dist/a.o", "dist/a.txt"), set(), {"dist/a.txt", "dist/a.o"}),
    "a compiler's output": (("dist/a.js", "package.json"), {"dist/a.js"}, {"out/a.py"}),
}


@pytest.mark.parametrize("name", SHIPS)
def test_usual_names(name):
    files, yes, no = SHIPS[name]
    project = layout(*files)
    assert {path for path in yes | no if project.ships(path.encode())} == yes


PLACES = {
    "next": (
        {"package.json": manifest("next")},
        {".next/static/a.js", "out/a.html", "public/a.json", ".next/server/app/index.html", ".next/server/app/a/b.rsc"},
        {".next/server/app/page.js", ".next/cache/a", ".next/server/chunks/1.js", "dist/a.js", "app/a.ts", ".next/a"},
    ),
    "next, elsewhere": (
        {"package.json": manifest("next"), "next.config.js": "module.exports = { distDir: 'build' }"},
        {"build/static/a.js", "build/server/app/a.html"},
        {"build/server/app/page.js", "build/cache/x.js"},
    ),
    "next, and a page elsewhere": (
        {"package.json": manifest("next"), "dist/index.html": "x"},
        {"dist/a.js"},
        {"build/a.js"},
    ),
    "vite": ({"package.json": manifest("vite")}, {"dist/a.js", "public/a"}, {"dist/server/a.js", "src/a.ts"}),
    "vite, elsewhere": (
        {"package.json": manifest("vite"), "vite.config.ts": "export default { build: { outDir: '../x/site' } }"},
        set(),
        {"site/a.js"},
    ),
    "vite, another directory": (
        {"package.json": manifest("vite"), "vite.config.ts": "export default { build: { outDir: './site/web' } }"},
        {"site/web/a.js", "dist/a.js"},
        {"site/a.js"},
    ),
    "vite, a directory on the command line": (
        {"package.json": manifest("vite", scripts={"build": "vite build --outDir=site"})},
        {"site/a.js"},
        {"sites/a.js"},
    ),
    "esbuild": (
        {"package.json": manifest("esbuild", scripts={"build": "esbuild src/a.ts --outfile=web/app.js"})},
        {"web/app.js"},
        {"web/other.js", "src/a.ts"},
    ),
    "sources are no output": (
        {"package.json": manifest("rollup"), "rollup.config.js": "x = [{ a: { dir: 'src' }, b: { dir: 'lib' } }]"},
        set(),
        {"src/a.js", "lib/a.js"},
    ),
    "dependencies are no output": (
        {"package.json": manifest("rollup"), "rollup.config.js": "x = { output: { dir: 'node_modules/x' } }"},
        set(),
        {"node_modules/x/a.js"},
    ),
    "sveltekit": (
        {"package.json": manifest("@sveltejs/kit", "vite")},
        {".svelte-kit/output/client/a.js", "build/client/a.js", "build/a.html", "static/a.json"},
        {".svelte-kit/output/server/a.js", "build/server/a.js", "build/index.js", "build/handler.js"},
    ),
    "react router": ({"package.json": manifest("@react-router/dev")}, {"build/client/a.js"}, {"build/server/index.js"}),
    "nuxt": ({"package.json": manifest("nuxt")}, {".output/public/a.js"}, {".output/server/index.mjs"}),
    "astro": ({"package.json": manifest("astro")}, {"dist/a.js", "dist/client/a.js"}, {"dist/server/entry.mjs"}),
    "angular": (
        {"package.json": manifest("@angular/cli")}, {"dist/app/browser/main.js"}, {"dist/app/server/main.js"},
    ),
    "a monorepo": (
        {"package.json": "{}", "apps/web/package.json": manifest("next"), "apps/api/package.json": manifest("express"),
         "apps/admin/package.json": manifest("vite"), "apps/api/dist/a.txt": "x"},
        {"apps/web/.next/static/a.js", "apps/admin/dist/a.js"},
        {"apps/web/dist/a.js", "apps/api/dist/a.js", "apps/admin/.next/static/a.js", ".next/static/a.js"},
    ),
    "hoisted, by the config": (
        {"package.json": manifest("next"), "apps/web/next.config.mjs": "export default {}"},
        {"apps/web/.next/static/a.js"},
        {"apps/x/.next/static/a.js"},
    ),
    "a repository within": (
        {"package.json": manifest("vite"), "vendor/x/.git": "x"}, {"dist/a.js"}, {"vendor/x/dist/a.js"},
    ),
    "a server, compiled": (
        {"package.json": manifest("express"), "dist/index.js": "x", "public/a.js": "x"},
        {"public/a.js"},
        {"dist/index.js"},
    ),
    "a server that serves a page": (
        {"package.json": manifest("express", "vite", scripts={"b": "vite build && bun --target=node --outdir=dist"}),
         "vite.config.ts": "x = { build: { outDir: path.resolve(d, 'dist/public') } }", "dist/public/index.html": "x"},
        {"dist/public/assets/a.js"},
        {"dist/index.js"},
    ),
    "next, elsewhere, and its pages": (
        {"package.json": manifest("next"), "next.config.js": "x = { distDir: 'build' }", "build/server/app/a.html": ""},
        {"build/server/app/a.html"},
        {"build/required-server-files.json", "build/server/chunks/a.json"},
    ),
    "beside the package": (
        {"assets/package.json": manifest("vite"), "assets/vite.config.js": "x = { outDir: '../priv/static' }"},
        {"priv/static/a.js", "assets/dist/a.js"},
        {"priv/a.js", "static/a.ex"},
    ),
    "beside the root of the pages": (
        {"package.json": manifest("vite"), "vite.config.js": "x = { root: 'client', build: { outDir: '../pub-x' } }"},
        {"pub-x/a.js", "client/dist/a.js", "client/public/a.json"},
        {"client/a.js"},
    ),
    "not beside the project": (
        {"package.json": manifest("vite"), "vite.config.js": "x = { outDir: '../../etc' }"},
        set(),
        {"etc/a.js"},
    ),
    "named by a variable": (
        {"package.json": manifest("vite"), "vite.config.js": "const OUT = 'pub-x'\nx = { build: { outDir: OUT } }"},
        {"pub-x/a.js"},
        {"pub/a.js"},
    ),
    "named by a variable of that name": (
        {"package.json": manifest("next"), "next.config.js": "const distDir = 'nx'; module.exports = { distDir }"},
        {"nx/static/a.js"},
        {"nx/server/a.js"},
    ),
    "one of two": (
        {"package.json": manifest("vite"), "vite.config.js": "x = { outDir: prod ? 'prod-out' : 'dev-out' }"},
        {"prod-out/a.js", "dev-out/a.js"},
        {"out-x/a.js"},
    ),
    "put together before": (
        {"package.json": manifest("webpack"),
         "webpack.config.js": "const B=require('path').resolve(__dirname,'pub-x')\nmodule.exports={output:{path:B}}"},
        {"pub-x/a.js"},
        {"path/pub-x/a.js"},
    ),
    "put together": (
        {"package.json": manifest("vite"), "vite.config.js": "x = { outDir: path.resolve(__dirname, 'pub', 'app') }"},
        {"pub/app/a.js"},
        {"app/a.js", "pub/a.js"},
    ),
    "of a plug-in": (
        {"package.json": manifest("vite"), "vite.config.js": "x = { plugins: [dts({ outDir: 'dist/types' })] }"},
        {"dist/widget.js", "dist/types/a.js"},
        {"types/a.js"},
    ),
    "a page called server": (
        {"package.json": manifest("astro")}, {"dist/server/index.html", "dist/a.js"}, {"dist/server/entry.mjs"},
    ),
    "next, exported elsewhere": (
        {"package.json": manifest("next"), "next.config.js": "x = { output: 'export', distDir: 'site' }"},
        {"site/_next/static/a.js", "site/index.html"},
        {"site/server/a.js"},
    ),
    "a tool beside it": (
        {"package.json": manifest("storybook", "wrangler", "esbuild"), "dist/widget.js": "x"},
        {"dist/widget.js"},
        {"a/w.js"},
    ),
    "a build script": (
        {"package.json": manifest("esbuild"), "build.mjs": "build({ outfile: 'web/widget.js' })"},
        {"web/widget.js"},
        {"web/a"},
    ),
    "a config that a command names": (
        {"package.json": manifest("vite", scripts={"b": "vite -c a/web.ts"}), "a/web.ts": "x = { outDir: 'w' }"},
        {"w/a.js"},
        {"v/a.js"},
    ),
    "a server that is bundled": (
        {"package.json": manifest("@nestjs/core", "webpack"), "dist/main.js": "x"}, set(), {"dist/main.js"},
    ),
    "rendered on the server": (
        {"package.json": manifest("vite", "vue", scripts={"b": "vite build --ssr src/e.js --outDir ssr-out"})},
        {"dist/a.js"},
        {"ssr-out/e.js"},
    ),
    "configs in a directory": (
        {"package.json": manifest("webpack"), "config/webpack.prod.js": "x = { path: '/x', a: { path: 'site' } }"},
        {"dist/a.js", "site/a.js"},
        {"config/dist/a.js"},
    ),
    "shipped wherever it lies": ({}, {"a/b.js.map", "x.min.js", "app.apk", "x.asar"}, {"a/b.js"}),
    "a manifest that is none": ({"package.json": "[1]"}, set(), {"dist/a.js", "src/a.js"}),
    "dependencies that are none": ({"package.json": '{"dependencies": ["next"], "scripts": 1}'}, set(), {"out/a.js"}),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_what_ships(name):
    files, yes, no = PLACES[name]
    project = layout(**files)
    for file in files:  # as those who list the files of a project do
        project.packages(file.encode())
    assert {path for path in sorted(yes | no) if project.ships(path.encode())} == yes


NEXT, VITE = manifest("next", "react-dom"), manifest("vite", "react-dom", private=True)
C, S = Side.CLIENT, Side.SERVER
SIDES = {
    "component of the app": (NEXT, "app/page.tsx", None, None),
    "with a directive": (NEXT, "app/page.tsx", C, C),
    "pages": (NEXT, "pages/index.tsx", None, C),
    "pages with a server's part": (NEXT, "pages/index.tsx", S, S),
    "api": (NEXT, "pages/api/chat.ts", None, S),
    "route": (NEXT, "app/api/chat/route.ts", None, S),
    "middleware": (NEXT, "middleware.ts", None, S),
    "by name": (NEXT, "lib/a.client.ts", None, C),
    "by another name": (NEXT, "lib/a.server.ts", None, S),
    "by directory": (NEXT, "app/.client/a.ts", None, C),
    "by another directory": (NEXT, "app/.server/a.ts", None, S),
    "a library": (NEXT, "lib/cencori.ts", None, None),
    "spa": (VITE, "src/api.ts", None, C),
    "api of a spa": (VITE, "src/api/chat.ts", None, C),
    "spa, outside of its source": (VITE, "lib/a.ts", None, None),
    "spa, config": (VITE, "vite.config.ts", None, S),
    "spa, test": (VITE, "src/a.test.ts", None, S),
    "spa, test directory": (VITE, "src/__tests__/a.ts", None, S),
    "spa, functions": (VITE, "netlify/functions/a.ts", None, S),
    "spa, types": (VITE, "src/env.d.ts", None, S),
    "spa, what a server needs": (VITE, "src/a.ts", S, S),
    "spa beside a server": (manifest("vite", "react-dom", "express", private=True), "src/a.ts", None, None),
    "a command": (manifest("vite", "react-dom", private=True, bin="a.js"), "src/a.ts", None, None),
    "a library for others": (manifest("vite", "vue"), "src/a.ts", None, None),
    "no page": (manifest("esbuild"), "src/a.ts", None, None),
    "a page as the source": (manifest("parcel", source="src/index.html"), "src/a.ts", None, C),
    "a page on the command line": (manifest("parcel", scripts={"b": "parcel src/index.html"}), "src/a.ts", None, C),
    "hosted": (manifest("vite", "vercel", "react-dom", private=True), "src/a.ts", None, C),
    "svelte": (manifest("@sveltejs/kit"), "src/routes/+page.svelte", None, C),
    "svelte server": (manifest("@sveltejs/kit"), "src/routes/+page.server.ts", None, S),
    "svelte endpoint": (manifest("@sveltejs/kit"), "src/routes/api/+server.ts", None, S),
    "svelte load": (manifest("@sveltejs/kit"), "src/routes/+page.ts", None, None),
    "svelte library": (manifest("@sveltejs/kit"), "src/lib/server/a.ts", None, S),
    "vue": (manifest("nuxt"), "pages/index.vue", None, C),
    "nuxt server": (manifest("nuxt"), "server/api/a.ts", None, S),
    "cra": (manifest("react-scripts"), "src/App.js", None, C),
    "cra proxy": (manifest("react-scripts"), "src/setupProxy.js", None, S),
    "angular": (manifest("@angular/cli"), "src/environments/environment.prod.ts", None, C),
    "angular server": (manifest("@angular/cli"), "src/main.server.ts", None, S),
    "gatsby": (manifest("gatsby"), "src/pages/index.js", None, C),
    "gatsby node": (manifest("gatsby"), "gatsby-node.js", None, S),
    "gatsby function": (manifest("gatsby"), "src/api/a.js", None, S),
    "expo": (manifest("expo", "react-native"), "app/index.tsx", None, C),
    "expo api": (manifest("expo", "react-native"), "app/chat+api.ts", None, S),
    "remix route": (manifest("@remix-run/react"), "app/routes/a.tsx", None, None),
    "remix entry": (manifest("@remix-run/react"), "app/entry.client.tsx", None, C),
    "spa, a route's loader": (VITE, "src/routes/root.tsx", Side.ROUTE, C),
    "spa, what nodes have": (VITE, "src/a.ts", Side.NODE, S),
    "spa, a worker": (VITE, "src/workers/chat.ts", None, C),
    "spa, a middleware of the store": (VITE, "src/store/middleware.ts", None, C),
    "spa, a config of its own": (VITE, "src/cencori.config.ts", None, C),
    "spa, by name, whatever it exports": (VITE, "lib/a.client.tsx", Side.ROUTE, C),
    "spa beside a server, in a directory": (
        {"package.json": manifest("vite", "express"), "client/index.html": "x"},
        "client/src/a.ts",
        None,
        C,
    ),
    "the server beside it": (
        {"package.json": manifest("vite", "express"), "client/index.html": "x"},
        "server/a.ts",
        None,
        S,
    ),
    "nuxt config": (manifest("nuxt"), "app.config.ts", None, C),
    "angular config": (manifest("@angular/cli"), "src/app/app.config.ts", None, C),
    "stories": (manifest("storybook"), "src/a.stories.tsx", None, C),
    "electron": (manifest("electron"), "src/main.ts", Side.NODE, C),
    "remix loader": (manifest("@remix-run/dev"), "app/routes/a.tsx", Side.ROUTE, S),
    "gatsby, with a server's part": (manifest("gatsby"), "src/pages/i.js", Side.ROUTE, S),
    "worker": (manifest("wrangler", "vite", "vue", private=True), "src/worker.ts", None, S),
    "mocks": (VITE, "src/mocks/handlers.ts", None, S),
    "page": ("{}", "index.html", None, C),
    "another language": (VITE, "src/a.py", None, None),
    "another language, said": (VITE, "src/a.py", C, None),
    "dependency": (VITE, "node_modules/x/src/a.ts", None, None),
}


@pytest.mark.parametrize("name", SIDES)
def test_sides(name):
    text, path, said, expected = SIDES[name]
    files = text if isinstance(text, dict) else {"package.json": text}
    assert layout(**files).side(path.encode(), said) is expected


GLOBS = {
    "dist": ({"dist", "dist/a", "dist/a/b"}, {"dist2", "a/dist", ""}),
    "dist/*/browser": ({"dist/a/browser", "dist/a/browser/x"}, {"dist/browser", "dist/a/b/browser"}),
    "src/**": ({"src/a", "src/a/b"}, {"src", "srca"}),
    "a/**/*.html": ({"a/b.html", "a/b/c.html"}, {"a/b.htm", "b.html"}),
    "**/x.*": ({"x.js", "a/x.js", "a/b/x.ts"}, {"x", "ax.js"}),
    "a+b.(c)": ({"a+b.(c)"}, {"aab.c"}),
}


@pytest.mark.parametrize("glob", GLOBS)
def test_globs(glob):
    yes, no = GLOBS[glob]
    assert {path for path in yes | no if path_pattern(glob).match(path.encode())} == yes


def test_literal_parts():
    assert [literal_part(g) for g in ("dist", "a/b/*.js", "*/a", "a/b*/c")] == ["dist", "a/b", "", "a"]


def test_prefixes_as_the_config_has_them():
    def prefixes(config: str, *dependencies: str) -> list[str]:
        files = {"package.json": manifest(*(dependencies or ("vite",))), "vite.config.ts": config}
        return [prefix for prefix, _ in layout(**files).packages(b"a.ts")[0].prefixes]

    assert prefixes("export default {}") == ["VITE_"]
    assert prefixes("export default { envPrefix: 'APP_' }") == ["APP_"]
    assert prefixes("export default { envPrefix: ['VITE_', 'APP_'] }") == ["VITE_", "APP_"]
    assert prefixes("export default { envPrefix: '' }") == [""]
    assert prefixes("// envPrefix: 'APP_'") == ["VITE_"]
    # SvelteKit's adapter for node calls a prefix of its own so.
    files = {
        "package.json": manifest("vite", "@sveltejs/kit"),
        "svelte.config.js": "x = { a: adapter({ envPrefix: '' }) }",
    }
    assert layout(**files).packages(b"a.ts")[0].stated_prefixes == ()


def test_the_env_files_that_a_framework_wants_in_git():
    assert layout(**{"package.json": manifest("react-scripts")}).commits(b".env.production")
    assert not layout(**{"package.json": manifest("react-scripts")}).commits(b".env.local")
    assert not layout(**{"package.json": manifest("next")}).commits(b".env")


def test_bounds_are_told():
    """Nothing is left out without a word."""
    many = layout(
        **{"package.json": manifest("esbuild", scripts={"b": " ".join(f"-o --outdir=d{n}" for n in range(300))})}
    )
    assert many.ships(b"d0/a.js")
    assert many.ships(b"d299/a.js") is None
    assert list(many.unread) == [b"package.json"]
    configs = layout(**{"package.json": "{}", **{f"astro.config.a{n}": "x" for n in range(60)}, "vite.config.js": "x"})
    assert configs.packages(b"a.js")[0].configs
    assert list(configs.unread.values()) == ["more than 50 configs in one package"]
