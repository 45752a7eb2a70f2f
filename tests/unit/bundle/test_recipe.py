from __future__ import annotations

import json
from typing import Any

import pytest

from mlops.bundle.recipe import Recipe
from mlops.errors import IntegrityError
from mlops.files.canonical import dumps
from tests.builders.bundles import make_frame, make_recipe

RECIPE = make_recipe(make_frame())


def test_a_recipe_survives_its_json_exactly() -> None:
    once = Recipe.parse(dumps(RECIPE).encode())
    assert Recipe.parse(dumps(once.model_dump(mode="json")).encode()) == once
    assert [item.scale for item in once.numbers] == [item["scale"] for item in RECIPE["numbers"]]


def test_the_features_are_named_in_the_order_of_the_columns_they_fill() -> None:
    recipe = Recipe.model_validate(RECIPE)
    layout = recipe.layout()
    assert recipe.keep is not None
    assert list(recipe.features or ()) == [layout[index].name for index in recipe.keep]


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"keep": [0, 10_000]},
        {"features": ["wrong"]},
        {"shape": [1, 2]},
        {"columns": []},
        {"code": "import os"},
        {"numbers": [RECIPE["numbers"][0] | {"scale": 0.0}]},
        {"numbers": [RECIPE["numbers"][0] | {"column": "plan"}]},
        {"numbers": RECIPE["numbers"][::-1]},
    ],
)
def test_a_recipe_that_does_not_fit_together_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=r"transform\.json is not a transform"):
        Recipe.parse(json.dumps(RECIPE | change).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"schema_version": NaN}'])
def test_bytes_that_are_no_recipe_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"transform\.json is not a transform"):
        Recipe.parse(data)
