"""From keys in objects to keys at paths: the versions of a file with one key become one match, with its exposure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cencori_guard.errors import GitError
from cencori_guard.exposure.before import out_already
from cencori_guard.exposure.links import Links
from cencori_guard.exposure.people import MOST_READ, Signature, lines_of_header, signature
from cencori_guard.exposure.reached import Contains, Reached
from cencori_guard.exposure.traced import Hits, Traced
from cencori_guard.exposure.unplaced import in_tags, unplaced
from cencori_guard.exposure.walk import Place, Walk
from cencori_guard.git import graph
from cencori_guard.git.graph import Commit
from cencori_guard.git.objects import texts, versions_at
from cencori_guard.git.refs import Ref
from cencori_guard.git.runner import Git
from cencori_guard.keys import Key
from cencori_guard.models import Blob, Exposure, Match, State, Unpushed
from cencori_guard.recognise.limits import MOST_IN_SCAN
from cencori_guard.tally import Tally

# Different comments beside one key in one file; where there are more, none of them counts.
_MOST_NOTES = 10
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


def trace(git: Git, matches: Sequence[Match], scope: Scope, tally: Tally) -> tuple[list[Match], History]:
    """Find the places of *matches* in objects.  What cannot be found out is noted in *tally*."""
    by_kind: dict[str, list[Match]] = {}
    for match in matches:
        by_kind.setdefault(match.blob.kind, []).append(match)
    hits, said = _by_object(by_kind.get("blob", ())), _by_object(by_kind.get("commit", ()))

    walk, whole = _walk(git, hits, said, scope, tally, names="tree" in by_kind)
    if walk.full:
        tally.skip(b"", f"keys stand in more than {MOST_IN_SCAN:,} places; the rest is not listed", blind=True)
    refs = Reached(walk, scope.tips)

    traced = [*_files(git, walk, refs, hits)]
    placed = {(t.match.blob.path, t.match.key) for t in traced}
    lost = unplaced(git, walk, hits, by_kind.get("tree", ()), scope.tips, whole=whole)
    # A version that is only staged says less than those that are committed.
    traced += (t for t in lost if (t.match.blob.path, t.match.key) not in placed)
    traced += _messages(walk, refs, said)
    traced += in_tags(git, by_kind.get("tag", ()), scope.tips)
    return _finish(git, traced, scope)


def _walk(
    git: Git,
    hits: Hits,
    said: Hits,
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


def _by_object(matches: Iterable[Match]) -> Hits:
    """What is to be told of each key in each object: the first place that no comment speaks of.

    Where comments speak of all of them, one place for each that they say: which of them
    counts is not decided here.
    """
    found: dict[bytes, dict[Key, list[Match]]] = {}
    for match in matches:
        keys = found.setdefault((match.blob.oid or "").encode("ascii"), {})
        places = keys.setdefault(match.key, [])
        if places and not places[0].notes:
            continue
        if not match.notes or len(places) == _MOST_NOTES:
            keys[match.key] = [match._replace(notes=())]
        elif match.notes not in [place.notes for place in places]:
            places.append(match)
    return found


def _files(git: Git, walk: Walk, refs: Reached, hits: Hits) -> Iterator[Traced]:
    """The places in files and in the names of files; what makes up one finding is put together."""
    together: dict[tuple[bytes, Key, bool], list[int]] = {}
    for number, place in enumerate(walk.places):
        if place.key is not None:
            together.setdefault((place.path, place.key, place.in_name), []).append(number)
    found = []
    for (path, key, in_name), numbers in together.items():
        places = [walk.places[number] for number in numbers]
        state = refs.state(sum(1 << number for number in numbers))
        newest = max((p.newest for p in places if p.newest and not in_name), default=None)
        blob = Blob(path, b"", tracked=state is State.TIP, oid=newest and newest[1].decode("ascii"))
        if newest and refs.only_notes(numbers[0]) and re.fullmatch(_NOTE_PATH, path):
            blob = blob._replace(path=b"note:" + path.replace(b"/", b""), metadata=True)
        names, more = refs.reaching(numbers)
        found.append(
            Traced(
                Match(blob, key, None, None, None),
                state,
                min((p.first for p in places if p.first), default=(0, None))[1],
                _last(refs, places, numbers, state),
                newest and newest[0][1],
                names,
                more,
                max(1, sum(len(p.versions) for p in places)),
            )
        )
    for traced in _at_tips(git, found, hits):
        blob, key = traced.match.blob, traced.match.key
        for match in hits[blob.oid.encode("ascii")][key] if blob.oid else [traced.match]:
            yield traced._replace(match=match._replace(blob=blob))


def _at_tips(git: Git, found: Sequence[Traced], hits: Hits) -> Iterator[Traced]:
    """*found*, each with the version that its newest tip has: a newer one on no branch says nothing of that."""
    asked = [
        t for t in found if t.state is State.TIP and t.last and t.match.blob.oid and b"\n" not in t.match.blob.path
    ]
    try:
        versions = versions_at(git, [(t.last or b"", t.match.blob.path) for t in asked if not t.match.blob.metadata])
    except GitError:  # the time is up, and the newest version is as good as any
        versions = {}
    for traced in found:
        blob = traced.match.blob
        oid = versions.get((traced.last or b"", blob.path)) if traced.state is State.TIP else None
        if blob.oid and oid and oid != blob.oid.encode("ascii") and traced.match.key in hits.get(oid, {}):
            match = traced.match._replace(blob=blob._replace(oid=oid.decode("ascii")))
            traced = traced._replace(match=match, newest=traced.last)
        yield traced


def _last(refs: Reached, places: Sequence[Place], numbers: Sequence[int], state: State) -> bytes | None:
    points = [refs.last(n) if state is State.TIP else None for n in numbers]
    points = points if any(points) else [place.last for place in places]
    return max((point for point in points if point), default=(0, None))[1]


def _messages(walk: Walk, refs: Reached, said: Hits) -> Iterator[Traced]:
    numbers = {place.path: number for number, place in enumerate(walk.places) if place.key is None}
    for oid, keys in said.items():
        number = numbers[oid]
        reached = refs.reached >> number & 1
        names, more = refs.reaching([number])
        for match in (match for places in keys.values() for match in places):
            blob = match.blob._replace(path=match.blob.name, metadata=True, tracked=bool(reached))
            state = State.HISTORY if reached else State.DANGLING
            yield Traced(match._replace(blob=blob), state, oid, oid, oid, names, more)


def _finish(git: Git, traced: Sequence[Traced], scope: Scope) -> tuple[list[Match], History]:
    """Read the commits that matter, and put everything into words."""
    oids = {oid.decode("ascii") for t in traced for oid in (t.first, t.last) if oid}
    own = texts(
        git, oids | {t.match.blob.oid or "" for t in traced if t.match.blob.kind in ("commit", "tag")}, MOST_READ
    )
    known = {t.match.key for t in traced} if scope.published else out_already(git, traced, own)
    links = Links(git)
    contains = Contains(git) if scope.contains else None
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
            None if match.key in known or not first else _unpushed(first, own.get(first, b"")),
        )
    return matches, History(states, exposures)


def _unpushed(commit: str, text: bytes) -> Unpushed:
    return Unpushed(commit, len(re.findall(rb"^parent ", text.partition(b"\n\n")[0], re.MULTILINE)))


def _in_message(match: Match, text: bytes) -> Match:
    """*match* with its line counted in the message; none where it stands before that."""
    line = (match.line or 0) - lines_of_header(text)
    if line < 1:
        return match._replace(line=None, column=None, end_column=None, excerpt=None)
    return match._replace(line=line)
