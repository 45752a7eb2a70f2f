"""Functions and classes in the folder of a pipeline, by their address: models, data checks, metrics of a gate."""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.errors import ConfigurationError
from mlops.ml.user_code.guard import refuse_foreign, refuse_outside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_ADDRESS = re.compile(rf"(?P<module>pipelines\.(?P<pipeline>[A-Za-z0-9_-]+)(\.{_WORD})+):(?P<name>{_WORD})")


def belongs(address: str, pipeline: str) -> bool:
    """Tell whether an address is spelled as one of a pipeline's own, `pipelines.<pipeline>.<module>:<name>`."""
    return _module(address, pipeline) is not None


def _module(address: str, pipeline: str) -> str | None:
    match = _ADDRESS.fullmatch(address)
    return match["module"] if match is not None and match["pipeline"] == pipeline else None


def module_of(address: str, root: Path, pipeline: str) -> ModuleType:
    """Import the module of an address; what its code raises is let through.

    Raises:
        ConfigurationError: it is not in the pipeline's own folder.
    """
    home = (root / "pipelines" / pipeline).resolve()
    name = _module(address, pipeline)
    if name is None:
        raise ConfigurationError(f"`{address}` is not in pipelines/{pipeline}/")
    refuse_outside(name, root, pipeline)
    with _importable(root):
        module = importlib.import_module(name)
    if not Path(module.__file__ or "").resolve().is_relative_to(home):
        raise ConfigurationError(f"`{address}` is not in pipelines/{pipeline}/")
    return module


def named(module: ModuleType, address: str) -> Any:
    """Give what an address names in its module; None where nothing has that name.

    Raises:
        ConfigurationError: it is something else than a class or function that the module defines under that name.
    """
    name = address.partition(":")[2]
    found = getattr(module, name, None)
    if found is not None:
        refuse_foreign(found, module, name)
    return found


def place(error: BaseException, folder: Path) -> tuple[Path, int] | None:
    """Find the last line of code below a folder that an exception passed; None where it passed none."""
    inside = [frame for frame in traceback.extract_tb(error.__traceback__) if _inside(frame.filename, folder)]
    return (Path(inside[-1].filename).resolve(), inside[-1].lineno or 0) if inside else None


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let `pipelines` mean this repository's folder, whatever was imported before."""
    here = str(root.resolve())
    loaded = sys.modules.get("pipelines")
    if loaded is not None and str(Path(here) / "pipelines") not in map(str, getattr(loaded, "__path__", [])):
        for name in [name for name in sys.modules if name.split(".")[0] == "pipelines"]:
            del sys.modules[name]
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(here)


def _inside(filename: str, folder: Path) -> bool:
    return Path(filename).resolve().is_relative_to(folder.resolve())
