"""`mlops new --auto` writes a pipeline that names no candidate; docs/howto/auto.md shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from mlops.operations.language.new import create
from mlops.operations.language.starter import budget
from tests.builders.repositories import make_repository

pytestmark = pytest.mark.slow


def test_it_writes_the_budget_and_what_it_comes_to_can_be_compiled(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "shop")
    rng = np.random.default_rng(0)
    table = pl.DataFrame(
        {"age": rng.integers(18, 80, 600), "spent": rng.normal(100, 9, 600), "left": ["yes", "no"] * 300}
    )
    table.write_csv(tmp_path / "left.csv")
    create(root, "leaving", tmp_path / "left.csv", "left", auto=True)
    text = (root / "conf/pipeline/leaving.yaml").read_text()
    assert "  - /model: auto  # every kind that suits, searched under one budget, and their mean\n" in text
    assert text.endswith("split: {by: stratified, folds: 5}}\nauto: {trials: 60}\n")
    loaded, problems = load_pipeline(Configuration(root), "leaving")
    assert problems == ()
    assert loaded is not None
    assert sorted(loaded.spec.model) == ["lightgbm", "linear", "mlp", "random_forest"]


def test_where_rows_are_many_there_are_fewer_trials() -> None:
    assert [budget(rows) for rows in (5_000, 5_001, 50_001)] == [
        "auto: {trials: 60}",
        "auto: {trials: 40}",
        "auto: {trials: 16}",
    ]
