"""What a report looks like: byte-exact text, JSON by its schema, the exit code, and no key in any of it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from cencori_guard.errors import ExitCode
from cencori_guard.keys import find_keys
from cencori_guard.models import (
    Context,
    Excerpt,
    Finding,
    Location,
    Report,
    Rule,
    Scan,
    Severity,
    Skipped,
    State,
    Suppression,
)
from cencori_guard.report.interface import Style
from cencori_guard.report.outcome import exit_code
from cencori_guard.report.terminal import write as write_terminal
from cencori_guard.report.text import layout
from cencori_guard.report.writers import WRITERS
from tests.conftest import Repo, guard
from tests.mint import key

SCHEMA = json.loads(files("cencori_guard.report").joinpath("schema-v1.json").read_text())


def finding(severity: Severity = Severity.HIGH, path: bytes = b"src/app.ts", **more) -> Finding:
    secret = find_keys(key("secret", "report").encode())[0].key
    text = f'const client = new Cencori({{ apiKey: "{secret.redacted}" }})'
    start = text.index(secret.redacted)
    return Finding(
        Rule.KEY_IN_SOURCE,
        severity,
        f"Cencori secret key {secret.redacted} in a file that git tracks",
        Location(path, 12, 39, 91),
        Context.SOURCE,
        ("Do the first thing.", "Then the second, which takes so many words that they do not fit into one line of 80."),
        key=secret,
        tracked=True,
        state=State.TIP,
        excerpt=Excerpt(text, start, start + len(secret.redacted)),
    )._replace(**more)


def report(*findings: Finding, complete: bool = True, skipped: tuple[Skipped, ...] = (), **more) -> Report:
    scan = Scan("tree", complete, 1234, 1234, 5_600_000, 0.125, skipped)
    return Report(scan, findings, Severity.MEDIUM, **more)


EXPECTED = """\
high  key-in-source  src/app.ts:12:39
  Cencori secret key {short} in a file that git tracks.
  12 | const client = new Cencori({{ apiKey: "{short}" }})
     |                                       ^^^^^^^^^
  1. Do the first thing.
  2. Then the second, which takes so many words that they do not fit into one
     line of 80.

not looked at: lost.txt
  cannot be read: Permission denied

