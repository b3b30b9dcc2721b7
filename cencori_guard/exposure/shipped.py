"""Which directories of a history shipped: those that held what browsers load."""

from __future__ import annotations

from collections.abc import Callable

from cencori_guard.errors import GitError
from cencori_guard.exposure.trace import History
from cencori_guard.git.runner import Git
from cencori_guard.places import is_web_file

# Commits that are asked about one directory.
_MOST_ASKED = 3


def in_commits(git: Git, history: History) -> Callable[[bytes], bool]:
    """Whether a directory (no slash at its end) held what browsers load, in commits that had a key below it."""
    known: dict[bytes, bool] = {}

    def ask(directory: bytes) -> bool:
        if directory not in known:
            below = directory + b"/"
            commits = {e.last_commit for (path, _), e in history.exposures.items() if path.startswith(below)}
            wanted = sorted(commit for commit in commits if commit)[:_MOST_ASKED]
            known[directory] = any(holds_web_files_at(git, commit, directory) for commit in wanted)
        return known[directory]

    return ask


def holds_web_files_at(git: Git, commit: str, directory: bytes) -> bool:
    """Whether *directory* held what browsers load in *commit*; not where git cannot say."""
    try:
        listing = git.start("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit, "--", directory)
        found = any(is_web_file(path) for path in listing.records())
        listing.stop()
    except GitError:
        return False
    return found
