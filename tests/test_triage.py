"""What excuses a finding: comments and config; what does not, and what they say then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import Repo, guard
from tests.mint import key

PAST, FUTURE = "2020-01-31", "2999-01-31"


@pytest.mark.parametrize(
    ("comment", "excused"),
    [
        ("cencori-guard: allow", True),
        ("cencori-guard:allow", True),
        ("cencori-guard: allow -- why", True),
        ("cencori-guard: allow[key-in-source]", True),
        ("cencori-guard: allow[key-in-env-file, key-in-source] -- why", True),
        ("cencori-guard: allow[key-in-env-file]", False),
        ("cencori-guard: allow[no-such-rule]", False),
        ("cencori-guard: allow[]", False),
        (f"cencori-guard: allow until={FUTURE}", True),
        (f"cencori-guard: allow until={PAST}", False),
        ("cencori-guard: allow until=tomorrow", False),
        (f"cencori-guard: allow[key-in-source] until={FUTURE} -- why", True),
        (f"cencori-guard: allow[key-in-source] until={PAST} -- why", False),
        ("cencori-guard: allow [key-in-env-file]", False),
        ("cencori-guard: allow untill=2020-01-01", False),
        (f"cencori-guard: allow[key-in-source] until={FUTURE} who=me -- why", False),
        ("cencori-guard: allow because -- why", True),
        ("cencori-guard: allow-file", False),
        ("cencori-guard: allowed", False),
        ("cencori-guard: disallow", False),
        ("cencori-guard: allow-next-line", False),
        ("cencori-guard allow", False),
        ("nosec", False),
    ],
)
def test_a_comment_on_the_line(tmp_path: Path, secret: str, comment: str, excused: bool) -> None:
    (tmp_path / "a.py").write_text(f"k = '{secret}'  # {comment}\n")
    result = guard("scan", "a.py", "-o", "json", cwd=tmp_path)
    assert result.code == (0 if excused else 1)
    (found,) = result.report()["findings"]
    assert (found["suppressed"] is not None) is excused
    if excused:
        assert found["suppressed"]["by"] == "inline"
        assert "why" not in comment or found["suppressed"]["reason"] == "why"


def test_a_comment_above_the_line(tmp_path: Path, secret: str) -> None:
    cases = {
        "above.py": (f"# cencori-guard: allow-next-line -- why\nk = '{secret}'\n", 0),
        "windows.py": (f"# cencori-guard: allow-next-line -- why\r\nk = '{secret}'\r\n", 0),
        "too-far.py": (f"# cencori-guard: allow-next-line\n\nk = '{secret}'\n", 1),
        "allow-above.py": (f"# cencori-guard: allow\nk = '{secret}'\n", 1),
        "below.py": (f"k = '{secret}'\n# cencori-guard: allow\n", 1),
        "html.html": (f"<p>{secret}</p> <!-- cencori-guard: allow -- why -->\n", 0),
        "c.c": (f'k = "{secret}"; /* cencori-guard: allow[key-in-source] */\n', 0),
    }
    for name, (text, code) in cases.items():
        (tmp_path / name).write_bytes(text.encode())
        result = guard("scan", name, "-o", "json", cwd=tmp_path)
        assert result.code == code, name
        if code == 0 and "why" in text:
            assert result.report()["findings"][0]["suppressed"]["reason"] == "why", name


def test_a_comment_in_utf16(tmp_path: Path, secret: str) -> None:
    (tmp_path / "a.ps1").write_bytes(f"$k = '{secret}' # cencori-guard: allow -- why\r\n".encode("utf-16"))
    assert guard("scan", "a.ps1", cwd=tmp_path).code == 0


def test_a_comment_that_does_not_count_says_why(tmp_path: Path, secret: str) -> None:
    for comment, why in (
        (f"allow until={PAST}", f"expired on {PAST}"),
        ("allow until=soon", "until=soon is no date"),
        ("allow[key-in-sauce]", "does not exist: key-in-sauce"),
        ("allow untill=2999-01-01", "says untill=, and only until= is known"),
    ):
        (tmp_path / "a.py").write_text(f"k = '{secret}'  # cencori-guard: {comment}\n")
        assert why in " ".join(guard("scan", "a.py", cwd=tmp_path).out.split())


def test_suppressed_findings_stay_in_the_report(tmp_path: Path, secret: str) -> None:
    (tmp_path / "a.py").write_text(f"k = '{secret}'  # cencori-guard: allow -- a test\n")
    result = guard("scan", "a.py", cwd=tmp_path)
    assert result.code == 0
    assert "1 suppressed" in result.out
    report = guard("scan", "a.py", "-o", "json", cwd=tmp_path).report()
    assert report["summary"]["suppressed"] == 1
    assert report["summary"]["high"] == 0
    assert guard("scan", "a.py", "--no-ignore", cwd=tmp_path).code == 1


ALLOW = '[[allow]]\npaths = ["tests/**"]\nreason = "made up"\n'


def test_config_allows_with_a_reason(repo: Repo, secret: str) -> None:
    repo.write("tests/a.py", secret)
    repo.write(".cencori-guard.toml", ALLOW)
    result = guard("scan", ".", "-o", "json", cwd=repo.path)
    assert result.code == 0
    (found,) = result.report()["findings"]
    assert found["suppressed"] == {"by": "config", "reason": "made up (.cencori-guard.toml)"}
    for args in (["--no-ignore"], ["--no-config"]):
        assert guard("scan", ".", *args, cwd=repo.path).code == 1
    repo.write("src/a.py", secret)
    assert guard("scan", ".", cwd=repo.path).code == 1
    assert guard("scan", "tests", cwd=repo.path.parent / "repo").code == 0
    repo.git("add", "tests", ".cencori-guard.toml")
    assert guard("hook", "pre-commit", cwd=repo.path).code == 0


@pytest.mark.parametrize(
    ("entry", "excused"),
    [
        ('paths = ["/a.py"]', True),
        ('paths = ["b.py"]', False),
        ('paths = ["*.py", "!a.py"]', False),
        ('rules = ["key-in-source"]\npaths = ["*"]', True),
        ('rules = ["key-in-env-file"]\npaths = ["*"]', False),
        (f'until = "{FUTURE}"\npaths = ["*"]', True),
        (f"until = {FUTURE}\npaths = ['*']", True),
        (f'until = "{PAST}"\npaths = ["*"]', False),
        ('fingerprints = ["FINGERPRINT"]', True),
        ('fingerprints = ["0123"]', False),
        ('fingerprints = ["FINGERPRINT"]\npaths = ["b.py"]', False),
    ],
)
def test_what_an_entry_of_config_covers(tmp_path: Path, secret: str, entry: str, excused: bool) -> None:
    from cencori_guard.keys import find_keys

    entry = entry.replace("FINGERPRINT", find_keys(secret.encode())[0].key.fingerprint())
    (tmp_path / "a.py").write_text(secret)
    (tmp_path / ".cencori-guard.toml").write_text(f'[[allow]]\nreason = "why"\n{entry}\n')
    assert guard("scan", ".", cwd=tmp_path).code == (0 if excused else 1)


def test_exclude_leaves_out_and_says_so(repo: Repo, secret: str) -> None:
    repo.write("vendor/a.py", secret)
    repo.write("b.py", "x")
    repo.write("pyproject.toml", '[tool.cencori-guard]\nexclude = ["vendor/"]\n')
    result = guard("scan", ".", "-o", "json", cwd=repo.path)
    assert result.code == 0
    assert result.report()["findings"] == []
    assert result.report()["scan"]["skipped"] == [
        {"path": "", "reason": "1 left out by exclude in pyproject.toml", "blind": False}
    ]
    assert guard("scan", ".", "--strict", cwd=repo.path).code == 3
    assert guard("scan", ".", "--no-ignore", cwd=repo.path).code == 1
    repo.git("add", "-A")
    assert guard("hook", "pre-commit", cwd=repo.path).code == 0
    assert guard("scan", "vendor/a.py", cwd=repo.path).code == 1, "a file that is named is always scanned"


def test_fail_on_in_config_and_on_the_command_line(repo: Repo) -> None:
    repo.write("a.py", key("secret-test"))
    repo.write(".cencori-guard.toml", 'fail-on = "high"\n')
    assert guard("scan", ".", cwd=repo.path).code == 0
    assert guard("scan", ".", "--fail-on", "low", cwd=repo.path).code == 1
    assert guard("scan", ".", "--no-config", cwd=repo.path).code == 1


def test_the_nearest_config_counts(repo: Repo, secret: str) -> None:
    repo.write(".cencori-guard.toml", 'exclude = ["a"]\n')
    repo.write("pkg/pyproject.toml", "[tool.other]\n")
    repo.write("pkg/.cencori-guard.toml", '[[allow]]\npaths = ["/x.py"]\nreason = "why"\n')
    repo.write("pkg/x.py", secret)
    assert guard("scan", "pkg", cwd=repo.path).code == 0
    assert guard("scan", ".", cwd=repo.path / "pkg").code == 0
    assert guard("scan", ".", cwd=repo.path).code == 1, "from the scanned path up, not down"
    (repo.path / "pkg" / ".cencori-guard.toml").unlink()
    assert guard("scan", "pkg", cwd=repo.path).code == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("exlude = []", "unknown key 'exlude'; did you mean 'exclude'?"),
        ("verify = true", "unknown key 'verify'"),
        ("fail-on = 'bad'", "not one of"),
        ("fail-on = 3", "not one of"),
        ("exclude = 'x'", "must be a list of strings"),
        ("exclude = [1]", "must be a list of strings"),
        ("exclude = ['[z-a]']", "is not a pattern"),
        ("exclude = ['!']", "is not a pattern"),
        ("allow = 1", "array of tables"),
        ("[[allow]]\npaths = ['x']", "no reason in entry 1"),
        ("[[allow]]\npaths = ['x']\nreason = ''", "no reason in entry 1"),
        ("[[allow]]\nreason = 'x'", "would excuse everything"),
        (
            "[[allow]]\npaths = ['x']\nreason = 'x'\nrule = ['y']",
            "unknown key 'rule' in entry 1 of allow; did you mean",
        ),
        ("[[allow]]\npaths = ['x']\nreason = 'x'\nrules = ['key-in-sauce']", "did you mean 'key-in-source'"),
        ("[[allow]]\npaths = ['x']\nreason = 'x'\nuntil = 'soon'", "must be a date"),
        ("not toml", "not valid TOML"),
        ("a = \xff", "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
    ],
)
def test_a_broken_config_is_one_line_and_exit_2(tmp_path: Path, secret: str, text: str, says: str) -> None:
    (tmp_path / ".cencori-guard.toml").write_bytes(text.encode("latin-1"))
    (tmp_path / "a.py").write_text(secret)
    result = guard("scan", ".", cwd=tmp_path)
    assert result.code == 2, result.err
    assert says in result.err.replace("nested too deeply", "not valid TOML")
    assert ".cencori-guard.toml" in result.err
    assert len(result.err.splitlines()) == 1


def test_an_odd_pyproject_without_our_table_is_not_our_business(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x")
    for text in ("tool = 3", "[tool]\nother = 1", "not toml at all", "[project]\nname = 'x'"):
        (tmp_path / "pyproject.toml").write_text(text)
        assert guard("scan", ".", cwd=tmp_path).code == 0, text


def test_a_name_that_is_not_utf8_beside_an_exclude(tmp_path: Path, secret: str) -> None:
    """It is compared, and the rest is told."""
    odd = tmp_path / os.fsdecode(b"old\xff")
    odd.mkdir()
    (odd / "a.py").write_text(secret)
    (tmp_path / "b.py").write_text(secret)
    for glob, paths in (("old*/", ["b.py"]), ("new/", ["b.py", "old\\xff/a.py"])):
        (tmp_path / ".cencori-guard.toml").write_text(f'exclude = ["{glob}"]\n')
        result = guard("scan", ".", "-o", "json", cwd=tmp_path)
        assert result.code == 1, result.err
        assert [path for _, _, path, _, _ in result.findings()] == paths
