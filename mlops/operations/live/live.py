"""The bundle that verbs go by after the merge: the live one, or the last run's where nothing is ever released."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops.bundle.contents import verify
from mlops.bundle.manifest import NAME
from mlops.configuration.project import Project
from mlops.errors import InfrastructureError, StaleError
from mlops.operations.live.bundles import obtain, reported
from mlops.operations.live.registry import Connect, fetching_from, refuse_judged_since, tracking_uri
from mlops.operations.live.releases import file_of, known_environment, live_bundle, usual
from mlops.operations.project import open_project
from mlops.release.tracking import connection

LAST_RUN = "of the last run: no environment is declared"


@dataclass(frozen=True)
class Chosen:
    """A bundle in a folder, its digest, and the environment that it is live in; None where it is the last run's."""

    folder: Path
    digest: str
    environment: str | None

    @property
    def told(self) -> str:
        """Say in a line which bundle this is."""
        where = LAST_RUN if self.environment is None else f"{self.environment}'s"
        return f"bundle {self.digest[:19]}…, {where}"


def choose(root: Path, name: str, environment: str | None = None, *, connect: Connect = connection) -> Chosen:
    """Find the bundle that an environment serves; of the live one by default, of the last run where there is none.

    Raises:
        StaleError: nothing of this pipeline is released there.
        InfrastructureError: there is no bundle yet; the live one is nowhere to be had.
        IntegrityError: it is not what its digest says.
    """
    _, project = open_project(root, name)
    found = live_in(root, project, name, environment)
    if found is None:
        return last_run(root, name)
    place, digest = found
    fetch = fetching_from(tracking_uri(root, project), name, digest, connect)
    return Chosen(obtain(root, name, digest, fetch), digest, place)


def live_in(root: Path, project: Project, name: str, environment: str | None = None) -> tuple[str, str] | None:
    """Name an environment, the live one by default, and the bundle it serves; None where there is no environment.

    Raises:
        ConfigurationError: there is no such environment.
        StaleError: nothing of this pipeline is released there.
    """
    asked = environment or usual(root, project)
    if asked is None:
        return None
    place = known_environment(root, project, asked)
    digest = live_bundle(root, place, name)
    if digest is None:
        message = f"{name}: nothing is live in {place}: there is no {file_of(place, name)}"
        raise StaleError(message, hint=f"mlops release {name} --env {place}")
    return place, digest


def bundle_folder(root: Path, name: str) -> Path:
    """Find where a run leaves its bundle."""
    return root / "pipelines" / name / "artifacts" / "bundle"


def last_run(root: Path, name: str) -> Chosen:
    """Take the bundle that the last run made here.

    Raises:
        InfrastructureError: it made none.
        GateFailed: it did not pass; Inconclusive where the evidence was too thin.
    """
    folder = bundle_folder(root, name)
    if not (folder / NAME).is_file():
        raise InfrastructureError(f"{name}: there is no bundle", hint=f"mlops run {name}")
    digest, report = verify(folder), reported(root, name)
    refuse_judged_since(root, name, digest)
    if report.digest != digest:
        raise InfrastructureError(f"{name}: no report is about the bundle that lies here", hint=f"mlops run {name}")
    return Chosen(folder, digest, None)
