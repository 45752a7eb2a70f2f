"""`mlops new --auto` writes a pipeline that names no candidate; docs/howto/auto.md shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from mlops.operations.language.auto_start import start, trials
from mlops.operations.language.new import create
from tests.builders.repositories import make_repository

pytestmark = pytest.mark.slow
KINDS = ["catboost", "lightgbm", "linear", "mlp", "random_forest", "tabm", "xgboost"]


def none(_: str) -> str | None:
    """Every library is installed."""
    return None


def test_it_writes_the_budget_and_what_it_comes_to_can_be_compiled(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "shop")
    rng = np.random.default_rng(0)
    table = pl.DataFrame(
        {
            "age": rng.integers(18, 80, 600),
            "spent": rng.normal(100, 9, 600),
            "shop": [f"shop {at}" for at in rng.permutation(600) % 60],
            "left": ["yes", "no"] * 300,
        }
    )
    table.write_csv(tmp_path / "left.csv")
    create(root, "leaving", tmp_path / "left.csv", "left", auto=True)
    text = (root / "conf/pipeline/leaving.yaml").read_text()
    assert "  - /model: auto  # every kind that suits, searched under one budget, and their mean\n" in text
    assert text.endswith(
        "split: {by: stratified, folds: 5}}\n"
        "features: {categorical: {at_most: 60}}\n"
        f"auto: {{trials: 60, kinds: [{', '.join(KINDS)}]}}\n"
    )
    loaded, problems = load_pipeline(Configuration(root), "leaving")
    assert problems == ()
    assert loaded is not None
    assert sorted(loaded.spec.model) == KINDS


def test_where_rows_are_many_there_are_fewer_trials() -> None:
    assert [trials(rows) for rows in (5_000, 5_001, 50_001)] == [60, 40, 16]


def test_kinds_stand_in_it_where_their_library_is_not_everywhere_or_a_trial_takes_long() -> None:
    assert start("binary", 5_001, missing=none).lines == (
        "auto: {trials: 40, kinds: [catboost, lightgbm, linear, mlp, random_forest, xgboost]}",
    )
    assert start("multiclass", 700, pictures=True, missing=none).lines == ("auto: {trials: 60}",)


def test_what_is_left_out_for_want_of_a_library_is_said_with_the_line_to_type() -> None:
    found = start("regression", 20_000, missing=lambda extra: "xgboost-cpu" if extra == "xgboost" else None)
    assert found.lines == ("auto: {trials: 40, kinds: [catboost, lightgbm, linear, mlp, random_forest]}",)
    assert found.notes == (
        "`auto` tries no xgboost, as xgboost-cpu is not installed: "
        'pip install "mlops-by-pull-request[xgboost]", then name it in `kinds`',
    )


@pytest.mark.parametrize(
    ("levels", "most"), [([32, 3], None), ([33], 33), ([900, 2], 256), ([300] * 4, 128), ([40] * 30, None)]
)
def test_long_categories_keep_more_levels_and_their_columns_are_bounded(levels: list[int], most: int | None) -> None:
    lines = start("binary", 20_000, levels, missing=none).lines
    assert lines[:-1] == (() if most is None else (f"features: {{categorical: {{at_most: {most}}}}}",))
