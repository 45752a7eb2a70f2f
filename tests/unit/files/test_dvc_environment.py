"""Whatever starts DVC tells it to report to nobody: this framework, what it compiles, and the tests of both."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops.files.dvc_environment import UNREPORTED
from tests.builders.quick_yaml import load

STARTS = "from dvc.cli import main as dvc\n"
GETS = "import subprocess\nsubprocess.run(['python', '-m', 'dvc', 'get'])\n"
STEP = '.venv/bin/dvc pull "$@"\n'
TOLD = "export DVC_NO_ANALYTICS=1\n"


def starts_dvc(code: str) -> bool:
    """Whether a module starts DVC: as a program, by a list of words that names it, or by its own `main`."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "dvc.cli":
            return True
        if isinstance(node, ast.List) and any(
            isinstance(word, ast.Constant) and word.value == "dvc" for word in node.elts
        ):
            return True
    return False


def untold(run: str) -> list[str]:
    """Name the lines of a script that call DVC before it is told."""
    found = [line for line in run.split(TOLD, maxsplit=1)[0].splitlines() if re.search(r"(^|[\s/(])dvc [a-z]", line)]
    return [line for line in found if not re.match(r"\s*(echo|#)", line)]


def scripts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (str(text) for name, text in value.items() if name == "run")
        yield from (text for item in value.values() for text in scripts(item))
    if isinstance(value, list):
        yield from (text for item in value for text in scripts(item))


@pytest.mark.parametrize(("code", "starts"), [(STARTS, True), (GETS, True), ("from dvc.repo import Repo\n", False)])
def test_a_module_that_starts_dvc_is_known(code: str, starts: bool) -> None:
    assert starts_dvc(code) is starts


def test_every_module_that_starts_dvc_tells_it(repository: Path) -> None:
    modules = {path: path.read_text() for path in sorted((repository / "mlops").rglob("*.py"))}
    starting = [path for path, code in modules.items() if "dvc" in code and starts_dvc(code)]
    assert [path.stem for path in starting] == ["reproducing"]
    assert [path for path in starting if "UNREPORTED" not in modules[path]] == []


@pytest.mark.parametrize(("run", "lines"), [(STEP, [STEP.strip()]), (TOLD + STEP, []), (STEP + TOLD, [STEP.strip()])])
def test_a_script_that_calls_dvc_untold_is_known(run: str, lines: list[str]) -> None:
    assert untold(run) == lines


def test_every_compiled_script_that_calls_dvc_tells_it_first(repository: Path) -> None:
    """Of the golden repositories, whose workflows are held to be what is compiled."""
    texts = {path.read_text() for path in (repository / "tests/golden/ok").rglob("out/.github/workflows/*.yml")}
    found = [run for text in texts if "bin/dvc" in text for run in scripts(load(text))]
    assert len([run for run in found if ".venv/bin/dvc " in run]) > 1
    assert [line for run in found for line in untold(run)] == []


def test_what_a_test_starts_is_told() -> None:
    assert UNREPORTED.items() <= os.environ.items()
