"""A YAML document whose every key knows its line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlops.diagnostics import Diagnostic, Position

Path = tuple[str | int, ...]


@dataclass
class Node:
    """A parsed value with the place it stands at; `size` counts nodes with aliases written out."""

    value: Any
    position: Position
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str, Position] = field(default_factory=dict)
    size: int = 1


@dataclass(frozen=True)
class Document:
    """A file read: its text, its root node (None where it did not parse), and what is wrong with it."""

    file: str
    text: str
    root: Node | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def value(self) -> Any:
        """The plain value of the whole file."""
        return None if self.root is None else self.root.value

    def node(self, path: Path) -> Node | None:
        """Find the node at a key path."""
        node = self.root
        for key in path:
            if node is None:
                return None
            node = node.children.get(key)
        return node

    def where(self, path: Path, *, key: bool = True) -> Position:
        """Place a key path: at its key (or its value), else at the nearest parent that exists."""
        while path:
            parent, node = self.node(path[:-1]), self.node(path)
            if key and parent is not None and path[-1] in parent.keys:
                return parent.keys[str(path[-1])]
            if node is not None:
                return node.position
            path = path[:-1]
        return Position(self.file) if self.root is None else self.root.position
