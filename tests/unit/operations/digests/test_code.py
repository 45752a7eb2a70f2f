from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from mlops.models import MODELS
from mlops.operations.digests.cache import PACKAGE
from mlops.operations.digests.code import _NAMED, Source, _imports, fingerprinted, fingerprints, spelling
from mlops.stages.declare.order import STAGES

SOURCE = '''
"""A module."""
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import torch

def scale(x: float) -> float:
    """Double."""
    return x * 2  # twice
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# twice", "# two times"),
        ("Double.", "Twice as much."),
        ("    import torch", "    import numpy"),
        ("\ndef", "\n\n\ndef"),
    ],
)
def test_a_change_that_cannot_matter_keeps_the_spelling(before: str, after: str) -> None:
    assert before in SOURCE
    assert spelling(SOURCE.replace(before, after)) == spelling(SOURCE)


@pytest.mark.parametrize(
    ("before", "after"), [("x * 2", "x * 3"), ("x * 2", "2 * x"), ("float:", "int:"), ("scale", "grow")]
)
def test_a_change_that_can_matter_changes_it(before: str, after: str) -> None:
    assert before in SOURCE
    assert spelling(SOURCE.replace(before, after)) != spelling(SOURCE)


def test_every_stage_has_a_digest_of_its_own_code(tmp_path: Path) -> None:
    known = fingerprints(tmp_path)
    assert set(known.code) == set(known.libraries) > set(STAGES)
    assert len(set(known.code.values())) == len(known.code)


def test_a_template_counts_for_the_stages_that_print_it_alone(tmp_path: Path) -> None:
    package = tmp_path / "mlops"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    before = fingerprinted(Source(package), {}).code
    with (package / "present/report/templates/report.css").open("a") as style:
        style.write("td { color: red }\n")
    after = fingerprinted(Source(package), {}).code
    assert [name for name in STAGES if after[name] != before[name]] == ["gate"]


def test_libraries_are_the_pinned_ones_that_the_code_imports(tmp_path: Path) -> None:
    pins = ("# pins", "torch==2.13.0", "polars==2.1.0", "click==8.5.1", "not-used==1", "arrow==1\n")
    (tmp_path / "constraints.txt").write_text("\n".join(pins))
    libraries = fingerprints(tmp_path).libraries
    assert libraries["split"] == {"polars": "2.1.0"}  # which writes Parquet's key `ARROW:schema`, and reads no arrow
    assert libraries["train"]["torch"] == "2.13.0"
    assert all("click" not in pins and "not-used" not in pins for pins in libraries.values())


def test_a_stage_reaches_no_kind_but_by_what_a_pipeline_names() -> None:
    source = Source(PACKAGE)
    kinds = {kind.module for kind in MODELS.values()}
    assert kinds <= set(source.kinds())
    assert [stage for stage in STAGES if kinds & set(source.reached(f"mlops.stages.{stage}"))] == []


@pytest.mark.slow
def test_what_a_kind_reaches_by_name_alone_counts() -> None:
    source = Source(PACKAGE)
    assert "mlops.ml.training.networks" in source.reached("mlops.models.mlp")
    assert "mlops.ml.training.estimators" in source.reached("mlops.models.linear")
    assert "sklearn" in {name.partition(".")[0] for name in source.imports(source.reached("mlops.models.linear"))}
    for kind in MODELS.values():
        assert {named.partition(":")[0] for named in kind.functions.values()} <= set(source.reached(kind.module))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('load("mlops.a.b:c")(x, key={"y": 1})', ["mlops.a.b"]),
        ('np = Later("numpy")', ["numpy"]),
        ('f"sklearn.ensemble:Forest{kind}"', ["sklearn.ensemble"]),
        ('"a sentence: nothing", "mlops.a.b", "12:30", "sha256:", ":c"', []),
        ('if TYPE_CHECKING:\n    x = "mlops.a:b"\nelse:\n    x = "mlops.a:c"\n    import numpy', ["numpy", "mlops.a"]),
    ],
)
def test_a_reference_is_an_import(source: str, found: list[str]) -> None:
    assert list(_imports(ast.parse(source))) == found


@pytest.mark.slow
def test_expressions_are_looked_into_wherever_they_name_code() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not _NAMED.search(text):
            tree = ast.parse(text)
            assert set(_imports(tree)) == set(_imports(tree, expressions=False)), path
