"""Owners by pattern: what `teams:` of conf/policy.yaml gives to pipelines that name none of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from mlops.configuration.load import Loaded
from mlops.configuration.policy import Policy
from mlops.configuration.reading.document import Document
from mlops.diagnostics import Diagnostic
from mlops.operations.declared.policy import FILE


def owned(policy: Policy, loaded: Loaded) -> tuple[Loaded, tuple[Diagnostic, ...]]:
    """Give a pipeline the owners of its team where it names none; a finding where no team is meant either."""
    if loaded.spec.owners:
        return loaded, ()
    owners = policy.team(loaded.name)
    if not owners:
        hint = f'write `owners: ["@somebody"]`, or a pattern that matches `{loaded.name}` under `teams:` of {FILE}'
        return loaded, (Diagnostic(loaded.origins.fallback, "missing key `owners`", hint, "missing-key"),)
    return replace(loaded, spec=loaded.spec.model_copy(update={"owners": owners})), ()


def unused(policy: Policy, document: Document | None, names: Iterable[str]) -> list[Diagnostic]:
    """Warn of patterns that give owners to no pipeline: none matches, or a later one takes all that do."""
    known = tuple(names)
    if document is None or not known:  # a repository that begins
        return []
    meant = {policy.team_pattern(name) for name in known}
    return [_unused(pattern, document, known) for pattern in policy.teams if pattern not in meant]


def _unused(pattern: str, document: Document, names: tuple[str, ...]) -> Diagnostic:
    said, hint = "matches no pipeline", "remove or correct it"
    if any(fnmatchcase(name, pattern) for name in names):
        said = "is never the last that matches: a later one takes each of its pipelines"
        hint = "order patterns from the general to the special: the last match holds"
    where = document.where(("teams", pattern))
    return Diagnostic(where, f"the team pattern `{pattern}` {said}", hint, "unused-team", severity="warning")
