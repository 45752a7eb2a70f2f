"""A transform of several groups of columns: the same bits in training and in serving, whichever are left."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.column_group import CODES, NUMBERS, ONEHOT, ORDINAL, SCALED
from mlops.bundle.recipe import Recipe
from mlops.bundle.transform import Transform
from mlops.errors import IntegrityError
from mlops.files.canonical import dumps
from mlops.stages.kept_features import keeping
from mlops.stages.tables import transformed
from tests.builders.bundles import make_frame, make_recipe
from tests.builders.rows import json_row
from tests.unit.bundle.test_transform import ROWS, SCHEMA

TRAIN = make_frame(200)
WHOLE = [
    Recipe.model_validate(make_recipe(TRAIN, groups=["numbers", "codes"])),
    Recipe.model_validate(
        make_recipe(TRAIN, groups=["codes", "numbers"], categorical={"encode": "ordinal", "at_most": 2})
    ),
]
SOME = [
    (whole, names)
    for whole in WHOLE
    for count in range(1, len(whole.groups().names) + 1)
    for names in combinations(whole.groups().names, count)
]


def left(whole: Recipe, names: tuple[str, ...]) -> Recipe:
    return keeping(whole, [feature for feature in whole.kept() if feature.group in names])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(rows=ROWS, which=st.sampled_from(SOME))
def test_what_is_left_has_the_bits_of_the_whole_in_training_and_in_serving(
    rows: list[dict[str, object]], which: tuple[Recipe, tuple[str, ...]]
) -> None:
    whole, names = which
    frame, part = pl.DataFrame(rows, schema=SCHEMA), Transform(left(whole, names))
    served = part.apply_rows(
        [
            {name: value for name, value in json_row(row).items() if name in part.recipe.types}
            for row in frame.iter_rows(named=True)
        ]
    )
    x = transformed(Transform(whole), frame)
    assert served.tobytes() == transformed(part, frame).tobytes()
    assert served.tobytes() == np.take(x, whole.groups().positions(names), axis=1).tobytes()
    assert part.recipe.groups() == whole.groups().taking(names)
    missing = np.zeros(x.shape[1], dtype=bool)
    missing[list(whole.groups().missing)] = True
    assert np.isfinite(x[:, ~missing]).all()
    assert not np.isinf(x).any()


def test_groups_stand_side_by_side() -> None:
    assert [whole.groups().names for whole in WHOLE] == [
        (SCALED, ONEHOT, CODES, NUMBERS),
        (SCALED, ORDINAL, CODES, NUMBERS),
    ]
    for whole in WHOLE:
        layout = whole.groups()
        assert [place for group in layout.groups for place in group.positions] == list(range(layout.width))
    codes = WHOLE[0].groups().group(CODES)
    assert codes is not None
    assert codes.sizes == (6,)  # four plans, unseen, missing


def test_numbers_are_as_the_table_has_them() -> None:
    part = Transform(left(WHOLE[0], (NUMBERS,)))
    row = dict.fromkeys(SCHEMA) | {"age": 41.5, "visits": 7, "joined": "2020-02-03"}
    assert part.features[:3] == ("age", "visits", "insured")
    assert part.apply_rows([row])[0][:3].tolist() == pytest.approx([41.5, 7, np.nan], nan_ok=True)
    named = dict(zip(part.features, part.apply_rows([row])[0].tolist(), strict=True))
    assert (named["joined.year"], named["joined.month"], named["joined.weekday"]) == (2020, 2, 1)
    assert np.isnan(named["seen.year"])
    huge = part.apply_rows([row | {"age": 1e300, "visits": -(10**300)}, row | {"age": float("inf")}])
    largest = float(np.finfo(np.float32).max)
    assert huge[:, 0].tolist() == pytest.approx([largest, np.nan], nan_ok=True)
    assert huge[0, 1] == -largest


def test_codes_tell_unseen_from_missing_from_levels() -> None:
    part = Transform(left(WHOLE[0], (CODES,)))
    levels = next(item.levels for item in part.recipe.categories)
    values = ["never seen", "", None, *levels]
    assert part.apply_rows([{"plan": value} for value in values])[:, 0].tolist() == [0, 0, 1, 2, 3, 4, 5]
    assert [column.name for column in part.recipe.columns] == ["plan"]


def test_numbers_far_from_zero_keep_what_tells_them_apart() -> None:
    days = [20240101 + index for index in range(30)]
    frame = make_frame(30).with_columns(visits=pl.Series(days))
    whole = Recipe.model_validate(make_recipe(frame, groups=["numbers"]))
    x = transformed(Transform(whole), frame)
    place = [feature.name for feature in whole.kept()].index("visits", len(whole.groups().positions([SCALED])))
    assert np.unique(x[:, place]).size == 30
    assert np.unique(np.array(days, dtype=np.float32)).size < 30


@pytest.mark.parametrize("names", [(SCALED, ONEHOT), (SCALED,), (ONEHOT,)])
def test_what_every_pipeline_has_is_spelt_as_before(names: tuple[str, ...]) -> None:
    usual = Recipe.model_validate(make_recipe(TRAIN))
    spelt = dumps(left(WHOLE[0], names).model_dump(mode="json"))
    assert spelt == dumps(left(usual, names).model_dump(mode="json"))
    assert json.loads(spelt)["schema_version"] == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema_version": 1}, "of groups that version 1 does not know"),
        ({"schema_version": 3}, "unknown"),
        ({"features": ["age"]}, "not what is kept"),
    ],
)
def test_a_transform_of_another_version_is_refused(change: dict[str, object], why: str) -> None:
    document = WHOLE[0].model_dump(mode="json") | change
    with pytest.raises(IntegrityError, match="transform.json is not a transform: 1 problems"):
        Recipe.parse(json.dumps(document).encode())
    assert why


def test_a_scaled_number_has_a_fill_and_one_as_it_is_no_scale() -> None:
    document = WHOLE[0].model_dump(mode="json")
    last = document["numbers"][-1]
    assert last["fill"] is None
    for spoilt in ({"scale": 2.0}, {"indicator": True}):
        numbers = [*document["numbers"][:-1], last | spoilt]
        with pytest.raises(ValueError, match="a number without a fill is not as the table has it"):
            Recipe.model_validate(document | {"numbers": numbers})
    with pytest.raises(ValueError, match="numbers as they are come last"):
        Recipe.model_validate(document | {"numbers": document["numbers"][::-1]})
