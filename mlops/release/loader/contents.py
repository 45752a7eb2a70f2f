# Made of mlops.bundle.contents by `make golden`: do not edit.
"""The bytes of a bundle, read once and compared with its manifest: what is loaded is what was verified."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import manifest as manifests
from .manifest import Manifest
from .errors import InfrastructureError, IntegrityError
from .dvc_cache import linked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .manifest import Entry


@dataclass(frozen=True)
class Contents:
    """A verified bundle in memory."""

    manifest: Manifest
    digest: str
    files: Mapping[str, bytes]

    @classmethod
    def read(cls, folder: Path, expected: str | None = None) -> Contents:
        """Read and verify a bundle; raises IntegrityError that names every file that is not as promised."""
        if not folder.is_dir():
            raise InfrastructureError(f"there is no bundle at {folder}", hint="mlops run NAME makes one")
        manifest = Manifest.parse(_manifest(folder))
        if expected is not None and manifest.digest != expected:
            raise IntegrityError(f"the bundle in {folder} is {manifest.digest} but must be {expected}")
        files: dict[str, bytes] = {}
        problems = [*_extra(folder, manifest)]
        for name, entry in sorted(manifest.files.items()):
            data = _read(folder / name, entry)
            if isinstance(data, str):
                problems.append(f"{name} {data}")
            else:
                files[name] = data
        if problems:
            listed = "\n".join(f"  {problem}" for problem in sorted(problems)[:20])
            raise IntegrityError(
                f"the bundle in {folder} is not what its manifest says, {len(problems)} of its files differ:\n{listed}",
                hint="do not use it; fetch it again, or make it again with `mlops run NAME`",
            )
        return cls(manifest, manifest.digest, files)


def verify(folder: Path, expected: str | None = None) -> str:
    """Verify a bundle and give its digest; raises IntegrityError that names every file that is not as promised."""
    return Contents.read(folder, expected).digest


def _manifest(folder: Path) -> bytes:
    path = folder / manifests.NAME
    path = linked(path) or path
    try:
        status = path.lstat()
    except OSError as error:
        raise IntegrityError(f"{folder} has no {manifests.NAME}: it is not a bundle") from error
    if not stat.S_ISREG(status.st_mode) or status.st_size > manifests.LARGEST:
        raise IntegrityError(f"{manifests.NAME} in {folder} is not a plain file of at most 1 MiB")
    return path.read_bytes()


def _extra(folder: Path, manifest: Manifest) -> Iterator[str]:
    known = {*manifest.files, manifests.NAME}
    yield from (f"{path.name!r} is not in the manifest" for path in folder.iterdir() if path.name not in known)


def _read(path: Path, entry: Entry) -> bytes | str:
    """Give the file's bytes, or what is wrong with it."""
    try:
        descriptor = os.open(linked(path) or path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return "is missing"
    except OSError:
        return "is a link" if path.is_symlink() else "cannot be read"
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        return "is not a plain file"
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size != entry.size:
            return f"has {status.st_size:,} bytes but must have {entry.size:,}"
        data = file.read(entry.size + 1)
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        return "has other bytes than when it was made"
    return data
