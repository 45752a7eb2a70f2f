from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.blocks.bootstrap import Bootstrap
from mlops.errors import DataError
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.studies.robustness import measure, perturb
from mlops.perturbations import PERTURBATIONS
from mlops.perturbations.scene import Scene
from mlops.stages.tables import scored
from mlops.statistics import hashed
from tests.builders.bundles import COLUMNS, make_frame, make_predictor
from tests.builders.evaluations import binary

TABULAR = tuple(name for name, kind in PERTURBATIONS.items() if kind.fits("tabular"))
IMAGES = tuple(name for name, kind in PERTURBATIONS.items() if kind.of == "image")


def scene(test: pl.DataFrame | None = None, **columns: str) -> Scene:
    test = make_frame(200, seed=2) if test is None else test
    return Scene(test, make_frame(), columns or {name: kind for name, kind, _ in COLUMNS})


def images(rows: int = 40) -> Scene:
    values = np.random.default_rng(0).integers(0, 17, (rows, 12))
    frame = pl.DataFrame({"__row__": range(rows)} | {f"p{i:02}": values[:, i] for i in range(12)})
    return Scene(frame, frame, {f"p{i:02}": "int" for i in range(12)}, (1, 3, 4))


def test_draws_of_rows_are_uniform_and_normal() -> None:
    rows = np.arange(20_000)
    flat, bell = hashed.uniform("a", rows), hashed.normal("a", rows)
    assert abs(flat.mean() - 0.5) < 0.01
    assert abs(flat.var() - 1 / 12) < 0.002
    assert abs(bell.mean()) < 0.02
    assert abs(bell.std() - 1) < 0.02
    assert abs(np.corrcoef(flat, hashed.uniform("b", rows))[0, 1]) < 0.03


@pytest.mark.slow
@given(st.permutations(list(range(30))))
def test_a_row_is_changed_alike_in_any_order(order: list[int]) -> None:
    test = make_frame(30, seed=2)
    for name in TABULAR:
        there = perturb(name, 0.5, scene(test))
        assert perturb(name, 0.5, scene(test[order])).sort("__row__").equals(there.sort("__row__"))


@pytest.mark.parametrize("name", TABULAR)
def test_no_perturbation_stops_the_predictor(name: str) -> None:
    predictor, rows = make_predictor(), scene()
    changed = perturb(name, 1.0, rows)
    assert changed.columns == rows.test.columns
    scores = scored(predictor, changed)
    assert np.isfinite(scores).all()
    assert (scores != scored(predictor, rows.test)).any()


@pytest.mark.parametrize(("name", "columns"), [("missing", 6), ("unseen_categories", 1)])
def test_a_share_of_the_values_is_hit(name: str, columns: int) -> None:
    rows = scene(make_frame(2000, seed=2))
    changed = perturb(name, 0.25, rows)
    hit = [
        (~changed[column].eq_missing(rows.test[column])).sum() / (2000 - rows.test[column].null_count() * (columns > 1))
        for column, _, _ in COLUMNS
        if columns > 1 or column == "plan"
    ]
    assert len(hit) == columns
    assert all(abs(share - 0.25) < 0.04 for share in hit)


def test_noise_is_as_wide_as_it_says() -> None:
    rows = scene(make_frame(3000, seed=2), age="float")
    moved = (perturb("noise", 0.5, rows)["age"] - rows.test["age"]).drop_nulls()
    assert float(moved.std() or 0) == pytest.approx(0.5 * float(make_frame()["age"].std(ddof=0) or 0), rel=0.05)


def test_units_touch_one_number_of_a_row() -> None:
    rows = scene(make_frame(500, seed=2), age="float", visits="int")
    changed = perturb("units", 1.0, rows)
    hit = sum((~changed[name].eq_missing(rows.test[name].cast(pl.Float64))).cast(pl.Int32) for name in rows.columns)
    assert hit.max() == 1
    ratio = (changed["visits"] / rows.test["visits"]).drop_nans().round(6)
    assert {10.0, 1000.0} <= set(ratio)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_stays_within_its_range(name: str) -> None:
    rows = images()
    changed = perturb(name, 1.0, rows).drop("__row__")
    assert changed.to_numpy().min() >= 0
    assert changed.to_numpy().max() <= 16
    assert not changed.equals(rows.test.drop("__row__").cast(pl.Float64))


def test_a_shifted_image_is_the_image_elsewhere() -> None:
    rows = images(1)
    before = rows.test.drop("__row__").to_numpy().reshape(3, 4)
    after = perturb("shift", 1.0, rows).drop("__row__").to_numpy().reshape(3, 4)
    shifts = (after[:-1] == before[1:], after[1:] == before[:-1], after[:, :-1] == before[:, 1:])
    assert any(bool(equal.all()) for equal in (*shifts, after[:, 1:] == before[:, :-1]))


def test_a_perturbation_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="`unseen_categories` would change nothing, for the model reads no text column"):
        perturb("unseen_categories", 0.1, scene(age="float"))
    with pytest.raises(DataError, match="`blur` changes images"):
        perturb("blur", 1.0, scene())


def perturbed(loss: float, seed: int = 5) -> Any:
    """Predictions whose perturbed scores are the clean ones with noise of a size."""
    clean = binary(2000)
    score = clean.scores["candidate"]
    noise = np.random.default_rng(seed).normal(size=len(score)) * loss
    return clean.with_perturbed({"missing": np.clip(score + noise, 0, 1)})


def verdict(predictions: Any, **rule: Any) -> tuple[str, str]:
    rules = [Rule("r", "auroc", under="missing", **rule)]
    (result,) = judge(gather(predictions, rules, Bootstrap(samples=300), grouped=False), Bootstrap(samples=300), 30)
    return result.verdict, result.sentence


def test_a_rule_under_a_perturbation_judges_perturbed_scores() -> None:
    assert verdict(perturbed(0.01), against="clean", at_least=-0.05)[0] == "pass"
    said, sentence = verdict(perturbed(2.0), against="clean", at_least=-0.05)
    assert said == "fail"
    assert sentence == (
        "AUROC falls from 0.862 by 0.305 [0.275, 0.330] when values are missing (2,000 rows), "
        "but at most 0.05 is allowed"
    )
    assert verdict(perturbed(2.0), at_least=0.8)[0] == "fail"


def test_scores_that_are_missing_or_not_numbers_never_pass() -> None:
    assert verdict(binary(2000), against="clean", at_least=-0.05) == (
        "fail",
        "AUROC when values are missing cannot be measured: the scores of the candidate are missing",
    )
    broken = binary(2000).with_perturbed({"missing": np.full(2000, np.nan)})
    assert verdict(broken, against="clean", at_least=-0.05)[0] == "fail"


def test_the_report_pairs_the_change_with_clean_rows() -> None:
    report = measure(perturbed(0.3), ["auroc", "brier"], {"missing": 0.1}, Bootstrap(samples=200))["missing"]
    cell = report.metrics["auroc"]
    assert cell.change_low < cell.change < cell.change_high < 0
    assert report.metrics["brier"].change > 0
    assert cell.change_high - cell.change_low < cell.high - cell.low + 0.01


def test_perturbed_scores_survive_the_table(tmp_path: Any) -> None:
    from mlops.ml.evaluation.predictions import Predictions

    written = perturbed(0.3)
    written.write(tmp_path / "p.parquet")
    read = Predictions.read(tmp_path / "p.parquet")
    assert (read.under("missing").scores["candidate"] == written.scores["candidate under missing"]).all()
    assert (read.under("missing").scores["clean"] == read.scores["candidate"]).all()
