"""All kinds of one sort, by name: each file of its folder declares one or several, and no list repeats them."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from mlops.kinds.kind import Kind
from mlops.kinds.plugins import Brought, brought, names

K_co = TypeVar("K_co", bound=Kind, covariant=True)
S_co = TypeVar("S_co", bound=Kind, covariant=True)


class Slice(Mapping[str, K_co], Generic[K_co]):
    """The kinds of this program of one sort by name, sorted; its folder is imported when one is first asked for.

    What is asked for by name may be a kind of another distribution, too: `join` makes it, and where there is none
    others bring no kinds. Whether one counts is for the policy to say (`operations.declared.plugins`). Such kinds are
    not iterated over.

    Raises ValueError where two files declare one name: a fault of this program.

    Example:
        >>> from mlops.models import MODELS
        >>> MODELS["linear"].title
        'Logistic regression, or ridge regression of a number (scikit-learn).'
    """

    def __init__(self, name: str, one: str, join: Callable[[Brought], K_co] | None = None) -> None:
        self.name = name
        """Its folder in `mlops`."""
        self.one = one
        """What one of it is called."""
        self._join = join
        self._joined: dict[str, K_co | None] = {}

    @property
    def open(self) -> bool:
        """Whether other distributions may bring kinds."""
        return self._join is not None

    @property
    def group(self) -> str:
        """The group of entry points by which other distributions bring kinds."""
        return f"mlops.{self.name}"

    def find(self, name: str) -> K_co | None:
        """Give a kind, or None: without the exception that `get` catches, for names that mostly are of none."""
        found: K_co | None = _declared(self.group).get(name) or self._brought(name)
        return found

    def __getitem__(self, name: str) -> K_co:
        if (found := self.find(name)) is None:
            raise KeyError(name)
        return found

    @property
    def others(self) -> tuple[K_co, ...]:
        """The kinds that other distributions bring; what has the name of one of this program's is none."""
        brought = names(self.name) if self.open else ()
        found = (self._brought(name) for name in brought if name not in _declared(self.group))
        return tuple(kind for kind in found if kind is not None)

    def _brought(self, name: str) -> K_co | None:
        """Find a kind of another distribution, asked for by a name that this program has not."""
        if self._join is None:
            return None
        if name not in self._joined:
            found = brought(name, self.name)
            self._joined[name] = None if found is None else self._join(found)
        return self._joined[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_declared(self.group))

    def __len__(self) -> int:
        return len(_declared(self.group))


class Sort(Mapping[str, S_co], Generic[S_co]):
    """The kinds of a slice that are of one class, by name, sorted."""

    def __init__(self, kinds: Slice[Any], sort: type[S_co]) -> None:
        self._kinds, self._sort = kinds, sort

    def find(self, name: str) -> S_co | None:
        """Give a kind, or None."""
        return kind if isinstance(kind := self._kinds.find(name), self._sort) else None

    def __getitem__(self, name: str) -> S_co:
        if (found := self.find(name)) is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name, kind in self._kinds.items() if isinstance(kind, self._sort))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@cache
def _declared(group: str) -> Mapping[str, Any]:
    found: dict[str, Kind] = {}
    for info in pkgutil.iter_modules(import_module(group).__path__, f"{group}."):
        for kind in vars(import_module(info.name)).values():
            if not isinstance(kind, Kind) or found.get(kind.name) is kind:
                continue
            if kind.name in found:
                raise ValueError(f"{found[kind.name].module} and {kind.module} both declare the kind {kind.name}")
            found[kind.name] = kind
    return MappingProxyType(dict(sorted(found.items())))
