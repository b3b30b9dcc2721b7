"""Asks about many keys: the control first, then a few at a time, and never for longer than is allowed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from heapq import heappop, heappush
from itertools import count
from math import inf
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import NamedTuple, Protocol

from cencori_guard.keys import Key, never_issued
from cencori_guard.liveness import Answer, Liveness
from cencori_guard.verify.client import PATIENCE, Reply
from cencori_guard.verify.judge import judge

# As many are asked at once.
PARALLEL = 5
# A 429 is asked again as often, where it says when.
_TRIES = 4
_SHORTEST_WAIT = 1.0
# Seconds within which those that began together are given up together.
_TOGETHER = 0.1

_LATE = Answer(Liveness.UNKNOWN, f"no answer within {PATIENCE:g} s")
_LIMITED = judge(429, b"")
_UNASKED = Answer(Liveness.UNKNOWN, "not asked: the time for asking was up")
_UNANSWERED = Answer(Liveness.UNKNOWN, "no answer before the time for asking was up")
_NOT_HEARD = Answer(Liveness.UNKNOWN, "not asked: the host had stopped answering")
_GONE = Answer(Liveness.UNKNOWN, "no answer: the host had stopped answering")


class Request(Protocol):
    """One request about a key."""

    def make(self) -> Reply:
        """Send the key, and say what comes back; raises nothing."""

    def give_up(self) -> None:
        """Make no more of it, whatever it waits for."""


Begin = Callable[[Key], Request]


class _Due(NamedTuple):
    """A request that is to be made at a *moment* (monotonic), or was: the n-th for its key."""

    key: Key
    moment: float
    tries: int


class _Round:
    """The requests for some keys: those to be made, those to be made again, and those under way."""

    def __init__(self, begin: Begin, keys: Iterable[Key]) -> None:
        self._begin = begin
        self.fresh = deque(keys)
        # A heap, by the moment; the number keeps keys from being compared.
        self.again: list[tuple[float, int, _Due]] = []
        self.running: dict[int, tuple[_Due, Request]] = {}
        # Given up, and not ended yet: they count among those that run.
        self._stuck: set[int] = set()
        self._late_in_a_row = 0
        self._replies: SimpleQueue[tuple[int, Reply]] = SimpleQueue()
        self._tickets = count()

    def start(self, now: float) -> None:
        """Start as many as may run, each in a thread that nothing waits for when it does not end."""
        while self._may_start():
            if self.again and self.again[0][0] <= now:
                _, _, due = heappop(self.again)
                key, tries = due.key, due.tries
            elif self.fresh:
                key, tries = self.fresh.popleft(), 1
            else:
                return
            ticket, request = next(self._tickets), self._begin(key)
            self.running[ticket] = _Due(key, now, tries), request
            Thread(target=_make, args=(request, ticket, self._replies), daemon=True).start()

    def _may_start(self) -> bool:
        return len(self.running) + len(self._stuck) < PARALLEL

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come back for so long that nothing more will."""
        return self._late_in_a_row >= PARALLEL

    def next_moment(self) -> float:
        """When something is to be done, if nothing comes before."""
        ends = [due.moment + PATIENCE for due, _ in self.running.values()]
        return min(ends + [moment for moment, _, _ in self.again[:1]] * self._may_start(), default=inf)

    def repeat(self, due: _Due) -> None:
        """Make a request that is *due* later."""
        heappush(self.again, (due.moment, next(self._tickets), due))

    def take(self, seconds: float) -> tuple[_Due, Reply] | None:
        """The next reply, if one comes within *seconds*; those that were given up are passed over."""
        try:
            ticket, reply = self._replies.get(timeout=max(0.0, seconds))
        except Empty:
            return None
        self._stuck.discard(ticket)
        if ticket not in self.running:
            return None
        self._late_in_a_row = self._late_in_a_row + 1 if reply.late else 0
        due, _ = self.running.pop(ticket)
        return due, reply

    def give_up(self, now: float) -> list[Key]:
        """Give up those that have been waited for long enough; their keys."""
        late = [ticket for ticket, (due, _) in self.running.items() if due.moment + PATIENCE <= now + _TOGETHER]
        self._late_in_a_row += len(late)
        return [self._give_up(ticket) for ticket in late]

    def _give_up(self, ticket: int) -> Key:
        due, request = self.running.pop(ticket)
        self._stuck.add(ticket)
        request.give_up()
        return due.key

    def end(self) -> list[Key]:
        """Give up all that is under way; their keys."""
        return [self._give_up(ticket) for ticket in list(self.running)]


def _make(request: Request, ticket: int, replies: SimpleQueue[tuple[int, Reply]]) -> None:
    try:
        reply = request.make()
    except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell
        reply = Reply(Answer(Liveness.UNKNOWN, f"the request failed ({type(error).__name__})"))
    replies.put((ticket, reply))


def ask_all(begin: Begin, keys: Iterable[Key], deadline: float) -> Iterator[tuple[Key, Answer]]:
    """Yield the answer to each of *keys* as it comes, until the *deadline* (monotonic).

    Neither a name that does not resolve nor an answer that trickles in holds anybody up.
    """
    requests = _Round(begin, keys)
    try:
        while requests.fresh or requests.again or requests.running:
            now = monotonic()
            if now >= deadline or requests.is_silent:
                unasked, unanswered = (_UNASKED, _UNANSWERED) if now >= deadline else (_NOT_HEARD, _GONE)
                yield from ((key, unasked) for key in requests.fresh)
                yield from ((due.key, _LIMITED) for _, _, due in requests.again)
                yield from ((key, unanswered) for key in requests.end())
                return
            requests.start(now)
            taken = requests.take(min(requests.next_moment(), deadline) - now)
            if taken is None:
                yield from ((key, _LATE) for key in requests.give_up(monotonic()))
                continue
            due, reply = taken
            moment = None if reply.retry_after is None else monotonic() + max(_SHORTEST_WAIT, reply.retry_after)
            if moment is not None and moment < deadline and due.tries < _TRIES:
                requests.repeat(_Due(due.key, moment, due.tries + 1))
            else:
                yield due.key, reply.answer
    finally:
        requests.end()


def ask_a_judge(
    begin: Begin, keys: Collection[Key], good: Key | None, seconds: float
) -> Generator[tuple[Key, Answer], None, None]:
    """Yield the answer to each of *keys*, and to *good*, if the other side is to be believed at all.

    It is asked about a key that was never issued first: who does not call that one dead is
    no judge, and gets no other to see.  *good* is asked before the rest.  *seconds* for
    all of it.
    """
    deadline = monotonic() + seconds
    every = list(dict.fromkeys(([good] if good else []) + list(keys)))
    if not every:
        return
    ((_, control),) = ask_all(begin, [never_issued()], deadline)
    if control.status is Liveness.DEAD:
        yield from ask_all(begin, every, deadline)
        return
    if control.status is Liveness.LIVE:
        why = "the host accepts a key that was never issued, so its word counts for nothing"
    else:
        why = f"{control.reason} (asked about a key that was never issued, to see whether it is a judge)"
    yield from ((key, Answer(Liveness.UNKNOWN, why)) for key in every)
