from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlops.bundle.recipe import Recipe
from mlops.bundle.recipe_items import Column
from mlops.files.canonical import dumps
from mlops.stages.profile import profile

pytestmark = pytest.mark.slow


def recipe(task: str = "binary") -> Recipe:
    columns = [
        {"name": "n", "type": "float", "nullable": True},
        {"name": "c", "type": "string", "nullable": True},
        {"name": "d", "type": "date", "nullable": True},
    ]
    target = {"name": "y", "classes": ["a", "b"]}
    document = {"schema_version": 1, "kind": "tabular", "task": task, "target": target, "columns": columns}
    return Recipe.model_validate(document)


def test_many_levels_are_cut_and_few_numbers_kept_apart() -> None:
    train = pl.DataFrame(
        {"n": [1.0, 2.0, None, float("nan")] * 10, "c": [f"level {index}" for index in range(40)], "d": [None] * 40},
        schema_overrides={"d": pl.Date},
    )
    described = profile(train, recipe(), np.linspace(0, 1, 200, dtype=np.float32)).value()
    assert described["columns"]["n"]["nulls"] == 0.5
    assert described["columns"]["n"]["values"] == [1.0, 2.0]
    assert described["columns"]["n"]["shares"] == [0.5, 0.5]
    assert described["columns"]["c"]["distinct"] == 40
    assert len(described["columns"]["c"]["frequencies"]) == 20
    assert described["columns"]["c"]["other"] == 0.5
    assert described["columns"]["d"] == {"type": "date", "nulls": 1.0, "minimum": None, "maximum": None}
    assert described["scores"]["shares"] == [0.1] * 10
    dumps(described)


@pytest.mark.parametrize("name", ["rows", "count", "level"])
def test_a_column_of_text_may_have_any_name(name: str) -> None:
    column = {"name": name, "type": "string", "nullable": False}
    described = profile(
        pl.DataFrame({name: ["b", "a", "b", "c"]}),
        recipe().model_copy(update={"columns": (Column.model_validate(column),)}),
        np.zeros(4, dtype=np.float32),
    ).value()
    assert described["columns"][name]["frequencies"] == {"b": 0.5, "a": 0.25, "c": 0.25}


def test_no_rows_have_a_profile_too() -> None:
    empty = pl.DataFrame(schema={"n": pl.Float64, "c": pl.String, "d": pl.Date})
    described = profile(empty, recipe(), np.zeros(0, dtype=np.float32)).value()
    assert described["rows"] == 0
    dumps(described)


def test_several_classes_are_counted_by_the_likeliest() -> None:
    empty = pl.DataFrame(schema={"n": pl.Float64, "c": pl.String, "d": pl.Date})
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]], dtype=np.float32)
    assert profile(empty, recipe("multiclass"), scores).value()["scores"]["classes"] == {"a": 0.25, "b": 0.75}
