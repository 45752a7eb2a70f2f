"""The data of examples/text: what functions of SciPy say of themselves, and which part of SciPy they belong to.

`python -m tests.builders.summaries` writes it, of the SciPy that is installed: BSD-3-Clause, see the example's README.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import inspect
import io
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

PARTS = ("linalg", "ndimage", "optimize", "signal", "sparse", "special", "stats")
_MOST = 150
"""Functions of a part."""
_LONGEST = 500


class Summary(NamedTuple):
    """One function: its name, how many arguments it takes, what it says of itself, and its part."""

    function: str
    arguments: int
    summary: str
    part: str


def table() -> str:
    """Write the CSV file."""
    folder = Path(str(getattr(find_spec("scipy"), "origin", ""))).parent
    found = {row.function: row for part in PARTS for row in _of_part(folder / part, part)}
    said: dict[str, set[str]] = {}
    for row in found.values():
        said.setdefault(row.summary, set()).add(row.function)
    alone = [row for row in found.values() if len(said[row.summary]) == 1]
    mixed = sorted(alone, key=lambda row: hashlib.sha256(row.function.encode()).hexdigest())
    chosen = [row for part in PARTS for row in [each for each in mixed if each.part == part][:_MOST]]
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(Summary._fields)
    written.writerows(sorted(chosen, key=mixed.index))
    return out.getvalue()


def _of_part(folder: Path, part: str) -> Iterator[Summary]:
    for path in sorted(folder.rglob("*.py")):
        if "tests" in path.parts or path.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (row := _row(node, part)) is not None:
                yield row


def _row(node: ast.AST, part: str) -> Summary | None:
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
        text, arguments = ast.get_docstring(node) or "", len(node.args.args)
        return _summary(node.name, arguments, text, part)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "add_newdoc" and len(node.args) == 2:
        name, text = (getattr(each, "value", "") for each in node.args)
        if isinstance(name, str) and isinstance(text, str) and not name.startswith("_"):
            head, _, rest = inspect.cleandoc(text).partition("\n\n")
            return _summary(name, head.count(",") + 1, rest, part)
    return None


def _summary(name: str, arguments: int, text: str, part: str) -> Summary | None:
    body = text.partition("\nParameters\n")[0].partition("\n.. ")[0].strip()
    kept = body if len(body) <= _LONGEST else body.partition("\n\n")[0]
    if len(kept.split()) < 4 or len(kept) > _LONGEST:
        return None
    return Summary(f"{part}.{name}", arguments, kept, part)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(table(), encoding="utf-8")
