"""What is known of a back end before it prints: who chooses it, where its files lie, its own keys of `ci:`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NoReturn

from mlops.blocks.block import Block
from mlops.kinds.kind import Kind
from mlops.kinds.plugins import Brought
from mlops.kinds.reference import reference
from mlops.kinds.slice import Slice
from mlops.plan.pipeline import Plan

Asked = Literal["ci", "orchestrate"]
Renders = Callable[[Plan], dict[str, str]]


@dataclass(frozen=True)
class Backend(Kind):
    """A back end: from a plan to texts by path.

    Its functions: `render` gives the texts; `lower`, where it has one, decides what `plan.Engine` keeps for it as
    `words`, out of the project and its pipelines.
    """

    asked: Asked | None = None
    """The key of conf/project.yaml that names it; None where it prints for every repository."""
    places: tuple[str, ...] = ()
    """Where its files lie, as glob patterns; `FOLDER` stands for that of whoever's CI it is."""
    reviewed: tuple[str, ...] = ()
    """What the policy's owners review where the project has it, beside what they always do."""
    called: str = ""
    """What people call it."""
    keys: tuple[str, ...] | None = ()
    """Keys of `ci:` that mean something to it, and not to everyone; None where it does not mind any.

    Those of its `block` it has alone; each of these has a default.
    """
    most_jobs: int = 256
    """How many jobs it runs side by side."""
    folder: str = ".github"
    """Where it looks for CODEOWNERS."""
    change: str = "pull request"
    """What it calls a proposed change."""
    covers: Literal["nothing", "change", "everything"] = "everything"
    """What it has jobs for: a proposed change alone, or what follows a merge too."""


def backend(module: str, page: str | None, render: Renders | str, **said: Any) -> Backend:
    """Declare a back end by its module, whose name is its own and whose docstring is its page.

    Example:
        >>> from mlops.backends import BACKENDS
        >>> BACKENDS["dvc"].places
        ('pipelines/*/dvc.yaml',)
    """
    functions = {"render": reference(render)} | {role: said.pop(role) for role in ("lower",) if role in said}
    name = module.rpartition(".")[2]
    return Backend(name, (page or "").strip(), module, functions=MappingProxyType(functions), **said)


class Backends(Slice[Backend]):
    """The back ends, by name; other distributions bring none, since compiling runs no code but this program's."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "back end", _refused)

    def _brought(self, name: str) -> None:
        return None

    def asked(self, key: Asked) -> dict[str, Backend]:
        """Give those that a key of conf/project.yaml may name."""
        return {name: each for name, each in self.items() if each.asked == key}

    def foreign(self, name: str) -> Iterator[str]:
        """Name the keys of `ci:` that mean something to others, and nothing to this one."""
        here = self[name]
        if here.keys is not None:
            yield from (key for each in self.values() for key in _keys(each) if key not in _keys(here))

    def blocks(self) -> tuple[type[Block], ...]:
        """Give the blocks of keys of `ci:` that one back end alone has."""
        return tuple(each.block for each in self.asked("ci").values() if each.block.model_fields)

    @property
    def places(self) -> tuple[str, ...]:
        """Where compiled files may lie, as glob patterns, whatever a repository asks for."""
        folders = {each.folder for each in self.asked("ci").values()}
        found = (place for each in self.values() for place in each.places)
        return tuple(dict.fromkeys(place.replace("FOLDER", f) for place in found for f in sorted(folders)))


def _keys(each: Backend) -> tuple[str, ...]:
    return (*(each.keys or ()), *each.block.model_fields)


def _refused(found: Brought) -> NoReturn:
    raise found.refuse("no other distribution brings a back end")
