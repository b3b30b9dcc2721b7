"""From keys in objects to keys at paths: the versions of a file with one key become one match, with its exposure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cencori_guard.errors import GitError
from cencori_guard.exposure.links import Links
from cencori_guard.exposure.people import MOST_READ, Signature, lines_of_header, signature, tag_name, tagged_object
from cencori_guard.exposure.walk import Place, Point, Walk, bits
from cencori_guard.git import graph
from cencori_guard.git.graph import Commit
from cencori_guard.git.listing import indexed
from cencori_guard.git.objects import texts, tree_files, types_of
from cencori_guard.git.refs import NOTES, STASH, Ref, names_of
from cencori_guard.git.runner import Git
from cencori_guard.keys import Key
from cencori_guard.models import Blob, Exposure, Match, State
from cencori_guard.recognise import MOST_IN_SCAN
from cencori_guard.tally import Tally

# Refs that are named; how many more there are is said.
_MOST_REFS = 100
_DEEPEST_TAG = 10
# What the tree of a notes ref calls the note on an object: the object's id, in directories or not.
_NOTE_PATH = rb"(?:[0-9a-f]{2}/){0,19}[0-9a-f]{2,64}"


class History(NamedTuple):
    """What a history holds of the keys in it, by path and key."""

    states: Mapping[tuple[bytes, Key], State | None] = {}
    exposures: Mapping[tuple[bytes, Key], Exposure] = {}

    def of(self, blob: Blob, key: Key | None = None) -> State | None:
        """See :class:`Held`."""
        return None if key is None else self.states.get((blob.path, key))

    def exposure(self, blob: Blob, key: Key) -> Exposure | None:
        """See :class:`Held`."""
        return self.exposures.get((blob.path, key))


class Scope(NamedTuple):
    """Which commits are looked at, as ``rev-list`` with *options* and *revisions* lists them; and what keeps them.

    ``reachable`` are the revisions to do with where these cannot be walked.
    ``tips``: the refs whose files are what people have now.  ``contains`` asks git which
    other refs reach a commit: where the refs lie outside of what is walked.
    """

    options: Sequence[str]
    revisions: Iterable[bytes]
    reachable: Iterable[bytes]
    tips: Sequence[Ref]
    contains: bool = False
    published: bool = True


class _Traced(NamedTuple):
    """A match where it belongs, and what is known of the place."""

    match: Match
    state: State | None
    first: bytes | None = None
    last: bytes | None = None
    newest: bytes | None = None  # the commit in which its line is the one of the match
    refs: tuple[str, ...] = ()
    more_refs: int = 0
    versions: int = 1


def trace(git: Git, matches: Sequence[Match], scope: Scope, tally: Tally) -> tuple[list[Match], History]:
    """Find the places of *matches* in objects.  What cannot be found out is noted in *tally*."""
    by_kind: dict[str, list[Match]] = {}
    for match in matches:
        by_kind.setdefault(match.blob.kind, []).append(match)
    hits, said = _by_object(by_kind.get("blob", ())), _by_object(by_kind.get("commit", ()))

    walk, whole = _walk(git, hits, said, scope, tally, names="tree" in by_kind)
    if walk.full:
        tally.skip(b"", f"keys stand in more than {MOST_IN_SCAN:,} places; the rest is not listed", blind=True)
    refs = _Refs(walk, scope.tips)

    traced = [*_files(walk, refs, hits)]
    traced += _unplaced(git, walk, hits, by_kind.get("tree", ()), scope.tips, whole=whole)
    traced += _messages(walk, refs, said)
    traced += _tags(git, by_kind.get("tag", ()), scope.tips)
    return _finish(git, traced, scope)


def _walk(
    git: Git,
    hits: Mapping[bytes, Mapping[Key, Match]],
    said: Mapping[bytes, Mapping[Key, Match]],
    scope: Scope,
    tally: Tally,
    *,
    names: bool,
) -> tuple[Walk, bool]:
    """Walk the history; where that fails at something that only the unreachable reach, the rest of it.

    Whether there is anything that could not be walked comes with it.
    """
    files = bool(hits or names)
    trouble = ""
    for revisions in (scope.revisions, scope.reachable):
        walk = Walk({oid: list(keys) for oid, keys in hits.items()}, said, names=names)
        try:
            history: Iterable[Commit] = graph.commits(git, scope.options, revisions)
            walk.follow(graph.changes(git, history, walk.wants) if files else ((c, []) for c in history))
        except GitError as error:
            trouble = trouble or str(error)
            if not scope.reachable:
                break
            continue
        if trouble:
            tally.skip(b"", f"commits that no ref reaches could not be walked: {trouble}", blind=False)
        return walk, not trouble
    tally.skip(b"", f"where in the history the keys stand is not fully known: {trouble}", blind=True)
    return walk, False


def _by_object(matches: Iterable[Match]) -> dict[bytes, dict[Key, Match]]:
    """The first match of each key in each object; before it the first that no comment speaks of."""
    found: dict[bytes, dict[Key, Match]] = {}
    for match in matches:
        keys = found.setdefault((match.blob.oid or "").encode("ascii"), {})
        if match.key not in keys or (keys[match.key].notes and not match.notes):
            keys[match.key] = match
    return found


class _Refs:
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
        for (held, reached), (newest, refs) in together.items():
            self.held |= held
            self.reached |= reached
            for number in bits(held):
                self._last[number] = max(self._last.get(number, newest), newest)
            for number in bits(reached):
                self._count[number] = self._count.get(number, 0) + len(refs)
                self._reaching.setdefault(number, []).extend(refs[:_MOST_REFS])
        order = {ref: position for position, ref in enumerate(tips)}
        for number, refs in self._reaching.items():
            self._reaching[number] = sorted(refs, key=order.__getitem__)[:_MOST_REFS]

    def state(self, mask: int) -> State:
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
        reaching = self._reaching.get(number)
        return bool(reaching) and all(ref.name.startswith(NOTES) for ref in reaching or ())


def _files(walk: Walk, refs: _Refs, hits: Mapping[bytes, Mapping[Key, Match]]) -> Iterator[_Traced]:
    """The places in files and in the names of files; what makes up one finding is put together."""
    together: dict[tuple[bytes, Key, bool], list[int]] = {}
    for number, place in enumerate(walk.places):
        if place.key is not None:
            together.setdefault((place.path, place.key, place.in_name), []).append(number)
    for (path, key, in_name), numbers in together.items():
        places = [walk.places[number] for number in numbers]
        mask = sum(1 << number for number in numbers)
        state = refs.state(mask)
        newest = max((p.newest for p in places if p.newest), default=None)
        blob = Blob(path, b"", tracked=state is State.TIP)
        if in_name or newest is None:
            match = Match(blob, key, None, None, None)
        else:
            found = hits[newest[1]][key]
            match = found._replace(blob=blob._replace(oid=newest[1].decode("ascii")))
            if refs.only_notes(numbers[0]) and re.fullmatch(_NOTE_PATH, path):
                match = match._replace(blob=match.blob._replace(path=b"note:" + path.replace(b"/", b""), metadata=True))
        names, more = refs.reaching(numbers)
        yield _Traced(
            match,
            state,
            min((p.first for p in places if p.first), default=(0, None))[1],
            _last(refs, places, numbers, state),
            newest and newest[0][1],
            names,
            more,
            max(1, sum(len(p.versions) for p in places)),
        )


def _last(refs: _Refs, places: Sequence[Place], numbers: Sequence[int], state: State) -> bytes | None:
    points = [refs.last(n) if state is State.TIP else p.last for n, p in zip(numbers, places, strict=True)]
    return max((point for point in points if point), default=(0, None))[1]


def _unplaced(
    git: Git,
    walk: Walk,
    hits: Mapping[bytes, Mapping[Key, Match]],
    trees: Sequence[Match],
    tips: Sequence[Ref],
    *,
    whole: bool,
) -> Iterator[_Traced]:
    """The keys that no commit names a path for: what a ref names itself, what was staged once, or thrown away.

    Not *whole*: some commits could not be asked, and may name one.
    """
    placed = {oid for place in walk.places for oid in place.versions}
    lost = {oid: keys for oid, keys in hits.items() if oid not in placed}
    named = {place.key for place in walk.places if place.in_name}
    unnamed = {match.key: match for match in trees if match.key not in named}
    if not (lost or unnamed):
        return
    tagged = _outside_of_commits(git, tips)
    staged: dict[bytes, bytes] = {}
    if lost:
        try:
            staged = {oid.encode("ascii"): path for path, oid, _ in indexed(git)}
        except GitError:  # a bare repository has no index
            staged = {}
    for oid, keys in lost.items():
        path, refs = tagged.get(oid, (b"", ()))
        state = State.TIP if refs else State.STAGED if oid in staged else State.DANGLING
        for match in keys.values():
            where = path or staged.get(oid) or match.blob.name
            blob = match.blob._replace(path=where, tracked=state is not State.DANGLING)
            yield _Traced(match._replace(blob=blob), state if whole or refs else None, refs=refs)
    for key, match in unnamed.items():
        path, refs = tagged.get((match.blob.oid or "").encode("ascii"), (b"", ()))
        blob = match.blob._replace(path=match.blob.name, tracked=bool(refs))
        state = State.TIP if refs else State.DANGLING
        yield _Traced(Match(blob, key, None, None, None), state if whole or refs else None, refs=refs)


def _outside_of_commits(git: Git, tips: Sequence[Ref]) -> dict[bytes, tuple[bytes, tuple[str, ...]]]:
    """What refs name that lead to no commit: by id the path (empty for the object itself) and the names of the refs."""
    found: dict[bytes, tuple[bytes, tuple[str, ...]]] = {}
    kinds = types_of(git, {ref.peeled for ref in tips})
    for ref in tips:
        if kinds.get(ref.peeled, "commit") == "commit" or len(found) > MOST_IN_SCAN:
            continue
        names = tuple(names_of([ref]))
        found.setdefault(ref.peeled.encode("ascii"), (b"", names))
        try:
            for path, oid in tree_files(git, ref.peeled):
                found.setdefault(oid, (path, names))
        except GitError:  # a blob
            continue
    return found


def _messages(walk: Walk, refs: _Refs, said: Mapping[bytes, Mapping[Key, Match]]) -> Iterator[_Traced]:
    numbers = {place.path: number for number, place in enumerate(walk.places) if place.key is None}
    for oid, keys in said.items():
        number = numbers[oid]
        reached = refs.reached >> number & 1
        names, more = refs.reaching([number])
        for match in keys.values():
            blob = match.blob._replace(path=match.blob.name, metadata=True, tracked=bool(reached))
            state = State.HISTORY if reached else State.DANGLING
            yield _Traced(match._replace(blob=blob), state, oid, oid, oid, names, more)


def _tags(git: Git, matches: Sequence[Match], tips: Sequence[Ref]) -> Iterator[_Traced]:
    if not matches:
        return
    own = texts(git, {match.blob.oid or "" for match in matches}, MOST_READ)
    named = _tag_objects(git, tips)
    for match in {(m.blob.oid, m.key): m for m in reversed(matches)}.values():
        oid = match.blob.oid or ""
        refs = named.get(oid, [])
        itself = next((ref for ref in refs if ref.oid == oid), None)
        name = itself.name.removeprefix(b"refs/tags/") if itself else tag_name(own.get(oid, b"")) or oid.encode()
        blob = match.blob._replace(path=b"tag:" + name, metadata=True, tracked=bool(refs))
        yield _Traced(
            match._replace(blob=blob),
            State.TIP if refs else State.DANGLING,
            first=oid.encode("ascii"),
            refs=tuple(names_of(refs)),
        )


def _tag_objects(git: Git, tips: Sequence[Ref]) -> dict[str, list[Ref]]:
    """The refs that lead to each tag object: a tag may name a tag."""
    found: dict[str, list[Ref]] = {}
    level = {ref.oid: [ref] for ref in reversed(tips) if ref.oid != ref.peeled or ref.name.startswith(b"refs/tags/")}
    for _ in range(_DEEPEST_TAG):
        level = {oid: refs for oid, refs in level.items() if oid not in found}
        if not level:
            break
        found.update(level)
        named = {oid: tagged_object(text) for oid, text in texts(git, level, 256).items()}
        level = {target: level[oid] for oid, target in named.items() if target}
    return found


def _finish(git: Git, traced: Sequence[_Traced], scope: Scope) -> tuple[list[Match], History]:
    """Read the commits that matter, and put everything into words."""
    oids = {oid.decode("ascii") for t in traced for oid in (t.first, t.last) if oid}
    own = texts(
        git, oids | {t.match.blob.oid or "" for t in traced if t.match.blob.kind in ("commit", "tag")}, MOST_READ
    )
    links = Links(git)
    contains = _Contains(git) if scope.contains else None
    matches, states, exposures = [], {}, {}
    for t in traced:
        match = t.match
        if match.blob.kind in ("commit", "tag"):
            match = _in_message(match, own.get(match.blob.oid or "", b""))
        first, last = (oid.decode("ascii") if oid else None for oid in (t.first, t.last))
        who = signature(own.get(first, b"")) if first else Signature()
        refs, more = t.refs, t.more_refs
        if contains and first and match.blob.kind == "blob":
            refs, more = contains.refs(first) or (refs, more)
        newest = t.newest.decode("ascii") if t.newest else None
        place = match.blob.path, match.key
        matches.append(match)
        states[place] = t.state
        exposures[place] = Exposure(
            first if match.blob.kind != "tag" else None,
            who.author,
            who.date,
            who.since,
            last,
            signature(own.get(last, b"")).date if last else None,
            refs,
            more,
            t.versions,
            links.to(match, newest) if newest and scope.published else None,
            None if scope.published or not first else _before(first, own.get(first, b"")),
        )
    return matches, History(states, exposures)


def _before(commit: str, text: bytes) -> str:
    """What ``git rebase -i`` is to begin from to change *commit*, whose object is *text*."""
    return f"{commit[:10]}~1" if b"\nparent " in text.partition(b"\n\n")[0] else "--root"


def _in_message(match: Match, text: bytes) -> Match:
    """*match* with its line counted in the message; none where it stands before that."""
    line = (match.line or 0) - lines_of_header(text)
    if line < 1:
        return match._replace(line=None, column=None, end_column=None, excerpt=None)
    return match._replace(line=line)


class _Contains:
    """Which refs reach a commit, asked of git; for a few commits, since each costs a walk."""

    _MOST = 20

    def __init__(self, git: Git) -> None:
        self._git = git
        self._known: dict[str, tuple[tuple[str, ...], int] | None] = {}

    def refs(self, commit: str) -> tuple[tuple[str, ...], int] | None:
        if commit not in self._known:
            self._known[commit] = self._ask(commit) if len(self._known) < self._MOST else None
        return self._known[commit]

    def _ask(self, commit: str) -> tuple[tuple[str, ...], int] | None:
        try:
            said = self._git.run("for-each-ref", f"--contains={commit}", "--format=%(refname)")
        except GitError:
            return None
        refs = [Ref(name, "", "") for name in said.splitlines() if name != STASH]
        return (tuple(names_of(refs[:_MOST_REFS])), max(0, len(refs) - _MOST_REFS)) if refs else None
