"""Networks that learned nothing, one for each task, and what is exported of them and of small estimators."""

from __future__ import annotations

import hashlib

import torch

from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.networks import Scores, cnn, mlp
from mlops.ml.training.problem import Problem, Scale
from tests.builders.training import NOWHERE, binary, regression, session

SHAPES = {"binary": ((4,), 1), "multiclass": ((1, 8, 8), 5), "regression": ((4,), 1)}
ESTIMATORS = (("gradient_boosting", {"trees": 5}), ("random_forest", {"trees": 5}), ("linear", {}))


def scores(task: str) -> Scores:
    """A network with the weights of one seed."""
    shape, outputs = SHAPES[task]
    problem = Problem(task, shape, outputs)  # type: ignore[arg-type]
    torch.manual_seed(0)
    body = cnn(problem, [4, 4], 8, 0.1) if len(shape) == 3 else mlp(problem, [8], 0.1)
    return Scores(body, problem, Scale(10.0, 2.0) if task == "regression" else Scale()).eval()


def exported() -> list[str]:
    """The digests of a network's graph and of every kind of estimator's, fitted for two tasks."""
    found = [export.from_torch(scores("multiclass"), (1, 8, 8))]
    for task, data in (("binary", binary()), ("regression", regression())):
        for kind, parameters in ESTIMATORS:
            candidate = candidates.build("a", Asked(kind=kind, **parameters), Problem.of(task, data), NOWHERE)  # type: ignore[arg-type]
            found.append(candidate.fit(data, session()).export())
    return [hashlib.sha256(graph).hexdigest() for graph in found]
