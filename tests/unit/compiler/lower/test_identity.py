"""Whose code moves makes stale what runs it: an edited kind, those pipelines that name it; a new one, none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.stages import lower_stages
from mlops.configuration.pipeline import Pipeline
from mlops.operations.digests.cache import PACKAGE
from mlops.operations.digests.code import Source, fingerprinted
from mlops.operations.workspace import open_workspace
from mlops.stages.declare.order import STAGES

Code = dict[str, dict[str, str]]
Lowered = Callable[[Path], Code]
Moved = Callable[[str, str], set[tuple[str, str]]]


@pytest.fixture(scope="module")
def specs(repository: Path) -> dict[str, Pipeline]:
    return {name: loaded.spec for name, loaded in open_workspace(repository).pipelines.items()}


@pytest.fixture(scope="module")
def lowered(specs: dict[str, Pipeline]) -> Lowered:
    """Give the code of every stage of this repository's pipelines, for a package in a folder."""

    def code(package: Path) -> Code:
        known = fingerprinted(Source(package), {})
        facts = Facts(known.code, known.libraries)
        stages = {name: lower_stages(name, spec, facts) for name, spec in specs.items()}
        return {name: {stage.name: stage.section["code"] for stage in found} for name, found in stages.items()}

    return cache(code)


@pytest.fixture
def moved(tmp_path: Path, lowered: Lowered) -> Moved:
    """Append a line to a file of a copy of the package, and name the stages whose code is another then."""

    def moves(file: str, line: str) -> set[tuple[str, str]]:
        before, package = lowered(PACKAGE), tmp_path / "mlops"
        shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
        with (package / file).open("a", encoding="utf-8") as edited:
            edited.write(line)
        after = lowered(package)
        return {(name, stage) for name in before for stage, code in before[name].items() if code != after[name][stage]}

    return moves


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["gate_rules", "models", "perturbations", "transforms"])
def test_a_new_kind_makes_no_stage_stale(moved: Moved, folder: str) -> None:
    assert moved(f"{folder}/novel.py", "KIND = 1\n") == set()


@pytest.mark.slow
def test_an_edited_kind_makes_stale_the_pipelines_that_name_it(moved: Moved, specs: dict[str, Pipeline]) -> None:
    named = {name for name, spec in specs.items() if any(model.kind == "cnn" for model in spec.model.values())}
    assert named
    assert named != set(specs)
    assert moved("models/cnn.py", "EDITED = 1\n") == {(name, stage) for name in named for stage in ("train", "package")}


@pytest.mark.slow
def test_a_fault_in_what_is_named_in_text_alone_is_noticed(moved: Moved) -> None:
    assert {stage for _, stage in moved("ml/training/networks.py", "raise ValueError\n")} == {"train", "package"}


def test_every_stage_of_a_package_has_code(lowered: Lowered) -> None:
    assert all(set(found) <= set(STAGES) and all(found.values()) for found in lowered(PACKAGE).values())


@pytest.mark.slow
def test_an_edited_source_makes_stale_what_reads_by_it(moved: Moved, specs: dict[str, Pipeline]) -> None:
    named = {name for name, spec in specs.items() if spec.data.source.kind == "csv"}
    assert moved("sources/csv.py", "EDITED = 1\n") == {
        (name, stage) for name in named for stage in ("ingest", "package")
    }


@pytest.mark.slow
def test_an_edited_perturbation_makes_stale_what_is_measured_under_it(moved: Moved, specs: dict[str, Pipeline]) -> None:
    named = {name for name, spec in specs.items() if "blur" in spec.evaluate.robustness}
    assert named
    assert named != set(specs)
    assert moved("perturbations/blur.py", "EDITED = 1\n") == {
        (name, stage) for name in named for stage in ("evaluate", "package")
    }


@pytest.mark.slow
def test_an_edited_transform_makes_stale_what_is_fitted_by_it(moved: Moved, specs: dict[str, Pipeline]) -> None:
    assert all(spec.features.select is None for spec in specs.values())
    assert moved("transforms/select.py", "EDITED = 1\n") == set()


@pytest.mark.slow
def test_an_edited_scaling_makes_stale_what_is_scaled(moved: Moved, specs: dict[str, Pipeline]) -> None:
    assert moved("transforms/scale.py", "EDITED = 1\n") == {
        (name, stage) for name in specs for stage in ("features", "package")
    }
