"""Kinds that are a function each: declared where it stands, called as it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mlops.kinds.kind import Kind
from mlops.kinds.plugins import Brought
from mlops.kinds.reference import load

C = TypeVar("C", bound="Called")


@dataclass(frozen=True)
class Called(Kind):
    """A kind that is a function; called, it does what that does."""

    function: Callable[..., Any] = field(kw_only=True, compare=False, repr=False)

    def __call__(self, *arguments: Any) -> Any:
        """Call its function."""
        return self.function(*arguments)


def declared(
    make: type[C], role: str, *, name: str = "", page: str = "", **said: Any
) -> Callable[[Callable[..., Any]], C]:
    """Declare the function below as a kind of its name, whose docstring is its page; `said` is what else is known.

    What a function made says its `name` and `page` itself.

    Example:
        >>> @declared(Called, "train")
        ... def double(number):
        ...     "Twice as much."
        ...     return 2 * number
        >>> double.name, double.title, double(4)
        ('double', 'Twice as much.', 8)
    """

    def declare(function: Callable[..., Any]) -> C:
        called, module = name or function.__name__, function.__module__
        text = page or inspect.cleandoc(function.__doc__ or "")
        return make(called, text, module, functions={role: f"{module}:{called}"}, function=function, **said)

    return declare


def joined(make: type[C], role: str, found: Brought, **said: Any) -> C:
    """Make the kind that another distribution brings; its function is imported when it is called."""

    def function(*arguments: Any) -> Any:
        return load(found.reference)(*arguments)

    return make(
        found.name,
        found.declared.page,
        found.reference.partition(":")[0],
        functions={role: found.reference},
        package=found.package,
        version=found.version,
        record=found.record,
        function=function,
        **said,
    )
