from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.cost import Cost
from mlops.errors import DataError
from mlops.ml.evaluation.metrics import compute
from mlops.ml.evaluation.studies import costs, threshold
from tests.builders.evaluations import binary

VALUES = np.array([[0.0, -1.0], [-10.0, 0.0]])


def worth(y: np.ndarray, score: np.ndarray, at: float, values: np.ndarray = VALUES) -> float:
    return compute("value", y, score, (score > at).astype(np.int64), values)


def test_a_missed_positive_ten_times_as_dear_lowers_the_threshold_to_an_eleventh() -> None:
    assert threshold.theoretical(VALUES) == pytest.approx(1 / 11)
    assert threshold.theoretical(np.array([[0.0, -1.0], [-1.0, 0.0]])) == 0.5


def test_no_other_threshold_is_worth_more() -> None:
    data = binary(500)
    y, score = data.target, data.scores["candidate"]
    choice = threshold.choose(y, score, VALUES)
    assert choice.rows == 500
    assert choice.value == pytest.approx(worth(y, score, choice.threshold))
    assert choice.value == pytest.approx(max(worth(y, score, at) for at in (-1.0, *score)))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])), min_size=1, max_size=20),
    st.floats(0.1, 100),
)
def test_the_choice_beats_every_score_and_every_constant(rows: list[tuple[int, float]], miss: float) -> None:
    y, score = (np.array(column) for column in zip(*rows, strict=True))
    values = np.array([[0.0, -1.0], [-miss, 0.0]])
    choice = threshold.choose(y, score, values)
    assert choice.value == pytest.approx(worth(y, score, choice.threshold, values))
    assert choice.value >= max(worth(y, score, at, values) for at in (-1.0, 2.0, *score)) - 1e-9


def test_among_equals_the_nearest_to_theory_is_chosen() -> None:
    y, score = np.array([0, 0, 1, 1]), np.array([0.01, 0.05, 0.4, 0.9])
    assert threshold.choose(y, score, VALUES).threshold == pytest.approx((0.05 + 0.4) / 2)


def test_the_curve_is_the_mean_value_at_each_threshold() -> None:
    data = binary(300)
    y, score = data.target, data.scores["candidate"]
    drawn = threshold.curve(y, score, VALUES, 11)
    assert drawn[:, 0].tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    assert drawn[:, 1] == pytest.approx([worth(y, score, at) for at in drawn[:, 0]])


def test_at_the_break_even_price_the_model_is_worth_one_decision_for_all() -> None:
    data = binary(400)
    y, score = data.target, data.scores["candidate"]
    chosen = (score > threshold.choose(y, score, VALUES).threshold).astype(np.int64)
    prices = costs.break_even(y, chosen, VALUES)
    for name, at, other in (("false_positive", (0, 1), 0), ("false_negative", (1, 0), 1)):
        priced = VALUES.copy()
        priced[at] = prices[name]
        constant = compute("value", y, score, np.full(len(y), other), priced)
        assert compute("value", y, score, chosen, priced) == pytest.approx(constant)


def test_prices_are_said_as_costs() -> None:
    prices = {"false_positive": -4.5, "false_negative": None}
    assert costs.sentences(prices, VALUES, "EUR") == [
        "against leaving every row alone, deciding by the model pays while a false positive costs less than EUR 4.5; "
        "it is said to cost 1",
        "there is not one missed positive, so that its price does not matter",
    ]
    prices = {"false_positive": -0.5, "false_negative": -20.0}
    assert costs.sentences(prices, VALUES, "")[0] == (
        "against leaving every row alone, deciding by the model would pay while a false positive costs less than 0.5; "
        "it is said to cost 1"
    )


def test_a_table_of_classes_is_arranged_in_their_order() -> None:
    cost = Cost(classes={"b": {"a": -5}, "a": {"c": -1}})
    assert costs.table(cost, ("a", "b", "c")).tolist() == [[0, 0, -1], [-5, 0, 0], [0, 0, 0]]


def test_a_table_of_truths_takes_the_words_of_the_file() -> None:
    cost = Cost(classes={"yes": {"no": -5}, "No": {"Yes": -1}})
    assert costs.table(cost, ("False", "True")).tolist() == [[0, -1], [-5, 0]]


def test_a_class_that_does_not_occur_is_refused() -> None:
    with pytest.raises(DataError, match=r"evaluate.cost.classes names d, which the target never is"):
        costs.table(Cost(classes={"a": {"d": -1}}), ("a", "b", "c"))
