from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.blocks.bootstrap import Bootstrap
from mlops.ml.evaluation.studies.importance import importances, sample


def table(rows: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(0)
    columns = {name: random.normal(size=rows) for name in ("strong", "weak", "idle")}
    return pl.DataFrame({"__row__": range(rows), **columns})


def predict(frame: pl.DataFrame) -> Any:
    return 1 / (1 + np.exp(-(2 * frame["strong"] + 0.7 * frame["weak"]).to_numpy()))


def target(frame: pl.DataFrame) -> Any:
    return (predict(frame) > np.random.default_rng(1).random(frame.height)).astype(np.int64)


def measured(frame: pl.DataFrame, y: Any, metric: str = "auroc", **more: Any) -> list[dict[str, Any]]:
    better = metric == "auroc"
    columns = ["idle", "strong", "weak"]
    return importances(predict, frame, y, columns, metric, 4, Bootstrap(samples=200), higher_is_better=better, **more)


@pytest.mark.parametrize("metric", ["auroc", "log_loss"])
def test_columns_are_ranked_by_what_the_metric_loses(metric: str) -> None:
    frame = table()
    strong, weak, idle = measured(frame, target(frame), metric)
    assert [item.column for item in (strong, weak, idle)] == ["strong", "weak", "idle"]
    assert strong.low > weak.value > weak.low > 0
    assert (idle.value, idle.low, idle.high) == (0.0, 0.0, 0.0)


def test_groups_widen_the_intervals() -> None:
    frame = table()
    alone, grouped = (measured(frame, target(frame), groups=groups)[0] for groups in (None, np.arange(400) // 40))
    assert alone.value == grouped.value
    assert (alone.low, alone.high) != (grouped.low, grouped.high)


def test_a_sample_depends_on_row_numbers_alone() -> None:
    rows = np.arange(100) * 3
    chosen = rows[sample(rows, 20)]
    assert len(chosen) == 20
    assert (np.sort(rows[::-1][sample(rows[::-1], 20)]) == chosen).all()
    assert len(sample(rows, 1000)) == 100
