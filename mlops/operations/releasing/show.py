"""`mlops show`: what is live where, by Git, who approved it, and whether the registry agrees.

Without environments it is what ran last.

Of the registry's copy the list of files is compared; its bytes only where that is asked for, and it is said which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.manifest import NAME
from mlops.configuration.load import names
from mlops.configuration.project import Project
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError, StaleError
from mlops.files.canonical import digest_file
from mlops.operations.live.history import Moment, history, shallow
from mlops.operations.live.live import bundle_folder
from mlops.operations.live.registry import Connect, begun, tracking_uri
from mlops.operations.live.releases import Released, aliases, environments, known_environment, releases
from mlops.operations.project import open_project
from mlops.operations.releasing.answering import Answer, ask
from mlops.operations.releasing.approved import Looking
from mlops.operations.reviewing.approvals import Approval
from mlops.operations.reviewing.reviews import Answers
from mlops.release import stored
from mlops.release.aliases import Model, read_model
from mlops.release.tracking import connection

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Live:
    """One model in one environment; `registry` is `agrees`, `differs: …`, or empty where MLflow was not asked.

    `bytes` is `read` or `not read` of the registry's copy, and empty where that was not looked at; `spoilt` says that
    it is not the bundle. `answers` is what its servers say: `agrees`, `differs: …`, `no answer: …`; empty where none
    was asked.
    """

    name: str
    environment: str
    bundle: str
    canary: float | None
    since: Moment | None
    registry: str = ""
    bytes: str = ""
    spoilt: bool = False
    approval: Approval | None = None
    answers: str = ""


@dataclass(frozen=True)
class Last:
    """The bundle that the last run of a pipeline left here."""

    name: str
    bundle: str


@dataclass(frozen=True)
class Shown:
    """Everything that is to be live; `unreachable` says why the registry was not asked.

    `silent` are the environments with nothing live. `last` is what is gone by where there is no environment at all.
    """

    live: tuple[Live, ...]
    unreachable: str = ""
    silent: tuple[str, ...] = ()
    last: tuple[Last, ...] = ()

    @property
    def code(self) -> int:
        """Give the exit code: 5 for a copy that is not the bundle, 3 where something is to be live and nothing is.

        It is 3 too where another bundle is served than is to be, and 6 where no server answered.
        """
        if any(live.spoilt for live in self.live):
            return IntegrityError.exit_code
        told = [Answer(live.answers) for live in self.live]
        if any(answer.differs for answer in told):
            return StaleError.exit_code
        if any(answer.missing for answer in told):
            return InfrastructureError.exit_code
        return StaleError.exit_code if self.silent and not self.live else 0


@dataclass(frozen=True)
class _Said:
    """What the registry says of one model, as `Live` has it."""

    registry: str = ""
    bytes: str = ""
    spoilt: bool = False


def show(
    root: Path,
    environment: str | None = None,
    *,
    whole: bool = False,
    asked: bool = False,
    answers: Answers | None = None,
    connect: Connect = connection,
) -> Shown:
    """List what every environment, or one of them, is to serve; the registry is asked where it answers.

    `whole` reads and hashes all bytes of the registry's copies; with `asked` the servers of each environment with an
    `endpoint` are asked what they serve; `answers` tell who approved a release.

    Raises:
        ConfigurationError: with every problem of every release file; there is no such environment, or none to ask.
    """
    configuration, project = open_project(root)
    places = environments(root, project) if environment is None else (known_environment(root, project, environment),)
    if not places and asked:
        raise ConfigurationError(
            "no environment is declared, so that no server is known which could be asked",
            hint="write `environments: {prod: {endpoint: {url: https://…}}}` into conf/project.yaml",
        )
    if not places:
        return Shown((), last=tuple(_last(root, names(configuration))))
    found = [item for place in places for item in releases(root, place)]
    held, why = _registered(root, project, found, connect, whole=whole)
    silent = tuple(place for place in places if place not in {item.environment for item in found})
    looking = Looking(root, answers or Answers(), project.ci.branch, date.today())
    return Shown(
        tuple(_live(looking, item, held, ask(project, item).told if asked else "") for item in found), why, silent
    )


def _last(root: Path, pipelines: Iterable[str]) -> Iterator[Last]:
    for name in pipelines:
        manifest = bundle_folder(root, name) / NAME
        if manifest.is_file():
            yield Last(name, digest_file(manifest))


def past(root: Path, name: str, environment: str | None = None) -> tuple[Moment, ...]:
    """List what was live as one model, environment by environment, newest first.

    Raises:
        ConfigurationError: there is no such environment, or no such pipeline and never was.
        InfrastructureError: a part of the history was not fetched: its first commit would pass for the release.
    """
    _, project = open_project(root)
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    places = (known_environment(root, project, environment),) if environment else environments(root, project)
    moments = tuple(moment for place in places for moment in history(root, place, name))
    if not moments:  # what was deleted has a history; a name that was mistyped has none
        open_project(root, name)
    return moments


def approvals(root: Path, name: str, moments: Iterable[Moment], answers: Answers) -> list[Approval]:
    """Tell of each change of what was live whether it was approved, in order."""
    _, project = open_project(root)
    return Looking(root, answers, project.ci.branch, date.today()).of_moments(name, moments)


def _live(looking: Looking, item: Released, held: Mapping[tuple[str, str], _Said], served: str) -> Live:
    root = looking.root
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
        **vars(held.get((item.environment, item.name), _Said())),
        approval=looking.of_release(item.environment, item.name),
        answers=served,
    )


def _registered(
    root: Path, project: Project, found: list[Released], connect: Connect, *, whole: bool
) -> tuple[dict[tuple[str, str], _Said], str]:
    uri = tracking_uri(root, project)
    if not found or not begun(uri):
        return {}, "" if not found else "there is no MLflow registry here yet"
    try:
        with connect(uri) as client:
            return {(item.environment, item.name): _said(client, project, item, whole=whole) for item in found}, ""
    except InfrastructureError as error:
        return {}, error.message


def _said(client: MlflowClient, project: Project, item: Released, *, whole: bool) -> _Said:
    wanted = aliases(project, item.environment)
    model = read_model(client, item.name, wanted)
    differs = _differs(wanted, item, model)
    if model is None or differs:
        return _Said(f"differs: {differs}")
    copies = {model.aliases[alias].number: alias for alias in wanted}
    for number, alias in copies.items():
        if problem := stored.first(
            client, client.get_model_version(item.name, number), item.release.bundle, whole=whole
        ):
            return _Said(f"differs: version {number}, which {alias} is: {problem}", spoilt=True)
    return _Said("agrees", "read" if whole else "not read")


def _differs(wanted: Iterable[str], item: Released, model: Model | None) -> str:
    if model is None:
        return "not registered"
    for alias in wanted:
        held = model.aliases.get(alias)
        if held is None:
            return f"no alias {alias}"
        if held.bundle != item.release.bundle:
            return f"{alias} is version {held.number} ({(held.bundle or 'no bundle of ours')[:19]})"
        if held.verdict != "pass":
            return f"the newest verdict on version {held.number} is {held.verdict or 'unknown'}"
    return ""
