"""What people added to the lock of a repository, such as the package of a DVC remote: an upgrade loses none of it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from mlops.extras import STORES
from mlops.operations.starting.pin import Requirements, blocks, versions

_LOCKS = "mlops/locks/"


def kept(root: Path, before: Requirements, shipped: str) -> tuple[str, ...]:
    """Give the blocks of a lock that neither the release before nor the new one brought.

    Where the wheel before is not kept in the repository, what it brought is not known: then all that the new one does
    not name stays. A package too many does nothing; one too few would stop a job.
    """
    brought = set(versions(shipped)) | set(versions(_brought(root, before)))
    return tuple(block for block in blocks(before.lock) if not set(versions(block)) <= brought)


def _brought(root: Path, before: Requirements) -> str:
    if not before.pin.file:
        return ""
    try:
        with zipfile.ZipFile(root / before.pin.file) as archive:
            names = [name for name in archive.namelist() if name.startswith(_LOCKS) and name.endswith(".txt")]
            names = [name for name in names if name not in _unused(before)]
            return "".join(archive.read(name).decode() for name in names)
    except zipfile.BadZipFile:  # it has the hash that is pinned, so it is what was installed; what it holds is unknown
        return ""


def _unused(before: Requirements) -> set[str]:
    """Name the locks that the repository did not use, of stores or of what signs: what is in both is somebody's own."""
    named = before.versions().keys()
    return {f"{_LOCKS}sign.txt"} | {
        f"{_LOCKS}{store}.txt" for store, plugin in STORES.items() if not plugin.keys() <= named
    }
