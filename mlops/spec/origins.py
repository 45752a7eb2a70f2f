"""Where every value of a composed pipeline came from, and what it replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlops.diagnostics import Position
from mlops.spec.document import Node, Path
from mlops.spec.layers import Layer


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
    fallback: Position = field(default_factory=lambda: Position("conf"))

    def of(self, path: Path) -> tuple[Origin, ...]:
        """List the settings of a key path; empty where only a default set it."""
        return tuple(self.settings.get(path, ()))

    def where(self, path: Path, *, key: bool = False) -> Position:
        """Place a key path, or the nearest parent that some file wrote."""
        while path:
            if found := self.settings.get(path):
                return found[-1].key if key else found[-1].position
            path = path[:-1]
        return self.fallback


def trace(layers: tuple[Layer, ...], fallback: Position) -> Origins:
    """Record what each layer sets, merged as Hydra merges: mappings by key, everything else replaced whole."""
    origins = Origins(fallback=fallback)
    for layer in layers:
        if layer.document.root is None:
            continue
        for key, node in layer.document.root.children.items():
            if key != "defaults":
                _record(origins, (*layer.package, key), node, layer.document.root.keys.get(str(key), node.position))
    return origins


def _record(origins: Origins, path: Path, node: Node, key: Position) -> None:
    before = origins.settings.get(path)
    if before and not (isinstance(node.value, dict) and isinstance(before[-1].value, dict)):
        for other in [other for other in origins.settings if other[: len(path)] == path and other != path]:
            del origins.settings[other]
    origins.settings.setdefault(path, []).append(Origin(node.value, node.position, key))
    for name, child in node.children.items():
        _record(origins, (*path, name), child, node.keys.get(str(name), child.position))
