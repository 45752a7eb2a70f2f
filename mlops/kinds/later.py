"""A library that is imported when it is first used: a declaration that stands beside a formula stays light."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """A module's attributes, without the module until one is asked for.

    Example:
        >>> Later("math").sqrt(4)
        2.0
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(import_module(self._module), name)
        setattr(self, name, found)  # asked for once
        return found
