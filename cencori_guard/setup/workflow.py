"""A GitHub workflow that looks at what is pushed.

The actions are pinned by the commits of their releases: ``actions/checkout`` v4.2.2 and
``actions/setup-python`` v5.6.0.
"""

from __future__ import annotations

import os

from cencori_guard import __version__
from cencori_guard.edits.change import Change, read
from cencori_guard.git.remotes import remote_urls
from cencori_guard.git.runner import Git
from cencori_guard.setup.planned import Planned

_DIRECTORY = b".github"
_FILE = b"workflows/cencori-guard.yml"
_MOST_READ = 1 << 20
TEXT = f"""\
name: cencori-guard
on:
  push:
  pull_request:
permissions:
  contents: read
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - uses: actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0
        with:
          python-version: "3.13"
      - run: python -m pip install cencori-guard=={__version__}
      - run: cencori-guard scan .
"""


def workflow(git: Git) -> Planned:
    """Have one, where the repository is on GitHub.  Raises :class:`GitError` and :class:`GuardError`."""
    directory = os.path.join(git.directory, _DIRECTORY)
    path = os.path.join(directory, _FILE)
    there = _that_call_us(os.path.dirname(path))
    if there:
        return Planned(there=(f".github/workflows/{there[0]} calls cencori-guard",))
    on_github = os.path.isdir(directory) or any(b"github.com" in url for _, _, url in remote_urls(git))
    if not on_github:
        return Planned(left=("No sign of GitHub here: elsewhere, have CI run `cencori-guard scan .`.",))
    return Planned((Change(path, read(path), TEXT.encode("ascii"), "looks at what is pushed, on GitHub"),))


def _that_call_us(directory: bytes) -> list[str]:
    """The names of the workflows that call this program."""
    if not os.path.isdir(directory):
        return []
    found = []
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if name.endswith((b".yml", b".yaml")) and os.path.isfile(path):
            with open(path, "rb") as stream:
                if b"cencori-guard" in stream.read(_MOST_READ):
                    found.append(os.fsdecode(name))
    return found
