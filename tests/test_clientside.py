"""The client side as people have it: small projects, what is said of them, and why."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Repo, guard
from tests.mint import key

LIVE, TEST, PUBLISHABLE, OTHER = key(), key("secret-test"), key("publishable"), key("secret", "other")
K, N = "CENCORI_API_KEY", "NEXT_PUBLIC_CENCORI_KEY"
IGNORE = ".env*\n!.env.example\nnode_modules\n.next\ndist\nbuild\nout\n"
COMPONENT = '"use client";\nexport function Chat() {\n  return fetch("/api", { headers: { k: %s } });\n}\n'


def manifest(*dependencies: str, **more: object) -> str:
    return json.dumps({"private": True, "dependencies": dict.fromkeys(dependencies, "1"), **more}, indent=2)


NEXT, VITE = manifest("next", "react-dom", "cencori"), manifest("vite", "react-dom", "cencori")


def scan(repo: Repo, files: dict[str, str], *args: str) -> list[dict]:
    """The findings in a repository of *files*, all of which are committed that are not ignored."""
    for name, text in {".gitignore": IGNORE, **files}.items():
        repo.write(name, text)
    repo.commit()
    result = guard("scan", ".", "-o", "json", *args, cwd=repo.path)
    assert not result.err, result.err
    assert result.report()["scan"]["complete"]
    return result.report()["findings"]


def short(findings: list[dict]) -> list[str]:
    return sorted(
        f"{f['severity']} {f['rule']} {f['location']['path']}"
        + (f":{f['location']['line']}" if f["location"]["line"] else "")
        for f in findings
        if not f["suppressed"]
    )


CASES: dict[str, tuple[dict[str, str], list[str]]] = {
    # --- key-in-client-source
    "a key in a client component": (
        {"package.json": NEXT, "components/chat.tsx": COMPONENT % f'"{LIVE}"'},
        ["high key-in-client-source components/chat.tsx:3"],
    ),
    "a test key there": (
        {"package.json": NEXT, "components/chat.tsx": COMPONENT % f'"{TEST}"'},
        ["medium key-in-client-source components/chat.tsx:3"],
    ),
    "a publishable key there": (
        {"package.json": NEXT, "components/chat.tsx": COMPONENT % f'"{PUBLISHABLE}"'},
        ["info key-in-source components/chat.tsx:3"],
    ),
    "a key in a server component": (
        {"package.json": NEXT, "app/page.tsx": f'export const k = "{LIVE}";\n'},
        ["high key-in-source app/page.tsx:1"],
    ),
    "a key in a route handler": (
        {"package.json": NEXT, "app/api/route.ts": f'import "server-only";\nconst k = "{LIVE}";\n'},
        ["high key-in-source app/api/route.ts:2"],
    ),
    "a key behind a long licence": (
        {"package.json": NEXT, "a.tsx": "/*\n" + " * words\n" * 900 + f' */\n// more\n"use client"\nk = "{LIVE}"\n'},
        ["high key-in-client-source a.tsx:905"],
    ),
    "a key in a component of Vue": (
        {"package.json": manifest("vue", "vite"), "src/a.vue": f"<script setup>\nconst k = '{LIVE}'\n</script>\n"},
        ["high key-in-client-source src/a.vue:2"],
    ),
    "a key in a page": (
        {"index.html": f"<script>\nfetch('/', {{ k: '{LIVE}' }})\n</script>\n"},
        ["high key-in-client-source index.html:2"],
    ),
    # --- server-key-in-client-code
    "a client component reads it": (
        {"package.json": NEXT, "components/chat.tsx": COMPONENT % f"process.env.{K}"},
        ["medium server-key-in-client-code components/chat.tsx:3"],
    ),
    "a server component reads it": ({"package.json": NEXT, "app/page.tsx": f"const k = process.env.{K};\n"}, []),
    "a route handler reads it": ({"package.json": NEXT, "app/api/a/route.ts": f"const k = process.env.{K};\n"}, []),
    "a server action reads it": (
        {"package.json": NEXT, "app/actions.ts": f'"use server"\nconst k = process.env.{K};\n'},
        [],
    ),
    "a page with its server's part reads it": (
        {"package.json": NEXT, "pages/a.tsx": f"export async function getServerSideProps() {{ process.env.{K} }}\n"},
        [],
    ),
    "a page reads it": (
        {"package.json": NEXT, "pages/a.tsx": f"const k = process.env.{K};\n"},
        ["medium server-key-in-client-code pages/a.tsx:1"],
    ),
    "a document shows how": (
        {"package.json": NEXT, "docs.tsx": COMPONENT % f"`const k = process.env.{K}`", "a.md": f"process.env.{K}\n"},
        [],
    ),
    "a spa reads it": (
        {"package.json": VITE, "src/api.ts": f"export const k = import.meta.env.{K};\n"},
        ["medium server-key-in-client-code src/api.ts:1"],
    ),
    "read twice in a file": (
        {"package.json": VITE, "src/a.ts": f"import.meta.env.{K};\nimport.meta.env.{K};\n"},
        ["medium server-key-in-client-code src/a.ts:1"],
    ),
    "static public import": (
        {
            "package.json": manifest("@sveltejs/kit"),
            "src/a.svelte": f"<script>import {{ {K} }} from '$env/static/public'",
        },
        ["medium server-key-in-client-code src/a.svelte:1"],
    ),
    "define": (
        {"package.json": VITE, "vite.config.ts": f"x = {{\n  define: {{ K: JSON.stringify(process.env.{K}) }},\n}};\n"},
        ["high server-key-in-client-code vite.config.ts:2"],
    ),
    "define in Next's webpack": (
        {"package.json": NEXT, "next.config.js": f"a(new webpack.DefinePlugin({{ K: process.env.{K} }}))\n"},
        ["high server-key-in-client-code next.config.js:1"],
    ),
    "env of Next": (
        {"package.json": NEXT, "next.config.mjs": f"export default {{ env: {{ KEY: process.env.{K} }} }}\n"},
        ["high server-key-in-client-code next.config.mjs:1"],
    ),
    "env of something else": (
        {"package.json": NEXT, "playwright.config.ts": f"x = {{ env: {{ ...process.env, K: process.env.{K} }} }}\n"},
        [],
    ),
    "env of a process": (
        {"package.json": NEXT, "scripts/build.mjs": f"import 'esbuild';\nx({{ env: {{ ...process.env }} }}); // {K}\n"},
        [],
    ),
    "all of the environment, without its name": (
        {"package.json": VITE, "vite.config.js": "export default { define: { 'process.env': process.env } }\n"},
        ["high server-key-in-client-code vite.config.js:1"],
    ),
    "the prefix of every name": (
        {"package.json": VITE, "vite.config.js": "export default { envPrefix: '' }\n"},
        ["high server-key-in-client-code vite.config.js:1"],
    ),
    "the prefix of its name": (
        {"package.json": VITE, "vite.config.js": "export default { envPrefix: ['VITE_', 'CENCORI_'] }\n"},
        ["high server-key-in-client-code vite.config.js:1"],
    ),
    "a build script": (
        {
            "package.json": manifest("esbuild"),
            "build.mjs": f"import * as esbuild from 'esbuild';\nbuild({{ define: {{ K: process.env.{K} }} }})\n",
        },
        ["high server-key-in-client-code build.mjs:2"],
    ),
    "a plug-in of Babel": (
        {
            "package.json": manifest("react-native"),
            ".babelrc": f'[["transform-inline-environment-variables", {{"include": ["{K}"]}}]]',
        },
        ["high server-key-in-client-code .babelrc:1"],
    ),
    "a publishable name is handed over": (
        {"package.json": NEXT, "next.config.js": "x = { env: { K: process.env.CENCORI_PUBLISHABLE_KEY } }\n"},
        [],
    ),
    # --- public-env-name
    "a key under a public name, ignored": (
        {"package.json": NEXT, ".env.local": f"A=1\n{N}={LIVE}\n"},
        ["high public-env-name .env.local:2"],
    ),
    "a key under a public name, in git": (
        {"package.json": NEXT, "config/prod.env": f"{N}={LIVE}\n"},
        [
            "high env-file-not-ignored config/prod.env",
            "high key-in-env-file config/prod.env:1",
            "high public-env-name config/prod.env:1",
            "low env-file-tracked config/prod.env",
        ],
    ),
    "a test key under a public name": (
        {"package.json": NEXT, ".env.local": f"{N}={TEST}\n"},
        ["medium public-env-name .env.local:1"],
    ),
    "a publishable key under a public name": ({"package.json": NEXT, ".env.local": f"{N}={PUBLISHABLE}\n"}, []),
    "a publishable key somewhere, and the name elsewhere": (
        {"package.json": NEXT, ".env.local": f"{N}={PUBLISHABLE}\n", "a.tsx": COMPONENT % f"process.env.{N}"},
        [],
    ),
    "a server's key where it belongs": ({"package.json": NEXT, ".env.local": f"{K}={LIVE}\n"}, []),
    "a public name alone": ({"package.json": NEXT, ".env.example": f"{N}=\n"}, ["low public-env-name .env.example:1"]),
    "a public name that is read": (
        {"package.json": NEXT, "a.tsx": COMPONENT % f"process.env.{N}"},
        ["low public-env-name a.tsx:3"],
    ),
    "once, however often": (
        {
            "package.json": NEXT,
            ".env.example": f"{N}=\n",
            "a.tsx": COMPONENT % f"process.env.{N}",
            "b.ts": f"process.env.{N}\n",
        },
        ["low public-env-name .env.example:1"],
    ),
    "a publishable name": ({"package.json": NEXT, ".env.example": "NEXT_PUBLIC_CENCORI_PUBLISHABLE_KEY=\n"}, []),
    "a name of no key": ({"package.json": NEXT, ".env.example": "NEXT_PUBLIC_CENCORI_PROJECT_ID=\n"}, []),
    "a prefix that means nothing here": (
        {"package.json": NEXT, ".env.local": f"STORYBOOK_CENCORI_KEY={LIVE}\n"},
        [],
    ),
    "a prefix that does": (
        {"package.json": manifest("storybook", "cencori"), ".env.local": f"STORYBOOK_CENCORI_KEY={LIVE}\n"},
        ["high public-env-name .env.local:1"],
    ),
    "a prefix of one's own": (
        {
            "package.json": VITE,
            "vite.config.ts": "x = { envPrefix: 'APP_' }\n",
            ".env.local": f"APP_CENCORI_KEY={LIVE}\n",
        },
        ["high public-env-name .env.local:1"],
    ),
    "dockerfile": (
        {"package.json": NEXT, "Dockerfile": f"FROM node\nARG {K}\nENV {N}=${K}\n"},
        ["high public-env-name Dockerfile:3"],
    ),
    "dockerfile, a name": (
        {"package.json": NEXT, "Dockerfile": f"FROM node\nARG {N}\nENV {N}=${N}\n"},
        ["low public-env-name Dockerfile:2"],
    ),
    "dockerfile, a server": ({"package.json": NEXT, "Dockerfile": f"ARG {K}\nENV {K}=${K}\n"}, []),
    "workflow": (
        {"package.json": NEXT, ".github/workflows/a.yml": f"env:\n  {N}: ${{{{ secrets.{K} }}}}\n"},
        ["high public-env-name .github/workflows/a.yml:2"],
    ),
    "workflow, its own name": (
        {"package.json": NEXT, ".github/workflows/a.yml": f"env:\n  {N}: ${{{{ secrets.{N} }}}}\n"},
        ["low public-env-name .github/workflows/a.yml:2"],
    ),
    "workflow, comment": ({"package.json": NEXT, ".github/workflows/a.yml": f"# {N}: ${{{{ secrets.{K} }}}}\n"}, []),
    "build argument": (
        {"package.json": NEXT, "build.sh": f"docker build --build-arg {N}=${K} .\n"},
        ["high public-env-name build.sh:1"],
    ),
    "a key in a host's settings": (
        {"package.json": VITE, "netlify.toml": f'[build.environment]\nVITE_CENCORI_KEY = "{LIVE}"\n'},
        ["high key-in-source netlify.toml:2", "high public-env-name netlify.toml:2"],
    ),
    "prose": (
        {"package.json": NEXT, "README.md": f"`{N}={K}`\nprocess.env.{N}\n", "notes.txt": f"{N}=x\n"},
        [],
    ),
    "a server's build": (
        {
            "package.json": manifest("express", "tsup", bin="a.js"),
            "tsup.config.ts": f"x = {{ env: {{ K: process.env.{K} }} }}\n",
        },
        [],
    ),
    "a command that defines": (
        {"package.json": manifest("esbuild", scripts={"b": f"esbuild --define:KEY=${K} a.ts"})},
        ["high server-key-in-client-code package.json:7"],
    ),
    "a config elsewhere": (
        {
            "package.json": manifest("webpack", "react-dom", "cencori"),
            "config/webpack.common.js": "x = new DefinePlugin({ 'process.env': JSON.stringify(process.env) })\n",
        },
        ["high server-key-in-client-code config/webpack.common.js:1"],
    ),
    "a prefix of a server's adapter": (
        {
            "package.json": manifest("@sveltejs/kit", "vite"),
            "svelte.config.js": "x = adapter({ envPrefix: '' })\n",
            ".env": f"{K}={LIVE}\n",
        },
        [],
    ),
    "a prefix that one package states": (
        {
            "web/package.json": VITE,
            "web/vite.config.ts": "x = { envPrefix: ['VITE_', 'CENCORI_'] }\n",
            "api/package.json": manifest("express"),
            "api/.env": f"{K}={LIVE}\n",
        },
        ["high server-key-in-client-code web/vite.config.ts:1"],
    ),
    "output beside the package": (
        {
            ".gitignore": "priv\n.env\n",
            "assets/package.json": VITE,
            "assets/vite.config.js": "x = { build: { outDir: '../priv/static' } }\n",
            "priv/static/app.js": f'"{LIVE}"',
        },
        ["critical key-in-client-bundle priv/static/app.js:1"],
    ),
    "an ignored env file in what ships": (
        {"public/index.php": "", "public/app.js": "", "public/.env": f"{K}={LIVE}\n"},
        ["critical key-in-client-bundle public/.env:1"],
    ),
    "an ignored env file in an ignored directory": (
        {".gitignore": "apps\n.env\n", "apps/web/package.json": VITE, "apps/web/.env": f"VITE_CENCORI_KEY={LIVE}\n"},
        ["high public-env-name apps/web/.env:1"],
    ),
    "a library that is built for node": (
        {"package.json": manifest("tsup"), "tsup.config.ts": f"x = {{ env: {{ K: process.env.{K} }} }}\n"},
        [],
    ),
    "a library that is built for browsers": (
        {
            "package.json": manifest("tsup"),
            "tsup.config.ts": f"x = {{ platform: 'browser', env: {{ K: process.env.{K} }} }}\n",
        },
        ["high server-key-in-client-code tsup.config.ts:1"],
    ),
    "a page with its server's part, exported below": (
        {
            "package.json": NEXT,
            "pages/a.tsx": f"async function getStaticProps() {{ process.env.{K} }}\nexport {{ getStaticProps }}\n",
        },
        [],
    ),
    "a name that only looks public": ({"package.json": NEXT, ".env.local": f"PUBLIC_CENCORI_KEY={LIVE}\n"}, []),
    "a name that says it is public": (
        {"package.json": manifest("esbuild"), ".env": f"PUBLIC_CENCORI_KEY={LIVE}\n"},
        ["high public-env-name .env:1"],
    ),
    "a server's key under a publishable name": (
        {"package.json": NEXT, ".env.local": f"NEXT_PUBLIC_CENCORI_PUBLISHABLE_KEY={LIVE}\n"},
        ["info public-env-name .env.local:1"],
    ),
    "kubernetes": (
        {"package.json": NEXT, "k8s/a.yaml": f"- name: {N}\n  value: {LIVE}\n"},
        ["high key-in-source k8s/a.yaml:2", "high public-env-name k8s/a.yaml:2"],
    ),
    "compose, a default": (
        {"package.json": NEXT, "compose.yml": f"- {N}=${{{N}:-{LIVE}}}\n"},
        ["high key-in-source compose.yml:1", "high public-env-name compose.yml:1"],
    ),
    "astro's script": (
        {
            "package.json": manifest("astro"),
            "src/pages/a.astro": f"---\nconst k = '{LIVE}'\n---\n<script>\n'{OTHER}'\n</script>\n",
        },
        ["high key-in-client-source src/pages/a.astro:5", "high key-in-source src/pages/a.astro:2"],
    ),
    "handed over and read in one place": (
        {
            "package.json": manifest("ember-cli"),
            "config/environment.js": f"const ENV = {{ APP: {{ k: process.env.{K} }} }}\n",
        },
        ["high server-key-in-client-code config/environment.js:1"],
    ),
    # --- shared-key
    "two environments by directory": (
        {".gitignore": ".env\n", "deploy/staging/.env": f"{K}={LIVE}\n", "deploy/production/.env": f"{K}={LIVE}\n"},
        ["low shared-key deploy/production/.env:1"],
    ),
    "two services by name": (
        {".gitignore": "*.env\n.env\n", "api.env": f"{K}={LIVE}\n", "web.env": f"{K}={LIVE}\n"},
        ["low shared-key api.env:1"],
    ),
    "two environments": (
        {".env.development": f"{K}={LIVE}\n", ".env.production": f"{K}={LIVE}\n"},
        ["low shared-key .env.development:1"],
    ),
    "two services": (
        {"a/.env": f"{K}={LIVE}\n", "b/.env": f"{K}={LIVE}\n"},
        ["low shared-key a/.env:1"],
    ),
    "one's own copy": ({".env": f"{K}={LIVE}\n", ".env.local": f"{K}={LIVE}\n"}, []),
    "two keys": ({".env.development": f"{K}={LIVE}\n", ".env.production": f"{K}={OTHER}\n"}, []),
    "shared, but publishable": ({"a/.env": f"A={PUBLISHABLE}\n", "b/.env": f"A={PUBLISHABLE}\n"}, []),
    # --- what ships
    "output of a framework": (
        {"package.json": NEXT, ".next/static/a.js": f'"{LIVE}"', ".next/server/app/a.js": f'"{LIVE}"'},
        ["critical key-in-client-bundle .next/static/a.js:1"],
    ),
    "dependencies": ({"package.json": NEXT, "node_modules/a/dist/a.js": f'"{LIVE}"'}, []),
    "a monorepo": (
        {
            "package.json": manifest(),
            "apps/web/package.json": NEXT,
            "apps/api/package.json": manifest("express"),
            "apps/web/.next/static/a.js": f'"{LIVE}"',
            "apps/web/build/a.js": f'"{LIVE}"',
            "apps/web/.env.local": f"{N}={LIVE}\n",
            "apps/api/.env": f"{K}={OTHER}\n",
            "apps/api/src/a.ts": f"process.env.{K}",
        },
        ["critical key-in-client-bundle apps/web/.next/static/a.js:1", "high public-env-name apps/web/.env.local:1"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_projects(repo: Repo, name):
    files, expected = CASES[name]
    assert short(scan(repo, files)) == expected


def test_without_bundles(repo: Repo):
    """What ships is left out, and what is about to be is not."""
    files = {"package.json": NEXT, "out/a.js": f'"{LIVE}"', "out/.env": f"{N}={LIVE}\n", ".env.local": f"{N}={LIVE}\n"}
    assert short(scan(repo, files, "--no-bundles")) == ["high public-env-name .env.local:1"]
    assert len(short(scan(repo, {}))) == 4


def test_outside_of_git(tmp_path):
    """The same by the ignore files alone."""
    for name, text in {
        ".gitignore": IGNORE,
        "package.json": VITE,
        "dist/a.js": f'"{LIVE}"',
        ".env.production": f"VITE_CENCORI_KEY={LIVE}\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = guard("scan", ".", "-o", "json", cwd=tmp_path).report()["findings"]
    assert short(found) == ["critical key-in-client-bundle dist/a.js:1", "high public-env-name .env.production:1"]
    assert found[0]["cause"]["path"] == ".env.production"


# --- causes ---------------------------------------------------------------------------------------------------


def causes(findings: list[dict]) -> list[str]:
    found = [f["cause"] for f in findings if f["rule"] == "key-in-client-bundle"]
    return [c and f"{c['way']} {c['path']}:{c['line']} {c['name']}{'' if c['certain'] else ' likely'}" for c in found]


BUNDLE = {"package.json": VITE, "dist/a.js": f'k="{LIVE}"\n'}
CAUSES: dict[str, tuple[dict[str, str], str | None]] = {
    "nothing is known": ({}, None),
    "a public name": (
        {".env.production": f"\nVITE_CENCORI_KEY={LIVE}\n"},
        "public-name .env.production:2 VITE_CENCORI_KEY",
    ),
    "the one of production": (
        {".env": f"VITE_CENCORI_KEY={LIVE}\n", ".env.production": f"VITE_CENCORI_KEY={LIVE}\n"},
        "public-name .env.production:1 VITE_CENCORI_KEY",
    ),
    "a setting": (
        {".env": f"{K}={LIVE}\n", "vite.config.js": f"x = {{\ndefine: {{ K: process.env.{K} }} }}\n"},
        f"setting vite.config.js:2 {K}",
    ),
    "a setting for all": (
        {".env": f"{K}={LIVE}\n", "vite.config.js": "x = {\ndefine: { 'process.env': process.env } }\n"},
        f"setting vite.config.js:2 {K}",
    ),
    "a literal": ({"src/api.ts": f'\nconst k = "{LIVE}";\n'}, "literal src/api.ts:2 k"),
    "a literal before a public name that nobody reads": (
        {"src/api.ts": f'"{LIVE}"', ".env": f"VITE_CENCORI_KEY={LIVE}\n"},
        "literal src/api.ts:1 None",
    ),
    "a public name that is read before a literal": (
        {"src/api.ts": f'"{LIVE}"; import.meta.env.VITE_CENCORI_KEY', ".env": f"VITE_CENCORI_KEY={LIVE}\n"},
        "public-name .env:1 VITE_CENCORI_KEY",
    ),
    "an env file, and no way from it": ({".env": f"{K}={LIVE}\n"}, f"env-file .env:1 {K}"),
    "the source that a map leads to, and others": (
        {
            "README.md": f"{LIVE}\n",
            "a_old/keys.ts": f'"{LIVE}"',
            "src/api.ts": f'\nconst k = "{LIVE}"',
            "dist/a.js.map": '{"version": 3, "sources": ["../src/api.ts"], "mappings": "AACA"}',
        },
        "literal src/api.ts:2 k",
    ),
    "a source that is not here": (
        {"dist/a.js.map": '{"version": 3, "sources": ["/etc/shadow"], "mappings": "AACA"}'},
        "source-map dist/a.js:1 None likely",
    ),
    "a name that is set from it": (
        {".env": f"{K}={LIVE}\nVITE_CENCORI_KEY=${K}\n", "src/a.ts": "import.meta.env.VITE_CENCORI_KEY"},
        "public-name .env:2 VITE_CENCORI_KEY",
    ),
    "a template": ({".env.example": f"VITE_CENCORI_KEY={LIVE}\n", "src/a.ts": f'"{LIVE}"'}, "literal src/a.ts:1 None"),
    "a reader in another app": (
        {
            ".env": f"{K}={LIVE}\nVITE_CENCORI_KEY={LIVE}\n",
            "a/package.json": VITE,
            "a/src/x.ts": "import.meta.env.VITE_CENCORI_KEY",
            "vite.config.ts": f"x = {{ define: {{ K: process.env.{K} }} }}\n",
        },
        f"setting vite.config.ts:1 {K}",
    ),
    "an env file that is not looked for": (
        {
            "infra/.env.staging": f"VITE_CENCORI_KEY={LIVE}\n",
            "src/config.ts": f'"{LIVE}"; import.meta.env.VITE_CENCORI_KEY',
        },
        "literal src/config.ts:1 None",
    ),
    "a reader on the server": (
        {
            "package.json": manifest("gatsby"),
            "public/a.js": f'"{LIVE}"',
            "dist/a.js": "",
            ".env": f"{K}={LIVE}\n",
            "gatsby-node.js": f"process.env.{K}",
            "src/i.js": f"process.env.{K}",
        },
        f"read src/i.js:1 {K}",
    ),
    "another key": ({".env": f"VITE_CENCORI_KEY={OTHER}\n"}, None),
    "a setting, and a key that is not here": (
        {"vite.config.js": f"x = {{ define: {{ K: process.env.{K} }} }}\n"},
        f"setting vite.config.js:1 {K} likely",
    ),
    "a public name that is read, and a key that is not here": (
        {"src/api.ts": "import.meta.env.VITE_CENCORI_KEY\n"},
        "read src/api.ts:1 VITE_CENCORI_KEY likely",
    ),
    "a workflow": (
        {".github/workflows/a.yml": f"env:\n  VITE_CENCORI_KEY: {LIVE}\n"},
        "public-name .github/workflows/a.yml:2 VITE_CENCORI_KEY",
    ),
}


@pytest.mark.parametrize("name", CAUSES)
def test_causes(repo: Repo, name):
    files, expected = CAUSES[name]
    assert causes(scan(repo, {**BUNDLE, **files})) == [expected]


def test_each_package_has_its_own_cause(repo: Repo):
    files = {}
    for name, secret in (("a", LIVE), ("b", OTHER)):
        files |= {
            f"{name}/package.json": VITE, f"{name}/dist/x.js": f'"{secret}"', f"{name}/.env": f"{K}={secret}\n",
            f"{name}/vite.config.js": f"x = {{ define: {{ K: process.env.{K} }} }}\n",
        }  # fmt: skip
    assert causes(scan(repo, files)) == [f"setting a/vite.config.js:1 {K}", f"setting b/vite.config.js:1 {K}"]


def test_a_package_beside_it_is_no_cause(repo: Repo):
    files = {
        "web/package.json": NEXT, "web/.next/static/a.js": f'"{LIVE}"', "web/.env.local": f"{K}={LIVE}\n",
        "web-admin/package.json": NEXT, "web-admin/next.config.js": f"x = {{ env: {{ K: process.env.{K} }} }}\n",
        "admin/package.json": NEXT, "admin/.env": f"{N}={LIVE}\n",
    }  # fmt: skip
    assert causes(scan(repo, files)) == [f"env-file web/.env.local:1 {K}"]


def test_the_cause_is_what_is_to_be_mended(repo: Repo):
    (found,) = (f for f in scan(repo, {**BUNDLE, ".env": f"VITE_CENCORI_KEY={LIVE}\n"}) if f["cause"])
    assert found["cause"]["message"] == ".env:1 holds it as VITE_CENCORI_KEY, which Vite puts into client code"
    assert found["remedy"][3].startswith("In .env:1, rename VITE_CENCORI_KEY, and read it in ")
    assert LIVE not in json.dumps(found)


def test_a_bundle_in_git_has_its_cause_in_the_source(repo: Repo):
    """Also staged, and in a history."""
    files = {
        "package.json": VITE,
        ".gitignore": "node_modules\n.env\n",
        "dist/a.js": f'"{LIVE}"',
        "src/a.ts": f'\n"{LIVE}"',
    }
    assert causes(scan(repo, files)) == ["literal src/a.ts:2 None"]
    history = guard("scan", ".", "--history", "-o", "json", cwd=repo.path).report()["findings"]
    assert causes(history) == ["literal src/a.ts:2 None"]
    assert "high key-in-client-source src/a.ts:2" in short(history)
    repo.git("rm", "-rq", "--cached", ".")
    repo.git("commit", "-qm", "none")
    repo.git("add", ".")
    staged = guard("scan", ".", "--staged", "-o", "json", cwd=repo.path).report()["findings"]
    assert causes(staged) == ["literal src/a.ts:2 None"]
    assert "high key-in-client-source src/a.ts:2" in short(staged)


# --- how it is said -------------------------------------------------------------------------------------------


def test_a_comment_excuses(repo: Repo):
    files = {
        "package.json": NEXT, "a.tsx": COMPONENT % f"process.env.{K} // cencori-guard: allow -- a stub",
        ".env.local": f"# cencori-guard: allow-next-line[public-env-name] -- a demo\n{N}={LIVE}\n",
    }  # fmt: skip
    found = scan(repo, files)
    assert short(found) == []
    assert {f["rule"] for f in found} == {"server-key-in-client-code", "public-env-name"}


def test_a_line_is_shown_without_its_secrets(repo: Repo):
    repo.write("package.json", NEXT)
    repo.write("a.tsx", COMPONENT % f'process.env.{K}, x: "{LIVE}"')
    out = guard("scan", ".", cwd=repo.path).out
    assert f"process.env.{K}" in out
    assert LIVE not in out
    assert "^" * len(f"process.env.{K}") in out


def test_standard_input(repo: Repo):
    result = guard(
        "scan",
        "--stdin",
        "--stdin-name",
        "a.tsx",
        "-o",
        "json",
        cwd=repo.path,
        stdin=(COMPONENT % f'"{LIVE}"').encode(),
    )
    assert short(result.report()["findings"]) == ["high key-in-client-source a.tsx:3"]


def test_the_hook_knows_the_client(repo: Repo):
    repo.write("package.json", NEXT)
    repo.write("a.tsx", COMPONENT % f'"{LIVE}"')
    repo.git("add", ".")
    result = guard("hook", "pre-commit", cwd=repo.path)
    assert result.code == 1
    assert "key-in-client-source" in result.out + result.err


def test_env_files_that_a_framework_wants_in_git(repo: Repo):
    """Create React App tells people to commit these; a real value in one is still told."""
    files = {
        ".gitignore": ".env\n.env*.local\n",
        "package.json": manifest("react-scripts"),
        ".env.production": "REACT_APP_TITLE=x\n",
    }
    assert short(scan(repo, files)) == []
    assert short(scan(repo, {**files, ".env.production": f"REACT_APP_CENCORI_KEY={PUBLISHABLE}\n"})) == [
        "info key-in-env-file .env.production:1"
    ]
    assert len(short(scan(repo, {**files, ".env.production": f"REACT_APP_CENCORI_KEY={LIVE}\n"}))) == 4


def test_names_that_hold_a_key_are_not_shown(repo: Repo):
    """In no format: a key in a variable's name, and one in a map's, with a letter of it encoded."""
    spelled = LIVE.replace("a", "%61", 1)
    files = {
        "package.json": NEXT, ".env": f"NEXT_PUBLIC_CENCORI_{LIVE}_KEY={OTHER}\n",
        ".next/static/a.js": f'"{OTHER}"',
        ".next/static/a.js.map": json.dumps({"version": 3, "sources": [f"x/{spelled}.ts"], "mappings": "AAAA"}),
    }  # fmt: skip
    scan(repo, files)
    for form in ("text", "json", "jsonl"):
        out = guard("scan", ".", "-v", "-o", form, cwd=repo.path).out
        assert LIVE[12:40] not in out
        assert OTHER not in out


HOSTILE = {
    "a map with a zero byte in its name": {".next/static/a.js": "//# sourceMappingURL=%00"},
    "a map of nonsense": {
        ".next/static/a.js.map": '{"sections": [{"offset": {"line": -1e30, "column": 0}, "map": {}}]}'
    },
    "a manifest of nonsense": {"package.json": '{"dependencies": 1, "scripts": {"a": {}}, "source": {}, "bin": 1}'},
    "settings without end": {"next.config.js": f"x = {{ env: {{ K: process.env.{K}, " + "{[(" * 5000},
    "a long word": {"a.tsx": f'"use client"; window.{"env" * 30_000}; process.env.{K}'},
    "a long import": {"a.js": f"process.env.{K}; import" + " " * 100_000 + "x"},
    "open strings": {"a.ts": f"process.env.{K};" + '\\"\\\n' * 30_000},
    "open templates": {"a.ts": f"process.env.{K};" + "`${" * 20_000 + "}" * 20_000},
    "open elements": {"a.tsx": f"process.env.{K};" + "<a b={" * 20_000},
    "open tags": {"a.astro": f"import.meta.env.{K}" + '<a client:load "' * 20_000},
    "a name of names": {"a.ts": "process.env." + "CENCORI" * 20_000 + "a"},
    "said again and again": {"a.sh": ("echo " * 290 + "> " + "AAA= " * 480 + "CENCORI_A=1\n") * 50},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_projects(repo: Repo, name):
    """They take no time, and hide nothing that was found (the time limit is that of the process)."""
    for file, text in {"package.json": NEXT, ".next/static/a.js": "", **HOSTILE[name]}.items():
        repo.write(file, text)
    repo.write("b.ts", f'"{LIVE}"')
    repo.commit()
    result = guard("scan", ".", "-o", "json", cwd=repo.path)
    assert result.code == 1
    assert ("key-in-source", "high", "b.ts", 1, 2) in result.findings()
    assert not any("internal error" in s["reason"] for s in result.report()["scan"]["skipped"])


def test_what_is_not_looked_at_is_told(repo: Repo):
    """A config that is too long, and more places than anybody reads: exit code 3, and the keys all the same."""
    repo.write("package.json", NEXT)
    repo.write("next.config.js", "//" + "x" * 1_100_000 + f"\nmodule.exports = {{ env: {{ K: process.env.{K} }} }}\n")
    repo.write("a.ts", f"process.env.{K};\n" * 1_200)
    repo.write(".gitignore", ".env\n")
    result = guard("scan", ".", "-o", "json", cwd=repo.path)
    assert {s["path"] for s in result.report()["scan"]["skipped"] if s["blind"]} == {"a.ts", "next.config.js"}
    assert result.code == 3


def test_links_are_not_followed(repo: Repo, tmp_path):
    """A directory that ships is none where it is a link."""
    (tmp_path / "far" / "static").mkdir(parents=True)
    (tmp_path / "far" / "static" / "a.js").write_text(f'"{LIVE}"')
    repo.write("package.json", NEXT)
    repo.write(".gitignore", ".env\n.next\nout\n")
    (repo.path / "out").symlink_to(tmp_path / "far")
    (repo.path / ".next").mkdir()
    (repo.path / ".next" / "static").symlink_to(tmp_path / "far" / "static")
    assert guard("scan", ".", "-o", "json", cwd=repo.path).findings() == []
