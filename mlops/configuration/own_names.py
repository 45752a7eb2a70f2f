"""Which names the files of a pipeline's own code define, as their text tells: nothing is run to find out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from mlops.diagnostics import Diagnostic, Position, inside, nearest

_MOST = 1 << 20  # bytes: what is longer is not read for a slip of the pen


def undefined(path: Path, address: str, place: Position) -> list[Diagnostic]:
    """Say that the file of `pipelines.NAME.MODULE:THING` has no such thing, where its text tells what it defines."""
    module, _, name = address.partition(":")
    known = defined(path)
    if known is None or name in known:
        return []
    near = nearest(name, known)
    hint = f"did you mean `{near}`? " if near else ""
    hint += f"it defines: {', '.join(sorted(known)) or 'nothing'}"
    where = inside(place, address, (len(module) + 1, len(name)))
    return [Diagnostic(where, f"{path.name} defines no `{name}`", hint, "unknown-name")]


def defined(path: Path) -> frozenset[str] | None:
    """List the names that a module has at its top; None where only running it would tell, or it is no Python."""
    try:
        data = path.read_bytes()
        tree = ast.parse(data) if len(data) <= _MOST else None
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # the stage that imports it says what is wrong with it
    if tree is None or any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)):
        return None
    if any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body):
        return None
    return frozenset(name for node in tree.body for name in _names(node))


def _names(node: ast.stmt) -> Iterator[str]:
    """Give what a statement binds; a block of `if`, `try` or `with` binds what stands in it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        return
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.stmt):
            yield from _names(inner)
        else:
            yield from (part.id for part in ast.walk(inner) if isinstance(part, ast.Name) and _bound(part))
            yield from (name for part in ast.walk(inner) if isinstance(part, ast.stmt) for name in _names(part))


def _bound(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
