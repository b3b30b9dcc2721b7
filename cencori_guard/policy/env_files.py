"""The rules about env files and about what ignores them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from cencori_guard.models import Blob, Context, Finding, IgnoreRule, Location, Rule, Severity
from cencori_guard.places import base_name, is_committed_on_purpose, is_template
from cencori_guard.policy.survey import Survey
from cencori_guard.remedy import advice
from cencori_guard.text import shown

# For paths of one repository (its prefix, or None outside of git): the rule that ignores each.
Judge = Callable[[bytes | None, Sequence[bytes]], Mapping[bytes, IgnoreRule | None]]


def check_tracked(survey: Survey) -> Iterator[Finding]:
    """``env-file-tracked``: env files in git; those that many commit on purpose only with a real value."""
    for path, blob in sorted(survey.env_files.items()):
        name = base_name(path)
        if not blob.tracked or is_template(name):
            continue
        if is_committed_on_purpose(name) and path not in survey.real_values:
            continue
        grave = survey.uses_cencori and (name == b".env" or name.endswith(b".local"))
        yield _finding(
            Rule.ENV_FILE_TRACKED,
            Severity.MEDIUM if grave else Severity.LOW,
            "An env file is in git",
            blob,
            advice.for_tracked(shown(path)),
        )


def check_ignored(survey: Survey, judge: Judge, with_keys: Collection[bytes]) -> Iterator[Finding]:
    """``env-file-not-ignored``: env files that no shared rule covers.  *with_keys*: those a secret was found in."""
    by_repository: dict[bytes | None, list[bytes]] = {}
    for path, blob in sorted(survey.env_files.items()):
        name = base_name(path)
        if is_template(name) or (blob.ignored and not blob.tracked):
            continue
        if is_committed_on_purpose(name) and path not in survey.real_values:
            continue
        by_repository.setdefault(blob.repository, []).append(path)
    for repository, paths in by_repository.items():
        for path, rule in judge(repository, paths).items():
            if rule and rule.shared:
                continue
            holds = path in with_keys or path in survey.real_values
            yield _finding(
                Rule.ENV_FILE_NOT_IGNORED,
                Severity.HIGH if holds else Severity.LOW,
                "No committed rule ignores this env file" + _only_private(rule),
                survey.env_files[path],
                advice.for_not_ignored(shown(base_name(path))),
            )


def check_ignore_missing(survey: Survey, judge: Judge) -> Iterator[Finding]:
    """``env-ignore-missing``: a package that uses Cencori, where a ``.env`` would not be ignored."""
    for directory, repository in sorted(survey.projects.items()):
        env = directory + b".env"
        rule = judge(repository, [env]).get(env)
        if not (rule and rule.shared):
            ignore_file = Blob(directory + b".gitignore", repository)
            yield _finding(
                Rule.ENV_IGNORE_MISSING,
                Severity.MEDIUM,
                f"The project uses Cencori, and no committed rule would ignore {shown(env)}" + _only_private(rule),
                ignore_file,
                advice.for_not_ignored(".env"),
            )


def _only_private(rule: IgnoreRule | None) -> str:
    if rule is None:
        return ""
    where = f"{rule.source}:{rule.line}" if rule.line else rule.source
    return f": {where} ({rule.pattern}) ignores it on this machine alone"


def _finding(rule: Rule, severity: Severity, message: str, blob: Blob, remedy: tuple[str, ...]) -> Finding:
    return Finding(
        rule,
        severity,
        message,
        Location(blob.path),
        Context.ENV_FILE,
        remedy,
        tracked=None if blob.repository is None else blob.tracked,
    )
