"""Categories told by the target: fitted on training rows, each told only of rows before it; served as one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from mlops.bundle.predictor import Predictor
from mlops.bundle.recipe import Recipe
from mlops.errors import DataError
from mlops.ml.data.encoding import encode
from mlops.stages import features, fit_target_codes
from mlops.stages.tables import scored, transformed
from mlops.statistics.target_statistics import PRIOR
from tests.builders.staged import Staged, staged

pytestmark = pytest.mark.slow

CODED = {"features": {"groups": ["numbers", "target_coded"]}}
TREES = {"kind": "lightgbm", "columns": "target_coded", "trees": 60, "lr": 0.2}


def table(task: str = "binary", rows: int = 3_000, levels: int = 1_000, pull: float = 0.0) -> pl.DataFrame:
    """Levels at random, some missing; the target follows them as strongly as `pull` says, and a number."""
    random = np.random.default_rng(0)
    level, number = random.integers(0, levels, rows), random.standard_normal(rows)
    score = pull * random.standard_normal(levels)[level] + 0.3 * number + random.logistic(size=rows)
    gone = random.random(rows) < 0.05
    return pl.DataFrame(
        {
            "id": pl.Series([None if blank else f"id {at}" for at, blank in zip(level, gone, strict=True)]),
            "number": number,
            "y": {
                "binary": (score > 0).tolist(),
                "multiclass": np.array(["low", "middle", "high"])[np.digitize(score, [-1, 1])].tolist(),
                "regression": (1.7e9 + 1e5 * score).tolist(),
            }[task],
        }
    )


def made(
    folder: Path,
    rows: pl.DataFrame,
    task: str = "binary",
    *,
    weight: str | None = None,
    whole: bool = False,
    **changes: Any,
) -> Staged:
    """Run the stages up to the features, or all."""
    asked = {**CODED, "train": {"candidates": {"one": TREES}}}
    merged = {stage: asked.get(stage, {}) | changes.get(stage, {}) for stage in asked.keys() | changes.keys()}
    return staged(folder, rows, task, weight, "evaluate" if whole else "features", **merged)


def recipe_of(done: Staged) -> Recipe:
    return Recipe.parse((done.folder / "artifacts/features/transform.json").read_bytes())


def arrays(done: Staged, part: str) -> tuple[Any, Any]:
    """The code of `id` and the target of a part's rows, as `train` is given them."""
    x, y = (np.load(done.folder / f"artifacts/features/{part}_{name}.npy") for name in "xy")
    return x[:, [place for place, each in enumerate(recipe_of(done).kept()) if each.group == "target_coded"]], y


def test_a_random_column_of_a_thousand_levels_helps_neither_in_training_nor_after_it(tmp_path: Path) -> None:
    done = made(tmp_path, table(rows=6_000))
    for part in ("train", "validation"):
        codes, y = arrays(done, part)
        assert roc_auc_score(y, codes[:, 0]) == pytest.approx(0.5, abs=0.03)
    assert len(recipe_of(done).categories[-1].levels) > 100


def test_codes_that_know_their_own_row_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "learnt_from", lambda *_: {})
    codes, y = arrays(made(tmp_path, table(rows=6_000)), "train")
    assert roc_auc_score(y, codes[:, 0]) > 0.6


def test_levels_that_say_something_are_learnt(tmp_path: Path) -> None:
    done = made(tmp_path, table(rows=6_000, levels=300, pull=2.0), whole=True)
    for part in ("train", "validation"):
        codes, y = arrays(done, part)
        assert roc_auc_score(y, codes[:, 0]) > 0.7
    assert done.report("metrics")["models"]["candidate"]["auroc"]["value"] > 0.72


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_what_is_served_is_the_table_of_the_training_rows(tmp_path: Path, task: str) -> None:
    done = made(tmp_path, table(task, levels=20, pull=2.0), task, whole=True)
    predictor = Predictor.open(done.folder / "artifacts/bundle")
    served = [item for item in predictor.transform.recipe.categories if item.encode == "target"]
    assert [item.label for item in served] == (["high", "low", "middle"] if task == "multiclass" else [""])
    train = pl.read_parquet(done.folder / "artifacts/split/train.parquet")
    y = encode(predictor.transform.recipe.target, train)
    for place, item in enumerate(served):
        outcome = (y == place) if task == "multiclass" else y
        outcome = (outcome - outcome.mean()) / outcome.std() if task == "regression" else outcome
        prior, level = float(np.mean(outcome)), item.levels[3]
        of_level = outcome[(train["id"] == level).fill_null(value=False).to_numpy()]
        expected = (of_level.sum() + PRIOR * prior) / (len(of_level) + PRIOR)
        assert item.means[3] == pytest.approx(expected, abs=1e-9)
        assert item.means[-2] == pytest.approx(prior, abs=1e-9)
        gone = outcome[train["id"].is_null().to_numpy()]
        assert item.means[-1] == pytest.approx((gone.sum() + PRIOR * prior) / (len(gone) + PRIOR), abs=1e-9)
    rows = [{"id": each, "number": 0.5} for each in (served[0].levels[0], "never seen", None)]
    answers = predictor.predict_rows(rows)
    test = pl.read_parquet(done.folder / "artifacts/split/test.parquet")
    assert np.isfinite(answers).all()
    assert np.isfinite(scored(predictor, test)).all()


