"""The catalogue of a repository: every pipeline, what it recorded last, and what is live of it, by Git alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops.errors import InfrastructureError
from mlops.operations.live.bundles import DIGEST, reported
from mlops.operations.live.releases import environments, releases
from mlops.operations.verdicts.gate import read_verdict
from mlops.operations.workspace import Workspace


@dataclass(frozen=True)
class Entry:
    """One pipeline; bundle and verdict are those of its last run, None where there was none."""

    name: str
    description: str
    task: str
    risk: str
    owners: tuple[str, ...]
    bundle: str | None
    verdict: str | None
    live: dict[str, str]
    """The bundle that each environment is to serve."""


def catalogue(workspace: Workspace) -> tuple[Entry, ...]:
    """List every pipeline of a repository, sorted by name.

    Raises:
        ConfigurationError: with every problem of every release file.
        IntegrityError: a report is damaged, or holds the conflict markers of a merge.
    """
    root = workspace.root
    live: dict[str, dict[str, str]] = {}
    for environment in environments(root, workspace.project):
        for released in releases(root, environment):
            live.setdefault(released.name, {})[environment] = released.release.bundle
    return tuple(
        Entry(
            plan.name,
            plan.description,
            plan.task,
            workspace.pipelines[plan.name].spec.risk,
            plan.owners,
            _bundle(root, plan.name),
            _verdict(root, plan.name),
            live.get(plan.name, {}),
        )
        for plan in workspace.plan.pipelines
    )


def _bundle(root: Path, name: str) -> str | None:
    digest = reported(root, name).digest
    return digest if digest is not None and DIGEST.fullmatch(digest) else None


def _verdict(root: Path, name: str) -> str | None:
    try:
        return read_verdict(root, name).verdict
    except InfrastructureError:
        return None
