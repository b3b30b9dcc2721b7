"""What a scan is given to ask with: where, for how long, and what makes a dead key believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing

from cencori_guard.errors import UsageError
from cencori_guard.keys import Key, Kind, whole_key
from cencori_guard.liveness import Answer, Liveness
from cencori_guard.verify.address import Address
from cencori_guard.verify.ask import ask_a_judge
from cencori_guard.verify.client import Client

# Seconds for all keys together.
DEFAULT_SECONDS = 60.0


class Verifier:
    """Asks about keys, after it has said whom it asks about how many."""

    def __init__(
        self,
        address: Address,
        announce: Callable[[str], object],
        seconds: float | None,
        good: Key | None = None,
        *,
        summary: bool = True,
    ) -> None:
        """*seconds* for all keys together; *good*: a key that is known to work; *summary*: count the answers.

        Raises :class:`UsageError`.
        """
        self._client = Client(address)
        self._host = address.host
        self._announce = announce
        self._seconds = DEFAULT_SECONDS if seconds is None else seconds
        self._good = good
        self._summary = summary

    def ask(self, keys: Collection[Key]) -> Iterator[tuple[Key, Answer]]:
        """Yield the answer to each of *keys* as it comes; none of them may be publishable."""
        if not keys:
            return
        more = " (and about one that should work)" if self._good and self._good not in keys else ""
        self._announce(f"asking {self._host} about {len(keys):,} key{'s' * (len(keys) > 1)}{more}")
        answers: dict[Key, Answer] = {}
        with closing(ask_a_judge(self._client.request, keys, self._good, self._seconds)) as given:
            for key, answer in given:
                answers[key] = answer
                if key in keys:
                    yield key, answer
        good = answers.get(self._good) if self._good else None
        if self._summary:
            self._announce(_summary([answers[key] for key in keys if key in answers]))
        if good and good.status is not Liveness.LIVE:
            self._announce(f"the key that should work does not ({good.reason}): no other is believed to be dead")
        # Told once more, with what only the end can tell: the good key may have answered last.
        if good and good.status is Liveness.LIVE:
            yield from ((key, _BELIEVED) for key in keys if answers[key].status is Liveness.DEAD)


def _summary(answers: list[Answer]) -> str:
    count = Counter(answer.status for answer in answers)
    parts = [f"{count[status]:,} {status}" for status in (Liveness.LIVE, Liveness.DEAD) if count[status]]
    unknown = Counter(answer.reason for answer in answers if answer.status is Liveness.UNKNOWN)
    if unknown:
        others = "; others for other reasons" if len(unknown) > 1 else ""
        parts.append(f"{unknown.total():,} unknown ({unknown.most_common(1)[0][0]}{others})")
    return "; ".join(parts)


_BELIEVED = Answer(Liveness.DEAD, "the API says that it is invalid or revoked, and accepts one that works", True)


def good_key(name: str, environ: Mapping[str, str]) -> Key:
    """The key in the environment variable *name*.  Raises :class:`UsageError`, which never says what it holds."""
    text = environ.get(name)
    if text is None:
        raise UsageError(f"--control-env {name}: no such variable is set; name one that holds a key that works")
    key = whole_key(text.strip().encode("utf-8", "surrogateescape"))
    if key is None:
        raise UsageError(f"--control-env {name}: what it holds is no Cencori key")
    if key.kind is Kind.PUBLISHABLE:
        raise UsageError(f"--control-env {name}: it holds a publishable key, which is never sent; name a secret one")
    return key
