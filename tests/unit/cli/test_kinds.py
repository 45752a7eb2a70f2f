"""`mlops kinds`: a table for people, JSON for pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlops.cli.main import run
from mlops.operations.digests.cache import PACKAGE
from mlops.operations.digests.code import Source
from mlops.operations.language.kinds import SLICES
from tests.builders.plugins import install, seen

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_it_is_a_table_of_one_slice_and_needs_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["kinds", "sources"]) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()][:3] == [
        ["slice", "kind"],
        ["sources", "arrow"],
        ["sources", "csv"],
    ]


def test_it_is_json_of_every_slice(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kinds", "-o", "json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["schema_version"] == 1
    assert {row["slice"] for row in value["kinds"]} == set(SLICES)
    assert all(row["what"].endswith(".") for row in value["kinds"]), "a kind says what it is, in a sentence"
    assert [row for row in value["kinds"] if row["kind"] == "linear"] == [
        {
            "slice": "models",
            "kind": "linear",
            "what": "Logistic regression, or ridge regression of a number (scikit-learn).",
            "package": "mlops-by-pull-request",
        }
    ]


def test_every_folder_that_makes_a_slice_is_listed() -> None:
    stages_use = {module.split(".")[1] for module in Source(PACKAGE).kinds()}
    assert set(SLICES) == stages_use | {"backends"}, "what compiles is no part of any stage"


def test_a_slice_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kinds", "model"]) == 4
    others = ", ".join(sorted(SLICES.keys() - {"models"}))
    hint = f"did you mean `models`? also there: {others}"
    assert capsys.readouterr().err == f"there is no slice `model`\nhint: {hint}\n"


def test_kinds_of_other_packages_are_listed_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path / "site")
    seen(tmp_path / "site", monkeypatch)
    assert run(["kinds", "models"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split() == [
        "models",
        "acme_extra_trees",
        "Extremely",
        "randomised",
        "trees",
        "(scikit-learn).",
        "acme-mlops",
    ]
