"""The rules about env files and what ignores them: when they fire, how bad they are, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Repo, guard
from tests.mint import key

KEY = f"CENCORI_API_KEY={key()}\n"
TEST_KEY = f"CENCORI_TEST_API_KEY={key('secret-test')}\n"
PUBLISHABLE = f"NEXT_PUBLIC_CENCORI_PUBLISHABLE_KEY={key('publishable')}\n"
REAL = "CENCORI_API_KEY=prod-7f2k9x8w3m\n"  # no key of a shape we know, and no placeholder
PLACEHOLDER = "CENCORI_API_KEY=your_key_here\n"
REFERENCE = "CENCORI_API_KEY=${FROM_VAULT}\n"
OTHER = "PORT=8080\nSECRET=not-cencori-at-all-77\n"
USES = '{"dependencies": {"cencori": "^1.0.0"}}'
IGNORE_ENV = ".env\n.env.*\n*.env\n.envrc\n.flaskenv\n.dev.vars\n"


def findings(root: Path, *args: str) -> set[tuple[str, str, str]]:
    """(rule, severity, path) of every finding of a scan of *root*."""
    result = guard("scan", "-o", "json", *args, cwd=root)
    assert not result.err, result.err
    found = [(rule, severity, path) for rule, severity, path, *_ in result.findings()]
    assert len(found) == len(set(found)), found
    return set(found)


def message(root: Path, rule: str, path: str = ".env") -> str:
    report = guard("scan", "-o", "json", cwd=root).report()
    (said,) = [f["message"] for f in report["findings"] if (f["rule"], f["location"]["path"]) == (rule, path)]
    return said


def short(*rows: str) -> set[tuple[str, str]]:
    return {tuple(row.split()) for row in rows}


# --- one env file: (name, content, is the project Cencori's, where) -> (rule, severity) -----------------------

TRACKED, LOOSE, IGNORED = "tracked", "loose", "ignored"  # loose: neither tracked nor ignored
_T, _N, _K = "env-file-tracked", "env-file-not-ignored", "key-in-env-file"

ENV_FILES = [
    # An env file in git: medium for .env and *.local where the project uses Cencori, else low.
    (".env", OTHER, False, TRACKED, [f"{_T} low", f"{_N} low"]),
    (".env", OTHER, True, TRACKED, [f"{_T} medium", f"{_N} low"]),
    (".env", PLACEHOLDER, False, TRACKED, [f"{_T} medium", f"{_N} low"]),
    (".env", KEY, False, TRACKED, [f"{_T} medium", f"{_N} high", f"{_K} high"]),
    (".env.local", OTHER, True, TRACKED, [f"{_T} medium", f"{_N} low"]),
    (".env.local", OTHER, False, TRACKED, [f"{_T} low", f"{_N} low"]),
    (".env.production.local", OTHER, True, TRACKED, [f"{_T} medium", f"{_N} low"]),
    (".env.production", OTHER, True, TRACKED, [f"{_T} low", f"{_N} low"]),
    (".dev.vars", OTHER, True, TRACKED, [f"{_T} low", f"{_N} low"]),
    # One that no committed rule covers: high with a key or a real value, else low.
    (".env", OTHER, False, LOOSE, [f"{_N} low"]),
    (".env", OTHER, True, LOOSE, [f"{_N} low"]),
    (".env", PLACEHOLDER, False, LOOSE, [f"{_N} low"]),
    (".env", REFERENCE, False, LOOSE, [f"{_N} low"]),
    (".env", REAL, False, LOOSE, [f"{_N} high"]),
    (".env", KEY, False, LOOSE, [f"{_N} high", f"{_K} high"]),
    (".env", key() + "\n", False, LOOSE, [f"{_N} high", f"{_K} high"]),
    (".env", TEST_KEY, False, LOOSE, [f"{_N} high", f"{_K} medium"]),
    (".env", PUBLISHABLE, False, LOOSE, [f"{_N} low", f"{_K} info"]),
    ("app/.env.production", KEY, False, LOOSE, [f"{_N} high", f"{_K} high"]),
    # Ignored and not tracked: where a key belongs.
    (".env", KEY, True, IGNORED, []),
    (".env.local", REAL, True, IGNORED, []),
    (".envrc", KEY, True, IGNORED, []),
    # Templates may be committed, and hold no real key all the same.
    (".env.example", PLACEHOLDER, True, TRACKED, []),
    (".env.sample", OTHER, True, LOOSE, []),
    (".env.template", REAL, True, TRACKED, []),
    (".env.dist", PLACEHOLDER, True, LOOSE, []),
    (".env.defaults", OTHER, True, TRACKED, []),
    (".env.test", OTHER, True, TRACKED, []),
    (".env.example", KEY, True, TRACKED, [f"{_K} high"]),
    (".env.example", KEY, True, LOOSE, [f"{_K} high"]),
    (".env.test", TEST_KEY, True, TRACKED, [f"{_K} medium"]),
    # What many commit on purpose: only with a real value for a Cencori name.
    *((name, content, True, where, []) for name in (".envrc", ".flaskenv", "prod.env")
      for content in (OTHER, PLACEHOLDER, REFERENCE) for where in (TRACKED, LOOSE)),
    *((name, REAL, True, TRACKED, [f"{_T} low", f"{_N} high"]) for name in (".envrc", ".flaskenv", "prod.env")),
    *((name, REAL, True, LOOSE, [f"{_N} high"]) for name in (".envrc", ".flaskenv", "prod.env")),
    (".envrc", "export " + KEY, True, TRACKED, [f"{_T} low", f"{_N} high", f"{_K} high"]),
    ("prod.env", PUBLISHABLE, True, TRACKED, [f"{_K} info"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "uses", "where", "expected"), ENV_FILES)
def test_env_files(repo: Repo, name, content, uses, where, expected):
    """Each rule about an env file, with the severities of the design."""
    repo.write(name, content)
    if where == IGNORED:
        repo.write(".gitignore", IGNORE_ENV)
    if uses:
        repo.write("package.json", USES)
    repo.git("add", "package.json" if uses else ".gitignore", check=False)
    if where == TRACKED:
        repo.git("add", "-f", name)
    found = {(rule, severity) for rule, severity, path in findings(repo.path) if path == name}
    assert found == short(*expected)


def test_tracked_although_ignored(repo: Repo):
    """A rule that ignores a file which git tracks protects nothing: tracked, though covered from now on."""
    repo.write(".gitignore", ".env\n")
    repo.write(".env", KEY)
    repo.git("add", "-f", ".env", ".gitignore")
    assert findings(repo.path) == {("env-file-tracked", "medium", ".env"), ("key-in-env-file", "high", ".env")}


def test_env_file_in_what_ships(repo: Repo):
    """An env file in a shipped directory ships, ignored or not; its key is where everybody can get it."""
    repo.write(".gitignore", "dist\n.env\n")
    repo.write("package.json", USES)
    repo.write("dist/index.html", "<html>")
    repo.write("dist/.env", KEY)
    assert findings(repo.path) == {("key-in-client-bundle", "critical", "dist/.env")}


# --- rules that protect one person alone ----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["info/exclude", "core.excludesFile", "ignored .gitignore", "default excludes"])
def test_private_excludes(repo: Repo, tmp_path: Path, monkeypatch, how):
    """A rule of one person's own protects that person: the message names file and line, and says so."""
    repo.write("package.json", USES)
    repo.write(".env", KEY)
    repo.write("sub/.env.local", REAL)
    if how == "info/exclude":
        source, line = ".git/info/exclude", 2
        repo.write(source, "# mine\n.env*\n")
    elif how == "core.excludesFile":
        source, line = str(tmp_path / "global"), 1
        Path(source).write_text(".env*\n")
        repo.git("config", "core.excludesFile", source)
    elif how == "default excludes":
        home = tmp_path / "xdg"
        (home / "git").mkdir(parents=True)
        source, line = str(home / "git" / "ignore"), 1
        Path(source).write_text(".env*\n")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    else:
        source, line = ".gitignore", 3
        repo.write(source, "\n.gitignore\n.env*\n")
    assert findings(repo.path) == {
        ("env-file-not-ignored", "high", ".env"),
        ("env-file-not-ignored", "high", "sub/.env.local"),
        ("key-in-env-file", "high", ".env"),
        ("env-ignore-missing", "medium", ".gitignore"),
        ("env-ignore-missing", "medium", "sub/.gitignore"),
    }
    for rule, path in (("env-file-not-ignored", ".env"), ("env-ignore-missing", ".gitignore")):
        said = message(repo.path, rule, path)
        assert f"{source}:{line} (.env*)" in said
        assert "on this machine alone" in said


