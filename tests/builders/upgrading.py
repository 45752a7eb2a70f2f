"""A repository that runs on an earlier release, and the wheel of this one."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from mlops.operations.starting.lock import shipped
from mlops.operations.starting.pin import FILE, Pin, Requirements, blocks, write
from tests.builders.repositories import commit, make_repository, record

EARLIER = "0.0.9"
NUMPY = "1.0.0"
_WHEEL = f"mlops_by_pull_request-{EARLIER}-py3-none-any.whl"
_OWN = "openpyxl==3.1.5 \\\n    --hash=sha256:" + "d" * 64 + "\n"


def make_earlier(folder: Path, *, kept: bool = True) -> Path:
    """Make, record and commit a repository on release 0.0.9, with another numpy; people added openpyxl to its lock.

    Its wheel is in `vendor/`, or, where not `kept`, of the index.
    """
    root = make_repository(folder)
    (root / ".gitignore").write_text(".mlops/\n")
    digest = "e" * 64
    if kept:
        digest = make_earlier_wheel(root / "vendor" / _WHEEL)
    lock = "".join(sorted([*blocks(earlier_lock()), _OWN]))
    pin = Pin(EARLIER, digest, f"./vendor/{_WHEEL}" if kept else "")
    (root / FILE).write_text(write(Requirements(pin, lock)))
    record(root)
    commit(root, "begin")
    return root


def make_earlier_wheel(path: Path) -> str:
    """Write the wheel of release 0.0.9, and give its hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mlops/__init__.py"), f'__version__ = "{EARLIER}"\n')
        archive.writestr(zipfile.ZipInfo("mlops/locks/run.txt"), earlier_lock())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def earlier_lock() -> str:
    """Give what release 0.0.9 needed: numpy was older, and there was something that this release does not need."""
    found = [block for block in blocks(shipped()) if not block.startswith("numpy==")]
    found += [f"numpy=={NUMPY} \\\n    --hash=sha256:{'a' * 64}\n", f"old==1.0 \\\n    --hash=sha256:{'b' * 64}\n"]
    return "".join(sorted(found))
