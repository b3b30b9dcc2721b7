"""Links to where a key can be seen, for repositories that are hosted."""

from __future__ import annotations

from urllib.parse import quote

from cencori_guard.git.remotes import Site, site
from cencori_guard.git.runner import Git
from cencori_guard.keys import redact
from cencori_guard.models import Match


class Links:
    """Permanent links into the repository that *git* looks at; it is asked where that is when the first is wanted."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._asked = False
        self._site: Site | None = None

    def to(self, match: Match, commit: str) -> str | None:
        """The link to *match* as *commit* has it; None where there is none, or where it would show a key."""
        if not self._asked:
            self._asked = True
            self._site = site(self._git)
        if self._site is None:
            return None
        if match.blob.metadata:
            link = self._site.commit.format(commit=commit) if match.blob.kind == "commit" else None
        elif match.line is not None and not match.inside:
            link = self._site.file.format(commit=commit, path=quote(match.blob.path), line=match.line)
        else:
            link = None
        return link if link is None or redact(link) == link else None
