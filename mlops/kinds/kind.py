"""What is known of a kind before any of its code runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from mlops.blocks.block import Block
from mlops.blocks.column_group import declared
from mlops.kinds.json_block import block_of
from mlops.kinds.plugins import Brought
from mlops.kinds.reference import load, reference

OURS = "mlops-by-pull-request"
"""The distribution that brings the kinds of this program."""


@dataclass(frozen=True)
class Kind:
    """A kind by name: what may be asked of it, what it can do, and where the code is that does it.

    `functions` go by role: the stage that calls one, or what the compiler does with it.
    """

    name: str
    page: str
    """What it is, in Markdown: one line, then perhaps more."""
    module: str
    """Where it is declared."""
    block: type[Block] = Block
    """What may be asked of it; nothing where a name says all."""
    functions: Mapping[str, str] = field(default_factory=dict)
    """References, `"module:function"`, by role."""
    can: Mapping[str, Any] = field(default_factory=dict)
    """What else is known of it, such as its `tasks`."""
    package: str = OURS
    """The distribution that brings it."""
    version: str = ""
    """The release of a distribution that is not this program."""
    record: str = ""
    """A digest of what that distribution installed; empty where its files may change."""

    @property
    def title(self) -> str:
        """What it is, in one line."""
        return self.page.partition("\n")[0]

    @property
    def identity(self) -> str:
        """Which code of another distribution it is: its name, release and what was installed."""
        return f"{self.package} {self.version} {self.record}"

    def load(self, role: str) -> Any:
        """Import the function that a role calls; raises KeyError where it calls none."""
        return load(self.functions[role])


def of_block(block: type[Block], functions: Mapping[str, Callable[..., Any] | str], **can: Any) -> Kind:
    """Declare a kind by its block: the block's `kind` is its name, the block's docstring its page.

    `tasks`, if given, is one text with spaces between the names; so are `groups`, the columns that a model reads, where
    it has no function of that role to name them by what it is asked.
    """
    (name,) = block.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
    named = {role: reference(function) for role, function in functions.items()}
    able = can | ({"tasks": tuple(can["tasks"].split())} if "tasks" in can else {})
    able |= {"groups": declared(can["groups"].split())} if "groups" in can else {}
    page = inspect.cleandoc(block.__doc__ or "")
    return Kind(name, page, block.__module__, block, MappingProxyType(named), MappingProxyType(able))


def of_function(
    name: str,
    role: str,
    function: Callable[..., Any],
    *,
    also: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
    **can: Any,
) -> Kind:
    """Declare a kind by its function, whose docstring is the kind's page; its block is that of every kind.

    `also` has functions for other roles.
    """
    page = inspect.cleandoc(function.__doc__ or "")
    functions = {each: reference(called) for each, called in ({role: function} | {**also}).items()}
    return Kind(name, page, function.__module__, functions=MappingProxyType(functions), can=can)


def of_plugin(found: Brought, role: str, base: type[Block]) -> Kind:
    """Make the kind that another distribution brings, whose code `role` calls, with a block of the schema it declares.

    Raises:
        ConfigurationError: the schema is none that is understood.
    """
    said = found.declared
    try:
        block = block_of(found.name, said.keys, base)
    except (ValueError, TypeError, AttributeError) as error:
        raise found.refuse(str(error)) from error
    can: dict[str, Any] = {"tasks": said.tasks} | ({} if said.features is None else {"features": said.features})
    can |= {} if said.groups is None else {"groups": said.groups}
    module, functions = found.reference.partition(":")[0], {role: found.reference}
    return Kind(found.name, said.page, module, block, functions, can, found.package, found.version, found.record)
