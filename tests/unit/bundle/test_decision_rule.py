from __future__ import annotations

import json

import numpy as np
import pytest

from mlops.bundle.decision_rule import DecisionRule
from mlops.bundle.golden import Golden
from mlops.bundle.predictor import Predictor
from mlops.errors import IntegrityError
from mlops.serve.invocations import answer
from tests.builders.bundles import golden_of, make_predictor

TWO = ((0.0, -1.0), (-10.0, 0.0))


def deciding(threshold: float = 0.3) -> Predictor:
    bare = make_predictor()
    return Predictor(bare.transform, bare.model, bare.schema, DecisionRule(values=TWO, threshold=threshold))


def test_a_score_must_be_above_the_threshold() -> None:
    rule = DecisionRule(values=TWO, threshold=0.25)
    assert rule.decide(np.array([0.2, 0.25, 0.3], dtype=np.float32)).tolist() == [0, 0, 1]


def test_a_threshold_is_not_rounded_to_the_width_of_a_score() -> None:
    score = np.float32(0.1)  # a little above a tenth
    assert DecisionRule(values=TWO, threshold=0.1).decide(np.array([score])).tolist() == [1]


def test_several_classes_are_decided_by_expected_value() -> None:
    values = ((0.0, -1.0, -1.0), (-1.0, 0.0, -1.0), (-20.0, -20.0, 0.0))
    scores = np.array([[0.7, 0.2, 0.1], [0.98, 0.01, 0.01]])
    assert DecisionRule(values=values).decide(scores).tolist() == [2, 0]


def test_it_reads_back_what_it_wrote() -> None:
    rule = DecisionRule(values=TWO, threshold=0.123456789012, unit="EUR")
    assert DecisionRule.parse(rule.dumps().encode()) == rule


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b"{",
        b'{"values": [[0, 1], [1, 0]]}',
        b'{"values": [[0, 1], [1]], "threshold": 0.5}',
        b'{"values": [[0, 1, 1], [1, 0, 1], [1, 1, 0]], "threshold": 0.5}',
        b'{"values": [[0, NaN], [1, 0]], "threshold": 0.5}',
        b'{"values": [[0, 1], [1, 0]], "threshold": 0.5, "schema_version": 2}',
    ],
)
def test_a_decision_that_does_not_fit_together_is_refused(document: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"decision\.json does not say how to decide"):
        DecisionRule.parse(document)


def test_the_server_says_what_it_decides() -> None:
    predictor = deciding()
    rows = golden_of(predictor, 8).rows
    said = json.loads(answer(predictor, json.dumps({"instances": rows}).encode()))
    assert said["decisions"] == [score > 0.3 for score in said["predictions"]]
    assert set(said["decisions"]) == {True, False}


def test_a_server_that_was_told_no_values_decides_nothing() -> None:
    predictor = make_predictor()
    rows = golden_of(predictor, 1).rows
    assert list(json.loads(answer(predictor, json.dumps({"instances": rows}).encode()))) == ["predictions"]


def test_golden_rows_hold_the_decision() -> None:
    predictor = deciding()
    golden = golden_of(predictor, 8)
    Golden.parse(golden.dumps().encode()).check(predictor)
    for other in (deciding(0.9), make_predictor()):
        with pytest.raises(IntegrityError, match="the golden rows are decided otherwise than when the bundle was made"):
            golden.check(other)


def test_a_decision_about_other_classes_is_refused() -> None:
    bare = make_predictor()
    rule = DecisionRule(values=((0.0,) * 3,) * 3)
    with pytest.raises(IntegrityError, match="the decision is about other classes than the model"):
        Predictor(bare.transform, bare.model, bare.schema, rule)
