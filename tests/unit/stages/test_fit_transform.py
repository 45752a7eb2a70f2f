from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from mlops.bundle.transform import Transform
from mlops.documents.table import TableSchema
from mlops.errors import DataError
from mlops.files.canonical import dumps
from mlops.stages.fit_options import Options
from mlops.stages.fit_transform import fit
from mlops.stages.tables import transformed
from tests.builders.bundles import make_frame, make_recipe, make_schema


def schema_of(frame: pl.DataFrame, **types: str) -> TableSchema:
    kinds = {pl.Float64: "float", pl.Int64: "int", pl.Boolean: "bool", pl.String: "string"}
    columns = [
        {**PLAIN, "name": name, "type": types.get(name, kinds.get(dtype, "float")), "role": "feature"}
        for name, dtype in frame.schema.items()
        if name != "y"
    ]
    columns.append({**PLAIN, "name": "y", "type": "int", "role": "target"})
    told = {"task": "binary", "target": "y", "positive": 1, "classes": [0, 1], "columns": columns}
    return TableSchema.model_validate(told)


PLAIN = {"nullable": False, "sensitive": False, "categories": None, "minimum": None, "maximum": None}


def fitted(frame: pl.DataFrame, **options: Any) -> tuple[dict[str, Any], Transform]:
    task = options.pop("task", "binary")
    recipe = fit(frame, schema_of(frame), Options(task=task, target="y", **options))
    return recipe.model_dump(mode="json"), Transform(recipe)


def numbers(*values: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"a": values, "y": [index % 2 for index in range(len(values))]}, schema_overrides={"a": pl.Float64}
    )


@pytest.mark.parametrize(
    ("impute", "scale", "expected"),
    [
        ("median", "none", [1, 2, 2, 6]),
        ("mean", "none", [1, 2, 3, 6]),
        ("zero", "none", [1, 2, 0, 6]),
        ("zero", "minmax", [1 / 6, 2 / 6, 0, 1]),
        ("mean", "standard", (np.array([1, 2, 3, 6]) - 3) / np.sqrt(3.5)),
        ("median", "robust", [-0.8, 0, 0, 3.2]),
    ],
)
def test_numbers_are_imputed_then_scaled(impute: str, scale: str, expected: Any) -> None:
    frame = numbers(1, 2, None, 6)
    recipe, transform = fitted(frame, numeric={"impute": impute, "scale": scale, "indicator": False})
    assert transformed(transform, frame)[:, 0] == pytest.approx(np.array(expected), rel=1e-6, abs=1e-7)
    assert recipe["columns"] == [{"name": "a", "type": "float", "nullable": True}]


def test_standard_scaling_agrees_with_scikit_learn() -> None:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, other = make_frame(500), make_frame(100, seed=9)
    theirs = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(train.select("age").to_numpy())
    ours = Transform.parse(make_recipe(train))
    assert transformed(ours, other)[:, 0] == pytest.approx(
        theirs.transform(other.select("age").to_numpy())[:, 0], abs=1e-6
    )


def test_missing_values_get_an_indicator_only_where_training_had_them() -> None:
    frame = pl.DataFrame({"a": [1.0, None, 3.0], "b": [1.0, 2.0, 3.0], "c": [1.0, float("nan"), 3.0], "y": [0, 1, 0]})
    recipe, transform = fitted(frame)
    assert recipe["features"] == ["a", "b", "c", "a is null", "c is null"]
    assert transformed(transform, frame)[:, 3:].tolist() == [[0, 0], [1, 1], [0, 0]]
    assert [column["nullable"] for column in recipe["columns"]] == [True, False, True]


def test_levels_are_the_most_frequent_and_ties_go_by_name() -> None:
    frame = pl.DataFrame({"c": ["z", "b", "b", "a", "q", None], "y": [0, 1] * 3})
    recipe, transform = fitted(frame, categorical={"at_most": 2})
    assert recipe["categories"][0]["levels"] == ["b", "a"]
    assert list(transform.features) == ["c=b", "c=a", "c is other", "c is null"]


def test_only_training_rows_are_learnt_from() -> None:
    train = make_frame(100)
    assert make_recipe(train) == make_recipe(train.clone())
    assert make_recipe(train) != make_recipe(train.with_columns(pl.col("age") + 1))


