"""The project's MLflow registry: where it is, and what it holds of a bundle."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import GateFailed, Inconclusive, InfrastructureError, MlopsError, StaleError
from mlops.extras import need
from mlops.files.sqlite_store import absolute, path_of
from mlops.operations.live.bundles import Fetch, judged, obtain
from mlops.release.aliases import Version, download, download_papers, find_version
from mlops.release.tracking import connection

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops.configuration.project import Project

Connect = Callable[[str], AbstractContextManager["MlflowClient"]]

Bring = Callable[["MlflowClient", Version, Path], Path]
"""Bring something of a version into an empty folder and say where it lies there."""


def tracking_uri(root: Path, project: Project) -> str:
    """Name the registry of a project; `MLFLOW_TRACKING_URI` overrides it."""
    return absolute(root, os.environ.get("MLFLOW_TRACKING_URI") or project.tracking.uri)


def begun(uri: str) -> bool:
    """Whether a registry may be there: an SQLite file that does not exist holds nothing and is not worth making."""
    path = path_of(uri)
    return path is None or path.is_file()


def passed(client: MlflowClient, name: str, digest: str) -> Version:
    """Find the version of a bundle that may become live.

    Raises:
        StaleError: the bundle is not registered.
        GateFailed: its verdict is not a pass; Inconclusive where the evidence was too thin.
    """
    version = find_version(client, name, digest)
    if version is None:
        raise StaleError(f"{name}: the bundle {digest[:19]}… is not registered", hint=f"mlops register {name}")
    refuse_unless_passed(name, digest, version.verdict)
    return version


def refuse_unless_passed(name: str, digest: str, verdict: str | None) -> None:
    """Refuse a bundle by its verdict; raises GateFailed or Inconclusive."""
    if verdict != "pass":
        kind = Inconclusive if verdict == "inconclusive" else GateFailed
        message = f"{name}: the verdict on the bundle {digest[:19]}… is {verdict or 'unknown'}, not pass"
        raise kind(message, hint=f"mlops gate {name} --explain")


def refuse_judged_since(root: Path, name: str, digest: str) -> None:
    """Refuse a bundle that the newest gate here did not let pass, whatever was stated before: it judged other rules.

    Raises:
        GateFailed: it failed; Inconclusive where the evidence was too thin.
    """
    refuse_unless_passed(name, digest, judged(root, name).get(digest, "pass"))


def fetching(client: MlflowClient, version: Version) -> Fetch:
    """Fetch a bundle from a version."""
    return lambda folder: download(client, version, folder)


def stating(client: MlflowClient, version: Version) -> Fetch:
    """Fetch the papers of a version: the newest statement on its bundle, with its reports."""
    return lambda folder: download_papers(client, version, folder)


def bring_live(root: Path, project: Project, name: str, digest: str | None, connect: Connect = connection) -> None:
    """Bring the live bundle, which a candidate is compared with, to where the stages look; they say what they lack."""
    if digest is not None:
        with suppress(MlopsError):
            obtain(root, name, digest, fetching_from(tracking_uri(root, project), name, digest, connect))


def stating_from(uri: str, name: str, digest: str, connect: Connect = connection) -> Fetch:
    """Fetch the papers of a bundle from a registry that is asked only if it must be."""
    return _asking(uri, name, digest, connect, download_papers)


def fetching_from(uri: str, name: str, digest: str, connect: Connect = connection) -> Fetch:
    """Fetch a bundle from a registry that is asked only if it must be."""
    return _asking(uri, name, digest, connect, download)


def _asking(uri: str, name: str, digest: str, connect: Connect, bring: Bring) -> Fetch:
    def fetch(folder: Path) -> Path:
        need("registry", "the registry")
        if not begun(uri):
            raise InfrastructureError("there is no MLflow registry here")
        with connect(uri) as client:
            version = find_version(client, name, digest)
            if version is None:
                raise InfrastructureError("MLflow has no version of it")
            return bring(client, version, folder)

    return fetch
