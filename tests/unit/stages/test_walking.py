"""The chosen candidate goes back in time: what it would have come to, had it learnt then."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.blocks.backtest import Backtest, Origins
from mlops.errors import DataError
from mlops.ml.training.problem import Examples
from mlops.stages import train
from tests.builders.training import write_features

pytestmark = pytest.mark.slow

START = datetime.date(2024, 1, 1)


def examples(rows: int = 600, turn: int | None = None) -> Examples:
    """Rows of a day each, whose first column tells the class, and from some day on the contrary."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(rows, 3)).astype(np.float32)
    sign = np.where(np.arange(rows) < (rows if turn is None else turn), 1, -1)
    y = (sign * x[:, 0] + 0.5 * draw.normal(size=rows) > 0).astype(np.int64)
    cut = rows * 3 // 4
    return Examples(x[:cut], y[:cut], x[cut:], y[cut:])


def walked(root: Path, given: Examples, key: pl.Series, **asked: Any) -> dict[str, Any]:
    changes = {"candidates": {"linear": {"kind": "linear"}}, "origins": {"key": "day", **asked}}
    context = write_features(root, given, **changes)
    cut = len(given.train_y)
    for part, rows in (("train", key[:cut]), ("validation", key[cut:])):
        context.path("artifacts/split").mkdir(parents=True, exist_ok=True)
        pl.DataFrame([rows.alias("day")]).write_parquet(context.path(f"artifacts/split/{part}.parquet"))
    train.run(context)
    found: dict[str, Any] = json.loads(context.path("reports/training.json").read_bytes())
    return found


def days(rows: int = 600) -> pl.Series:
    return pl.Series([START + datetime.timedelta(place) for place in range(rows)])


def test_each_origin_is_measured_beside_what_needs_no_model(tmp_path: Path) -> None:
    found = walked(tmp_path, examples(), days(), origins=4, gap=10)
    names = [str(START + datetime.timedelta(place)) for place in (300, 375, 450, 525)]
    assert list(found["backtest"]) == names
    first = found["backtest"][names[0]]
    assert (first["known"], first["rows"]) == (291, 75)
    assert first["candidate"]["auroc"] > 0.9
    assert 0.3 < first["persistence"]["auroc"] < 0.7
    assert first["dummy"]["auroc"] == 0.5
    told = found["walked"]
    assert (told["metric"], told["origins"], told["gap"]) == ("auroc", 4, 10)
    assert told["low"] < told["mean"] < told["high"]


def test_sliding_rows_forget_what_turned(tmp_path: Path) -> None:
    turned = examples(turn=240)
    every = walked(tmp_path / "all", turned, days(), origins=3)
    last = walked(tmp_path / "last", turned, days(), origins=3, sliding=60)
    assert last["walked"]["sliding"] == 60
    assert last["walked"]["mean"] > every["walked"]["mean"] + 0.1


def test_numbers_order_rows_and_text_does_not(tmp_path: Path) -> None:
    found = walked(tmp_path / "numbers", examples(), pl.Series(range(600)), origins=2)
    assert list(found["backtest"]) == ["300", "450"]
    with pytest.raises(DataError) as caught:
        walked(tmp_path / "texts", examples(), pl.Series([f"{place:04}" for place in range(600)]), origins=2)
    assert caught.value.message == "`day` is text, in which no backtest can go back"


def test_an_origin_before_which_a_class_is_missing_is_left_out(tmp_path: Path) -> None:
    given = examples()
    y = given.train_y.copy()
    y[:330] = 0
    found = walked(tmp_path, Examples(given.train_x, y, given.validation_x, given.validation_y), days(), origins=4)
    assert found["walked"]["origins"] == 2
    assert len(found["backtest"]) == 2


def test_a_network_does_not_go_back(tmp_path: Path) -> None:
    changes = {"candidates": {"mlp": {"kind": "mlp", "hidden": [4]}}, "origins": {"key": "day"}}
    context = write_features(tmp_path, examples(), **changes, trainer={"max_epochs": 1})
    train.run(context)
    assert "walked" not in json.loads(context.path("reports/training.json").read_bytes())


def test_a_stage_knows_what_the_yaml_says() -> None:
    assert Origins(key="day", gap=7, thing="shop", **Backtest(origins=3).model_dump()) == Origins(
        key="day", gap=7, thing="shop", origins=3
    )
