"""The kinds that may be named, by slice."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module

import mlops
from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError
from mlops.kinds.kind import Kind
from mlops.kinds.slice import Slice

SLICES: Mapping[str, Slice[Kind]] = {
    found.name: found
    for info in pkgutil.iter_modules(mlops.__path__)
    if info.ispkg
    for found in vars(import_module(f"mlops.{info.name}")).values()
    if isinstance(found, Slice)
}
"""Every folder of the program that makes one."""


def kinds(group: str | None = None) -> dict[str, tuple[Kind, ...]]:
    """Give the kinds of a slice, or of every slice, by its name; those of other distributions last, named or not.

    Raises:
        ConfigurationError: there is no such slice.
    """
    if group is not None and group not in SLICES:
        raise ConfigurationError(f"there is no slice `{group}`", hint=suggest(group, SLICES))
    return {name: (*each.values(), *each.others) for name, each in SLICES.items() if group in (None, name)}
