"""All parts of the set-up of one repository."""

from __future__ import annotations

import os
from collections.abc import Callable

from cencori_guard.errors import GitError, GuardError
from cencori_guard.git.runner import Git
from cencori_guard.setup.ignore import ignore_file, template
from cencori_guard.setup.native import native_hooks
from cencori_guard.setup.planned import Planned
from cencori_guard.setup.precommit import FILE, config
from cencori_guard.setup.workflow import workflow


def plan(git: Git, program: str, *, hooks: str | None = None, with_workflow: bool = True) -> Planned:
    """What the repository lacks.

    *program*: the path of this one, for hooks on this machine.  *hooks*: ``native``,
    ``pre-commit`` or ``none``; None: as the repository has it, native ones where it has
    none.  Raises :class:`GitError`.
    """
    if hooks is None:
        hooks = "pre-commit" if os.path.lexists(os.path.join(git.directory, FILE)) else "native"
    parts: list[Callable[[], Planned]] = [lambda: ignore_file(git), lambda: template(git)]
    if hooks != "none":
        parts.insert(0, lambda: config(git) if hooks == "pre-commit" else native_hooks(git, program))
    if with_workflow:
        parts.append(lambda: workflow(git))
    planned = [_tried(part) for part in parts]
    return Planned(
        tuple(change for part in planned for change in part.changes),
        tuple(word for part in planned for word in part.there),
        tuple(word for part in planned for word in part.left),
        any(part.failed for part in planned),
    )


def _tried(part: Callable[[], Planned]) -> Planned:
    """What *part* says; where it finds what it must not touch, the others go on."""
    try:
        return part()
    except GuardError as error:
        if isinstance(error, GitError):
            raise
        return Planned(left=(f"{error}.",), failed=True)
