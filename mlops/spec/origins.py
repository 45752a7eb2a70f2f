"""Where every value of a composed pipeline came from, and what it replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlops.diagnostics import Position
from mlops.spec.document import Node, Path
from mlops.spec.layers import Layer
from mlops.spec.library import SHIPPED


@dataclass(frozen=True)
class Origin:
    """One setting of a key: the value, the place of the value, and the place of its key."""

    value: Any
    position: Position
    key: Position


@dataclass
class Origins:
    """Every setting of every key path, in the order of composition: the last one holds."""

    settings: dict[Path, list[Origin]] = field(default_factory=dict)
    conflicts: list[tuple[Origin, Origin]] = field(default_factory=list)
    """Pairs, later one first, where a mapping meets a list: no composition can merge them."""
    fallback: Position = field(default_factory=lambda: Position("conf"))

    def of(self, path: Path) -> tuple[Origin, ...]:
        """List the settings of a key path; empty where only a default set it."""
        return tuple(self.settings.get(path, ()))

    def where(self, path: Path, *, key: bool = False) -> Position:
        """Place a key path, or the nearest parent, in a file that people edit."""
        while path:
            for found in reversed(self.settings.get(path, ())):
                if not found.position.file.startswith(SHIPPED):
                    return found.key if key else found.position
            path = path[:-1]
        return self.fallback


def trace(layers: tuple[Layer, ...], fallback: Position) -> Origins:
    """Record what each layer sets, merged as Hydra merges: mappings by key, everything else replaced whole."""
    origins = Origins(fallback=fallback)
    for layer in layers:
        if layer.document.root is None:
            continue
        root = layer.document.root
        for depth in range(1, len(layer.package) + 1):
            whole = Origin({}, root.position, root.position)
            origins.settings.setdefault(layer.package[:depth], []).append(whole)
        for key, node in root.children.items():
            if key != "defaults":
                _record(origins, (*layer.package, key), node, root.keys.get(str(key), node.position))
    return origins


def _record(origins: Origins, path: Path, node: Node, key: Position) -> None:
    before = origins.settings.get(path)
    if before and {type(before[-1].value), type(node.value)} == {dict, list}:
        origins.conflicts.append((Origin(node.value, node.position, key), before[-1]))
    if before and not (isinstance(node.value, dict) and isinstance(before[-1].value, dict)):
        for other in [other for other in origins.settings if other[: len(path)] == path and other != path]:
            del origins.settings[other]
    origins.settings.setdefault(path, []).append(Origin(node.value, node.position, key))
    for name, child in node.children.items():
        _record(origins, (*path, name), child, node.keys.get(str(name), child.position))
