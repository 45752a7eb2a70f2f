"""Dotted keys (`model.mlp.lr`) written out as nested mappings, every value at its place."""

from __future__ import annotations

import re
from collections.abc import Callable

from mlops.configuration.reading.document import Node
from mlops.diagnostics import Position

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9][A-Za-z0-9_-]*)*")


def nested(flat: Node, owner: str, report: Callable[[Position, str, str], None]) -> Node:
    """Nest a mapping of dotted keys; `owner` is what sets them, and what is wrong is reported."""
    root = Node({}, flat.position)
    for key, node in flat.children.items():
        place = flat.keys[str(key)]
        *above, last = str(key).split(".")
        if not KEY.fullmatch(str(key)) or str(key).split(".")[0] == "defaults":
            report(place, f"`{key}` is not a key that a {owner} can set", "write `block.key`: `model.mlp.lr`")
            continue
        here: Node | None = root
        for part in above:
            here = _inside(here, part, place) if here is not None else None
        if here is None or last in here.value:
            report(place, f"`{key}` is set twice in this {owner}", "keep one")
            continue
        here.value[last], here.children[last], here.keys[last] = node.value, node, place
    return root


def _inside(node: Node, key: str, place: Position) -> Node | None:
    if key not in node.children:
        child = Node({}, place)
        child.size = 0  # made here, so it may be written into; what was read is shared
        node.value[key], node.children[key], node.keys[key] = child.value, child, place
    child = node.children[key]
    return child if child.size == 0 else None
