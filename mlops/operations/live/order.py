"""The order of environments: what is released here was live where the project says that it comes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.blocks.waiver import AFTER, Waiver
from mlops.errors import InfrastructureError, StaleError
from mlops.operations.declared.waivers import waivers_at
from mlops.operations.git import commit_of
from mlops.operations.live.history import Moment, descends, history, shallow
from mlops.operations.live.releases import claim_tag
from mlops.release.aliases import commit_of as claimed
from mlops.release.aliases import read_model

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops.configuration.project import Project

Claimed = Callable[[str], str | None]
"""Gives the commit that an environment was last reconciled at, or None where it never was."""


def claims(client: MlflowClient, project: Project, name: str) -> Claimed:
    """Look up in the registry what a model's environments were last reconciled at."""

    def find(environment: str) -> str | None:
        model = read_model(client, name, ())
        return None if model is None else claimed(model.tags.get(claim_tag(project, environment)))

    return find


def refuse_out_of_order(
    root: Path, project: Project, environment: str, name: str, digest: str, find: Claimed, today: date
) -> Waiver | None:
    """Refuse a bundle that was not live in the environment before; give the waiver that lets it through all the same.

    Git says that it was to be live there, on the main line; the registry says that it was reconciled since.

    Raises:
        StaleError: it was not live there.
        InfrastructureError: the history that would tell was not fetched.
    """
    declared = project.environments.get(environment)
    if declared is None or declared.after is None:
        return None
    waiver = _waiver(root, name, today)
    if waiver is not None:
        return waiver
    before = declared.after
    went = next((moment for moment in reversed(history(root, before, name)) if moment.bundle == digest), None)
    if went is None:
        _never(root, before, name, digest)
    else:
        _reconciled(root, before, name, went, find(before))
    return None


def _waiver(root: Path, name: str, today: date) -> Waiver | None:
    """Find the waiver that holds today, as it is committed: one that nobody reviewed yet counts for nothing."""
    held = (waiver for waiver in waivers_at(root, commit_of(root, "HEAD"), name) if waiver.rule == AFTER)
    return next((waiver for waiver in held if waiver.granted <= today.isoformat() <= waiver.expires), None)


def _never(root: Path, before: str, name: str, digest: str) -> None:
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    raise StaleError(
        f"{name}: the bundle {digest[:19]}… was never live in {before}",
        hint=f"mlops release {name} --env {before} --bundle {digest}; or, for some days: mlops waive {name} {AFTER}",
    )


def _reconciled(root: Path, before: str, name: str, went: Moment, last: str | None) -> None:
    if last is not None and descends(root, last, went.commit):
        return
    said = "was never reconciled" if last is None else f"was last reconciled at {last[:8]}"
    raise StaleError(
        f"{name}: {went.commit[:8]} made it live in {before}, which {said}", hint=f"mlops reconcile --env {before}"
    )
