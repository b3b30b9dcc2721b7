"""The stage: candidates in, keys and signs of Cencori out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cencori_guard.keys import Key
from cencori_guard.models import Blob, Match, Mention, Opened, Side
from cencori_guard.names import WORDS, use_in
from cencori_guard.recognise.limits import Limits
from cencori_guard.recognise.near import line_of, match_of, may_be_key, read
from cencori_guard.recognise.reading import (
    BEFORE,
    DEEPEST,
    encoded_at,
)
from cencori_guard.recognise.shown import excerpt_of, notes_on
from cencori_guard.recognise.side import side_at
from cencori_guard.recognise.tokens import MOST_BYTES, Place, Whole
from cencori_guard.recognise.window import window
from cencori_guard.search.containers.bounds import Bounds
from cencori_guard.search.containers.stream import reader_of
from cencori_guard.search.decoders.grouped import LONGEST_ENCODED, Cut, begins_well, tokens_at
from cencori_guard.search.engine import search
from cencori_guard.search.forms import INLINE_MAP, Writing
from cencori_guard.search.matchers import Matcher, ReMatcher
from cencori_guard.search.part import AHEAD, BEHIND, Candidate, Gathered
from cencori_guard.tally import Tally

# Words looked at in one blob; a project that uses Cencori says so sooner.
_MOST_MENTIONS = 1_000
_LFS_POINTER_HEAD = b"version https://git-lfs.github.com/spec/v1\n"
_AHEAD_OF_ENCODED = AHEAD - 64
assert BEHIND // 2 > BEFORE
assert _AHEAD_OF_ENCODED // 2 > LONGEST_ENCODED


def recognise(
    candidates: Iterable[Candidate | Gathered],
    tally: Tally,
    *,
    depth: int = 0,
    matcher: Matcher | None = None,
    bounds: Bounds | None = None,
) -> Iterator[Match | Mention]:
    """Yield the keys among *candidates*, and the signs that the project uses Cencori.

    Keys do not overlap.  A blob or a scan with more keys than anyone can read is noted
    in *tally* as not fully looked at.  *depth*: how many encodings lead to what is searched.
    *matcher* looks into what is decoded; *bounds* are those of the file, where they are one's.
    """
    stage = _Stage(tally, depth, matcher or ReMatcher(), bounds)
    for candidate in candidates:
        for item in stage.gathered(candidate) if isinstance(candidate, Gathered) else stage.candidate(candidate):
            if isinstance(item, Mention):
                yield item
            elif stage.admits(item):
                yield item if item.side else item._replace(side=stage.side(candidate))
        if stage.limits.over:
            return


class _Stage:
    def __init__(self, tally: Tally, depth: int, matcher: Matcher, bounds: Bounds | None) -> None:
        self._tally = tally
        self._matcher = matcher
        self._given = self._bounds = bounds
        self._depth = depth
        self._blob: Blob | None = None
        self._file: tuple[bytes, str | None] | None = None
        # Of the file at hand: the keys in what lies within a container in it, by the way to that.
        self._within: set[tuple[tuple[bytes, ...], Key]] = set()
        self.limits = Limits(tally)
        self._begin(None)

    def _begin(self, blob: Blob | None) -> None:
        self._blob = blob
        self._done = 0  # offsets before this belong to what was found
        self._mentions = 0
        self._known: dict[tuple[Writing, int], int] = {}
        self._said: set[tuple[object, ...]] = set()
        self._whole: Whole | None = None
        self._side: Side | None = None
        self._side_known = False
        self.limits.begin()
        if blob and (blob.path, blob.oid) != self._file:
            self._file = blob.path, blob.oid
            self._within.clear()
            self._bounds = self._given

    def admits(self, match: Match) -> bool:
        """Whether *match* is to be told: it is new, and there are not too many."""
        blob = match.blob
        if blob.opened and (blob.inside, match.key) in self._within:
            return False
        if blob.opened is Opened.DOCUMENT and any(match.key.begins(k) for w, k in self._within if w == blob.inside):
            return False  # the same, cut short by how the document writes it
        if not self.limits.admits(match):
            return False
        if blob.opened is Opened.ARCHIVE:  # names stand in it twice and more
            self._within.add((blob.inside, match.key))
        for length in range(len(match.inside)):
            self._within.add((match.inside[:length], match.key))
        return True

    def side(self, candidate: Candidate | Gathered) -> Side | None:
        """What the text at hand says of where it runs: asked for those with a key alone."""
        if not self._side_known and isinstance(candidate, Candidate):
            # In one of Astro's components it depends on the place.
            self._side_known = not candidate.blob.path.endswith(b".astro")
            self._side = side_at(candidate)
        return self._side

    def candidate(self, candidate: Candidate) -> Iterator[Match | Mention]:
        """What stands at *candidate*; what stands in a text that is being gathered is kept back."""
        if candidate.blob is not self._blob:
            self._begin(candidate.blob)
        offset = candidate.at - candidate.base
        whole = self._whole
        if whole and offset >= whole.end:
            whole = self._whole = None
        if whole is None:
            yield from self._stands_at(candidate, offset)
        elif not whole.complete:
            whole.held += [item for item in self._stands_at(candidate, offset) if isinstance(item, Match)]

    def _stands_at(self, candidate: Candidate, offset: int) -> Iterator[Match | Mention]:
        writing = candidate.form.writing
        if writing in (Writing.PLAIN, Writing.ESCAPED):
            yield from self._plain(candidate, offset)
        elif writing in (Writing.BASE64, Writing.HEX):
            yield from self._encoded(candidate, offset)
        elif writing is Writing.POINTER:
            if candidate.base >= 0 and candidate.data.startswith(_LFS_POINTER_HEAD, candidate.base, candidate.end):
                self._tally.skip(candidate.blob.path, "Git LFS pointer: the content itself is not here", blind=False)
        elif not self._whole:
            yield from self._begin_whole(candidate)

    def _plain(self, candidate: Candidate, offset: int) -> Iterator[Match | Mention]:
        data, at, form = candidate.data, candidate.at, candidate.form
        word = form.writing is Writing.PLAIN and (
            bytes(data[at : at + 14 : 2]) in WORDS if form.wide else data.startswith(WORDS, at, candidate.end)
        )
        telling = word and self._mentions < _MOST_MENTIONS and not candidate.blob.inside
        looking = not self.limits.blob_is_over and offset >= self._done and may_be_key(candidate)
        if not (telling or looking):
            return
        near, reading = read(candidate, looking=looking)
        if telling:
            self._mentions += 1
            use = use_in(*line_of(near))
            if use:
                yield Mention(candidate.blob, *use)
        if reading:
            self._done = offset + (reading.end - near.at) * near.step
            layers = reading.layers if near.step == 1 else (near.encoding, *reading.layers)
            yield match_of(candidate, near, reading._replace(layers=layers))

    def _encoded(self, candidate: Candidate, offset: int) -> Iterator[Match]:
        form = candidate.form
        step = 2 if form.wide else 1
        phase = form.writing, (offset - form.lead * step) % (4 * step)
        if self._depth >= DEEPEST or self.limits.blob_is_over or offset < self._known.get(phase, 0):
            return
        for big in (False, True)[:step]:
            near = window(candidate, BEFORE * step, _AHEAD_OF_ENCODED, big=big)
            # Half a character may be left over at either end.
            left = candidate.at - near.at * step - candidate.begin >= step
            cut = Cut(left, candidate.end - candidate.at >= _AHEAD_OF_ENCODED + step, LONGEST_ENCODED)
            encoded = encoded_at(near.data, near.at, form, cut, self._depth)
            self._known[phase] = offset + (encoded.known - near.at) * step
            for found in encoded.found:
                place = found.reading.key, offset + (found.start - near.at) * step
                if place in self._said:
                    continue
                self._said.add(place)
                layers = found.reading.layers if step == 1 else (near.encoding, *found.reading.layers)
                match = match_of(candidate, near, found.reading._replace(layers=layers))
                if not self._is_told(match):
                    yield match
            if encoded.found:
                return

    def _is_told(self, match: Match) -> bool:
        """Whether the same was told before, as found in another way; from now on it is."""
        told = match.key, match.inside, match.line, match.column
        if told in self._said:
            return True
        self._said.add(told)
        return False

    def _begin_whole(self, candidate: Candidate) -> Iterator[Match]:
        """Begin to gather an encoded text, if it is one."""
        data, at, form = candidate.data, candidate.at, candidate.form
        step = 2 if form.wide else 1
        if self._depth >= DEEPEST:
            return
        around = window(candidate, BEFORE * step, _AHEAD_OF_ENCODED, big=False)
        if form.writing is Writing.PACKED and not begins_well(around.data, around.at, form):
            return
        if form.writing is Writing.MAP:
            start = at + len(INLINE_MAP) - len(b"data:")
        elif form.lead:  # within another encoding, which is read from its line on
            tokens = tokens_at(around.data, around.at, Writing.BASE64, form.lead, Cut())
            start = at - around.at + tokens[-1].span(0, 1)[0] if tokens else at
        else:
            start = at
        cursor = candidate.cursor
        line, column = cursor.place(data, candidate.base, candidate.begin, start - candidate.base)
        before = bytes(data[max(candidate.begin, start - BEHIND) : start])
        place = Place(candidate.blob, line, column, before)
        whole = Whole(form.writing, place, start - candidate.base, step)
        ended = whole.feed(bytes(data[start : whole.stop(data, start, candidate.end)]))
        if not whole.seems_well():
            return
        self._whole = whole
        if ended or candidate.gather is None:
            yield from self.whole(whole)
        else:
            candidate.gather.append(whole)

    def gathered(self, gathered: Gathered) -> Iterator[Match]:
        """The keys in what was gathered."""
        assert isinstance(gathered.by, Whole)
        return self.whole(gathered.by)

    def whole(self, whole: Whole) -> Iterator[Match]:
        """The keys in an encoded text of which all has been gathered."""
        width = whole.width
        decoded = whole.decoded()
        place = whole.place
        if whole.cut:
            why = f"an encoded text of more than {MOST_BYTES >> 20} MB: the rest of it was not unpacked"
            self._tally.skip(place.blob.name, why, blind=True)
        if not decoded.data:
            yield from whole.held
            return
        whole.held.clear()
        blob = place.blob._replace(inside=(), decoded=(*place.blob.decoded, decoded.layer), opened=None)
        # Whatever is unpacked of one file counts together.
        self._bounds = self._bounds or Bounds()
        self._bounds.took(len(decoded.data))
        candidates = search([(blob, reader_of(decoded.data))], self._matcher, self._tally, bounds=self._bounds)
        # A map in a file is part of it, and no encoding that hides something.
        part_of_it = whole.writing is Writing.MAP and not place.blob.decoded
        depth = self._depth + (not part_of_it)
        for found in recognise(candidates, self._tally, depth=depth, matcher=self._matcher, bounds=self._bounds):
            if isinstance(found, Mention):
                continue
            match = found._replace(blob=place.blob, inside=(*place.blob.inside, *found.inside))
            if not found.inside:  # it has no place of its own
                match = match._replace(
                    line=place.line,
                    column=place.column,
                    end_column=place.column + width,
                    excerpt=excerpt_of(place.before, len(place.before), len(place.before), match.key),
                    notes=notes_on(place.before, len(place.before), len(place.before)),
                )
            if not self._is_told(match):
                yield match
