"""What an address of a pipeline's own code may stand for: a class or function that the module itself defines.

The address is judged by what it resolves to, not by its spelling: `pipelines.churn.model:run` is no candidate where
the module says `from os import system as run`. A list of names to refuse was gone round in Hydra in this way.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

from mlops.errors import ConfigurationError


def refuse_foreign(found: Any, module: ModuleType, name: str) -> None:
    """Hold what a module has under a name to being that module's own class or function, called so.

    Raises:
        ConfigurationError: it is private, defined elsewhere or under another name, or neither a class nor a function.
    """
    address = f"{module.__name__}:{name}"
    if name.startswith("_"):
        raise ConfigurationError(f"`{address}` is a private name", hint="name a class or function without `_`")
    hint = f"write the class or function itself in {address.partition(':')[0].replace('.', '/')}.py"
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        raise ConfigurationError(f"`{address}` is neither a class nor a function: {type(found).__name__}", hint=hint)
    where, what = str(found.__module__), str(found.__qualname__)
    if (where, what) != (module.__name__, name):
        raise ConfigurationError(f"`{address}` is {where}.{what} by another name", hint=hint)


def refuse_outside(path: str, root: Path, pipeline: str) -> None:
    """Look where a module's file is before anything is imported: a link may lead out of the pipeline's folder.

    Raises:
        ConfigurationError: the file is not in the pipeline's own folder once links are followed.
    """
    home = (root / "pipelines" / pipeline).resolve()
    place = root.joinpath(*path.split("."))
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.exists() and not file.resolve().is_relative_to(home):
            raise ConfigurationError(f"`{path}` is not in pipelines/{pipeline}/")
