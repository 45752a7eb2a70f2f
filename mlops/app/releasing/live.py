"""The bundle that verbs go by after the merge: the live one, or the last run's where nothing is ever released."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops.app.project import open_project
from mlops.app.releasing.bundles import judged, obtain, reported
from mlops.app.releasing.registry import Connect, fetching_from, refuse_unless_passed, tracking_uri
from mlops.app.releasing.releases import environments, file_of, known_environment, live_bundle
from mlops.bundle.contents import verify
from mlops.bundle.manifest import NAME
from mlops.errors import InfrastructureError, StaleError
from mlops.release.tracking import connection


@dataclass(frozen=True)
class Chosen:
    """A bundle in a folder, its digest, and the environment that it is live in; None where it is the last run's."""

    folder: Path
    digest: str
    environment: str | None

    @property
    def told(self) -> str:
        """Say in a line which bundle this is."""
        where = "of the last run: no environment is declared" if self.environment is None else f"{self.environment}'s"
        return f"bundle {self.digest[:19]}…, {where}"


def choose(root: Path, name: str, environment: str | None = None, *, connect: Connect = connection) -> Chosen:
    """Find the bundle that an environment serves; of the live one by default, of the last run where there is none.

    Raises:
        StaleError: nothing of this pipeline is released there.
        InfrastructureError: there is no bundle yet; the live one is nowhere to be had.
        IntegrityError: it is not what its digest says.
    """
    _, project = open_project(root, name)
    places = environments(root, project)
    if environment is None and not places:
        return last_run(root, name)
    place = known_environment(root, project, environment or (project.live if project.live in places else places[-1]))
    digest = live_bundle(root, place, name)
    if digest is None:
        message = f"{name}: nothing is live in {place}: there is no {file_of(place, name)}"
        raise StaleError(message, hint=f"mlops release {name} --env {place}")
    fetch = fetching_from(tracking_uri(root, project), name, digest, connect)
    return Chosen(obtain(root, name, digest, fetch), digest, place)


def last_run(root: Path, name: str) -> Chosen:
    """Take the bundle that the last run made here.

    Raises:
        InfrastructureError: it made none.
        GateFailed: it did not pass; Inconclusive where the evidence was too thin.
    """
    folder = root / "pipelines" / name / "artifacts" / "bundle"
    if not (folder / NAME).is_file():
        raise InfrastructureError(f"{name}: there is no bundle", hint=f"mlops run {name}")
    digest, report = verify(folder), reported(root, name)
    if report.get("digest") != digest:
        refuse_unless_passed(name, digest, judged(root, name).get(digest, "pass"))
        raise InfrastructureError(f"{name}: no report is about the bundle that lies here", hint=f"mlops run {name}")
    return Chosen(folder, digest, None)
