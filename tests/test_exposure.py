"""What is said of a key's past, against histories drawn at random and read commit by commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cencori_guard.exposure.people import lines_of_header, signature, tag_name
from cencori_guard.exposure.walk import bits
from cencori_guard.git.remotes import site_of
from cencori_guard.git.runner import Git
from cencori_guard.jobs.history import HistoryJob
from cencori_guard.models import Exposure, State
from cencori_guard.pipeline import Settings, run
from cencori_guard.report.exposure import sentence
from cencori_guard.triage.config import Config
from cencori_guard.triage.decide import Policy
from tests.conftest import Repo
from tests.mint import key

KEYS = [key("secret", f"exposure {n}") for n in range(3)]
PATHS = ["a", "b", "d/a", "d/b"]

# A version of a file: which keys it holds, and what makes it another version.
versions = st.tuples(st.frozensets(st.integers(0, 2), max_size=2), st.integers(0, 2))
# A commit: what it takes its files from, its other parents, and what it changes.
commits = st.tuples(
    st.integers(0, 100),
    st.lists(st.integers(0, 100), max_size=2),
    st.dictionaries(st.sampled_from(PATHS), st.one_of(st.none(), versions), max_size=3),
)


def content(version: tuple) -> str:
    held, number = version
    return f"{number}\n" + "".join(f"k = '{KEYS[n]}'\n" for n in sorted(held))


def build(repo: Repo, drawn: list, tips: list[int]) -> tuple[list[dict], list[list[int]], list[str]]:
    """Make the commits; returns the files, the parents and the id of each."""
    files: list[dict] = []
    parents: list[list[int]] = []
    lines: list[str] = []
    for number, (first, others, changed) in enumerate(drawn):
        own = list(dict.fromkeys([first % number, *(n % number for n in others)])) if number and first < 95 else []
        tree = dict(files[own[0]]) if own else {}
        for path, version in changed.items():
            if version is None:
                tree.pop(path, None)
            else:
                tree[path] = version
        files.append(tree)
        parents.append(own)
        moment = 1_700_000_000 + number * 1000
        lines += [
            f"commit refs/heads/c{number}",
            f"mark :{number + 1}",
            f"committer C <c> {moment} +0000",
            "data 0",
            "",
        ]
        lines += [f"{'merge' if n else 'from'} :{p + 1}" for n, p in enumerate(own)]
        lines += ["deleteall"]
        for path, version in tree.items():
            text = content(version)
            lines += [f"M 100644 inline {path}", f"data {len(text)}", text]
    marks = repo.path / "marks"
    stream = "\n".join(lines) + "\n"
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force", f"--export-marks={marks}"],
        cwd=repo.path,
        input=stream.encode(),
        check=True,
    )
    by_mark = dict(line.split() for line in marks.read_text().splitlines())
    oids = [by_mark[f":{n + 1}"] for n in range(len(drawn))]
    kept = {n % len(drawn) for n in tips}
    gone = "".join(f"delete refs/heads/c{n}\n" for n in range(len(drawn)) if n not in kept)
    subprocess.run(["git", "update-ref", "--stdin"], cwd=repo.path, input=gone.encode(), check=True)
    return files, parents, oids


def expected(files: list[dict], parents: list[list[int]], oids: list[str], tips: list[int]) -> dict:
    """By (path, key): state, first, last, refs, versions; read commit by commit."""
    kept = sorted({n % len(files) for n in tips})
    reach: list[set[int]] = []
    for number, own in enumerate(parents):
        reach.append({number}.union(*(reach[p] for p in own)))
    answer = {}
    for path in PATHS:
        for index, text in enumerate(KEYS):
            holds = [n for n, tree in enumerate(files) if path in tree and index in tree[path][0]]
            if not holds:
                continue
            at_tips = [n for n in kept if n in holds]
            refs = [n for n in kept if reach[n] & set(holds)]
            state = "tip" if at_tips else "history" if refs else "dangling"
            last = max(at_tips or holds)
            answer[path, f"{text[:8]}…"] = (
                state,
                oids[holds[0]],
                oids[last],
                sorted(f"c{n}" for n in refs),
                len({content(files[n][path]) for n in holds}),
            )
    return answer


@settings(max_examples=60)
@given(drawn=st.lists(commits, min_size=1, max_size=14), tips=st.lists(st.integers(0, 100), max_size=3))
def test_random_histories(tmp_path_factory: pytest.TempPathFactory, drawn: list, tips: list[int]) -> None:
    repo = Repo(tmp_path_factory.mktemp("history") / "repo")
    files, parents, oids = build(repo, drawn, tips)
    policy = Policy([Config()], bytes(repo.path), "2026-01-01")
    report = run(HistoryJob(Git(str(repo.path))), policy, Settings())
    assert report.scan.complete, report.scan.skipped
    found = {}
    for finding in report.findings:
        if finding.rule == "key-in-source":
            held = finding.exposure
            place = finding.location.path.decode(), str(finding.key)
            assert place not in found
            found[place] = (str(finding.state), held.commit, held.last_commit, sorted(held.refs), held.versions)
    assert found == expected(files, parents, oids, tips)


@pytest.mark.parametrize(
    ("text", "author", "date", "since"),
    [
        (b"tree x\nauthor A B <a@b> 0 +0000\n\nm", "A B <a@b>", "1970-01-01T00:00:00+00:00", 0),
        (b"author A <> 1767323045 +0200\n\nm", "A <>", "2026-01-02T05:04:05+02:00", 1767323045),
        (b"author  <a@b> 0 -0330\n\n", "<a@b>", "1969-12-31T20:30:00-03:30", 0),
        (b"tagger T <t> 5 +0000\n\nm", "T <t>", "1970-01-01T00:00:05+00:00", 5),
        (b"author A <a> 5 +9999\n\nm", "A <a>", "1970-01-01T00:00:05+00:00", 5),
        (b"author A <a> 999999999999999999 +0000\n\nm", "A <a>", None, None),
        (b"author A\xff <a> 5 +0000\n\nm", "A\\xff <a>", "1970-01-01T00:00:05+00:00", 5),
        (b"tree x\n\nauthor A <a> 5 +0000\n", None, None, None),
        (b"author nobody\n\nm", None, None, None),
        (b"", None, None, None),
    ],
)
def test_signatures(text: bytes, author: str | None, date: str | None, since: int | None) -> None:
    assert signature(text) == (author, date, since)


@given(st.binary(max_size=300))
def test_headers_of_strangers_break_nothing(text: bytes) -> None:
    for whole in (text, b"author " + text, b"author A <a> " + text, b"tag " + text):
        signature(whole)
        lines_of_header(whole)
        tag_name(whole)


def test_where_a_message_begins() -> None:
    assert lines_of_header(b"tree x\nauthor y\n\nfirst") == 3
    assert lines_of_header(b"tree x\n\nfirst\n\nthird") == 2
    assert lines_of_header(b"tree x\nauthor y\n") == 3
    assert tag_name(b"object x\ntag v1\n\ntag v2\n") == b"v1"
    assert tag_name(b"object x\n\ntag v2\n") is None


def test_bits() -> None:
    assert list(bits(0)) == []
    assert list(bits(0b1010_0001)) == [0, 5, 7]


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r"),
        ("https://github.com/o/r/", "https://github.com/o/r"),
        ("https://u:p@github.com/o/r", "https://github.com/o/r"),
        ("git@gitlab.example.com:g/s/r.git", "https://gitlab.example.com/g/s/r"),
        ("ssh://git@gitlab.com:2222/g/r.git", "https://gitlab.com/g/r"),
        ("git@bitbucket.org:o/r", "https://bitbucket.org/o/r"),
        ("https://notgithub.com/o/r", None),
        ("https://github.com/o/../r", None),
        ("https://github.com/o/{r}", None),
        ("javascript:alert(1)//github.com/o/r", None),
        ("C:/github.com/o/r", None),
        ("/github.com/o/r", None),
        ("", None),
    ],
)
def test_sites(url: str, home: str | None) -> None:
    found = site_of(url)
    assert (found and found.home) == home


A, B = "a" * 40, "b" * 40
DATED = Exposure(A, "A <a>", "2026-01-02T00:00:00+00:00", 1767312000, refs=("main",))


@pytest.mark.parametrize(
    ("held", "state", "said"),
    [
        (DATED, State.TIP, f"In git for 30 days, since 2026-01-02 ({A[:10]} by A <a>); reached by main."),
        (
            DATED._replace(last_commit=B, last_date="2026-01-09T00:00:00+00:00", versions=3, refs=("a", "b", "c", "d")),
            State.HISTORY,
            f"In git for 30 days, since 2026-01-02 ({A[:10]} by A <a>); in 3 versions of the file; last in {B[:10]} of "
            "2026-01-09; still reached by a, b, c and 1 more.",
        ),
        (
            DATED._replace(last_commit=A, refs=()),
            State.DANGLING,
            f"In git for 30 days, since 2026-01-02 ({A[:10]} by A <a>); no branch or tag reaches it.",
        ),
        (Exposure(A, refs=("x", "y")), State.TIP, f"In git since {A[:10]}; reached by x and y."),
        (Exposure(), State.DANGLING, "In git; no branch or tag reaches it."),
        (
            DATED._replace(since=1769817600, date="2026-01-31T00:00:00+00:00"),
            State.TIP,
            f"In git for 1 day, since 2026-01-31 ({A[:10]} by A <a>); reached by main.",
        ),
        (
            DATED._replace(since=1769904000, date="2026-02-01T00:00:00+00:00", more_refs=7),
            State.TIP,
            f"In git since 2026-02-01 ({A[:10]} by A <a>); reached by main and 7 more.",
        ),
    ],
)
def test_sentences(held: Exposure, state: State, said: str) -> None:
    assert sentence(held, state, "2026-02-01") == said


def test_no_key_in_a_sentence() -> None:
    secret = key("secret", 1)
    held = Exposure(A, None, refs=(f"fix/{secret}",))
    assert secret not in sentence(held, State.TIP, "2026-01-01")


def test_git_config_of_strangers_gives_no_link_and_no_trouble(repo: Repo, tmp_path: Path) -> None:
    from cencori_guard.git.remotes import site

    canary = tmp_path / "included"
    canary.write_text('[remote "origin"]\n\turl = https://github.com/o/r\n')
    for text in (f"[include]\n\tpath = {canary}\n", "[remote\n", "\0\xff", '[remote "origin"]\n\turl\n'):
        (repo.path / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n" + text)
        assert site(Git(str(repo.path))) is None, text
