"""git's own hooks: where they lie, and how ours gets there without taking another's place."""

from __future__ import annotations

import os
import re
import shlex

from cencori_guard.edits.change import Change, read
from cencori_guard.git.runner import Git
from cencori_guard.setup.planned import Planned
from cencori_guard.text import shown

HOOKS = ("pre-commit", "commit-msg", "pre-push")
MARK = b"# Installed by `cencori-guard init`."
BEFORE = b".before-cencori-guard"
_HEAD = """\
#!/bin/sh
{mark}
guard={program}
command -v "$guard" >/dev/null || guard=cencori-guard
command -v "$guard" >/dev/null || {{
  echo "cencori-guard is not installed here, so nothing was looked at: pipx install cencori-guard" >&2
  exit 3
}}
"""
_PLAIN = """\
"$guard" hook {hook}{arguments} || exit
[ ! -x "$0{before}" ] || exec "$0{before}" "$@"
"""
# git says on standard input what is pushed, and there is only one of it.
_WITH_LINES = """\
lines=$(cat; echo .)
lines=${{lines%.}}
printf %s "$lines" | "$guard" hook {hook}{arguments} || exit
[ ! -x "$0{before}" ] || printf %s "$lines" | "$0{before}" "$@"
"""


def script(hook: str, program: str) -> bytes:
    """The text of *hook*, which calls *program* and then the hook that was there before."""
    body = _WITH_LINES if hook == "pre-push" else _PLAIN
    arguments = "" if hook == "pre-commit" else ' "$@"'
    text = _HEAD.format(mark=MARK.decode(), program=shlex.quote(program))
    return (text + body.format(hook=hook, arguments=arguments, before=BEFORE.decode())).encode()


def hooks_directory(git: Git) -> tuple[bytes, str]:
    """Where git looks for hooks, absolute; and, where that is no place of this repository's, what says so.

    Raises :class:`GitError`.
    """
    said = git.run("config", "--show-scope", "-z", "--type=path", "--get-all", "core.hooksPath", ok=(0, 1)).split(b"\0")
    # The last counts; ours, that keeps hooks from running, comes on the command line.
    given = [(scope, path) for scope, path in zip(said[::2], said[1::2], strict=False) if scope != b"command"]
    common = os.path.realpath(os.path.join(git.directory, git.run("rev-parse", "--git-common-dir").rstrip(b"\n")))
    scope, path = given[-1] if given else (b"", os.path.join(common, b"hooks"))
    directory = os.path.realpath(os.path.join(git.directory, path)) if path else b""
    if scope not in (b"", b"local", b"worktree"):
        return directory, f"core.hooksPath of the {os.fsdecode(scope)} config"
    # The repository's config may be a stranger's: it does not say where programs are put.
    ours = any(directory.startswith(os.path.join(place, b"")) for place in (os.path.realpath(git.directory), common))
    return directory, "" if ours else "core.hooksPath" if given else "a link in the place of the hooks"


def native_hooks(git: Git, program: str) -> Planned:
    """Have git call us; *program*: how.  Raises :class:`GitError` and :class:`GuardError`."""
    directory, elsewhere = hooks_directory(git)
    if elsewhere:
        lines = ", ".join(f"`cencori-guard hook {hook}` in {hook}" for hook in HOOKS)
        place = shown(directory) or "empty"
        return Planned(
            left=(f"{elsewhere} is {place}, outside of this repository: have the hooks there call {lines}.",)
        )
    if (husky := husky_of(directory)) is not None:
        return _husky(husky)
    if directory.startswith(os.path.join(git.directory, b"")) and b"/.git/" not in directory:
        program = "cencori-guard"  # a file that all share: no path of this machine in it
    planned = [_hook(directory, hook, program) for hook in HOOKS]
    return Planned(
        tuple(change for part in planned for change in part.changes),
        tuple(word for part in planned for word in part.there),
        tuple(word for part in planned for word in part.left),
    )