def test_a_level_of_few_rows_is_none(tmp_path: Path) -> None:
    rows = table(rows=600, levels=3)
    rare = rows.with_columns(id=pl.when(pl.int_range(pl.len()) < 4).then(pl.lit("rare")).otherwise(pl.col("id")))
    item = recipe_of(made(tmp_path, rare)).categories[-1]
    assert "rare" not in item.levels
    assert len(item.levels) == 3


def test_validation_and_test_are_in_no_average(tmp_path: Path) -> None:
    first = made(tmp_path / "first", table(levels=20, pull=1.0))
    beside = [pl.read_parquet(first.folder / f"artifacts/split/{part}.parquet") for part in ("validation", "test")]
    judged = pl.concat(beside)["__row__"]
    spoilt = table(levels=20, pull=1.0).with_row_index("at")
    spoilt = spoilt.with_columns(y=pl.when(pl.col("at").is_in(judged.to_list())).then(~pl.col("y")).otherwise("y"))
    second = made(tmp_path / "second", spoilt.drop("at"))
    assert recipe_of(first) == recipe_of(second)
    assert arrays(first, "train")[0].tobytes() == arrays(second, "train")[0].tobytes()


def test_the_order_of_rows_is_drawn_from_the_seed(tmp_path: Path) -> None:
    rows = table(levels=20, pull=1.0)
    codes = [
        arrays(made(tmp_path / name, rows, features={**CODED["features"], "seed": seed}), "train")[0].tobytes()
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    ]
    assert codes[0] == codes[1] != codes[2]


def test_rows_count_by_their_weight(tmp_path: Path) -> None:
    weights = np.random.default_rng(1).uniform(0.5, 4, 3_000)
    done = made(tmp_path, table(levels=5, pull=1.0).with_columns(w=weights), weight="w")
    train, item = pl.read_parquet(done.folder / "artifacts/split/train.parquet"), recipe_of(done).categories[-1]
    y, by = train["y"].to_numpy().astype(float), train["w"].to_numpy()
    of_level = (train["id"] == item.levels[0]).fill_null(value=False).to_numpy()
    prior, share = np.average(y, weights=by), by / by.mean()
    expected = (share[of_level] @ y[of_level] + PRIOR * prior) / (share[of_level].sum() + PRIOR)
    assert (item.means[0], item.means[-2]) == pytest.approx((expected, prior), abs=1e-9)


def test_folds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        made(tmp_path, table(levels=20), split={"folds": 3})
    assert caught.value.message == (
        "columns of `target_coded` know the targets of all rows, and a member of folds is judged on some"
    )
    assert caught.value.hint == "split by `fractions`, or choose other `columns`"


def test_training_rows_alone_are_told_otherwise_than_what_is_served(tmp_path: Path) -> None:
    """`fit_target_codes.learnt_from` gives the columns that differ; what the transform makes is what serves."""
    done = made(tmp_path, table(levels=20, pull=1.0), whole=True)
    predictor, recipe = Predictor.open(done.folder / "artifacts/bundle"), recipe_of(done)
    train = pl.read_parquet(done.folder / "artifacts/split/train.parquet")
    (place,) = fit_target_codes.learnt_from(recipe, train, None, 0)
    assert recipe.kept()[place].name == "id by target"
    x = np.load(done.folder / "artifacts/features/validation_x.npy")
    validation = pl.read_parquet(done.folder / "artifacts/split/validation.parquet")
    narrow = transformed(predictor.transform, validation)
    names = [each.name for each in predictor.transform.recipe.kept()]
    assert x[:, place].tobytes() == np.ascontiguousarray(narrow[:, names.index("id by target")]).tobytes()


MIXED = ["numbers", "codes", "long_target_coded"]


def test_only_long_categories_are_told_by_the_target_beside_their_codes(tmp_path: Path) -> None:
    rows = table(levels=300, pull=2.0).with_columns(short=pl.Series(["a", "b", "c"] * 1_000))
    mixed = made(tmp_path / "mixed", rows, features={"groups": MIXED})
    whole = made(tmp_path / "whole", rows)
    told = [each.column for each in recipe_of(mixed).kept() if each.group == "long_target_coded"]
    assert told == ["id"]
    assert [each.column for each in recipe_of(whole).kept() if each.group == "target_coded"] == ["id", "short"]
    place = next(at for at, each in enumerate(recipe_of(mixed).kept()) if each.group == "long_target_coded")
    for part in ("train", "validation"):
        x = np.load(mixed.folder / f"artifacts/features/{part}_x.npy")
        assert x[:, place].tobytes() == np.ascontiguousarray(arrays(whole, part)[0][:, 0]).tobytes()


def test_a_strong_long_category_is_not_lost_to_trees_that_read_both_ways(tmp_path: Path) -> None:
    rows = table(rows=6_000, levels=250, pull=2.0)
    found = {}
    for columns, groups in (("native", MIXED[:2]), ("mixed", MIXED)):
        train = {"candidates": {"one": {**TREES, "columns": columns}}}
        done = made(tmp_path / columns, rows, whole=True, features={"groups": groups}, train=train)
        found[columns] = done.report("metrics")["models"]["candidate"]["auroc"]["value"]
    assert found["mixed"] > found["native"] + 0.1
