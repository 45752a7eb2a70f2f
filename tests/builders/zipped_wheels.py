"""A wheel of the program under test, written without a build; or one that was tampered with."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import mlops
from mlops.app.starting.wheel import PACKAGE

NAME = f"mlops_by_pull_request-{mlops.__version__}-py3-none-any.whl"
_ROOM = f"mlops_by_pull_request-{mlops.__version__}.dist-info"
_METADATA = f"Metadata-Version: 2.1\nName: mlops-by-pull-request\nVersion: {mlops.__version__}\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_wheel(folder: Path, changed: Mapping[str, str] | None = None, name: str = NAME) -> Path:
    """Zip the package as it is; `changed` are texts by path inside it, held instead or in addition."""
    texts = {path.relative_to(PACKAGE.parent).as_posix(): path.read_bytes() for path in _files()}
    texts |= {f"mlops/{path}": text.encode() for path, text in (changed or {}).items()}
    texts |= {f"{_ROOM}/METADATA": _METADATA.encode(), f"{_ROOM}/WHEEL": _WHEEL.encode()}
    texts[f"{_ROOM}/RECORD"] = "".join(f"{path},,\n" for path in (*texts, f"{_ROOM}/RECORD")).encode()
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, data in texts.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return folder / name


def _files() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