def test_private_exclude_of_a_whole_directory(repo: Repo):
    """An env file in a directory that a private rule hides is not hidden from the team."""
    repo.write(".git/info/exclude", "/secrets/\n")
    repo.write("secrets/deep/.env", KEY)
    repo.write("secrets/other.py", "x = 1\n")
    assert {rule for rule, _, path in findings(repo.path) if path == "secrets/deep/.env"} == {_N, _K}


def test_shared_rule_beside_a_private_one(repo: Repo):
    """git names the private rule where it is the last word, yet the shared one protects the team."""
    repo.write(".gitignore", ".env\n")
    repo.write("sub/.gitignore", "!.env\n")
    repo.write(".git/info/exclude", ".env\n")
    repo.write(".env", KEY)
    repo.write("sub/.env", KEY)
    found = {path for rule, _, path in findings(repo.path) if rule != "shared-key"}
    assert found == {"sub/.env", "sub/.gitignore"}


def test_untracked_gitignore_counts(repo: Repo):
    """A ``.gitignore`` that is about to be committed is shared already."""
    repo.write(".gitignore", ".env\n")
    repo.write(".env", KEY)
    assert findings(repo.path) == set()


# --- who would ignore .env ------------------------------------------------------------------------------------

USERS = {
    "npm": ("package.json", USES),
    "npm, scoped": ("package.json", '{"devDependencies": {\n  "@cencori/react": "1"\n}}'),
    "requirements": ("requirements.txt", "flask\ncencori>=1.2\n"),
    "requirements, bare": ("requirements-dev.txt", "cencori\n"),
    "pyproject": ("pyproject.toml", '[project]\ndependencies = ["cencori>=1"]\n'),
    "pyproject, a line each": ("pyproject.toml", '[project]\ndependencies = [\n  "cencori",\n]\n'),
    "pyproject, in the middle": (
        "pyproject.toml",
        '[project]\ndependencies = ["flask", "cencori[http] ~= 1.0", "x"]\n',
    ),
    "setup.py": ("setup.py", "setup(name='x', install_requires=['cencori==1.0'])\n"),
    "Pipfile": ("Pipfile", '[packages]\ncencori = "*"\n'),
    "one line of JSON": ("package.json", '{"name":"x","dependencies":{"next":"15","cencori":"1"},"private":true}'),
    "poetry": ("pyproject.toml", '[tool.poetry.dependencies]\ncencori = "^1"\n'),
    "go.mod": ("go.mod", "module x\n\nrequire (\n\tgithub.com/cencori/cencori-go v1.2.3\n)\n"),
    "js import": ("src/app.js", "import { Cencori } from 'cencori';\n"),
    "ts import of a part": ("src/app.ts", 'import x from "@cencori/sdk/server"\n'),
    "require": ("app.cjs", 'const c = require("cencori")\n'),
    "dynamic import": ("app.mjs", 'const c = await import("cencori")\n'),
    "python import": ("app.py", "import cencori\n"),
    "python from": ("app.py", "    from cencori.client import Client\n"),
    "env template": (".env.example", PLACEHOLDER),
    "env template, public name": (".env.sample", "NEXT_PUBLIC_CENCORI_PUBLISHABLE_KEY=\n"),
}
NON_USERS = {
    "ourselves": ("requirements-dev.txt", "cencori-guard==1.0\n"),
    "ourselves in npm": ("package.json", '{"devDependencies": {"cencori-guard": "1"}}'),
    "ourselves imported": ("app.py", "import cencori_guard\nfrom cencori_guard import keys\n"),
    "our own hook": (".pre-commit-config.yaml", "repos:\n- repo: x\n  hooks:\n  - id: cencori-guard\n"),
    "our own config": ("pyproject.toml", '[tool.cencori-guard]\nfail-on = "high"\n'),
    "prose": ("README.md", "We compared cencori with others.\nSet CENCORI_API_KEY to your key.\n"),
    "a url": ("app.py", 'URL = "https://cencori.com/api/v1"\n'),
    "another package": ("package.json", '{"dependencies": {"cencorix": "1", "my-cencori": "1"}}'),
    "a keyword": ("package.json", '{"keywords": ["ai", "cencori"], "description": "unlike cencori, free"}'),
    "a name in code": ("app.py", "cencori = 1\nprint(cencori)\n"),
    "a name alone in data": ("words.csv", "alpha\ncencori\nomega\n"),
    "a key": ("app.py", f"# {key('publishable')}\n"),
}


