from __future__ import annotations

import numpy as np
import pytest

from mlops.errors import ConfigurationError
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.estimators import EstimatorCandidate
from mlops.ml.training.problem import Examples, Problem, Task
from mlops.ml.training.session import Epoch, Judge, Session
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, binary, images, needs_catboost, regression, session

pytestmark = pytest.mark.slow

KINDS: dict[str, dict[str, object]] = {
    "linear": {},
    "gradient_boosting": {"trees": 25, "lr": 0.2},
    "lightgbm": {"trees": 25, "lr": 0.2},
    "random_forest": {"trees": 20},
    "xgboost": {"trees": 25, "lr": 0.2},
    "catboost": {"trees": 25, "lr": 0.2},
}
EVERY = [pytest.param(kind, marks=needs_catboost if kind == "catboost" else ()) for kind in KINDS]
CASES: list[tuple[Task, Examples, Judge, float]] = [
    ("binary", binary(), AUROC, 0.85),
    ("regression", regression(), RMSE, -130),
    ("multiclass", images(), ACCURACY, 0.8),
]


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(("task", "data", "judge", "bound"), CASES, ids=[case[0] for case in CASES])
def test_a_kind_learns_each_task_and_says_the_same_in_onnx(
    kind: str, task: Task, data: Examples, judge: Judge, bound: float
) -> None:
    problem = Problem.of(task, data)
    fitted = candidates.build("a", Asked(kind=kind, **KINDS[kind]), problem, NOWHERE).fit(data, session(judge))
    scores = fitted.predict(data.validation_x)
    assert scores.dtype == np.float32
    assert scores.shape == ((len(scores), 3) if task == "multiclass" else (len(scores),))
    assert judge.rank(judge.compute(data.validation_y, scores), 0.0)[0] > bound
    assert export.check_parity("a", fitted.export(), data.validation_x, scores) < 1e-5


@pytest.mark.parametrize("kind", EVERY)
def test_the_same_seed_gives_the_same_bytes(kind: str) -> None:
    data = binary()
    problem = Problem.of("binary", data)
    models = {
        candidates.build("a", Asked(kind=kind, **KINDS[kind]), problem, NOWHERE).fit(data, session()).export()
        for _ in "ab"
    }
    assert len(models) == 1


def test_trees_on_a_row_exactly_at_a_threshold_say_the_same_in_onnx() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 1000, (400, 3)).astype(np.float32) / np.float32(1000)
    y = ((x[:, 0] > 0.5) ^ (x[:, 1] > 0.3)).astype(np.int64)
    data = Examples(x, y, x, y)
    build = candidates.build(
        "a", Asked(kind="random_forest", trees=30, min_leaf=1), Problem.of("binary", data), NOWHERE
    )
    fitted = build.fit(data, session())
    halfway = np.concatenate([x, (x[:-1] + x[1:]) / 2, np.nextafter(x, np.float32(1))]).astype(np.float32)
    assert export.check_parity("a", fitted.export(), halfway, fitted.predict(halfway)) < 1e-5


def test_boosting_keeps_as_many_trees_as_do_best_on_validation() -> None:
    data = binary()
    seen: list[Epoch] = []
    quiet = session()
    run = Session(quiet.name, quiet.seed, AUROC, quiet.options, None, seen.append)
    problem = Problem.of("binary", data)
    parameters = {"trees": 47, "lr": 0.9, "depth": 5, "min_leaf": 1}
    fitted = candidates.build("a", Asked(kind="gradient_boosting", **parameters), problem, NOWHERE).fit(data, run)
    assert [epoch.number for epoch in seen] == [10, 20, 30, 40, 47]
    assert list(fitted.history) == seen
    best = max(seen, key=lambda epoch: AUROC.rank(epoch.metric, epoch.validation_loss))
    assert fitted.best_epoch == best.number
    assert AUROC.compute(data.validation_y, fitted.predict(data.validation_x)) == pytest.approx(best.metric)


def test_an_object_that_cannot_give_probabilities_is_refused() -> None:
    class Half:
        def fit(self, x: object, y: object) -> None: ...

    data = binary()
    with pytest.raises(ConfigurationError) as caught:
        EstimatorCandidate(Problem.of("binary", data), lambda _: Half()).fit(data, session())
    assert caught.value.message == "candidate net: Half has no predict_proba"
    assert caught.value.hint == "a binary estimator needs fit(x, y) and predict_proba(x)"
