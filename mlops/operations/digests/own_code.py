"""Which files a pipeline's own code is made of: a module and all it imports of its pipeline's folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def files_of(root: Path, pipeline: str, use: str) -> tuple[str, ...]:
    """List the files of a function by its address, relative to the pipeline's folder; those too that are not there.

    A file that cannot be read as Python leads to no other: the stage that imports it says what is wrong with it.
    """
    home = root / "pipelines" / pipeline
    seen: set[str] = set()
    waiting = [use.partition(":")[0]]
    while waiting:
        module = waiting.pop()
        file = "/".join(module.split(".")[2:]) + ".py"
        if file in seen or not module.startswith(f"pipelines.{pipeline}."):
            continue
        seen.add(file)
        waiting += _imported(home / file, module, home)
    return tuple(sorted(seen))


def _imported(path: Path, module: str, home: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            inside = [f"{base}.{alias.name}" for alias in node.names]
            there = [name for name in inside if home.joinpath(*name.split(".")[2:]).with_suffix(".py").is_file()]
            yield from there or [base]
