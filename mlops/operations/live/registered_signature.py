"""Holds a bundle to the signature that the registry has of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.contents import Contents
from mlops.configuration.project import Project
from mlops.extras import need
from mlops.operations.live.registry import Connect, begun, tracking_uri
from mlops.operations.live.signed import Held, Signers, keep_beside, look_beside
from mlops.release.aliases import Version, find_version
from mlops.release.signatures import fetch_signature
from mlops.release.tracking import connection

if TYPE_CHECKING:
    from mlflow import MlflowClient


def hold_registered(
    root: Path, contents: Contents, folder: Path, client: MlflowClient, version: Version, *, keep: bool = False
) -> Held:
    """Hold a bundle to the signature that the registry has of it, or that lies beside it; `keep` it there.

    Raises:
        IntegrityError: see `Signers.hold`.
    """
    signers = Signers.of(root)
    if not signers.known:
        return Held()
    found = fetch_signature(client, version)
    held = signers.hold(contents, (lambda: found, look_beside(folder)), date.today(), folder)
    if keep and found is not None and look_beside(folder)() != found:
        keep_beside(folder, found)
    return held


def hold_asking(
    root: Path, project: Project, name: str, contents: Contents, folder: Path, connect: Connect = connection
) -> Held:
    """Hold a bundle to the signature beside it; the registry is asked where that does not count, and its kept there.

    Raises:
        IntegrityError: see `Signers.hold`.
    """

    def ask() -> bytes | None:
        need("registry", "the registry")
        uri = tracking_uri(root, project)
        if not begun(uri):
            return None
        with connect(uri) as client:
            version = find_version(client, name, contents.digest)
            return None if version is None else fetch_signature(client, version)

    def kept() -> bytes | None:
        found = ask()
        if found:
            keep_beside(folder, found)
        return found

    return Signers.of(root).hold(contents, (look_beside(folder), kept), date.today(), folder)
