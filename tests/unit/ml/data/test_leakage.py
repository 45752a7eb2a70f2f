import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import datasets

from mlops.ml.data import target as targets
from mlops.ml.data import types
from mlops.ml.data.leakage import find
from mlops.ml.data.suspect import Suspect

pytestmark = pytest.mark.slow

RAND_HIE = Path(__file__).parents[4] / "pipelines" / "rand_hie" / "data" / "rand_hie.csv.gz"
ROWS = 2_000
DRAW = np.random.default_rng(7)
LABEL = DRAW.random(ROWS) < 0.3


def leaks(frame: pl.DataFrame, target: str, task: str, *, public=False, leave_out=(), origins=()):
    settled = {name: types.settle(frame[name]) for name in frame.columns}
    values, found = targets.normalised(settled[target].values, settled[target].type, task)
    known, problems = targets.settle(values, found, task, None)
    assert not problems
    typed = pl.DataFrame([column.values for column in settled.values()]).with_columns(values)
    suspects = [Suspect(name, settled[name].type, public) for name in frame.columns if name not in (target, *leave_out)]
    return find(typed, known, suspects, origins)


def blocked(checks):
    return {check.column for check in checks if check.severity == "block"}


def with_column(values, task="binary", label=LABEL, **more):
    return leaks(pl.DataFrame({"x": values, "y": label}), "y", task, **more)


@pytest.fixture(scope="module")
def visits():
    with gzip.open(RAND_HIE) as file:
        frame = pl.read_csv(file.read(), infer_schema_length=None)
    found = leaks(frame.with_columns(any_use=pl.col("meddol") > 0), "any_use", "binary", leave_out=("zper",))
    return {check.column: check for check in found}


OUTCOMES = [
    *("meddol", "outpdol", "drugdol", "suppdol", "mentdol", "inpdol", "lnmeddol", "binexp"),
    *("totadm", "mdvis", "notmdvis", "mentvis"),
]


@pytest.mark.parametrize("column", OUTCOMES)
def test_every_expense_and_visit_count_of_the_experiment_is_found(visits, column):
    assert visits[column].severity == "block"


def test_no_other_column_of_the_experiment_is_accused(visits):
    assert set(visits) == set(OUTCOMES)


def test_the_sentence_names_the_column_the_region_and_the_target(visits):
    assert visits["outpdol"].message == (
        "`outpdol` gives the target away: where outpdol > 0 (15,032 rows) any_use is always true"
    )
    assert visits["totadm"].message == (
        "`totadm` gives the target away: where totadm > 0 (1,819 rows) any_use is true in all but 10"
    )
    assert visits["binexp"].message == "`binexp` gives the target away: it is `any_use` under another name"


@pytest.mark.parametrize(
    ("load", "task"),
    [
        (datasets.load_digits, "multiclass"),
        (datasets.load_iris, "multiclass"),
        (datasets.load_wine, "multiclass"),
        (datasets.load_diabetes, "regression"),
        (datasets.load_breast_cancer, "binary"),
    ],
)
def test_honest_data_sets_are_not_refused(load, task):
    data = load()
    frame = pl.DataFrame(data.data, schema=[str(name) for name in data.feature_names])
    assert blocked(leaks(frame.with_columns(y=pl.Series(data.target)), "y", task)) == set()


def test_strong_honest_columns_are_only_pointed_at():
    data = datasets.load_breast_cancer()
    frame = pl.DataFrame(data.data, schema=[str(name) for name in data.feature_names])
    found = {check.column: check for check in leaks(frame.with_columns(y=pl.Series(data.target)), "y", "binary")}
    assert found["worst perimeter"].severity == "warn"
    assert found["worst perimeter"].message == (
        "`worst perimeter` may give the target away: alone it predicts y very well (AUC 0.975)"
    )


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(LABEL, id="the same"),
        pytest.param(~LABEL, id="the opposite"),
        pytest.param(LABEL.astype(float), id="as numbers"),
        pytest.param(np.where(LABEL, "gone", "here"), id="as words"),
        pytest.param([1 if label else None for label in LABEL], id="as missing values"),
    ],
)
def test_the_target_under_another_name_is_found(values):
    assert [check.message for check in with_column(values)] == [
        "`x` gives the target away: it is `y` under another name"
    ]


