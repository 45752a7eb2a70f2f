"""`present` is the only room that renders: nothing else builds Markdown's tables and folds, HTML or colours."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlops

ROOMS = Path(mlops.__file__).parent
_BUILT = {
    "a table of Markdown": re.compile(r"\|\s*:?-{3,}"),
    "a folded part of Markdown": re.compile(r"</?(details|summary)\b"),
    "an element of HTML": re.compile(r"</?(html|body|div|span|table|tr|td|p|b|i|br|a|ul|li|svg|h[1-6])\b[^>]*>"),
    "a colour of a terminal": re.compile(r"\x1b\["),
}
_CALLED = {"click.style", "click.secho", "click.unstyle"}
_IMPORTED = {"jinja2", "markupsafe", "html", "rich"}
_OTHERWISE = {
    "compiler/lower/workflows/settings.py": {"a table of Markdown"},  # by a shell script, of what `jq` reads
    "ml/training/progress.py": {"import of rich.console", "import of rich.progress"},  # a bar that moves
}


def found(code: str) -> Iterator[str]:
    """Say what of a renderer's work a module does; its comments and docstrings may speak of it."""
    tree = ast.parse(code)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from (what for what, pattern in _BUILT.items() if pattern.search(node.value))
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in _CALLED:
            yield "a colour of a terminal"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
            yield from (f"import of {name}" for name in names if name.partition(".")[0] in _IMPORTED)


def modules() -> list[str]:
    paths = (path.relative_to(ROOMS).as_posix() for path in ROOMS.rglob("*.py"))
    return sorted(path for path in paths if not path.startswith("present/"))


def test_no_other_room_renders() -> None:
    assert {path: wrong for path in modules() if (wrong := set(found((ROOMS / path).read_text())))} == _OTHERWISE


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('lines = ["| a | b |", "| --- | ---: |"]', "a table of Markdown"),
        ('text = f"<details><summary>{name}</summary>"', "a folded part of Markdown"),
        ('text = f"<td class=x>{name}</td>"', "an element of HTML"),
        ('text = "\\x1b[31m" + name', "a colour of a terminal"),
        ('import click\nclick.echo(click.style(name, fg="red"))', "a colour of a terminal"),
        ("from markupsafe import escape", "import of markupsafe"),
        ("import html", "import of html"),
    ],
)
def test_what_is_planted_is_found(code: str, expected: str) -> None:
    assert expected in set(found(code))


def test_what_is_only_spoken_of_is_not() -> None:
    assert set(found('"""A table has `| --- |` below its head, in <b>HTML</b> none."""\n')) == set()