@pytest.mark.parametrize("name", USERS)
def test_who_uses_cencori(repo: Repo, name):
    """A manifest, an import or a name in an env file: where one says Cencori, ``.env`` has to be ignored."""
    repo.write(*USERS[name])
    repo.commit()
    assert findings(repo.path) == {("env-ignore-missing", "medium", ".gitignore")}
    repo.write(".gitignore", ".env\n")
    assert findings(repo.path) == set()
    repo.write(".gitignore", ".env\n!.env\n")
    assert findings(repo.path) == {("env-ignore-missing", "medium", ".gitignore")}


@pytest.mark.parametrize("name", NON_USERS)
def test_who_does_not(repo: Repo, name):
    """Prose, look-alikes and this very tool are no use of Cencori."""
    repo.write(*NON_USERS[name])
    repo.commit()
    assert {rule for rule, *_ in findings(repo.path)} <= {"key-in-source"}


def test_what_is_ignored_is_no_evidence(repo: Repo):
    """A project does not use Cencori because something in its ignored build output does."""
    repo.write(".gitignore", "dist\nnode_modules\n")
    repo.write("package.json", "{}")
    repo.write("dist/app.js", 'import "cencori"\n')
    repo.write("node_modules/cencori/package.json", USES)
    assert findings(repo.path) == set()


