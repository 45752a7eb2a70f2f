"""Where every value of a composed pipeline came from, and what it replaced."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from mlops.configuration.reading.document import Node, Path
from mlops.configuration.reading.layers import Layer
from mlops.configuration.reading.library import GROUPS, SHIPPED
from mlops.diagnostics import Diagnostic, Position


@dataclass(frozen=True)
class Origin:
    """One setting of a key: the value, the place of the value, the place of its key, and where its file was chosen."""

    value: Any
    position: Position
    key: Position
    chosen: Position | None = None


class Conflict(NamedTuple):
    """A list and a mapping that are set at one key path."""

    path: Path
    later: Origin
    earlier: Origin

    def told(self) -> Diagnostic:
        """Say what meets what; a list of names in place of a group's choices was meant for `defaults:`."""
        later, earlier, group = self.later, self.earlier, self.path[0]
        here, there = ("a mapping" if isinstance(origin.value, dict) else "a list" for origin in (later, earlier))
        hint = f"{there} stands at {earlier.key}"
        names = [name for name in later.value if isinstance(name, str)] if here == "a list" else []
        if self.path == (group,) and group in GROUPS and names:
            hint = f"choose under `defaults:`, `- /{group}: [{', '.join(names)}]`; {hint}"
        return Diagnostic(later.key, f"{here} cannot replace {there}", hint, "composition")


class Origins:
    """Every setting of every key path, in the order of composition: the last one holds.

    Layers are merged as Hydra merges: mappings by key, everything else replaced whole.
    They are looked up when somebody asks: most pipelines have nothing wrong, and nobody does.
    """

    def __init__(self, layers: tuple[Layer, ...], fallback: Position) -> None:
        self.layers = layers
        self.fallback = fallback

    @cached_property
    def settings(self) -> dict[Path, list[Origin]]:
        """Every setting by key path."""
        return self._traced[0]

    @property
    def conflicts(self) -> list[Conflict]:
        """Where a mapping meets a list: no composition can merge them."""
        return self._traced[1]

    @cached_property
    def _traced(self) -> tuple[dict[Path, list[Origin]], list[Conflict]]:
        tracer = _Tracer()
        for layer in self.layers:
            tracer.layer(layer)
        return tracer.settings, tracer.conflicts

    def of(self, path: Path) -> tuple[Origin, ...]:
        """List the settings of a key path; empty where only a default set it."""
        return tuple(self.settings.get(path, ()))

    def where(self, path: Path, *, key: bool = False) -> Position:
        """Place a key path, or the nearest parent, in a file that people edit: there, or where its choice was made."""
        while path:
            settings = self.settings.get(path, ())
            for found in reversed(settings):
                if not found.position.file.startswith(SHIPPED):
                    return found.key if key else found.position
            if chosen := next((found.chosen for found in reversed(settings) if found.chosen is not None), None):
                return chosen
            path = path[:-1]
        return self.fallback


class _Tracer:
    def __init__(self) -> None:
        self.settings: dict[Path, list[Origin]] = {}
        self.conflicts: list[Conflict] = []

    def layer(self, layer: Layer) -> None:
        root = layer.document.root
        if root is None:
            return
        for depth in range(1, len(layer.package) + 1):
            whole = Origin({}, root.position, root.position, layer.chosen)
            self.settings.setdefault(layer.package[:depth], []).append(whole)
        for key, node in root.children.items():
            if key != "defaults":
                self._record((*layer.package, key), node, root.keys.get(str(key), node.position), layer.chosen)

    def _record(self, path: Path, node: Node, key: Position, chosen: Position | None) -> None:
        before = self.settings.get(path)
        if before and {type(before[-1].value), type(node.value)} == {dict, list}:
            self.conflicts.append(Conflict(path, Origin(node.value, node.position, key, chosen), before[-1]))
        if before and not (isinstance(node.value, dict) and isinstance(before[-1].value, dict)):
            for other in [other for other in self.settings if other[: len(path)] == path and other != path]:
                del self.settings[other]
        self.settings.setdefault(path, []).append(Origin(node.value, node.position, key, chosen))
        for name, child in node.children.items():
            self._record((*path, name), child, node.keys.get(str(name), child.position), chosen)
