"""Keys that no commit names a path for: in tags, in what a ref names itself, in what was staged or thrown away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cencori_guard.errors import GitError
from cencori_guard.exposure.people import MOST_READ, tag_name, tagged_object
from cencori_guard.exposure.reached import MOST_REFS
from cencori_guard.exposure.traced import Hits, Traced
from cencori_guard.exposure.walk import Walk
from cencori_guard.git.listing import indexed
from cencori_guard.git.objects import texts, tree_files
from cencori_guard.git.refs import Ref, names_of, outside_of_commits
from cencori_guard.git.runner import Git
from cencori_guard.models import Match, State
from cencori_guard.recognise.limits import MOST_IN_SCAN

_DEEPEST_TAG = 10


def unplaced(
    git: Git,
    walk: Walk,
    hits: Hits,
    trees: Sequence[Match],
    tips: Sequence[Ref],
    *,
    whole: bool,
) -> Iterator[Traced]:
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
        for match in (match for places in keys.values() for match in places):
            where = path or staged.get(oid) or match.blob.name
            blob = match.blob._replace(path=where, tracked=state is not State.DANGLING)
            yield Traced(match._replace(blob=blob), state if whole or refs else None, refs=refs)
    for key, match in unnamed.items():
        path, refs = tagged.get((match.blob.oid or "").encode("ascii"), (b"", ()))
        blob = match.blob._replace(path=match.blob.name, tracked=bool(refs))
        state = State.TIP if refs else State.DANGLING
        yield Traced(Match(blob, key, None, None, None), state if whole or refs else None, refs=refs)


def _outside_of_commits(git: Git, tips: Sequence[Ref]) -> dict[bytes, tuple[bytes, tuple[str, ...]]]:
    """What refs name that lead to no commit: by id the path (empty for the object itself) and the names of the refs."""
    found: dict[bytes, tuple[bytes, tuple[str, ...]]] = {}
    try:
        for oid, kind, refs in outside_of_commits(git, tips):
            names = tuple(names_of(refs[:MOST_REFS]))
            found.setdefault(oid.encode("ascii"), (b"", names))
            for path, file in tree_files(git, oid) if kind == "tree" else ():
                found.setdefault(file, (path, names))
                if len(found) > MOST_IN_SCAN:
                    return found
    except GitError:  # the time is up: they stay where they are
        pass
    return found


def in_tags(git: Git, matches: Sequence[Match], tips: Sequence[Ref]) -> Iterator[Traced]:
    """The keys in tag objects, by the names of the tags."""
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
        yield Traced(
            match._replace(blob=blob),
            State.TIP if refs else State.DANGLING,
            first=oid.encode("ascii"),
            refs=tuple(names_of(refs)),
        )


def _tag_objects(git: Git, tips: Sequence[Ref]) -> dict[str, list[Ref]]:
    """The refs that lead to each tag object: a tag may name a tag."""
    found: dict[str, list[Ref]] = {}
    level: dict[str, list[Ref]] = {}
    for ref in tips:
        if ref.oid != ref.peeled or ref.name.startswith(b"refs/tags/"):
            level.setdefault(ref.oid, []).append(ref)
    for _ in range(_DEEPEST_TAG):
        level = {oid: refs for oid, refs in level.items() if oid not in found}
        if not level:
            break
        found.update(level)
        named = {oid: tagged_object(text) for oid, text in texts(git, level, 256).items()}
        deeper: dict[str, list[Ref]] = {}
        for oid, target in named.items():
            if target:
                deeper.setdefault(target, []).extend(level[oid])
        level = deeper
    return found
