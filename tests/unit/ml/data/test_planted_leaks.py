"""Leaks of every kind, planted one at a time: each is found by its name, and nothing else is accused."""

import datetime
import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn import datasets

from mlops.errors import DataError
from mlops.ml.data import parquet
from mlops.stages import split, validate
from mlops.stages.context import StageContext
from mlops.stages.ingest import RAW

pytestmark = pytest.mark.slow

RAND_HIE = Path(__file__).parents[4] / "pipelines" / "rand_hie" / "data" / "rand_hie.csv.gz"
ROWS = 1_500


def clean(rows: int = ROWS, seed: int = 3) -> pl.DataFrame:
    """A table whose target depends honestly on its columns."""
    draw = np.random.default_rng(seed)
    age, income = draw.normal(45, 12, rows).round(1), draw.lognormal(10, 0.4, rows).round(2)
    tenure, score = draw.gamma(2, 3, rows).round(2), draw.normal(0.2, 1.4, rows)
    city = draw.choice(["Bonn", "Oslo", "Rome", "Wien"], rows)
    left = 0.04 * (age - 45) - 0.2 * (tenure - 6) + 0.5 * score + draw.logistic(size=rows) > 0.3
    return pl.DataFrame(
        {
            "age": age,
            "income": income,
            "tenure": tenure,
            "score": score,
            "city": city,
            "left": np.where(left, "yes", "no"),
        }
    )


def accused(
    folder: Path, frame: pl.DataFrame, *, task: str = "binary", target: str = "left", by: str = "random", **more
):
    """Run both stages as DVC would; give what failed as pairs of check and column."""
    home = folder / "pipelines" / "churn"
    named = {key: more.pop(key) for key in ("entity", "key") if key in more}
    parquet.write(frame.with_row_index("__row__").cast({"__row__": pl.Int64}), home / RAW)
    section = {"task": task, "target": target, "entity": named.get("entity"), **more}
    if "key" in named:
        section["keys"] = [*section.get("keys", []), named["key"]]
    for stage, run, params in (
        ("validate", validate.run, section),
        ("split", split.run, {"task": task, "target": target, "by": by, **named}),
    ):
        try:
            run(StageContext(home, "churn", stage, params))
        except DataError as error:
            if "of the entity" in error.message:
                return {("entity_overlap", named["entity"])}
            break
    reports = [home / validate.REPORT, home / split.REPORT]
    found = [check for path in reports if path.exists() for check in json.loads(path.read_text())["checks"]]
    return {(check["name"], check["column"]) for check in found if not check["passed"]}


def yes(frame: pl.DataFrame) -> np.ndarray:
    return (frame["left"] == "yes").to_numpy()


def near_perfect(frame, draw):
    return frame.with_columns(x=pl.Series(yes(frame) + draw.normal(0, 0.15, frame.height)))


def proxy(frame, draw):
    return frame.with_columns(x=pl.col("left").replace_strict({"yes": "A7", "no": "B2"}))


def after_outcome(frame, draw):
    return frame.with_columns(x=pl.Series(np.where(yes(frame), draw.gamma(2, 50, frame.height).round(2), 0.0)))


def told_by_absence(frame, draw):
    values = np.where(yes(frame), draw.normal(5, 1, frame.height), np.nan)
    return frame.with_columns(x=pl.Series(values).fill_nan(None))


