"""Whether git really calls us before a commit: what stands in the way, and what to do about it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from typing import NamedTuple

from cencori_guard.edits.change import read
from cencori_guard.errors import GuardError
from cencori_guard.git.runner import Git
from cencori_guard.setup import precommit
from cencori_guard.setup.native import MARK, calls_us, hooks_directory, husky_of
from cencori_guard.text import shown

_HOOK = "pre-commit"
_PROGRAM = re.compile(rb"^guard=(.*)$", re.MULTILINE)


class Checked(NamedTuple):
    """How it is; ``remedy``: what to do, where it is not as it should be."""

    says: str
    remedy: str = ""


def check_hook(git: Git) -> Checked:
    """How it is with the hook of a commit.  Raises :class:`GitError`."""
    directory, where = hooks_directory(git)
    path = os.path.join(directory, _HOOK.encode())
    name = _name(path, git)
    try:
        text = read(path)
    except GuardError as error:
        return Checked(str(error), "`cencori-guard init` writes it, once nothing else is in its place.")
    if text is None:
        return _none(git, name, where)
    if not os.access(path, os.X_OK):
        return Checked(f"{name} is no program, so git passes over it", f"`chmod +x {shlex.quote(name)}`")
    if (husky := husky_of(directory)) is not None:
        return _husky(git, husky)
    if precommit.GENERATED in text:
        return _pre_commit(git, name)
    if not calls_us(text, _HOOK):
        return Checked(
            f"{name} does not call cencori-guard" + (f" ({where} leads there)" if where else ""),
            f"Have it call `cencori-guard hook {_HOOK}`"
            + ("." if where else "; `cencori-guard init` does that, and has it called afterwards."),
        )
    return _program(text, name)


def _none(git: Git, name: str, where: str) -> Checked:
    usual = os.path.join(_common(git), b"hooks", _HOOK.encode())
    if _name(usual, git) != name and calls_us(_text(usual), _HOOK):
        says = f"{where or 'core.hooksPath'} says {os.path.dirname(name)}"
        return Checked(
            f"{_name(usual, git)} calls cencori-guard, but git does not look there: {says}",
            "`git config --unset core.hooksPath`, or have the hooks there call it: `cencori-guard init`.",
        )
    if where:
        there = f"Have a hook there call `cencori-guard hook {_HOOK}`."
        return Checked(
            f"{where} says {os.path.dirname(name) or 'nothing'}, and no hook there calls cencori-guard", there
        )
    if precommit.has_us(git):
        return Checked(
            ".pre-commit-config.yaml has cencori-guard, but pre-commit's hook is not installed",
            "`pre-commit install`, on each machine.",
        )
    return Checked("no hook calls cencori-guard before a commit", "`cencori-guard init` has git call it.")


def _pre_commit(git: Git, name: str) -> Checked:
    if precommit.has_us(git):
        return Checked(f"pre-commit calls cencori-guard ({name})")
    return Checked(
        f"{name} is pre-commit's, and .pre-commit-config.yaml does not have cencori-guard",
        "`cencori-guard init` adds it there.",
    )


def _husky(git: Git, directory: bytes) -> Checked:
    path = os.path.join(directory, _HOOK.encode())
    if calls_us(b"set -e\n" + _text(path), _HOOK):
        return Checked(f"husky calls cencori-guard ({_name(path, git)})")
    return Checked(f"{_name(path, git)} does not call cencori-guard", "`cencori-guard init` adds it there.")


def _program(text: bytes, name: str) -> Checked:
    """Whether the program that the hook calls is there."""
    said = _PROGRAM.search(text) if MARK in text else None
    try:
        program = shlex.split(os.fsdecode(said[1]))[0] if said else "cencori-guard"
    except (ValueError, IndexError):
        program = "cencori-guard"
    if shutil.which(program) or shutil.which("cencori-guard") or said is None:
        return Checked(f"git calls cencori-guard before each commit ({name})")
    return Checked(
        f"{name} calls {program}, which is not there",
        "Install it (`pipx install cencori-guard`), then `cencori-guard init`.",
    )


def _common(git: Git) -> bytes:
    return os.path.realpath(os.path.join(git.directory, git.run("rev-parse", "--git-common-dir").rstrip(b"\n")))


def _text(path: bytes) -> bytes:
    try:
        return read(path) or b""
    except GuardError:
        return b""


def _name(path: bytes, git: Git) -> str:
    inside = path.startswith(os.path.join(git.directory, b""))
    return shown(os.path.relpath(path, git.directory) if inside else path)
