"""Code by name: `"module:function"`, which nobody imports before it is called."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from mlops.errors import ConfigurationError

REFERENCE = re.compile(r"[A-Za-z_][\w]*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def reference(function: Callable[..., Any] | str) -> str:
    """Name a function of a module.

    Raises:
        ConfigurationError: a text has another form, or what is given has no name in its module.

    Example:
        >>> reference(re.escape)
        're:escape'
    """
    text = function if isinstance(function, str) else f"{function.__module__}:{function.__qualname__}"
    if not REFERENCE.fullmatch(text):
        raise ConfigurationError(f"`{text}` names no function", hint="write `package.module:function`")
    return text


@cache
def load(named: str) -> Any:
    """Import what a reference names: heavy code goes where it is called.

    Raises:
        ConfigurationError: the reference has another form, or the module has nothing of that name.

    Example:
        >>> load("math:sqrt")(4)
        2.0
    """
    module, _, name = reference(named).partition(":")
    found = getattr(import_module(module), name, None)
    if found is None:
        raise ConfigurationError(f"there is no `{name}` in `{module}`", hint=f"correct the reference `{named}`")
    return found
