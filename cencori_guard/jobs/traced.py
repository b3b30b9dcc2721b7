"""What the scans of a history and of a range of it have in common: where keys stand is found out afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from cencori_guard.exposure.metadata import in_refs
from cencori_guard.exposure.shipped import CommitsView
from cencori_guard.exposure.trace import History
from cencori_guard.frameworks.layout import Layout
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, Exposure, Held, Match, State, Unpushed
from cencori_guard.pipeline import Job
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy


class TracedJob(Job):
    """Objects of one repository, whose paths and past :meth:`trace` finds."""

    def __init__(self, git: Git, *, metadata: bool) -> None:
        """*metadata*: look into messages and names of refs as well."""
        self._git = git
        self._metadata = metadata
        self._history = History()

    def _in_names(self, names: Iterable[bytes], *, unpushed: bool = False) -> list[Match]:
        """The keys in the *names* of refs: there for as long as the refs are; *unpushed*: and nowhere else."""
        found = list(in_refs(names))
        states = {(match.blob.path, match.key): State.TIP for match in found}
        held = {place: Exposure(unpushed=Unpushed("", 0)) for place in states} if unpushed else {}
        exposures = {**self._history.exposures, **held}
        self._history = self._history._replace(states={**self._history.states, **states}, exposures=exposures)
        return found

    def layout(self) -> Layout:
        """By what the newest commits with a key have in the directory."""
        return Layout(CommitsView(self._git, self._history))

    def held(self, blobs: list[Blob], tally: Tally) -> Held:
        """As traced."""
        return self._history

    def wants(self, blob: Blob, policy: Policy) -> bool:
        """Not what config leaves out; asked for hits alone."""
        return not policy.excludes(blob.path)
