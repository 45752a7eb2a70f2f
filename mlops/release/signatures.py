"""Signatures of a bundle in the registry: an artifact of its version's run, named by a tag of the version."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.signature import LARGEST
from mlops.files.canonical import digest
from mlops.release.entry import SIGNATURE

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops.release.aliases import Version

NAME = "signature.json"


def file_signature(client: MlflowClient, name: str, version: Version, data: bytes) -> None:
    """File a signature under the run of a version, then let the version name it; doing it again changes nothing."""
    said = digest(data)
    with tempfile.TemporaryDirectory(prefix="mlops-signature-") as folder:
        path = Path(folder) / NAME
        path.write_bytes(data)
        client.log_artifact(version.run, str(path), _folder(said))
    client.set_model_version_tag(name, version.number, SIGNATURE, said)


def fetch_signature(client: MlflowClient, version: Version) -> bytes | None:
    """Bring the signature that a version names, still to be verified; None where it names none."""
    if not version.run or not version.signature:
        return None
    with tempfile.TemporaryDirectory(prefix="mlops-signature-") as folder:
        path = Path(client.download_artifacts(version.run, f"{_folder(version.signature)}/{NAME}", folder))
        return path.read_bytes() if path.stat().st_size <= LARGEST else b""


def _folder(said: str) -> str:
    return f"signatures/{said.removeprefix('sha256:')[:16]}"
