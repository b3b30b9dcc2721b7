"""``cencori-guard hook pre-commit [FILES]...``: on the path of every commit, so it loads next to nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cencori_guard.git.listing import Staged, indexed, staged_changes
from cencori_guard.git.runner import Git
from cencori_guard.jobs.glance import is_quiet


def check_staged(files: Sequence[str], verbosity: int = 0) -> int:
    """Look at what is staged, or at the index's version of *files*; says nothing where all is well."""
    here = os.fsencode(os.getcwd())
    root = here
    while not os.path.lexists(os.path.join(root, b".git")):
        root, below = os.path.dirname(root), root
        if root == below:  # a work tree whose repository lies elsewhere, or none at all: git will say
            root = here
            break
    git = Git(root, follow_redirections=True)
    if files:
        versions = indexed(git, [os.path.relpath(os.path.join(here, os.fsencode(file)), root) for file in files])
    else:
        versions = staged_changes(git)
    if verbosity <= 0 and is_quiet(git, versions):
        return 0
    return _scan(git, root, versions, verbosity)


def _scan(git: Git, root: bytes, versions: Sequence[Staged], verbosity: int) -> int:
    # For the few commits with something to look at closely.
    from cencori_guard.cli.output import deliver_unless_quiet
    from cencori_guard.cli.settings import policy_for
    from cencori_guard.jobs.staged import StagedJob
    from cencori_guard.pipeline import Settings, run

    report = run(StagedJob(git, versions), policy_for(root, [(root, root)]), Settings())
    return deliver_unless_quiet(report, verbosity)
