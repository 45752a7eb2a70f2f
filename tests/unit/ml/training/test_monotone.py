"""A forest that only rises, or only falls, with a column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlops.errors import ConfigurationError
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.session import Fitted
from tests.builders.training import AUROC, NOWHERE, RMSE, binary, regression, session

pytestmark = pytest.mark.slow
NUMBERS = ("a", "b", None, "d", "e", "f")


def learn(task: Any, data: Examples, **parameters: Any) -> Fitted:
    problem = replace(Problem.of(task, data), numbers=NUMBERS)
    asked = Asked(kind="random_forest", trees=20, min_leaf=2, depth=None, **parameters)
    made = candidates.build("a", asked, problem, NOWHERE)
    return made.fit(data, session(AUROC if task == "binary" else RMSE))


@pytest.mark.parametrize(("task", "data"), [("binary", binary(300)), ("regression", regression(300))])
def test_the_answer_keeps_to_its_way_whatever_the_other_columns_say(task: Any, data: Examples) -> None:
    held = {"a": "up", "b": "down"}
    for place, sign in ((0, 1), (1, -1)):
        rows = np.repeat(data.validation_x[:20], 60, axis=0)
        rows[:, place] = np.tile(np.linspace(-3, 3, 60, dtype=np.float32), 20)
        free, bound = (
            sign * np.diff(fitted.predict(rows).reshape(20, 60), axis=1)
            for fitted in (learn(task, data), learn(task, data, monotone=held))
        )
        assert bound.min() >= -1e-4 * float(np.std(data.train_y))
        assert free.min() < -1e-3 * float(np.std(data.train_y))


def test_what_cannot_be_held_is_told() -> None:
    data = binary(60)
    with pytest.raises(ConfigurationError) as error:
        learn("binary", data, monotone={"c": "up"})
    assert error.value.message == "`monotone` names `c`, which is no number that is learnt from"
    assert error.value.hint == "numbers: a, b, d, e, f"
    with pytest.raises(ConfigurationError) as error:
        Problem("multiclass", (6,), 3, numbers=NUMBERS).signs({"a": "up"})
    assert error.value.message == "`monotone` is for a number or two classes, and there are more"
    with pytest.raises(ConfigurationError) as error:
        candidates.parse("boosted", Asked(kind="gradient_boosting", monotone={"a": "up"}))
    assert error.value.message.startswith("candidate boosted: unknown parameter `monotone`")


def test_what_nobody_asks_for_is_not_spelt() -> None:
    asked = Asked(kind="random_forest", monotone={"a": "up"})
    assert "monotone" not in candidates.resolved("a", Asked(kind="random_forest")).parameters
    assert candidates.resolved("a", asked).parameters["monotone"] == {"a": "up"}
