"""`present` is the only room that renders: nothing else builds Markdown's tables and folds, HTML or colours.

And each format is escaped in one place.
"""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import mlops
from mlops.present import verdicts
from mlops.present.markdown import text
from mlops.present.terminal import commands, tables

pytestmark = pytest.mark.slow

ROOMS = Path(mlops.__file__).parent
_BUILT = {
    "a table of Markdown": re.compile(r"\|\s*:?-{3,}"),
    "code or a note of Markdown": re.compile(r"```|^> \[!", re.MULTILINE),
    "a folded part of Markdown": re.compile(r"</?(details|summary)\b"),
    "an element of HTML": re.compile(r"</?(html|body|div|span|table|tr|td|p|b|i|br|a|ul|li|svg|h[1-6])\b[^>]*>"),
    "a colour of a terminal": re.compile(r"\x1b\["),
}
_CALLED = {"click.style", "click.secho", "click.unstyle"}
_IMPORTED = {"jinja2", "markupsafe", "html", "rich"}
_OTHERWISE = {
    "compiler/github/dependencies.py": {"code or a note of Markdown"},  # by a shell script, like the next
    "compiler/github/settings.py": {"a table of Markdown"},
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


@pytest.fixture(scope="module")
def modules() -> dict[str, str]:
    """Read all modules, by their paths."""
    return {path.relative_to(ROOMS).as_posix(): path.read_text() for path in sorted(ROOMS.rglob("*.py"))}


def test_no_other_room_renders(modules: dict[str, str]) -> None:
    others = {path: set(found(code)) for path, code in modules.items() if not path.startswith("present/")}
    assert {path: wrong for path, wrong in others.items() if wrong} == _OTHERWISE


@pytest.mark.parametrize(
    ("sign", "place"),
    [
        ("unicode_escape", "diagnostics.py"),  # what acts on a terminal
        ("&#", "present/markdown/text.py"),
        ("autoescape=True", "present/html.py"),
        ("%0A", "present/terminal/commands.py"),
    ],
)
def test_a_format_is_escaped_in_one_place(sign: str, place: str, modules: dict[str, str]) -> None:
    assert [path for path, code in modules.items() if sign in code] == [place]


@pytest.mark.parametrize("module", [tables, commands, text, verdicts])
def test_examples_are_true(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('lines = ["| a | b |", "| --- | ---: |"]', "a table of Markdown"),
        ('text = f"<details><summary>{name}</summary>"', "a folded part of Markdown"),
        ('text = f"```sh\\n{command}\\n```"', "code or a note of Markdown"),
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
