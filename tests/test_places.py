"""What the names of files and directories say; and which directories that git ignores ship all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from cencori_guard import places
from tests.conftest import Repo, guard
from tests.mint import key

ENV = (
    b".env .env.local .env.production .env.development.local .env.example .env.sample .env.template "
    b".env.dist .env.defaults .env.test prod.env app.local.env .envrc .dev.vars .dev.vars.production "
    b".flaskenv .cencorirc .env.a.b .env.vault"
).split()
NOT_ENV = (
    b"env .environment .envoy environment.ts env.py dotenv .env- .envrc.py my.envrc a.env.js .flaskenvs "
    b".cencorirc.bak x.dev.vars config.json README.md .env~"
).split()
TEMPLATES = (
    b".env.example .env.sample .env.template .env.dist .env.defaults .env.test example.env sample.env "
    b".env.production.example .env.example.local .env-example.env template.env .dev.vars.example"
).split()
NO_TEMPLATES = (
    b".env .env.local .env.production .env.test.local .env.testing prod.env test.env .envrc .flaskenv "
    b".dev.vars .env.exemplary .env.distribution .env.staging .cencorirc"
).split()


@pytest.mark.parametrize("name", ENV)
def test_env_files(name):
    """Files that hold environment variables, by the names of design 4 and the vendor's own."""
    assert places.is_env_file(name)


@pytest.mark.parametrize("name", NOT_ENV)
def test_no_env_files(name):
    """Names that only look similar."""
    assert not places.is_env_file(name)


def test_env_file_names_may_hold_anything():
    """A line end in a name hides nothing."""
    assert places.is_env_file(b".env.a\nb")
    assert places.is_env_file(b"a\nb.env")


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates(name):
    """Env files that are meant to be committed."""
    assert places.is_env_file(name)
    assert places.is_template(name)


@pytest.mark.parametrize("name", NO_TEMPLATES)
def test_no_templates(name):
    """An env file with values is no template, and ``.env.test.local`` is a person's own."""
    assert places.is_env_file(name)
    assert not places.is_template(name)


@pytest.mark.parametrize(
    ("name", "on_purpose"),
    [
        (b".envrc", True),
        (b".flaskenv", True),
        (b"prod.env", True),
        (b".local.env", True),
        (b".env", False),
        (b".env.local", False),
        (b".dev.vars", False),
        (b".cencorirc", False),
    ],
)
def test_committed_on_purpose(name, on_purpose):
    """``.envrc``, ``.flaskenv`` and ``*.env``, but never ``.env`` itself."""
    assert places.is_committed_on_purpose(name) is on_purpose


_BROWSERS_LOAD = b"html htm css js mjs cjs wasm".split()


@pytest.mark.parametrize(
    "end",
    [e + m + z for e in _BROWSERS_LOAD for m in (b"", b".map") for z in (b"", b".gz", b".br")] + [b"HTML", b"Js.Gz"],
)
def test_web_files(end):
    """What browsers load, its maps, and either one compressed."""
    assert places.is_web_file(b"a." + end)


@pytest.mark.parametrize(
    "name", b"a.jsx a.ts a.json a.py a.o a.so a.class a.jar js .js.bak a.js.zip a.map a.gz a.css.txt".split()
)
def test_no_web_files(name):
    """What compilers and build tools for other worlds leave behind."""
    assert not places.is_web_file(name)


@pytest.mark.parametrize(
    ("name", "ships"),
    [
        (b"app.js.map", True),
        (b"app.css.map", True),
        (b"app.min.js", True),
        (b"app.min.mjs", True),
        (b"main.chunk.js", True),
        (b"app.apk", True),
        (b"App.IPA", True),
        (b"app.asar", True),
        (b"app.xpi", True),
        (b"app.js", False),
        (b"a.map", False),
        (b"admin.js", False),
        (b"min.js", False),
    ],
)
def test_shipped_files(name, ships):
    """Source maps, minified scripts and packaged apps ship wherever they lie."""
    assert places.is_shipped_file(name) is ships


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"dist/a.js", [b"dist"]),
        (b"a/b/public/js/a.js", [b"a/b/public"]),
        (b"static/build/a.js", [b"static", b"static/build"]),
        (b"dist", []),
        (b"src/dist.js", []),
        (b"distribution/a.js", []),
        (b"Dist/a.js", []),
        (b"node_modules/x/dist/a.js", []),
        (b"dist/node_modules/x/a.js", []),
        (b".venv/lib/static/a.js", []),
        (b".next/static/a.js", [b".next/static"]),
    ],
)
def test_shipped_ancestors(path, expected):
    """The directories above a file that ship by name; what others wrote is never looked for them."""
    assert places.shipped_ancestors(path) == expected


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        *(
            (n, True)
            for n in b"package.json requirements.txt requirements-dev.txt requirements.in pyproject.toml".split()
        ),
        *((n, True) for n in b"setup.py setup.cfg Pipfile go.mod Cargo.toml deno.json environment.yml Gemfile".split()),
        *(
            (n, False)
            for n in b"package-lock.json requirements.md my-package.json tsconfig.json go.sum README.md".split()
        ),
    ],
)
def test_manifests(name, manifest):
    """Where dependencies are declared."""
    assert places.is_manifest(name) is manifest