def test_monorepo(repo: Repo):
    """Each package that uses Cencori is asked for, by the ignore files that speak for it."""
    repo.write("packages/good/package.json", USES)
    repo.write("packages/good/.gitignore", ".env\n")
    repo.write("packages/good/.env", KEY)
    repo.write("packages/bad/package.json", USES)
    repo.write("packages/other/package.json", "{}")
    repo.write("packages/undone/package.json", USES)
    repo.write("packages/undone/.gitignore", "!.env\n")
    repo.commit()
    missing = {("env-ignore-missing", "medium", f"packages/{name}/.gitignore") for name in ("bad", "undone")}
    assert findings(repo.path) == missing
    repo.write(".gitignore", ".env\n")
    assert findings(repo.path) == {("env-ignore-missing", "medium", "packages/undone/.gitignore")}


@pytest.mark.parametrize("where", ["", "sub"], ids=["root", "below"])
def test_nested_repository_is_judged_by_its_own_rules(repo: Repo, where):
    """The outer ``.gitignore`` does not reach into a repository within."""
    inner = Repo(repo.path / where / "inner")
    repo.write(".gitignore", ".env\n")
    inner.write("package.json", USES)
    inner.write(".env", REAL)
    at = f"{where}/inner/".lstrip("/")
    assert findings(repo.path) == {
        ("env-file-not-ignored", "high", f"{at}.env"),
        ("env-ignore-missing", "medium", f"{at}.gitignore"),
    }


def test_a_single_file_is_not_asked_who_would_ignore_env(repo: Repo):
    """Whoever scans one file asks about that file."""
    repo.write("package.json", USES)
    assert findings(repo.path, "package.json") == set()


def test_outside_of_git(tmp_path: Path):
    """The same rules without git, judged by the ignore files of the directory; nothing is tracked there."""
    for name, content in {
        "package.json": USES,
        "a/.env": KEY,
        "b/.env": f"CENCORI_API_KEY={key('secret', 'b')}\n",
        "b/.gitignore": ".env\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    expected = {(_N, "high", "a/.env"), (_K, "high", "a/.env")}
    # Once is enough: a rule at the top would cover a/.env too.
    assert findings(tmp_path) == expected | {("env-ignore-missing", "medium", ".gitignore")}
    (tmp_path / ".gitignore").write_text(".env\n")
    assert findings(tmp_path) == set()


@pytest.mark.parametrize("name", [":x/.env", "-x/.env", "a b/.env", "é/.env", "*/.env", "x\ny/.env"])
def test_odd_names(repo: Repo, name):
    """A name that git could take for something else is judged as any other."""
    repo.write(name, KEY)
    assert {rule for rule, *_ in findings(repo.path)} == {_N, _K, "env-ignore-missing"}
    repo.write(".gitignore", ".env\n")
    assert findings(repo.path) == set()
