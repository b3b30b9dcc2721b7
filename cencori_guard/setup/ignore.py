"""``.gitignore``, and the template that is committed in place of ``.env``."""

from __future__ import annotations

import os

from cencori_guard.edits.change import Change, read
from cencori_guard.git.ignore import IGNORE_FILE, deciding_rules
from cencori_guard.git.runner import Git
from cencori_guard.places import is_env_file, is_template
from cencori_guard.setup.planned import Planned

_RULES = (b".env", b".env.local", b".env.*.local")
_HEADER = b"# Keys stay on this machine."
_NAME, _LINE = b"CENCORI_API_KEY", b"CENCORI_API_KEY=csk_your_key_here"


def ignore_file(git: Git) -> Planned:
    """Have the team's rules ignore env files.  Raises :class:`GitError` and :class:`GuardError`."""
    asked = {rule.replace(b"*", b"production"): rule for rule in _RULES}
    shown_to_all = _template_of(git)
    verdicts = deciding_rules(git, [*asked, shown_to_all])
    missing = [rule for path, rule in asked.items() if not ((said := verdicts.get(path)) and said.protects)]
    hidden = verdicts.get(shown_to_all)
    if hidden and hidden.ignores and hidden.shared:
        missing.append(b"!" + shown_to_all)
    if not missing:
        return Planned(there=(".gitignore ignores .env",))
    path = os.path.join(git.directory, IGNORE_FILE)
    old = read(path)
    if set(missing) <= set((old or b"").splitlines()):
        return Planned(left=(".gitignore has the rules, but is ignored itself, or other rules take them back.",))
    new = with_lines(old, (_HEADER, *missing))
    names = ", ".join(map(os.fsdecode, missing))
    return Planned((Change(path, old, new, f"has the rules {names}, for everyone who has the repository"),))


def _templates(git: Git) -> list[bytes]:
    """The names of the templates that are there, for what is not the tests' alone."""
    return sorted(n for n in os.listdir(git.directory) if is_env_file(n) and is_template(n) and n != b".env.test")


def _template_of(git: Git) -> bytes:
    return (_templates(git) or [b".env.example"])[0]


def template(git: Git) -> Planned:
    """Have a template that names the variable.  Raises :class:`GuardError`."""
    for name in _templates(git):
        if _NAME in (read(os.path.join(git.directory, name)) or b""):
            return Planned(there=(f"{os.fsdecode(name)} names CENCORI_API_KEY",))
    path = os.path.join(git.directory, _template_of(git))
    old = read(path)
    return Planned((Change(path, old, with_lines(old, (_LINE,)), "shows what .env has to hold, without a key"),))


def with_lines(old: bytes | None, lines: tuple[bytes, ...]) -> bytes:
    """*old* with *lines* at its end, in the way in which its lines end."""
    end = b"\r\n" if old and b"\r\n" in old else b"\n"
    before = old or b""
    if before and not before.endswith(b"\n"):
        before += end
    gap = end if before and lines[0].startswith(b"#") else b""
    return before + gap + b"".join(line + end for line in lines)
