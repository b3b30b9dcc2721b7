"""What the real bundlers put out: the finding, its cause, the original line; and nothing where nothing leaks.

Offline on what they put out once (``fixtures/builds``), and, marked ``builds``, on what they
put out now, where node and npm are there.  ``make builds`` builds with all of them.
"""

from __future__ import annotations

import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.builds import APPS, BUILDERS, VARIANTS, BuildError, build, install, make
from tests.conftest import Repo, guard
from tests.mint import key

OUTPUTS = APPS.parent / "builds"
PLACEHOLDER = b"@KEY@"
# Those that are built in every run of the tests; all take minutes.
USUAL = ("vite", "esbuild", "webpack", "rollup", "parcel", "next", "astro", "sveltekit")

# severity, rule, path and line; way and place of the cause; the place that a source map leads to.
_API, _CHAT = "src/api.ts:13", "components/chat.tsx:17"


def _public(output: str, original: str | None = _API, env: str = ".env.production:2", line: int = 1) -> list[str]:
    back = f" from {original}" if original else ""
    return [
        f"critical key-in-client-bundle {output}:{line} by public-name {env}{back}",
        f"high public-env-name {env}",
    ]


def _define(output: str, config: str, original: str = _API, line: int = 1) -> list[str]:
    return [
        f"critical key-in-client-bundle {output}:{line} by setting {config} from {original}",
        f"high server-key-in-client-code {config}",
    ]


_SVELTE = "_app/immutable/nodes/2.*.js"
EXPECTED: dict[tuple[str, str], list[str]] = {
    ("vite", "public"): _public("dist/assets/index-*.js"),
    ("vite", "define"): _define("dist/assets/index-*.js", "vite.config.ts:7"),
    ("esbuild", "public"): _public("public/build/main.js"),
    ("esbuild", "define"): _define("public/build/main.js", "build.mjs:14"),
    ("webpack", "public"): _public("public/dist/main.js"),
    ("webpack", "define"): _define("public/dist/main.js", "webpack.config.mjs:16"),
    ("rollup", "public"): _public("public/bundle/main.js", line=7),
    ("rollup", "define"): _define("public/bundle/main.js", "rollup.config.mjs:13", line=7),
    # Its maps hold what it made of the sources as well, key and all.
    ("parcel", "public"): [
        "critical key-in-client-bundle dist/web.*.js:1 by read src/api.ts:13",
        "critical key-in-client-bundle dist/web.*.js.map > <anon>:7 by read src/api.ts:13",
        "medium server-key-in-client-code src/api.ts:13",
    ],
    ("parcel", "define"): [
        "critical key-in-client-bundle dist/web.*.js:1 by literal src/api.ts:7",
        "critical key-in-client-bundle dist/web.*.js.map > <anon>:2 by literal src/api.ts:7",
        "critical key-in-client-bundle dist/web.*.js.map > src/api.ts:7 by literal src/api.ts:7",
        "high key-in-client-source src/api.ts:7",
    ],
    ("next", "public"): _public(".next/static/chunks/*.js", _CHAT),
    ("next", "define"): _define(".next/static/chunks/*.js", "next.config.ts:7", _CHAT),
    ("astro", "public"): _public("dist/client/_astro/index.*.js"),
    ("astro", "define"): _define("dist/client/_astro/index.*.js", "astro.config.mjs:11"),
    ("sveltekit", "public"): [
        *_public(f".svelte-kit/output/client/{_SVELTE}", None)[:1],
        *_public(f"build/client/{_SVELTE}", None)[:1],
        *_public(f"build/client/{_SVELTE}.br > 2.*.js", None)[:1],
        *_public(f"build/client/{_SVELTE}.gz > 2.*.js", None),
    ],
    ("sveltekit", "define"): [
        *_define(f".svelte-kit/output/client/{_SVELTE}", "vite.config.ts:9", "src/lib/api.ts:13")[:1],
        *_define(f"build/client/{_SVELTE}", "vite.config.ts:9", "src/lib/api.ts:13")[:1],
        *_define(f"build/client/{_SVELTE}.br > 2.*.js", "vite.config.ts:9", "src/lib/api.ts:13")[:1],
        *_define(f"build/client/{_SVELTE}.gz > 2.*.js", "vite.config.ts:9", "src/lib/api.ts:13"),
    ],
    ("next-webpack", "public"): _public(".next/static/chunks/app/page-*.js", _CHAT),
    ("next-webpack", "define"): _define(".next/static/chunks/app/page-*.js", "next.config.ts:7", _CHAT),
    ("rspack", "public"): _public("dist/main.*.js"),
    ("rspack", "define"): _define("dist/main.*.js", "rspack.config.mjs:24"),
    ("react-router", "public"): _public("build/client/assets/home-*.js", "app/api.ts:13"),
    ("react-router", "define"): _define("build/client/assets/home-*.js", "vite.config.ts:9", "app/api.ts:13"),
    ("react-scripts", "public"): _public("build/static/js/main.*.js", line=2),
    ("react-scripts", "define"): [
        "critical key-in-client-bundle build/static/js/main.*.js:2 by literal src/api.ts:7",
        "critical key-in-client-bundle build/static/js/main.*.js.map > api.ts:7 by literal src/api.ts:7",
        "high key-in-client-source src/api.ts:7",
    ],
    ("nuxt", "public"): _public(".output/public/index.html", None, ".env:1"),
    ("nuxt", "define"): [
        *_define(".nuxt/dist/client/_nuxt/*.js", "nuxt.config.ts:8", "app/utils/api.ts:13", 5)[:1],
        *_define(".output/public/_nuxt/*.js", "nuxt.config.ts:8", "app/utils/api.ts:13", 5),
    ],
    **{(name, "clean"): [] for name in BUILDERS},
}