def _hook(directory: bytes, hook: str, program: str) -> Planned:
    path = os.path.join(directory, hook.encode())
    old, new = read(path), script(hook, program)
    if old is not None and MARK not in old and calls_us(old, hook):
        if os.access(path, os.X_OK):
            return Planned(there=(f"the {hook} hook calls cencori-guard",))
        return Planned(left=(f"{shown(path)} is no program, so git passes over it: `chmod +x` makes it one.",))
    if old == new and os.access(path, os.X_OK):
        return Planned(there=(f"the {hook} hook calls cencori-guard",))
    changes = [Change(path, old, new, f"git calls cencori-guard as its {hook} hook", executable=True)]
    if old is not None and MARK in old and _without_program(old) != _without_program(new):
        return Planned(left=(f"{shown(path)} was edited since it was written: compare it with what `init` writes.",))
    if old is not None and MARK not in old:
        before = path + BEFORE
        if read(before) is not None:
            return Planned(
                left=(f"{shown(before)} is in the way: have {shown(path)} call `cencori-guard hook {hook}`.",)
            )
        why = f"the {hook} hook that was there, and is called after ours"
        changes.insert(0, Change(before, None, old, why, executable=os.access(path, os.X_OK)))
    return Planned(tuple(changes))


def _without_program(text: bytes) -> bytes:
    return re.sub(rb"^guard=.*$", b"", text, count=1, flags=re.MULTILINE)


def calls_us(text: bytes, hook: str) -> bool:
    """Whether the script *text* calls this program as *hook*, and ends where that finds something.

    Only what can be seen for certain counts: a line of its own, that nothing before it ends the
    script in front of, and of which the exit code decides.
    """
    if MARK in text:
        ours = _without_program(script(hook, ""))
        return _without_program(text).startswith(ours[: ours.index(b"[ ! -x")])
    name = re.escape(hook.encode())
    call = rb'(?:exec +)?(?:[\w./~-]*cencori-guard|"\$guard") hook ' + name + rb'(?: +"\$@")?(?P<or> *\|\| *exit\b.*)?'
    lines = [line.strip() for line in text.splitlines()]
    strict = any(re.match(rb"set +-\w*e", line) for line in lines)
    code = [line for line in lines if line and not line.startswith(b"#")]
    for number, line in enumerate(code):
        found = re.fullmatch(rb"(?:printf %s \"\$lines\" *\| *)?" + call, line)
        if found:
            last = number == len(code) - 1
            return bool(found["or"] or strict or last or line.startswith(b"exec"))
        if re.match(rb"(?:exit|exec|return)\b", line):
            return False
    return False


def husky_of(directory: bytes) -> bytes | None:
    """Where husky has its scripts, if *directory* is where it has git look; since version 9 that is one below."""
    if os.path.basename(directory) == b"_":
        directory = os.path.dirname(directory)
    return directory if os.path.basename(directory) == b".husky" else None


def _husky(directory: bytes) -> Planned:
    """husky's hooks are scripts in the tree, a line for each thing to do; what lies in ``_`` it writes itself."""
    changes, there, left = [], [], []
    for hook in HOOKS:
        path = os.path.join(directory, hook.encode())
        old = read(path)
        call = f"cencori-guard hook {hook}" + ("" if hook == "pre-commit" else ' "$@"')
        if old is not None and calls_us(b"set -e\n" + old, hook):
            there.append(f".husky/{hook} calls cencori-guard")
        elif old and hook == "pre-push":
            left.append(
                f"Have .husky/pre-push call `{call}`, and give what git says on standard input to all it calls."
            )
        else:
            # First, so that nothing before it ends the script.
            start = (old or b"").find(b"\n") + 1 if (old or b"").startswith(b"#!") else 0
            new = (old or b"")[:start] + call.encode() + b"\n" + (old or b"")[start:]
            changes.append(Change(path, old, new, f"husky calls cencori-guard as its {hook} hook"))
    return Planned(tuple(changes), tuple(there), tuple(left))
