"""The glance at the index errs towards a scan, never towards silence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.git.listing import staged_changes
from cencori_guard.git.runner import Git
from cencori_guard.jobs import glance
from cencori_guard.keys import PREFIXES
from cencori_guard.places import is_env_file
from tests.conftest import Repo, guard
from tests.mint import SHAPES, key, opaque


def quiet(repo: Repo) -> bool:
    repo.git("add", "-A")
    git = Git(repo.path, follow_redirections=False)
    return glance.is_quiet(git, staged_changes(git))


def test_it_knows_every_beginning_of_a_key() -> None:
    assert set(glance.BEGINNINGS) == set(PREFIXES)


@given(
    st.text("aenvrcdskfl.-/xiokcg", max_size=12),
    st.sampled_from(["", ".env", ".env.x", ".envrc", ".dev.vars", ".flaskenv", ".cencorirc"]),
)
def test_it_scans_whenever_an_env_file_is_staged(stem: str, end: str) -> None:
    name = (stem + end).rpartition("/")[2].encode()
    if is_env_file(name):
        assert any(word in name for word in glance._TELLING)


def test_every_kind_of_key_in_every_width_is_worth_a_scan(repo: Repo) -> None:
    texts = [key(shape) for shape in SHAPES] + [opaque()]
    for text in texts:
        for data in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), b"\0" + text.encode()):
            repo.write("a.bin", data)
            assert not quiet(repo)


def test_a_key_across_the_edge_of_a_chunk(repo: Repo, secret: str) -> None:
    for before in range(glance._CHUNK - 8, glance._CHUNK + 2):
        repo.write("a.txt", b"x" * before + b"\n" + secret.encode())
        assert not quiet(repo), before
    repo.write("a.txt", b"x" * (glance._CHUNK - 3) + secret.encode("utf-16-le"))
    assert not quiet(repo)
    repo.write("a.txt", b"x" * 3 * glance._CHUNK)
    assert quiet(repo)


def test_whatever_is_in_doubt_is_worth_a_scan(repo: Repo) -> None:
    repo.write("a.txt", "content")
    repo.write("b.txt", "more content")
    assert quiet(repo)
    oid = repo.git("rev-parse", ":b.txt").strip()
    loose = repo.path / ".git" / "objects" / oid[:2] / oid[2:]
    whole = loose.read_bytes()
    loose.chmod(0o644)
    loose.write_bytes(b"damaged")
    git = Git(repo.path)
    versions = staged_changes(git)
    assert not glance.is_quiet(git, versions)
    assert guard("hook", "pre-commit", cwd=repo.path).code == 3
    loose.write_bytes(whole)
    assert glance.is_quiet(git, versions)


def test_names_that_tell_something_are_worth_a_scan(repo: Repo, secret: str) -> None:
    for name in (".gitignore", "x/.env.local", f"{secret}.txt", f"{secret}/a"):
        repo.write(name, "x")
        assert not quiet(repo), name
        repo.git("rm", "-rq", "--cached", ".")
        (repo.path / name).unlink()
