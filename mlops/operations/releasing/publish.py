"""What is live, published for servers that have no repository: the bundle, then the signed pointer to it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from mlops.bundle.envelope import LARGEST
from mlops.bundle.manifest import NAME
from mlops.bundle.signature import public_key_of
from mlops.configuration.project import Project
from mlops.configuration.signers import KeySigning, Signer
from mlops.documents.live import FILE, FOLDER, LivePointer
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError, StaleError
from mlops.files.remote_folder import RemoteFolder
from mlops.operations.git import git
from mlops.operations.live.history import shallow
from mlops.operations.live.pointer import believing, spell
from mlops.operations.live.signed import Signers


def publish(root: Path, project: Project, environment: str, name: str, digest: str, folder: Path, commit: str) -> int:
    """Publish a proved bundle, which lies in `folder`, where the environment says; give how much was written.

    A pointer to the same bundle is left as it is. Nothing is published where the environment names no place.

    Raises:
        StaleError: what is published comes after this commit; or the history here is not whole.
        InfrastructureError: the place does not answer; the key that signs is not there.
    """
    declared = project.environments.get(environment)
    if declared is None or declared.publish is None:
        return 0
    place, key = RemoteFolder.parse(declared.publish), _key(project)
    pointer = LivePointer(
        schema_version=1,
        environment=environment,
        pipeline=name,
        bundle=digest,
        sequence=_sequence(root, commit),
        commit=commit,
    )
    before = _published(place, name, environment, key)
    if before is not None and before.sequence > pointer.sequence:
        raise StaleError(
            f"{name}: {declared.publish} has number {before.sequence} of {before.commit[:8]}, after this commit's "
            f"{pointer.sequence}",
            hint="check out the newest commit; to go back: mlops rollback",
        )
    if before is not None and before.bundle == digest:
        return _send_bundle(place, digest, folder)
    if before is not None and before.sequence == pointer.sequence:
        message = f"{name}: number {pointer.sequence} is published already, for another bundle"
        raise StaleError(message, hint="check out the newest commit of the main branch")
    sent = _send_bundle(place, digest, folder)
    with tempfile.TemporaryDirectory(prefix="mlops-live-") as scratch:
        file = Path(scratch) / FILE
        file.write_bytes(spell(pointer, key))
        place.put(file, f"{name}/{FILE}")
    return sent + 1


def _send_bundle(place: RemoteFolder, digest: str, folder: Path) -> int:
    """Send the files that are not there, the manifest last: a bundle with a manifest is whole."""
    there = f"{FOLDER}/{digest.removeprefix('sha256:')}"
    have = RemoteFolder(f"{place.address}/{there}").sizes()
    files = sorted(
        (path for path in folder.iterdir() if path.is_file()), key=lambda path: (path.name == NAME, path.name)
    )
    missing = [path for path in files if have.get(path.name) != path.stat().st_size]
    for path in missing:
        place.put(path, f"{there}/{path.name}")
    return 1 if missing else 0


def _published(place: RemoteFolder, name: str, environment: str, key: bytes) -> LivePointer | None:
    """Read what is published; what this key did not sign is none, and is written over."""
    believe = believing(Signers({"ours": Signer(key=public_key_of(key))}), name, environment)
    try:
        return believe(place.read(f"{name}/{FILE}", LARGEST + 1))
    except (FileNotFoundError, IntegrityError):
        return None


def _sequence(root: Path, commit: str) -> int:
    """Number a commit: as many commits as lead to it, itself included; every later one has a greater number."""
    if shallow(root):
        raise StaleError(
            "a part of the history was not fetched: commits cannot be numbered", hint="git fetch --unshallow"
        )
    return int(git(root, "rev-list", "--count", commit).stdout)


def _key(project: Project) -> bytes:
    signing = project.ci.signing
    if not isinstance(signing, KeySigning):  # the project's own check says so before
        raise ConfigurationError("what is published is signed by a key", hint="write `ci: {signing: {key: NAME}}`")
    key = os.environ.get(signing.key, "").strip()
    if not key:
        raise InfrastructureError(f"the key that signs is to be in {signing.key}, and nothing is there")
    return f"{key}\n".encode("ascii", "replace")
