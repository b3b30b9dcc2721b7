"""What the policy rules need to know of a project, noted while its files pass by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cencori_guard.keys import PREFIXES
from cencori_guard.models import Blob, Mention, ReadInto, Slab, Source, Use
from cencori_guard.places import base_name, is_env_file, is_manifest

_IGNORE_FILE = b".gitignore"
# Stands in every path that says something; asked once a file.
_TELLING = re.compile(
    b"|".join(map(re.escape, (b".env", b".flaskenv", b".dev.vars", b".cencorirc", _IGNORE_FILE, *PREFIXES)))
).search
# Dozens of packages say no more than some do.
_MOST_PROJECTS = 50
# Nor do more env files than that, or more names that begin like a key.
MOST_ENV_FILES = MOST_SPEAKING = 20_000


class Survey:
    """Env files, ignore files and signs of Cencori in one scan; and names that may hold a key."""

    def __init__(self) -> None:
        self.env_files: dict[bytes, Blob] = {}
        self.more_env_files = self.more_speaking = False
        self.saw_ignore_file = False
        self.real_values: set[bytes] = set()
        self.suspicious_names: list[Blob] = []
        # Where a variable with Cencori in its name is spoken of.
        self.speaking: dict[bytes, Blob] = {}
        self._projects: dict[bytes, bytes | None] = {}

    def watch(self, blobs: Source) -> Iterator[Slab | tuple[Blob, ReadInto]]:
        """Pass *blobs* on, noting what the names of single ones say; of those in slabs whoever gives them tells."""
        for item in blobs:
            if not isinstance(item, Slab):
                self.note(item[0])
            yield item

    def note(self, blob: Blob) -> None:
        """Note what the name of *blob* says."""
        if not _TELLING(blob.path):
            return
        name = base_name(blob.path)
        if is_env_file(name):
            if len(self.env_files) < MOST_ENV_FILES:
                self.env_files[blob.path] = blob
            else:
                self.more_env_files = True
        elif name == _IGNORE_FILE:
            self.saw_ignore_file = True
        if any(prefix in blob.path for prefix in PREFIXES):
            if len(self.suspicious_names) < MOST_ENV_FILES:
                self.suspicious_names.append(blob)
            else:
                self.more_env_files = True

    def hear(self, mention: Mention) -> None:
        """Note a sign that the project uses Cencori, if it is one where it stands."""
        blob = mention.blob
        name = base_name(blob.path)
        if mention.use is Use.NAME and blob.path:
            if len(self.speaking) < MOST_SPEAKING:
                self.speaking.setdefault(blob.path, blob)
            else:
                self.more_speaking = True
        if mention.real and is_env_file(name):
            self.real_values.add(blob.path)
        counts = {
            Use.DEPENDENCY: is_manifest(name),
            Use.IMPORT: not is_env_file(name),
            Use.NAME: is_env_file(name),
        }[mention.use]
        if counts and not blob.ignored and len(self._projects) < _MOST_PROJECTS:
            # A manifest or an env file lies where its package does; a source file, somewhere below.
            directory = blob.path[: -len(name)] if mention.use is not Use.IMPORT else blob.repository or b""
            self._projects.setdefault(directory, blob.repository)

    @property
    def uses_cencori(self) -> bool:
        """Whether anything says that the project uses Cencori."""
        return bool(self._projects)

    @property
    def projects(self) -> dict[bytes, bytes | None]:
        """The directories of packages that use Cencori (``b""`` or ending in a slash), each with its repository."""
        return self._projects