@pytest.mark.parametrize(
    ("name", "document"),
    [
        *((n, True) for n in b"README.md a.rst a.txt NOTES.TXT a.ipynb a.mdx".split()),
        (b"md", False),
        (b"a.md.py", False),
    ],
)
def test_documents(name, document):
    """Prose, by its ending."""
    assert places.is_document(name) is document


# --- shipped directories that git ignores ---------------------------------------------------------------------

_IGNORED = [".gitignore", "dist build out .next public node_modules .svelte-kit .output *.log target"][1]

SHIPPED: dict[str, tuple[str, set[str]]] = {
    "package.json above": ("package.json dist/app.js! dist/data.json!", {"dist/app.js", "dist/data.json"}),
    "package.json beside the directory's parent": ("package.json a/b/build/app.js!", {"a/b/build/app.js"}),
    "package.json in it": ("dist/package.json dist/app.js!", {"dist/app.js"}),
    "index.html in it": ("build/index.html build/app.js!", {"build/app.js"}),
    "index.html deeper in it": ("build/sub/index.html build/app.js!", set()),
    "CMake": ("CMakeLists.txt build/main.o! build/doc.html!", set()),
    "Gradle in a web project, nothing for browsers": ("package.json build/classes/A.class!", set()),
    "Next.js": ("package.json .next/static/chunks/app.js! .next/server/app.js!", {".next/static/chunks/app.js"}),
    "SvelteKit": ("package.json .svelte-kit/output/client/app.js!", set()),
    "Nuxt": ("package.json .output/public/_nuxt/a.js!", {".output/public/_nuxt/a.js"}),
    "monorepo": (
        "packages/app/package.json packages/app/dist/a.js! packages/c/build/a.js!",
        {"packages/app/dist/a.js"},
    ),
    "monorepo, package.json at the root": ("package.json packages/app/dist/a.js!", {"packages/app/dist/a.js"}),
    "dependencies": ("package.json node_modules/x/dist/a.js! dist/node_modules/y/a.js! dist/a.js!", {"dist/a.js"}),
    "single ignored files in it": ("package.json static/app.js static/debug.log!", {"static/debug.log"}),
    "an ignored file elsewhere": ("package.json src/app.js src/debug.log!", set()),
    "only compressed files": (
        "package.json dist/app.js.gz! dist/app.js.map.br!",
        {"dist/app.js.gz", "dist/app.js.map.br"},
    ),
    "env file in it": ("package.json dist/app.js dist/.env!", {"dist/.env"}),
    "a directory of another name": ("package.json target/app.js!", set()),
    "a directory called .git-like": ("package.json dist/.well-known/a.js!", {"dist/.well-known/a.js"}),
}


@pytest.mark.parametrize("git", [True, False], ids=["checkout", "plain"])
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_directories_that_are_ignored(tmp_path: Path, name, git):
    """What ships is scanned even where git ignores it; what compilers, caches and others made is not."""
    files, expected = SHIPPED[name]
    root = tmp_path / "r"
    for file in files.split():
        path = root / file.rstrip("!")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"'{key()}'\n" if file.endswith("!") else "{}\n")
    (root / ".gitignore").write_text(_IGNORED.replace(" ", "\n") + "\n")
    if git:
        Repo(root).commit()
    result = guard("scan", "-o", "json", "r", cwd=tmp_path)
    assert {(rule, severity, path) for rule, severity, path, *_ in result.findings()} == {
        ("key-in-client-bundle", "critical", path) for path in expected
    }
    assert guard("scan", "--no-bundles", "-o", "json", "r", cwd=tmp_path).findings() == []


def test_package_json_above_the_repository_does_not_count(tmp_path: Path):
    """What lies above the repository is another project's."""
    (tmp_path / "package.json").write_text("{}")
    repo = Repo(tmp_path / "r")
    repo.write(".gitignore", "build\n")
    repo.write("build/app.js", f"'{key()}'\n")
    assert guard("scan", "-o", "json", cwd=repo.path).findings() == []
