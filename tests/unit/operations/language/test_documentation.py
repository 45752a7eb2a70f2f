from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlops
from mlops.compiler.rules.registry import RULES
from mlops.errors import ConfigurationError
from mlops.operations.language.documentation import documentation, explain_id
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PACKAGE = Path(mlops.__file__).parent
MAKERS = ("Diagnostic", "Problem", "Refusal", "Finding", "_report")
ID = re.compile(r"[a-z]+(-[a-z]+)*")


def ids_in_the_source() -> Iterator[str]:
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in MAKERS:
                for value in (*node.args[2:5], *(word.value for word in node.keywords if word.arg == "rule")):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str) and ID.fullmatch(value.value):
                        yield value.value


def ids_in_the_expected_files() -> Iterator[str]:
    for file in (ROOT / "tests" / "golden").glob("*/*/out.txt"):
        yield from re.findall(r"(?m)^\S+:\d+:\d+: .* \[([a-z-]+)\]$", file.read_text())


def test_every_id_that_a_finding_can_carry_is_documented() -> None:
    used = {*ids_in_the_source(), *ids_in_the_expected_files()} - {"error", "warning"}
    assert used - set(documentation()) == set()
    assert set(documentation()) - used == {"syntax"}, "documented, but no finding carries it"


def test_every_rule_file_is_registered() -> None:
    files = {
        path.stem
        for path in (PACKAGE / "compiler" / "rules").glob("*.py")
        if re.search(r"^def check\(", path.read_text(), re.M)
    }
    assert files == {rule.__name__.rpartition(".")[2] for rule in RULES}


@pytest.mark.parametrize("identity", documentation())
def test_documentation_has_its_sections(identity: str) -> None:
    text = documentation()[identity]
    assert text.startswith(f"{identity}: ")
    parts = re.findall(r"(?m)^(What|Why|Fix|Example): \S", text)
    assert parts == ["What", "Why", "Fix", "Example"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.rpartition(".")[2])
def test_a_rule_reports_under_its_own_name(rule: object) -> None:
    name = rule.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    assert f'"{name.replace("_", "-")}"' in (PACKAGE / "compiler" / "rules" / f"{name}.py").read_text()


def test_an_unknown_id_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError) as caught:
        explain_id("yaml-ambigous")
    assert caught.value.message == "no finding has the id `yaml-ambigous`"
    assert caught.value.hint.startswith("did you mean `yaml-ambiguous`?")
    with pytest.raises(ConfigurationError) as caught:
        explain_id("owners")
    hint = "ids stand in brackets behind what is found; a key of a pipeline: mlops explain NAME KEY"
    assert caught.value.hint == hint