def copies(frame, draw):
    return pl.concat([frame, frame.sample(frame.height // 4, seed=1)]).sample(fraction=1, shuffle=True, seed=2)


def copies_with_noise(frame, draw):
    some = frame.sample(frame.height // 4, seed=1)
    shaken = [
        pl.col(name) + pl.Series(draw.normal(0, 1e-3 * frame[name].std(), some.height)) for name in frame.columns[:4]
    ]
    return pl.concat([frame, some.with_columns(shaken)]).sample(fraction=1, shuffle=True, seed=2)


def numbered(frame, draw):
    return frame.with_columns(x=pl.int_range(10_000, 10_000 + frame.height))


def standardised(frame, draw):
    return frame.with_columns((pl.col("income") - pl.col("income").mean()) / pl.col("income").std())


def encoded(frame, draw):
    city = pl.Series("shop", draw.integers(0, 40, frame.height))
    frame = frame.with_columns(city, hit=pl.Series(yes(frame).astype(float)))
    return frame.with_columns(x=pl.col("hit").mean().over("shop")).drop("shop", "hit")


def encoded_smoothly(frame, draw):
    shop = pl.Series("shop", draw.integers(0, 40, frame.height))
    frame = frame.with_columns(shop, hit=pl.Series(yes(frame).astype(float)))
    total = pl.col("hit").sum().over("shop") + 10 * pl.col("hit").mean()
    return frame.with_columns(x=total / (pl.len().over("shop") + 10)).drop("shop", "hit")


def imputed(frame, draw):
    gone = pl.Series(draw.random(frame.height) < 0.1)
    return frame.with_columns(tenure=pl.when(gone).then(None).otherwise(pl.col("tenure"))).with_columns(
        pl.col("tenure").fill_null(strategy="mean")
    )


def visits(frame, draw):
    return frame.with_columns(person=pl.Series(draw.integers(0, frame.height // 3, frame.height)))


def dated(frame, draw):
    start = datetime.date(2024, 1, 1)
    return frame.with_columns(
        day=pl.Series([start + datetime.timedelta(int(d)) for d in draw.integers(0, 700, frame.height)])
    )


PLANTED = {
    "near-perfect predictor": (near_perfect, {}, ("leakage", "x")),
    "target proxy": (proxy, {}, ("leakage", "x")),
    "known only after the outcome": (after_outcome, {}, ("leakage", "x")),
    "told by absence": (told_by_absence, {}, ("leakage", "x")),
    "computed from the target's origin": (
        near_perfect,
        {
            "target": "goal",
            "derive": {"goal": {"from": "x", "rule": "greater_than", "value": 0.5}},
            "exclude": ["left"],
        },
        ("leakage", "x"),
    ),
    "exact copies across splits": (copies, {}, ("duplicates_across_splits", None)),
    "near copies across splits": (copies_with_noise, {}, ("near_duplicates_across_splits", None)),
    "id column": (numbered, {}, ("id_column", "x")),
    "standardised before the split": (standardised, {}, ("fit_before_split", "income")),
    "target encoded before the split": (encoded, {}, ("fit_before_split", "x")),
    "target encoded with smoothing": (encoded_smoothly, {}, ("fit_before_split", "x")),
    "imputed before the split": (imputed, {}, ("fit_before_split", "tenure")),
    "an entity in several parts": (visits, {"entity": "person"}, ("entity_overlap", "person")),
    "a key in several parts": (visits, {"keys": ["person"]}, ("entity_overlap", "person")),
    "the past predicted from the future": (dated, {"exclude": []}, ("time_overlap", "day")),
}


@pytest.mark.parametrize("leak", PLANTED)
def test_a_planted_leak_is_found_by_name_and_nothing_else_is_accused(tmp_path, leak):
    plant, more, expected = PLANTED[leak]
    assert accused(tmp_path, plant(clean(), np.random.default_rng(11)), **more) == {expected}


@pytest.mark.parametrize("seed", [3, 4])
def test_an_honest_table_is_not_accused(tmp_path, seed):
    assert accused(tmp_path, clean(seed=seed)) == set()


def test_a_split_by_time_has_no_overlap(tmp_path):
    frame = dated(clean(), np.random.default_rng(11))
    assert accused(tmp_path, frame, by="time", key="day") == set()


def test_a_split_by_group_keeps_an_entity_together(tmp_path):
    frame = visits(clean(), np.random.default_rng(11))
    assert accused(tmp_path, frame, by="group", key="person", entity="person") == set()


def test_coarse_tables_have_equal_rows_by_chance(tmp_path):
    draw = np.random.default_rng(0)
    coarse = pl.DataFrame(
        {name: draw.integers(0, 3, 2_000) for name in "abcdef"} | {"left": draw.choice(["yes", "no"], 2_000)}
    )
    assert accused(tmp_path, coarse) == set()


def rand_hie():
    after = ["meddol", "outpdol", "drugdol", "suppdol", "mentdol", "inpdol"]
    after += ["totadm", "mdvis", "notmdvis", "mentvis", "lnmeddol", "binexp"]
    with gzip.open(RAND_HIE) as file:
        frame = pl.read_csv(file.read(), infer_schema_length=None)
    more = {"derive": {"any_use": {"from": "meddol", "rule": "greater_than", "value": 0}}, "exclude": after}
    return frame, {"target": "any_use", "by": "group", "key": "zper", "entity": "zper", **more}


def digits():
    loaded = datasets.load_digits()
    frame = pl.DataFrame(loaded.data, schema=[f"pixel_{place}" for place in range(64)])
    return frame.with_columns(digit=loaded.target), {"target": "digit", "task": "multiclass", "by": "stratified"}


def diabetes():
    loaded = datasets.load_diabetes(scaled=False)
    frame = pl.DataFrame(loaded.data, schema=loaded.feature_names)
    return frame.with_columns(progression=loaded.target), {"target": "progression", "task": "regression"}


@pytest.mark.parametrize("dataset", [rand_hie, digits, diabetes], ids=lambda dataset: dataset.__name__)
def test_a_clean_dataset_raises_no_alarm(tmp_path, dataset):
    frame, more = dataset()
    assert {name for name, _ in accused(tmp_path, frame, **more)} <= {"constant"}