def test_what_the_target_is_computed_from_is_found_whatever_its_values():
    found = with_column(DRAW.normal(size=ROWS), origins=("x",))
    assert [check.message for check in found] == ["`x` gives the target away: `y` is computed from it"]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_score_of_the_target_is_found_in_either_direction(sign):
    found = with_column(sign * (LABEL * 10 + DRAW.normal(size=ROWS)))
    assert [check.severity for check in found] == ["block"]
    assert found[0].message == "`x` gives the target away: alone it predicts y almost perfectly (AUC 1.000)"


def test_a_score_that_is_not_monotone_is_found():
    found = with_column(np.where(LABEL, DRAW.choice([-9, 9], ROWS), 0) + DRAW.normal(size=ROWS))
    assert blocked(found) == {"x"}


def test_missing_values_that_reveal_the_target_are_found():
    values = [float(number) if label else None for label, number in zip(LABEL, DRAW.normal(size=ROWS), strict=True)]
    found = with_column(values)
    missing = ROWS - int(LABEL.sum())
    assert found[0].message == f"`x` gives the target away: where x is missing ({missing:,} rows) y is always false"


def test_texts_that_decide_the_target_are_found():
    words = [f"{'gone' if label else 'here'} {n}" for label, n in zip(LABEL, DRAW.integers(0, 5, ROWS), strict=True)]
    assert blocked(with_column(words)) == {"x"}


def test_a_value_is_named_only_if_the_column_is_public():
    words = np.where(LABEL & (DRAW.random(ROWS) < 0.9), "CANARY", DRAW.choice(["a", "b", "c"], ROWS))
    hidden, shown = with_column(words)[0].message, with_column(words, public=True)[0].message
    assert "has one of its values" in hidden
    assert "canary" not in hidden.lower()
    assert "x is canary" in shown


def test_a_pure_but_partial_category_is_only_pointed_at():
    words = np.where(LABEL & (DRAW.random(ROWS) < 0.4), "odd", DRAW.choice(["a", "b", "c"], ROWS))
    assert [check.severity for check in with_column(words)] == ["warn"]


def test_numbers_that_determine_the_target_are_found():
    y = DRAW.lognormal(size=ROWS)
    for values in (y * 2.54, np.log(y), y + DRAW.normal(size=ROWS) * 0.05):
        assert blocked(with_column(values, task="regression", label=y)) == {"x"}


def test_classes_told_apart_by_one_column_are_found():
    label = DRAW.integers(0, 4, ROWS)
    assert blocked(with_column(label * 10 + DRAW.normal(size=ROWS), task="multiclass", label=label)) == {"x"}


@pytest.mark.parametrize("period", [2, 3, 5])
def test_rows_that_alternate_are_no_leak(period):
    label = np.arange(ROWS) % period == 0
    assert with_column(DRAW.normal(size=ROWS), label=label) == []
    assert with_column(DRAW.choice(["a", "b", "c"], ROWS), label=label) == []


def test_a_few_rows_prove_nothing():
    assert leaks(pl.DataFrame({"x": [0, 0, 5, 6] * 5, "y": [0, 0, 1, 1] * 5}), "y", "binary") == []


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000), st.floats(0.05, 0.95), st.floats(0, 1), st.sampled_from(["amount", "flag", "word", "gap"])
)
def test_noise_is_never_accused(seed, base, zeros, kind):
    draw = np.random.default_rng(seed)
    label, inside = draw.random(1_000) < base, draw.random(1_000) >= zeros
    if len(set(label)) < 2:
        return
    values = {
        "amount": np.where(inside, draw.lognormal(size=1_000), 0),
        "flag": inside.astype(int),
        "word": draw.choice(["a", "b", "c", "d"], 1_000),
        "gap": [float(seed) if one else None for one in inside],
    }[kind]
    assert with_column(values, label=label) == []


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_an_ordinary_useful_column_is_never_refused(seed):
    draw = np.random.default_rng(seed)
    score = draw.normal(size=2_000)
    label = draw.random(2_000) < 1 / (1 + np.exp(-2 * score))
    spent = np.where(score > 1, draw.lognormal(size=2_000), 0)
    assert blocked(with_column(score, label=label)) | blocked(with_column(spent, label=label)) == set()


def test_an_honest_column_with_pure_ends_and_a_stray_zero_is_not_accused():
    values = np.round(DRAW.normal(size=ROWS) + 3 * LABEL, 2)
    values[0] = 0.0
    assert values[~LABEL].min() < 0
    assert blocked(with_column(values)) == set()