def test_the_order_of_rows_does_not_matter() -> None:
    train = make_frame(300)
    assert make_recipe(train.sample(fraction=1.0, shuffle=True, seed=1)) == make_recipe(train)


def test_constant_and_empty_columns_are_dropped_with_a_note() -> None:
    frame = pl.DataFrame(
        {"a": [1.0, 2.0, 3.0, 4.0], "b": [7.0] * 4, "c": [None] * 4, "d": ["x"] * 4, "e": [5.0, None, 5.0, 5.0]}
        | {"y": [0, 1, 0, 1]},
        schema_overrides={"c": pl.Float64},
    )
    recipe, _ = fitted(frame)
    assert recipe["notes"] == [
        "`c` has no value in training: dropped",
        "`b` is constant in training: dropped",
        "`e` is constant in training: dropped",
        "`d=x` is constant in training: dropped",
    ]
    assert recipe["features"] == ["a", "e is null"]
    assert [column["name"] for column in recipe["columns"]] == ["a", "e"]


def test_infinities_count_as_missing() -> None:
    frame = numbers(1, 2, float("inf"), 3)
    _, transform = fitted(frame, numeric={"scale": "none"})
    assert transformed(transform, frame).tolist() == [[1, 0], [2, 0], [2, 1], [3, 0]]


@pytest.mark.parametrize("by", ["variance", "mutual_information"])
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_selection_keeps_the_telling_feature(by: str, task: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    frame = pl.DataFrame({"noise": rng.normal(size=400), "told": y * 1.0, "more": rng.normal(size=400), "y": y})
    recipe, transform = fitted(frame, task=task, select={"by": by, "keep": 1})
    assert recipe["features"] == ["told"]
    assert recipe["notes"] == [f"1 of 3 features selected by {by}"]
    assert transformed(transform, frame.select("told")).shape == (400, 1)
    assert fitted(frame, task=task, select={"by": by, "keep": 1})[0] == recipe


def test_dropped_columns_are_not_read() -> None:
    recipe = make_recipe(make_frame(), drop=["age", "plan"])
    assert [column["name"] for column in recipe["columns"]] == ["visits", "insured", "joined", "seen"]


def test_a_recipe_is_json_that_reads_back_to_the_same_transform() -> None:
    import json

    recipe = make_recipe(make_frame())
    again = json.loads(dumps(recipe))
    assert again == recipe
    assert (
        transformed(Transform.parse(again), make_frame()).tobytes()
        == transformed(Transform.parse(recipe), make_frame()).tobytes()
    )


def test_an_image_keeps_every_pixel_in_order() -> None:
    frame = pl.DataFrame({"p0": [0, 16], "p1": [8, 8], "p2": [0, 0], "p3": [4, 4], "y": [0, 1]})
    recipe, transform = fitted(frame, kind="image", image={"shape": [1, 2, 2], "scale": 16.0})
    assert recipe["shape"] == [1, 2, 2]
    assert transformed(transform, frame).tolist() == [[[[0, 0.5], [0, 0.25]]], [[[1, 0.5], [0, 0.25]]]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": ["nothing"]}, "`drop` names what is not a feature: `nothing`"),
        ({"drop": ["a"]}, "no feature is left after dropping and excluding columns"),
        ({"kind": "image"}, "kind image needs `image: {shape: [channels, height, width]}`"),
        (
            {"kind": "image", "image": {"shape": [1, 2, 2]}},
            "an image of 1 x 2 x 2 has 4 pixels but there are 1 columns",
        ),
    ],
)
def test_what_cannot_be_fitted_is_said(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        fitted(numbers(1, 2), **options)
    assert str(caught.value) == message


def test_only_constant_features_are_refused() -> None:
    with pytest.raises(DataError, match="every feature is constant"):
        fitted(numbers(1, 1))


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Options(task="binary", target="y", numerics={})


def test_the_schema_of_the_builder_fits_every_task() -> None:
    for task in ("binary", "multiclass", "regression"):
        assert make_recipe(make_frame(task=task), task)["target"]["classes"] == make_schema(task)["classes"]
