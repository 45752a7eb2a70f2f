"""All kinds of one sort, by name: each file of its folder declares one or several, and no list repeats them."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType

from mlops.kinds.kind import Kind


@dataclass(frozen=True)
class Slice:
    """A sort of kinds: its folder in `mlops`, which is its group of entry points too, and what one of it is called."""

    name: str
    one: str

    @property
    def group(self) -> str:
        """The group of entry points by which other distributions bring kinds."""
        return f"mlops.{self.name}"

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds of this program by name, sorted.

        Raises ValueError where two files declare one name: a fault of this program.
        """
        return _declared(self.group)


@cache
def _declared(group: str) -> Mapping[str, Kind]:
    found: dict[str, Kind] = {}
    for info in pkgutil.iter_modules(import_module(group).__path__, f"{group}."):
        for kind in vars(import_module(info.name)).values():
            if not isinstance(kind, Kind) or found.get(kind.name) is kind:
                continue
            if kind.name in found:
                raise ValueError(f"{found[kind.name].module} and {kind.module} both declare the kind {kind.name}")
            found[kind.name] = kind
    return MappingProxyType(dict(sorted(found.items())))
