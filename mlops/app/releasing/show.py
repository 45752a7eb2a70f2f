"""`mlops show`: what is live where, by Git, and whether the registry agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops.app.project import open_project
from mlops.app.releasing.history import Moment, history, shallow
from mlops.app.releasing.registry import Connect, begun, tracking_uri
from mlops.app.releasing.releases import Released, aliases, environments, known_environment, releases
from mlops.errors import InfrastructureError
from mlops.release.aliases import Model, read_model
from mlops.release.tracking import connection
from mlops.spec.project import Project


@dataclass(frozen=True)
class Live:
    """One model in one environment; `registry` is `agrees`, `differs: …`, or empty where MLflow was not asked."""

    name: str
    environment: str
    bundle: str
    canary: float | None
    since: Moment | None
    registry: str = ""


@dataclass(frozen=True)
class Shown:
    """Everything that is to be live; `unreachable` says why the registry was not asked."""

    live: tuple[Live, ...]
    unreachable: str = ""


def show(root: Path, *, connect: Connect = connection) -> Shown:
    """List what every environment is to serve; the registry is asked where it answers.

    Raises:
        ConfigurationError: with every problem of every release file.
    """
    _, project = open_project(root)
    found = [item for environment in environments(root, project) for item in releases(root, environment)]
    held, why = _registered(root, project, found, connect)
    return Shown(tuple(_live(root, item, held) for item in found), why)


def past(root: Path, name: str, environment: str | None = None) -> tuple[Moment, ...]:
    """List what was live as one model, environment by environment, newest first.

    Raises:
        ConfigurationError: there is no such environment.
        InfrastructureError: a part of the history was not fetched: its first commit would pass for the release.
    """
    _, project = open_project(root)
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    places = (known_environment(root, project, environment),) if environment else environments(root, project)
    return tuple(moment for place in places for moment in history(root, place, name))


def _live(root: Path, item: Released, held: Mapping[tuple[str, str], str]) -> Live:
    moments = history(root, item.environment, item.name)
    since = moments[0] if moments and moments[0].bundle == item.release.bundle else None
    if len(moments) == 1 and shallow(root):  # the first commit that was fetched, which need not be the release
        since = None
    rollout = item.release.rollout
    return Live(
        item.name,
        item.environment,
        item.release.bundle,
        None if rollout is None else rollout.canary,
        since,
        held.get((item.environment, item.name), ""),
    )


def _registered(
    root: Path, project: Project, found: list[Released], connect: Connect
) -> tuple[dict[tuple[str, str], str], str]:
    uri = tracking_uri(root, project)
    if not found or not begun(uri):
        return {}, "" if not found else "there is no MLflow registry here yet"
    try:
        with connect(uri) as client:
            models = {item: read_model(client, item.name, aliases(project, item.environment)) for item in found}
    except InfrastructureError as error:
        return {}, error.message
    return {(item.environment, item.name): _agrees(project, item, model) for item, model in models.items()}, ""


def _agrees(project: Project, item: Released, model: Model | None) -> str:
    if model is None:
        return "differs: not registered"
    for alias in aliases(project, item.environment):
        held = model.aliases.get(alias)
        if held is None:
            return f"differs: no alias {alias}"
        if held.bundle != item.release.bundle:
            return f"differs: {alias} is version {held.number} ({(held.bundle or 'no bundle of ours')[:19]})"
        if held.verdict != "pass":
            return f"differs: the newest verdict on version {held.number} is {held.verdict or 'unknown'}"
    return "agrees"
