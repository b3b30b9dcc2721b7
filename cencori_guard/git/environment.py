"""The environment in which every git process runs, whoever starts it.

The repository that is scanned is an attacker's: its config can name programs that
plumbing runs.  What git takes from the environment outranks what it reads from a
repository, so the dangerous settings are set here, once.
"""

from __future__ import annotations

from collections.abc import Mapping

# Settings with which a repository's config runs programs or reaches out (git-config(1)).
HARDENED_CONFIG = (
    ("core.fsmonitor", ""),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.askPass", ""),
    ("core.sshCommand", "false"),
    ("core.alternateRefsCommand", ""),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("gpg.program", "false"),
    ("log.showSignature", "false"),
    ("core.quotePath", "false"),
    # A commit-graph or a multi-pack-index may speak of what is not there, and not of what is.
    ("core.commitGraph", "false"),
    ("core.multiPackIndex", "false"),
    ("advice.graftFileDeprecated", "false"),
)

# How much of a repository git holds in memory: by default it grows with the packs. What is
# larger than the threshold is streamed. Measured on 57,302 blobs: 57 MB in place of 167 MB,
# in the same time; but a limit of few windows makes it slow.
BOUNDED_CONFIG = (
    ("core.bigFileThreshold", "16m"),
    ("core.deltaBaseCacheLimit", "16m"),
    ("core.packedGitLimit", "32m"),
    ("core.packedGitWindowSize", "8m"),
)

_SET = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_GRAFT_FILE": "/dev/null",  # info/grafts would leave out commits
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace would show other content than what is committed
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# Would change what is printed, or conflict with literal pathspecs.
_DROPPED = ("GIT_EXTERNAL_DIFF", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "LANGUAGE")
# Point git at another repository, index or object store than the one it finds where it runs.
REDIRECTIONS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)


def hardened(environ: Mapping[str, str], *, follow_redirections: bool) -> dict[str, str]:
    """A copy of *environ* for git.

    *follow_redirections* keeps what git itself sets for its hooks (``GIT_DIR``,
    ``GIT_INDEX_FILE`` of ``git commit -a``, …); without it git looks only at the
    directory it is started in.
    """
    env = {k: v for k, v in environ.items() if k not in _DROPPED and not k.startswith("GIT_TRACE")}
    if not follow_redirections:
        for name in REDIRECTIONS:
            env.pop(name, None)
    env.update(_SET)
    given = env.get("GIT_CONFIG_COUNT", "")
    count = int(given) if given.isdecimal() else 0
    settings = (*HARDENED_CONFIG, *BOUNDED_CONFIG)
    for number, (key, value) in enumerate(settings, count):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    env["GIT_CONFIG_COUNT"] = str(count + len(settings))
    return env
