"""What `benchmarks/learning.py` makes of its runs: what decides, and that what ended is not done again."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from benchmarks import learning
from benchmarks.automl.judging import normalised
from benchmarks.automl.tables import TABLES
from benchmarks.learning import Run, kept, rows


def runs(less: float) -> list[Run]:
    """Two tables, two seeds: ours is by `less` worse than FLAML, and AutoGluon the worst."""
    losses = {"our": 0.5 + less, "flaml": 0.5, "autogluon": 0.9}
    return [
        Run(table, seed, name, loss, 120, 2, 0.5, 0.001)
        for table in ("oj", "wage")
        for seed in range(2)
        for name, loss in losses.items()
    ]


@pytest.mark.parametrize(("less", "holds"), [(-0.01, True), (0.0, True), (0.01, False)])
def test_what_decides_is_the_interval_of_the_mean_difference_to_flaml(less: float, holds: bool) -> None:
    first, *others = rows(runs(less))
    assert first.name == f"mean loss less flaml's, 95 % from {less:+.4f} to {less:+.4f}"
    assert (first.ours, first.holds) == (pytest.approx(less), holds)
    by_name = {row.name: row for row in others}
    assert by_name["loss, wage, flaml"].ratio == pytest.approx((0.5 + less) / 0.5)
    assert by_name["rank among all, autogluon"].peer == 3.0
    assert by_name["time of one row, flaml"].n == 4


def test_what_ended_is_read_and_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "PLACE", tmp_path)
    run, table = Run("oj", 1, "flaml", 0.5, 120, 2, 0.5, 0.001), next(each for each in TABLES if each.name == "oj")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/120s-oj-1-flaml.json").write_text(json.dumps(vars(run)))
    assert kept(table, 1, "flaml", 120.0) == run


def test_a_constant_answer_has_a_loss_of_one_and_the_truth_next_to_none() -> None:
    train, test = pl.Series(["a", "a", "b"]), pl.Series(["a", "b"])
    constant = pl.DataFrame({"a": [2 / 3] * 2, "b": [1 / 3] * 2})
    assert normalised(train, test, constant) == pytest.approx(1)
    assert normalised(train, test, pl.DataFrame({"b": [0.0, 1.0], "a": [1.0, 0.0]})) < 1e-4
