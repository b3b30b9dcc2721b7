"""One pass over a history for all hits together: which commits hold a key where, and which of them a ref reaches.

Commits come parents first.  What one holds is what its first parent holds, and what it
changes beside that; so a set of places, a bit each in an ``int``, goes down the history.
A second set, which only grows, says what has ever been held on the way to a commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from cencori_guard.git.graph import Change, Commit
from cencori_guard.keys import Key
from cencori_guard.models import Blob
from cencori_guard.recognise.limits import MOST_IN_SCAN
from cencori_guard.recognise.names import recognise_name

# More names below one directory whose own name holds a key say no more of it.
_MOST_BELOW = 100
_GONE = b"000000"
_NOTHING = (0, 0)

# A commit, after its number in the walk.
Point = tuple[int, bytes]


class Place:
    """A key at a path, or what a commit says (``key`` is None), and the commits that matter of it."""

    __slots__ = ("first", "in_name", "key", "last", "newest", "path", "versions")

    def __init__(self, path: bytes, key: Key | None, *, in_name: bool = False) -> None:
        self.path = path
        self.key = key
        self.in_name = in_name
        self.versions: set[bytes] = set()  # the ids of the blobs that hold the key there
        self.newest: tuple[Point, bytes] | None = None  # where the newest of them came in, and its id
        self.first: Point | None = None  # the oldest commit that holds it
        self.last: Point | None = None  # the newest


class Walk:
    """The places of *hits* (keys by the id of their blob), of *messages* (commits) and, if asked, keys in *names*."""

    def __init__(
        self, hits: Mapping[bytes, Collection[Key]], messages: Iterable[bytes] = (), *, names: bool = False
    ) -> None:
        self._hits = hits
        self._names = names
        self.places: list[Place] = []
        self.full = False  # whether there were more places than anyone can read
        self._index: dict[tuple[bytes, bytes, Key, bool], int] = {}
        self._at_path: dict[bytes, int] = {}
        self._below: dict[tuple[bytes, Key], int] = {}
        self._messages: dict[bytes, int] = {}
        # By commit: its number, and what it holds and has behind it; for those that have anything.
        self._known: dict[bytes, tuple[int, tuple[int, int]]] = {}
        self._heads: dict[bytes, int] = {}
        for commit in messages:
            self._messages[commit] = len(self.places)
            self.places.append(Place(commit, None))

    def wants(self, words: bytes, path: bytes) -> bool:
        """Whether a change (``:100644 100644 OLD NEW M``) has anything to do with a key."""
        size = (len(words) - 18) // 2
        old, new = words[15 : 15 + size], words[16 + size : 16 + 2 * size]
        return new in self._hits or old in self._hits or (self._names and b"_" in path)

    def follow(self, history: Iterable[tuple[Commit, list[Change]]]) -> None:
        """Walk *history*, parents first, otherwise in the order of time."""
        known, heads = self._known, self._heads
        nothing = (0, _NOTHING)
        for number, (commit, changes) in enumerate(history):
            parents = [known.get(parent, nothing) for parent in commit.parents]
            before = parents[0][1] if parents else _NOTHING
            held, reached = before
            size = len(commit.oid)
            for words, path in changes:
                held = self._change(held, words[8:14], words[16 + size : 16 + 2 * size], path, (number, commit.oid))
            for _, (_, other) in parents[1:]:
                reached |= other
            reached |= held
            if commit.oid in self._messages:
                reached |= 1 << self._messages[commit.oid]
                place = self.places[self._messages[commit.oid]]
                place.first = place.last = (number, commit.oid)
            if held or any(mask for _, (mask, _) in parents):
                self._mark((number, commit.oid), held, commit.parents, parents)
            if reached:
                known[commit.oid] = number, (before if before == (held, reached) else (held, reached))
            for parent in commit.parents:
                heads.pop(parent, None)
            if held:
                heads[commit.oid] = number
        # What nothing comes after, whether or not a ref names it.
        for oid, number in heads.items():
            self._still_held((number, oid), known[oid][1][0])

    def _mark(
        self, point: Point, held: int, oids: tuple[bytes, ...], parents: list[tuple[int, tuple[int, int]]]
    ) -> None:
        """Note which keys came in with a commit, and which were held last by one of its parents."""
        before = 0
        for _, (mask, _) in parents:
            before |= mask
        for index in bits(held & ~before):
            place = self.places[index]
            if place.first is None:
                place.first = point
        if before & ~held:
            for oid, (number, (mask, _)) in zip(oids, parents, strict=True):
                self._still_held((number, oid), mask & ~held)

    def _still_held(self, point: Point, mask: int) -> None:
        for index in bits(mask):
            place = self.places[index]
            if place.last is None or point > place.last:
                place.last = point

    def _change(self, held: int, mode: bytes, new: bytes, path: bytes, point: Point) -> int:
        held &= ~self._at_path.get(path, 0)
        if mode == _GONE:
            return held
        for key in self._hits.get(new, ()):
            index = self._place(path, path, key)
            if index is not None:
                place = self.places[index]
                place.versions.add(new)
                place.newest = point, new
                held |= 1 << index
        for named in recognise_name(Blob(path)) if self._names else ():
            index = self._place(named.blob.path, path, named.key, in_name=True)
            if index is not None:
                held |= 1 << index
        return held

    def _place(self, shown: bytes, path: bytes, key: Key, *, in_name: bool = False) -> int | None:
        """The number of a place, made where there is none yet; None where there are too many."""
        known = self._index.get((shown, path, key, in_name))
        if known is not None:
            return known
        if shown != path:
            below = self._below[shown, key] = self._below.get((shown, key), 0) + 1
            if below > _MOST_BELOW:
                return None
        if len(self.places) >= MOST_IN_SCAN:
            self.full = True
            return None
        index = self._index[shown, path, key, in_name] = len(self.places)
        self.places.append(Place(shown, key, in_name=in_name))
        self._at_path[path] = self._at_path.get(path, 0) | 1 << index
        return index

    def at(self, commit: str) -> tuple[Point, int, int] | None:
        """Of a commit that came by: where in the walk, what it holds, and what it or one before it held."""
        oid = commit.encode("ascii")
        found = self._known.get(oid)
        return found and ((found[0], oid), *found[1])


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set in *mask*, from the lowest."""
    digits = bin(mask)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
