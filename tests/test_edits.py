"""Changes to several files: all of them or none, whatever fails, and whenever the process is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cencori_guard.edits import write
from cencori_guard.edits.change import Change, diff
from cencori_guard.edits.write import apply, resume
from cencori_guard.errors import GuardError
from tests.mint import key


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with two files."""
    place = tmp_path.resolve() / "place"
    place.mkdir()
    (place / "a").write_text("old a\n")
    (place / "b").write_text("old b\n")
    (place / "b").chmod(0o751)
    return place


def changes_in(place: Path) -> list[Change]:
    """Two files changed, and two made, one of them in a directory that is not there yet."""
    root = os.fsencode(place)
    return [
        Change(root + b"/a", b"old a\n", b"new a\n", "why"),
        Change(root + b"/b", b"old b\n", b"new b\n", "why"),
        Change(root + b"/c", None, b"new c\n", "why", executable=True),
        Change(root + b"/d/e/f", None, b"new f\n", "why"),
    ]


def state(place: Path) -> dict[str, str]:
    """All files, the journal's too, by their names."""
    return {str(p.relative_to(place)): p.read_text() for p in sorted(place.rglob("*")) if p.is_file()}


OLD = {"a": "old a\n", "b": "old b\n"}
NEW = {"a": "new a\n", "b": "new b\n", "c": "new c\n", "d/e/f": "new f\n"}


def store_of(place: Path) -> bytes:
    return os.fsencode(place.parent / "store")


def test_all_are_made(place: Path) -> None:
    apply(changes_in(place), store_of(place))
    assert state(place) == NEW
    assert (place / "b").stat().st_mode & 0o777 == 0o751
    assert (place / "a").stat().st_mode & 0o111 == 0
    assert (place / "c").stat().st_mode & 0o100
    assert os.listdir(store_of(place)) == []
    apply([], store_of(place))


@pytest.mark.parametrize("call", ["replace", "fsync", "mkdir", "unlink"])
@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl-C"])
def test_none_is_made_where_one_fails(
    place: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: BaseException
) -> None:
    """At every step that can fail, once: what was done is taken back, and what was made for it goes."""
    real, count = getattr(os, call), 0

    def failing(*args, **more):
        nonlocal count
        count += 1
        if count == number + 1:
            raise error
        return real(*args, **more)

    monkeypatch.setattr(write.os, call, failing)
    said = ""
    try:
        apply(changes_in(place), store_of(place))
    except (GuardError, KeyboardInterrupt) as raised:
        said = str(raised) or "Ctrl-C"
    monkeypatch.undo()
    assert bool(said) is (count > number), "an error was passed over"
    assert "nothing was changed" in said or said in ("", "Ctrl-C")
    assert state(place) == (OLD if said else NEW)
    assert (place / "d").exists() is not bool(said)
    assert not os.path.isdir(store_of(place)) or os.listdir(store_of(place)) == []


def test_what_changed_meanwhile_is_left_alone(place: Path) -> None:
    (place / "b").write_text("somebody was faster\n")
    before = state(place)
    with pytest.raises(GuardError, match="changed meanwhile"):
        apply(changes_in(place), store_of(place))
    assert state(place) == before


@pytest.mark.parametrize("what", ["a", "d"])
def test_links_are_not_followed(place: Path, what: str) -> None:
    """A repository could lead them anywhere."""
    outside = place.parent / "outside"
    outside.mkdir()
    (outside / "a").write_text("old a\n")
    if what == "a":
        (place / "a").unlink()
        (place / "a").symlink_to(outside / "a")
    else:
        (place / "d").symlink_to(outside)
    with pytest.raises(GuardError, match=r"link|regular"):
        apply(changes_in(place), store_of(place))
    assert state(outside) == {"a": "old a\n"}


PROGRAM = """
import os, sys
sys.path.insert(0, sys.argv[1])
from cencori_guard.edits.change import Change
from cencori_guard.edits.write import apply
root = os.fsencode(sys.argv[2])
changes = [Change(root + b"/%d" % n, b"old\\n" * 2000, b"new\\n" * 2000, "why") for n in range(40)]
print("go", flush=True)
apply(changes, os.fsencode(sys.argv[3]))
"""


def test_a_kill_at_any_moment_is_mended_by_the_next_run(tmp_path: Path) -> None:
    """Each file is the old one or the new one; and after the next run all are, and nothing else is there."""
    root, delay, finished = tmp_path.resolve(), 0.001, False
    while not finished:
        place, store = root / f"place{delay}", root / f"store{delay}"
        place.mkdir()
        for n in range(40):
            (place / str(n)).write_text("old\n" * 2000)
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(Path(__file__).parent.parent), str(place), str(store)],
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        finished = process.returncode == 0
        for n in range(40):
            assert (place / str(n)).read_text() in ("old\n" * 2000, "new\n" * 2000)
        resume(os.fsencode(store))
        texts = {(place / str(n)).read_text()[:3] for n in range(40)}
        assert texts == {"new"} if finished else len(texts) == 1
        assert len(list(place.iterdir())) == 40
        delay *= 1.2  # until it is faster than the kill, however slow the disk


@pytest.mark.parametrize(
    "journal",
    [
        "",
        "no JSON",
        "[]",
        '{"version": 1}',
        '{"version": 2, "state": "ready", "moves": []}',
        '{"version": 1, "state": "ready", "moves": [["/etc/hostname", "/etc/passwd"]]}',
        '{"version": 1, "state": "ready", "moves": [["/tmp/.x.cencori-guard-000000000000", "/etc/passwd"]]}',
        '{"version": 1, "state": "ready", "moves": [["./.x.cencori-guard-000000000000", "./x"]]}',
        "[" * 100_000,
    ],
)
def test_a_journal_that_is_none_moves_nothing(tmp_path: Path, journal: str) -> None:
    (tmp_path / "changes.json").write_text(journal)
    with pytest.raises(GuardError, match="delete it"):
        resume(os.fsencode(tmp_path))


def test_what_somebody_wrote_meanwhile_is_not_written_over(place: Path) -> None:
    """Neither by the run that finishes an earlier one, nor is another's journal taken away."""
    store = store_of(place)
    os.mkdir(store)
    part = place / ".a.cencori-guard-0123456789ab"
    part.write_text("new a\n")
    moves = [[str(part), str(place / "a"), write._digest(b"as it was when it was planned")]]
    journal = Path(os.fsdecode(store)) / "changes.json"
    journal.write_text(json.dumps({"version": 1, "state": "ready", "moves": moves}))
    with pytest.raises(GuardError, match="nothing was changed"):
        apply(changes_in(place), store)
    assert journal.exists()
    assert resume(store) == []
    assert state(place) == OLD


def test_nothing_to_resume(tmp_path: Path) -> None:
    assert resume(os.fsencode(tmp_path / "not there")) == []
    (tmp_path / "changes.json").write_text(json.dumps({"version": 1, "state": "ready", "moves": []}))
    assert resume(os.fsencode(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_diff_shows_no_key(tmp_path: Path) -> None:
    change = Change(os.fsencode(tmp_path / "a"), f"k = '{key()}'\n\x1b\n".encode(), b"k = 1\n", "why")
    assert list(diff(change, os.fsencode(tmp_path))) == [
        "--- a/a",
        "+++ b/a",
        "@@ -1,2 +1 @@",
        f"-k = '{key()[:8]}…'",
        "-\\x1b",
        "+k = 1",
    ]
