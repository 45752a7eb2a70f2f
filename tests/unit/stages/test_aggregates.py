"""Aggregates of `derive` are learnt from train alone, and looked up alike in a table of a stage and in a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.bundle.recipe import Recipe
from mlops.bundle.transform import Transform
from mlops.errors import DataError, IntegrityError
from mlops.expressions.aggregates import MOST
from mlops.files.canonical import dumps
from mlops.stages import features
from mlops.stages.fit_options import Options
from mlops.stages.fit_transform import fit
from mlops.stages.tables import transformed
from tests.builders.rows import json_row
from tests.builders.staged import Staged, staged
from tests.unit.stages.test_fit_transform import schema_of

pytestmark = pytest.mark.slow

SCHEMA = {"x": pl.Float64, "n": pl.Int64, "t": pl.Boolean, "plan": pl.String, "y": pl.Int64}
VALUES = {
    "x": st.none() | st.floats(-1e9, 1e9) | st.integers(-3, 3).map(float),
    "n": st.none() | st.integers(-3, 3) | st.integers(-(2**53), 2**53),
    "t": st.none() | st.booleans(),
    "plan": st.none() | st.sampled_from(["a", "b", "é", "e\u0301", ""]),
    "y": st.integers(0, 1),
}
TRAIN = st.lists(st.fixed_dictionaries(VALUES), min_size=3, max_size=12)
NAMES = st.sampled_from(["mean", "median", "std", "min", "max", "sum"])
LEVELS = st.sampled_from(["plan", "n", "[plan, t]", "[t, n, plan]", "[]"])
AGGREGATE = st.tuples(NAMES, st.sampled_from(["x", "n * 2", "t", "log(x)"]), LEVELS).map(
    lambda each: f"{each[0]}({each[1]}, by={each[2]})"
)
EXPRESSIONS = st.one_of(
    AGGREGATE,
    AGGREGATE.map(lambda each: f"x / {each}"),
    st.tuples(AGGREGATE, LEVELS).map(lambda each: f"if({each[0]} > x, count(by={each[1]}), {each[0]})"),
)


def learnt(train: pl.DataFrame, *names: str, **derive: str) -> Recipe:
    options = {"numeric": {"impute": "median", "scale": "standard", "indicator": True}}
    return fit(
        train,
        schema_of(train),
        Options(task="binary", target="y", derive=derive, learnt=names or tuple(derive), **options),  # type: ignore[arg-type]
    )


@settings(max_examples=60, deadline=None)
@given(rows=TRAIN, asked=TRAIN, expression=EXPRESSIONS)
def test_stage_and_server_have_the_same_bits_of_rows_that_training_had_not(
    rows: list[Any], asked: list[Any], expression: str
) -> None:
    train, others = (
        pl.DataFrame(each, schema=SCHEMA).with_columns(pl.col("plan").str.normalize("NFC")) for each in (rows, asked)
    )
    train = train.with_row_index("varies").cast({"varies": pl.Int64})
    others = others.with_row_index("varies").cast({"varies": pl.Int64})
    recipe = learnt(train, new=expression, then="new * 2")
    transform = Transform(Recipe.parse(dumps(recipe.model_dump(mode="json")).encode()))
    for frame in (train, others):
        whole = transformed(transform, frame)
        sent = [json_row(row) for row in frame.iter_rows(named=True)]
        assert transform.apply_rows(sent).tobytes() == whole.tobytes()
        assert np.concatenate([transform.apply_rows([row]) for row in sent]).tobytes() == whole.tobytes()


def test_a_text_and_a_truth_may_be_made_of_aggregates() -> None:
    train = table().cast({"y": pl.Int64})
    recipe = learnt(train, size="if(amount > mean(amount, by=plan), 'large', plan)", above="amount > median(amount)")
    assert {each.name: each.type for each in recipe.made} == {"size": "string", "above": "bool"}
    assert "size=large" in (recipe.features or ())
    transform = Transform(recipe)
    rows = [json_row(row) for row in train.drop("y").iter_rows(named=True)]
    assert transform.apply_rows(rows).tobytes() == transformed(transform, train).tobytes()


def table(rows: int = 240) -> pl.DataFrame:
    """Make a table in which only the amount beside what is usual for a plan says something."""
    chance = np.random.default_rng(5)
    plan = chance.integers(0, 3, rows)
    usual = np.array([10.0, 100.0, 1000.0])[plan]
    share = chance.lognormal(0, 0.4, rows)
    says = share * chance.lognormal(0, 0.2, rows) > 1
    return pl.DataFrame(
        {"amount": usual * share, "plan": [f"p{each}" for each in plan], "noise": chance.normal(size=rows), "y": says}
    )


DERIVE = {"high": "amount / mean(amount, by=plan)", "rare": "count(by=plan)", "dear": "high > 1.5"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    asked = {"derive": DERIVE, "columns": {"plan": {"type": "category"}}}
    learns = {"derive": DERIVE, "learnt": ["dear", "high", "rare"]}
    return staged(tmp_path_factory.mktemp("aggregates"), table(), "binary", validate=asked, features=learns)


def test_a_pipeline_learns_from_what_its_plan_has(run: Staged) -> None:
    recipe = Recipe.parse((run.folder / "artifacts/bundle/transform.json").read_bytes())
    train = pl.read_parquet(run.folder / "artifacts/split/train.parquet")
    means = train.group_by("plan").agg(pl.col("amount").mean()).sort("plan")
    high = next(each for each in recipe.made if each.name == "high")
    assert high.learnt[0].keys == (("p0",), ("p1",), ("p2",))
    assert high.learnt[0].values == pytest.approx(means["amount"].to_list(), rel=1e-12)
    assert recipe.schema_version == 2
    assert [column.name for column in recipe.columns] == ["amount", "plan", "noise"]
    assert {"high", "rare", "dear"} <= set(recipe.features or ())
    assert run.report("metrics")["models"]["candidate"]["auroc"]["value"] > 0.9


def test_no_row_of_validation_or_test_changes_what_is_learnt(run: Staged) -> None:
    made = run.folder / "artifacts/features/transform.json"
    before = made.read_bytes()
    kept = {}
    for part in ("validation", "test"):
        path = run.folder / f"artifacts/split/{part}.parquet"
        kept[path] = path.read_bytes()
        pl.read_parquet(path).with_columns(pl.col("amount") * 1e6, plan=pl.lit("never")).write_parquet(path)
    try:
        features.run(run.context("features"))
        assert made.read_bytes() == before
    finally:
        for path, data in kept.items():
            path.write_bytes(data)


def test_no_table_has_the_columns_before_the_split(run: Staged) -> None:
    assert not {*DERIVE} & {*pl.read_parquet(run.folder / "artifacts/valid.parquet").columns}
    schema = json.loads((run.folder / "artifacts/schema.json").read_bytes())
    assert not {*DERIVE} & {column["name"] for column in schema["columns"]}


def test_a_leak_of_many_rows_is_found(tmp_path: Path) -> None:
    rows = table().with_columns(case=pl.int_range(240) // 2).sort("y").with_columns(case=pl.int_range(240) // 2)
    rows = rows.with_columns(paid=pl.col("y").cast(pl.Float64) * 9 + pl.col("noise") / 100)
    derive = {"usual": "mean(paid, by=case)"}
    asked = {"derive": derive, "exclude": ["paid"], "columns": {"case": {"type": "int"}}}
    with pytest.raises(DataError, match=r"leakage: `usual`"):
        staged(tmp_path, rows, "binary", validate=asked, features={"derive": derive, "learnt": ["usual"]})


def test_an_aggregate_that_does_not_fit_its_columns_is_refused_before_anything_is_learnt(tmp_path: Path) -> None:
    with pytest.raises(DataError) as told:
        staged(tmp_path, table(), "binary", validate={"derive": {"odd": "mean(plan, by=noise)"}})
    assert "derive: `derive` cannot compute `odd`: `mean` takes numbers, and this is a text" in str(told.value)


def test_more_levels_than_a_bundle_carries_are_refused() -> None:
    rows = MOST // 2 + 1
    train = pl.DataFrame({"code": pl.int_range(rows, eager=True), "x": 1.5, "y": [0] * (rows - 1) + [1]})
    with pytest.raises(DataError) as told:
        learnt(train, how="count(by=code)", usual="x - mean(x, by=code)")
    assert told.value.message == (
        "aggregates of `derive` have 100,002 levels in the rows of training, 50,001 of them `count(by=code)`, "
        "and a bundle carries at most 100,000"
    )
    assert told.value.hint == "go by a column of fewer levels, such as the beginning of a code: `prefix(code, 3)`"


FROZEN = {"otherwise": 2.0, "keys": [["a"], ["b"]], "values": [1.0, 3.0]}


@pytest.mark.parametrize(
    "learnt",
    [
        None,
        [FROZEN, FROZEN],
        [FROZEN | {"values": [1.0]}],
        [FROZEN | {"keys": [["a"], ["a"]]}],
        [FROZEN | {"keys": [["a"], [1]]}],
        [FROZEN | {"keys": [["a"], ["b", "c"]]}],
        [FROZEN | {"otherwise": "none"}],
    ],
)
def test_a_bundle_whose_aggregates_are_damaged_is_no_bundle(learnt: Any) -> None:
    made = {"name": "m", "type": "float", "expression": "mean(x, by=plan)", "learnt": [FROZEN]}
    recipe = {
        "schema_version": 2,
        "kind": "tabular",
        "task": "regression",
        "target": {"name": "y"},
        "columns": [
            {"name": name, "type": kind, "nullable": True} for name, kind in (("x", "float"), ("plan", "category"))
        ],
        "numbers": [{"column": "m", "fill": 0.0, "shift": 0.0, "scale": 1.0}],
    }
    assert Recipe.parse(json.dumps(recipe | {"made": [made]}).encode()).made[0].learnt[0].values == (1.0, 3.0)
    damaged = {key: value for key, value in made.items() if key != "learnt"} | (
        {} if learnt is None else {"learnt": learnt}
    )
    with pytest.raises(IntegrityError, match=r"transform.json is not a transform"):
        Recipe.parse(json.dumps(recipe | {"made": [damaged]}).encode())


def test_a_recipe_with_aggregates_is_of_a_version_that_earlier_releases_refuse() -> None:
    with pytest.raises(ValueError, match="of other aggregates"):
        recipe = learnt(table().cast({"y": pl.Int64}), high=DERIVE["high"])
        Recipe.model_validate({**dict(recipe), "schema_version": 1})
