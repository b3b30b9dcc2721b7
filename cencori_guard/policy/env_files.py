"""The rules about env files and about what ignores them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from cencori_guard.models import Blob, Context, Finding, IgnoreRule, Location, Rule, Severity, State
from cencori_guard.places import base_name, is_committed_on_purpose, is_template
from cencori_guard.policy.survey import Survey
from cencori_guard.remedy import advice
from cencori_guard.text import shown

# For paths of one repository (its prefix, or None outside of git): the rule that decides about each;
# no answer at all for those about which nothing can be known.
Judge = Callable[[bytes | None, Sequence[bytes]], Mapping[bytes, IgnoreRule | None]]


StateOf = Callable[[Blob], State | None]


def check(
    survey: Survey, judge: Judge, with_keys: Collection[bytes], state_of: StateOf, commits: Callable[[bytes], bool]
) -> Iterator[Finding]:
    """``env-file-tracked`` and ``env-file-not-ignored``, for every env file but templates.

    Those that many commit on purpose only with a real value; *commits* says of a path
    whether its framework tells people to.  *with_keys*: the paths in which a secret was found.
    """
    by_repository: dict[bytes | None, list[bytes]] = {}
    for path, blob in sorted(survey.env_files.items()):
        name = base_name(path)
        belongs = blob.ignored and not blob.tracked
        if belongs or is_template(name):
            continue
        if path in survey.real_values or path in with_keys or not (is_committed_on_purpose(name) or commits(path)):
            by_repository.setdefault(blob.repository, []).append(path)
    for repository, paths in by_repository.items():
        rules = judge(repository, paths)
        for path in paths:
            blob, rule = survey.env_files[path], rules.get(path)
            if blob.tracked:
                yield _tracked(survey, blob, rule, state_of(blob))
            if path in rules and not (rule and rule.protects):
                holds = path in with_keys or path in survey.real_values
                yield _finding(
                    Rule.ENV_FILE_NOT_IGNORED,
                    Severity.HIGH if holds else Severity.LOW,
                    "No committed rule ignores this env file" + _instead(rule),
                    blob,
                    advice.for_not_ignored(shown(base_name(path)), rule),
                    state_of(blob),
                )


def _tracked(survey: Survey, blob: Blob, rule: IgnoreRule | None, state: State | None) -> Finding:
    name = base_name(blob.path)
    grave = survey.uses_cencori and (name == b".env" or name.endswith(b".local"))
    protected = rule if rule and rule.protects else None
    return _finding(
        Rule.ENV_FILE_TRACKED,
        Severity.MEDIUM if grave else Severity.LOW,
        "An env file is in git" + (f", although {_place(protected)} ignores it" if protected else ""),
        blob,
        advice.for_tracked(blob, protected),
        state,
    )


def check_ignore_missing(survey: Survey, judge: Judge) -> Iterator[Finding]:
    """``env-ignore-missing``: a package that uses Cencori, where a ``.env`` would not be ignored."""
    reported: list[tuple[bytes, bytes | None]] = []
    for directory, repository in sorted(survey.projects.items()):
        env = directory + b".env"
        rules = judge(repository, [env])
        rule = rules.get(env)
        # A rule at the top, once added, covers what lies below it too.
        covered = rule is None and any(directory.startswith(d) and repository == r for d, r in reported)
        if rules and not covered and not (rule and rule.protects):
            reported.append((directory, repository))
            yield _finding(
                Rule.ENV_IGNORE_MISSING,
                Severity.MEDIUM,
                f"The project uses Cencori, and no committed rule would ignore {shown(env)}" + _instead(rule),
                Blob(directory + b".gitignore"),
                advice.for_not_ignored(".env", rule),
                None,
            )


def _instead(rule: IgnoreRule | None) -> str:
    """What decides about a path that no shared rule ignores."""
    if rule is None:
        return ""
    if rule.ignores:
        return f": {_place(rule)} ignores it on this machine alone"
    return f": {_place(rule)} takes it out again"


def _place(rule: IgnoreRule) -> str:
    return f"{rule.source}:{rule.line} ({rule.pattern})"


def _finding(
    rule: Rule, severity: Severity, message: str, blob: Blob, remedy: tuple[str, ...], state: State | None
) -> Finding:
    return Finding(
        rule,
        severity,
        message,
        Location(blob.path),
        Context.ENV_FILE,
        remedy,
        tracked=None if blob.repository is None else blob.tracked,
        state=state,
    )