def secret_of(name: str, variant: str) -> str:
    """The key that is built into one app."""
    return key("secret", f"builds-{name}-{variant}")


def scanned(root: Path) -> list[str]:
    """What a scan of the project says, in the form of :data:`EXPECTED`."""
    repo = Repo(root)
    repo.commit()
    result = guard("scan", ".", "-o", "json", cwd=root)
    assert not result.err, result.err
    lines = []
    for finding in result.report()["findings"]:
        where, cause = finding["location"], finding["cause"]
        line = (
            f"{finding['severity']} {finding['rule']} {' > '.join([where['path'], *where['inside']])}:{where['line']}"
        )
        if cause:
            assert cause["certain"]
            line += f" by {cause['way']} {cause['path']}:{cause['line']}"
            line += f" from {cause['original']['path']}:{cause['original']['line']}" if cause["original"] else ""
        lines.append(line)
    return sorted(lines)


def check(found: list[str], expected: list[str]) -> None:
    """Hold what was found against what is expected, of which the hashes in names may be any."""
    expected = sorted(expected)
    assert len(found) == len(expected), found
    for line, glob in zip(found, expected, strict=True):
        assert fnmatchcase(line, glob.replace("[", "[[]")), (line, glob)


STORED = sorted(path.name for path in OUTPUTS.glob("*") if path.is_dir())


def _name_and_variant(stored: str) -> tuple[str, str]:
    name, _, variant = stored.rpartition("-")
    return name, variant


def test_outputs_of_the_usual_ones_are_stored():
    assert {_name_and_variant(stored) for stored in STORED} >= {(name, v) for name in USUAL for v in VARIANTS}


@pytest.mark.parametrize("stored", STORED)
def test_what_they_put_out_once(stored, tmp_path):
    """The app as it is in git, beside what was built of it: the output is ignored."""
    name, variant = _name_and_variant(stored)
    secret = secret_of(name, variant)
    make(name, variant, secret, tmp_path / "app")
    root = OUTPUTS / stored
    for file in sorted(root.rglob("*")):
        if file.is_file():
            target = tmp_path / "app" / file.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes().replace(PLACEHOLDER, secret.encode()))
    # Packed copies are not stored.
    check(scanned(tmp_path / "app"), [line for line in EXPECTED[name, variant] if " > 2." not in line])


@pytest.mark.builds
@pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="node and npm are not here")
@pytest.mark.parametrize("name", BUILDERS)
def test_what_they_put_out_now(name, tmp_path, real_environ):
    """Each app, built by the real bundler in its three variants."""
    wanted = real_environ.get("CENCORI_GUARD_BUILDS", " ".join(USUAL)).split()
    if name not in wanted and wanted != ["all"]:
        pytest.skip("not one of those that every run builds: make builds")
    try:
        modules = install(name, tmp_path / "modules", real_environ)
    except BuildError as error:
        if "CENCORI_GUARD_BUILDS" in real_environ:
            raise
        pytest.skip(f"npm could not install it: {str(error)[-300:]}")
    for variant in VARIANTS:
        root = tmp_path / variant
        build(name, variant, secret_of(name, variant), root, modules, real_environ)
        shutil.rmtree(root / "node_modules")
        check(scanned(root), EXPECTED[name, variant])
