"""Small histories for the tests, and how their reports are read."""

from __future__ import annotations

from tests.conftest import Repo, Result


def at(repo: Repo, day: int, message: str = "x") -> str:
    """Commit everything on a day of January 2026; returns the commit's id."""
    repo.git("add", "-A")
    date = f"2026-01-{day:02}T03:04:05+02:00"
    repo.git("commit", "-q", "--allow-empty", "-m", message, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    return repo.git("rev-parse", "HEAD").strip()


def remove(repo: Repo, name: str) -> None:
    """Delete a file from the work tree."""
    (repo.path / name).unlink()


def keys_in(result: Result) -> list[dict]:
    """The findings of a report that are about a key, but for its age."""
    assert not result.err, result.err
    return [f for f in result.report()["findings"] if f["key"] and f["rule"] != "stale-key"]


def by_path(result: Result) -> dict[str, dict]:
    """The key findings of a report, by path: one each."""
    findings = keys_in(result)
    paths = [f["location"]["path"] for f in findings]
    assert len(set(paths)) == len(paths), paths
    return dict(zip(paths, findings, strict=True))


def unseen(result: Result) -> str:
    """What the report says was not looked at, in one string."""
    return " | ".join(s["reason"] for s in result.report()["scan"]["skipped"] if s["blind"])
