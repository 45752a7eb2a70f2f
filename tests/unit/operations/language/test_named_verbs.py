"""Every `mlops VERB --option` in a hint, a message, a docstring or a page is one that the program takes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

import mlops
from mlops.cli.main import VERBS, cli
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PACKAGE = Path(mlops.__file__).parent
CALL = re.compile(r"(?<![\w./-])mlops ([a-z][\w-]*)([^`,;:.()|&\n]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# sentences about the program itself, in which no verb of its own follows its name
PROSE = {"a", "and", "can", "cannot", "compiles", "composes", "has", "holds", "is", "itself", "reads", "runs", "that"}
PROSE |= {"was", "wrote"}


def texts(file: Path) -> Iterator[str]:
    """Give what a file says: of Python its texts alone, each whole, with what is put into it as `X`."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        yield text
    if file.suffix != ".py" or not CALL.search(text):
        return
    tree = ast.parse(text)
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)


@cache
def options(verb: str) -> frozenset[str]:
    """List the options of a verb and of the verbs below it."""
    context = click.Context(cli)
    commands = [cli.get_command(context, verb)]
    commands += getattr(commands[0], "commands", {}).values()
    declared = (
        option
        for command in commands
        if command
        for each in command.params
        for option in (*each.opts, *each.secondary_opts)
    )
    return frozenset(declared) | {"--help"}


def wrong(text: str) -> Iterator[str]:
    for called in CALL.finditer(text):
        verb, rest = called.groups()
        if verb in PROSE:
            continue
        if verb not in VERBS:
            yield f"mlops {verb}"
        elif unknown := set(OPTION.findall(rest)) - options(verb):
            yield f"mlops {verb}: {', '.join(sorted(unknown))}"


def pages() -> list[Path]:
    """List what people read of this program, without what Python's caches hold of it."""
    kinds = {".py", ".txt", ".yaml", ".j2", ".md"}
    inside = (file for file in PACKAGE.rglob("*") if file.suffix in kinds)
    return sorted({*inside, *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.py"), *ROOT.glob("*.md")})


def test_whatever_names_a_verb_names_one_that_there_is() -> None:
    found = [f"{file.relative_to(ROOT)}: {each}" for file in pages() for text in texts(file) for each in wrong(text)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run `mlops reproduce churn`", ["mlops reproduce"]),
        ("mlops compile --cheque, and commit", ["mlops compile: --cheque"]),
        ("mlops compile --check and --write elsewhere", ["mlops compile: --write"]),
        ("this mlops reads 1", []),
        ("docs/mlops compiled", []),
    ],
)
def test_a_verb_or_an_option_that_there_is_not_is_found(text: str, expected: list[str]) -> None:
    assert list(wrong(text)) == expected


def test_a_text_with_values_in_it_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text('"""mlops one"""\nhint = f"mlops two {name} --three"\n')
    assert list(texts(file)) == ["mlops one", "mlops two X --three"]
