"""A wheel of the program under test, written without a build; or one that was tampered with."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import mlops
from mlops.operations.starting.wheel import PACKAGE

NAME = f"mlops_by_pull_request-{mlops.__version__}-py3-none-any.whl"
_METADATA = "Metadata-Version: 2.1\nName: mlops-by-pull-request\nVersion: {}\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_later_wheel(folder: Path, version: str) -> Path:
    """Zip the package as a later version of itself."""
    text = (PACKAGE / "__init__.py").read_text().replace(mlops.__version__, version)
    name = f"mlops_by_pull_request-{version}-py3-none-any.whl"
    return make_wheel(folder, {"__init__.py": text}, name, version)


def relabel(wheel: Path, version: str) -> Path:
    """Write a built wheel again, beside it, as a later version that does the same."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    room, label = f"mlops_by_pull_request-{mlops.__version__}.dist-info", f"mlops_by_pull_request-{version}.dist-info"
    old, new = mlops.__version__.encode(), version.encode()
    held["mlops/__init__.py"] = held["mlops/__init__.py"].replace(old, new)
    held[f"{room}/METADATA"] = held[f"{room}/METADATA"].replace(b"\nVersion: " + old, b"\nVersion: " + new)
    texts = {name.replace(room, label): data for name, data in held.items() if name != f"{room}/RECORD"}
    texts[f"{label}/RECORD"] = "".join(f"{path},,\n" for path in (*texts, f"{label}/RECORD")).encode()
    path = wheel.with_name(wheel.name.replace(mlops.__version__, version))
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in texts.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


def make_wheel(
    folder: Path, changed: Mapping[str, str] | None = None, name: str = NAME, version: str = mlops.__version__
) -> Path:
    """Zip the package as it is; `changed` are texts by path inside it, held instead or in addition."""
    texts = {path.relative_to(PACKAGE.parent).as_posix(): path.read_bytes() for path in _files()}
    texts |= {f"mlops/{path}": text.encode() for path, text in (changed or {}).items()}
    room = f"mlops_by_pull_request-{version}.dist-info"
    texts |= {f"{room}/METADATA": _METADATA.format(version).encode(), f"{room}/WHEEL": _WHEEL.encode()}
    texts[f"{room}/RECORD"] = "".join(f"{path},,\n" for path in (*texts, f"{room}/RECORD")).encode()
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, data in texts.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return folder / name


def _files() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
