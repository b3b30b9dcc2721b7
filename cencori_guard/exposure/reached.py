"""Which refs reach a key, and whether their files still hold it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cencori_guard.errors import GitError
from cencori_guard.exposure.walk import Point, Walk, bits
from cencori_guard.git.refs import NOTES, STASH, Ref, names_of
from cencori_guard.git.runner import Git
from cencori_guard.models import State

# Refs that are named; how many more there are is said.
MOST_REFS = 100
# Refs that each reach other keys than the rest do; those beyond are not named.
_MOST_DIFFERENT = 1_000


class Reached:
    """What the tips hold, and which of them reach a place."""

    def __init__(self, walk: Walk, tips: Sequence[Ref]) -> None:
        self.held = self.reached = 0
        self._last: dict[int, Point] = {}
        self._reaching: dict[int, list[Ref]] = {}
        self._count: dict[int, int] = {}
        together: dict[tuple[int, int], tuple[Point, list[Ref]]] = {}
        for ref in tips:
            known = walk.at(ref.peeled)
            if known is None or ref.name == STASH:
                continue
            point, held, reached = known
            newest, refs = together.setdefault((held, reached), (point, []))
            refs.append(ref)
            together[held, reached] = max(newest, point), refs
        for count, ((held, reached), (newest, refs)) in enumerate(together.items()):
            self.held |= held
            self.reached |= reached
            if count >= _MOST_DIFFERENT:  # the state stays exact
                continue
            for number in bits(held):
                self._last[number] = max(self._last.get(number, newest), newest)
            for number in bits(reached):
                self._count[number] = self._count.get(number, 0) + len(refs)
                named = self._reaching.setdefault(number, [])
                named += refs[: MOST_REFS - len(named)]

    def state(self, mask: int) -> State:
        """Where git has the places of *mask*."""
        if self.held & mask:
            return State.TIP
        return State.HISTORY if self.reached & mask else State.DANGLING

    def last(self, number: int) -> Point | None:
        """The newest tip that holds a place."""
        return self._last.get(number)

    def reaching(self, numbers: Iterable[int]) -> tuple[tuple[str, ...], int]:
        """The names of the refs that reach the places, and how many are not named."""
        best = max(numbers, key=lambda number: self._count.get(number, 0))
        names = tuple(names_of(self._reaching.get(best, ())))
        return names, self._count.get(best, 0) - len(self._reaching.get(best, ()))

    def only_notes(self, number: int) -> bool:
        """Whether nothing but notes reaches a place."""
        reaching = self._reaching.get(number)
        return bool(reaching) and all(ref.name.startswith(NOTES) for ref in reaching or ())


class Contains:
    """Which refs reach a commit, asked of git; for a few commits, since each costs a walk."""

    _MOST = 20

    def __init__(self, git: Git) -> None:
        self._git = git
        self._known: dict[str, tuple[tuple[str, ...], int] | None] = {}

    def refs(self, commit: str) -> tuple[tuple[str, ...], int] | None:
        """The names of the refs that reach *commit*, and how many are not named; None where that is not asked."""
        if commit not in self._known:
            self._known[commit] = self._ask(commit) if len(self._known) < self._MOST else None
        return self._known[commit]

    def _ask(self, commit: str) -> tuple[tuple[str, ...], int] | None:
        try:
            said = self._git.run("for-each-ref", f"--contains={commit}", "--format=%(refname)")
        except GitError:
            return None
        refs = [Ref(name, "", "") for name in said.splitlines() if name != STASH]
        return (tuple(names_of(refs[:MOST_REFS])), max(0, len(refs) - MOST_REFS)) if refs else None
