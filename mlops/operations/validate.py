"""Validate: every problem of the YAML, as data and as text."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mlops.diagnostics import Diagnostic, render
from mlops.errors import ConfigurationError
from mlops.operations.auditing.check import unentered
from mlops.operations.auditing.named import asked
from mlops.operations.compiling.findings import findings
from mlops.operations.declared import accepted
from mlops.operations.declared.policy import judge_under_base
from mlops.operations.declared.teams import unused
from mlops.operations.declared.waivers import approved_by_author, approved_by_others, expired
from mlops.operations.git import commit_of
from mlops.operations.judging.bootstrap import refuse_bootstrap
from mlops.operations.judging.release_pin import not_alone, refused_release
from mlops.operations.judging.release_record import unrecorded
from mlops.operations.language.against_hydra import differences
from mlops.operations.starting.stores import unlocked
from mlops.operations.workspace import open_workspace


def validate(
    root: Path,
    names: tuple[str, ...] = (),
    base: str | None = None,
    *,
    author: str | None = None,
    hydra: bool = False,
) -> tuple[tuple[Diagnostic, ...], str]:
    """Check the named pipelines, or all; give the findings sorted, and printed with their source lines.

    What DVC needs for the repository's remotes must be locked; where a ledger is kept, what is decided has its entry.
    With `base`, the policy of that commit holds too and its owners alone approve a new waiver, an upgrade changes
    nothing else, a release names what that commit records, the ledger only grows, and `author` may not approve a
    waiver, or accept an incident, that was not there; with `hydra`, Hydra must compose the same values.

    Raises:
        Inconclusive: nothing is wrong, but the base is from before the repository began.
    """
    try:
        workspace = open_workspace(root, names)
    except ConfigurationError as error:
        if not error.diagnostics:
            raise
        return error.diagnostics, error.message
    found = [*findings(workspace), *expired(workspace.configuration, workspace.pipelines, date.today())]
    if not names:
        found += unused(workspace.policy, workspace.configuration.document("policy"), workspace.pipelines)
    found += accepted.expired(workspace.configuration, workspace.pipelines, date.today())
    if hydra:
        found += differences(workspace)
    found += refused_release(workspace)
    found += unlocked(root) if workspace.project.ci.install == "lock" else []
    commit = None if base is None else commit_of(root, base)
    decided = workspace.pipelines if names else asked(root, workspace.pipelines, commit)
    found += unentered(root, workspace.project, decided, commit)
    if commit is not None:
        found += judge_under_base(root, commit, workspace.project, workspace.pipelines)
        found += approved_by_others(root, commit, workspace.pipelines)
        found += accepted.leak_approved_by_others(root, commit, workspace.pipelines)
        if author:
            found += approved_by_author(root, commit, workspace.pipelines, author)
            found += accepted.approved_by_author(workspace.configuration, commit, workspace.pipelines, author)
        found += not_alone(workspace, commit)
        found += unrecorded(root, commit)
        if not any(diagnostic.severity == "error" for diagnostic in found):
            refuse_bootstrap(root, commit)
    found.sort()
    return tuple(found), render(found, workspace.configuration.sources) if found else ""