1 high, but not everything could be looked at:
(1,234 files, 5.6 MB, 0.12 s, 1 suppressed, 1 skipped).
"""


def test_text_is_what_a_person_reads() -> None:
    hidden = finding(suppressed=Suppression("inline", "a test"))
    skipped = (Skipped(b"lost.txt", "cannot be read: Permission denied", True),)
    text = WRITERS["text"](report(finding(), hidden, complete=False, skipped=skipped), Style())
    assert text == EXPECTED.format(short=key("secret", "report")[:8] + "…")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_text_fits_the_terminal(width: int) -> None:
    long = finding(excerpt=Excerpt("x" * 300 + "csk_1234…" + "y" * 300, 300, 309))
    tabs = finding(excerpt=Excerpt("\t\t\tk = 'csk_1234…'", 8, 17))
    for line in layout(report(long, tabs, finding()), Style(width=width)):
        assert len("".join(text for text, _ in line)) <= width


def test_the_mark_stands_below_the_key() -> None:
    for text in ("\tk = 'csk_1234…' # é", "x" * 100 + "'csk_1234…'" + "y" * 100, "csk_1234…"):
        start = text.index("csk_")
        lines = WRITERS["text"](report(finding(excerpt=Excerpt(text, start, start + 9))), Style()).splitlines()
        above, below = next((a, b) for a, b in zip(lines, lines[1:], strict=False) if "^" in b)
        assert above[below.index("^") :][: below.count("^")] == "csk_1234…"


def test_strangers_names_and_lines_do_not_reach_the_terminal_raw() -> None:
    """Escape sequences, line ends and text that runs backwards are shown as escapes."""
    nasty = "\x1b]0;owned\x07\x1b[2J\r\n\u202egnp.exe\u2066"
    excerpt = Excerpt(nasty + "csk_1234…" + nasty, len(nasty), len(nasty) + 9)
    bad = finding(path=nasty.encode() + b"\xff", excerpt=excerpt, message=nasty)
    skipped = (Skipped(nasty.encode(), nasty, True),)
    text = WRITERS["text"](report(bad, complete=False, skipped=skipped), Style(1))
    assert not set(text) & set("\x1b\x07\r\u202e\u2066")
    assert "\\xff" in text
    assert "\\x1b" in text


def test_colours_are_those_of_the_same_text(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    write_terminal(report(finding()), Style())
    out = capsys.readouterr().out
    assert "\x1b[1;31mhigh\x1b[0m" in out
    import re

    bare = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert [line.rstrip() for line in bare.splitlines()] == WRITERS["text"](report(finding()), Style()).splitlines()


def test_json_follows_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    whole = report(
        finding(),
        finding(suppressed=Suppression("config", "why")),
        finding(key=None, excerpt=None, tracked=None, location=Location(b"\xff.env")),
        complete=False,
        skipped=(Skipped(b"x\xfe", "gone", True),),
    )
    document = json.loads(WRITERS["json"](whole, Style()))
    jsonschema.validate(document, SCHEMA)
    assert document["findings"][2]["location"]["path"] == "\\xff.env"
    assert document["findings"][2]["key"] is None
    assert document["findings"][2]["git"] is None
    assert document["summary"] == {"critical": 0, "high": 2, "medium": 0, "low": 0, "info": 0, "suppressed": 1}
    assert list(document) == ["schema_version", "tool", "scan", "summary", "findings"]


def test_json_of_real_scans_follows_its_schema(repo: Repo, secret: str) -> None:
    repo.write("a.txt", secret)
    repo.write(".env", f"CENCORI_API_KEY={secret}")
    repo.git("add", "-A")
    for args in (["scan", "."], ["scan", "--staged"], ["scan", "-"]):
        jsonschema.validate(guard(*args, "-o", "json", cwd=repo.path, stdin=secret.encode()).report(), SCHEMA)


def test_jsonl_has_the_same_records() -> None:
    whole = report(finding(), finding(Severity.LOW))
    *lines, last = [json.loads(line) for line in WRITERS["jsonl"](whole, Style()).splitlines()]
    document = json.loads(WRITERS["json"](whole, Style()))
    assert [{k: v for k, v in line.items() if k != "type"} for line in lines] == document["findings"]
    assert {line["type"] for line in lines} == {"finding"}
    assert last["type"] == "summary"
    assert {k: last[k] for k in ("schema_version", "tool", "scan", "summary")} == {
        k: document[k] for k in ("schema_version", "tool", "scan", "summary")
    }


ALLOWED = Suppression("inline", "why")
SKIP = (Skipped(b"link", "a symbolic link, not followed", False),)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (report(), ExitCode.CLEAN),
        (report(finding(Severity.LOW)), ExitCode.CLEAN),
        (report(finding(Severity.MEDIUM)), ExitCode.FINDINGS),
        (report(finding(Severity.CRITICAL, suppressed=ALLOWED)), ExitCode.CLEAN),
        (report(complete=False), ExitCode.INCOMPLETE),
        (report(finding(Severity.LOW), complete=False), ExitCode.INCOMPLETE),
        (report(finding(), complete=False), ExitCode.FINDINGS),
        (report(skipped=SKIP), ExitCode.CLEAN),
        (report(skipped=SKIP, strict=True), ExitCode.INCOMPLETE),
        (report(finding(), skipped=SKIP, strict=True), ExitCode.FINDINGS),
        (report(finding(), interrupted=True), ExitCode.INTERRUPTED),
    ],
)
def test_exit_code(given: Report, code: ExitCode) -> None:
    assert exit_code(given) is code


def test_the_sentinel_gets_out_nowhere(repo: Repo, tmp_path: Path) -> None:
    """One key in every kind of place, through every format and level: only its redacted form is ever seen."""
    sentinel = key("secret", "sentinel")
    body = sentinel[4:]
    repo.write("twice.txt", f"{sentinel} and {sentinel} # cencori-guard: allow[key-in-source] until=x -- {sentinel}\n")
    repo.write(f"name-{sentinel}.txt", "x")
    repo.write(f"{sentinel}/dir.txt", sentinel)
    repo.write("wide.txt", f"k={sentinel}; {body}".encode("utf-16"))
    repo.write(".env", f"CENCORI_API_KEY='{sentinel}'\n")
    repo.write("long.js", "x" * 250 + sentinel + "y" * 10 + "," + sentinel + "z" * 230 + sentinel)
    repo.write(".gitignore", f"[z-{sentinel}\n*.log\n.env\n")
    repo.write(f"{sentinel}/.gitignore", f"!.env\n# {sentinel}\n")
    repo.write(f"{sentinel}/.env", f"CENCORI_API_KEY={sentinel}\n")
    repo.write(f"-{sentinel}/.gitignore", ".env\n")
    repo.write(f"-{sentinel}/.env", f"CENCORI_API_KEY={sentinel}\n")
    repo.git("add", "-f", "--", f"-{sentinel}/.env")
    repo.write(f"dist/{sentinel}/package.json", "{}")
    repo.write(".cencori-guard.toml", f'[[allow]]\npaths = ["long.js"]\nreason = "was {sentinel}"\n')
    (repo.path / "link").symlink_to(sentinel)
    repo.git("add", "-A")
    runs = [
        ["scan", "."],
        ["scan", "--staged"],
        ["hook", "pre-commit"],
        ["scan", "-"],
        ["scan", sentinel],
        ["-v", "scan"],
    ]
    runs += [["scan", "-v", "-o", name] for name in WRITERS]
    runs += [["scan", "--timeout", "0.000001"], ["scan", f"-{sentinel}"], ["scan", "--config", f"{sentinel}/.env"]]
    runs += [["scan", "-o", f"json={tmp_path}/no/{sentinel}"], ["scan", "--config", sentinel], ["rules", sentinel]]
    for args in runs:
        result = guard(*args, cwd=repo.path, stdin=sentinel.encode())
        said = result.out + result.err
        assert body not in said, args
        assert body[8:40] not in said, args
        assert said


def test_the_meter_shows_itself_after_a_second_and_leaves_nothing(capsys, monkeypatch) -> None:
    from cencori_guard.report import terminal
    from cencori_guard.tally import Tally

    clock = [100.0]
    monkeypatch.setattr(terminal, "monotonic", lambda: clock[0])
    monkeypatch.setenv("FORCE_COLOR", "1")
    meter, tally = terminal.Meter(), Tally()
    meter(tally)
    clock[0] += 0.9
    meter(tally)
    assert capsys.readouterr() == ("", "")
    clock[0] += 0.2
    tally.files, tally.bytes = 1234, 5_600_000
    meter(tally)
    meter.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert "1,234 files, 6 MB" in err
    assert err.endswith("\x1b[2K"), "the bar is wiped away"


def test_standard_error_is_silent_where_nobody_watches(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert guard("scan", ".", cwd=tmp_path).err == ""
    assert guard("scan", ".", "--progress", "--timeout", "60", cwd=tmp_path).err == ""
