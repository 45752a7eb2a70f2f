"""Trees of XGBoost (Chen and Guestrin, KDD 2016) behind the same interface as networks."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.column_group import CODES
from mlops.errors import InfrastructureError
from mlops.ml.light import without_pandas
from mlops.ml.training import levelwise_graph
from mlops.ml.training.course import Course
from mlops.ml.training.levelwise_model import directed
from mlops.ml.training.path_shares import of_paths
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.seeds import derive

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlops.ml.training.attributions import Attributions
    from mlops.ml.training.session import Epoch, Session
    from mlops.models.xgboost import XGBoost


def alone(installed: Callable[[str], object] = importlib.metadata.version) -> None:
    """Refuse an environment in which two wheels wrote the same files; raises InfrastructureError.

    Example:
        >>> alone(lambda name: "3.2.0")
        Traceback (most recent call last):
        ...
        mlops.errors.InfrastructureError: both xgboost and xgboost-cpu are installed, and each has written the package \
`xgboost`: which of them would train is not known
    """
    found = []
    for name in ("xgboost", "xgboost-cpu"):
        try:
            installed(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found.append(name)
    if len(found) > 1:
        raise InfrastructureError(
            "both xgboost and xgboost-cpu are installed, and each has written the package `xgboost`: which of them"
            " would train is not known",
            hint='pip uninstall xgboost xgboost-cpu, then pip install "mlops-by-pull-request[xgboost]"',
        )


alone()
with without_pandas():
    import xgboost

_OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}
_LEVELS = 64  # a category of more is a number: its levels stand in the order of how frequent they are
_CATEGORY, _NUMBER = "c", "float"


@dataclass(frozen=True, eq=False)
class FittedLevelwise:
    """Trained trees with their target's scale folded in."""

    booster: xgboost.Booster
    problem: Problem
    scale: Scale
    history: tuple[Epoch, ...] = ()
    best_epoch: int | None = None

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        return _answers(np.asarray(self.booster.inplace_predict(_flat(x))), self.problem, self.scale)

    def export(self) -> bytes:
        """Write the ONNX graph."""
        return levelwise_graph.write(_told(self.booster), self.problem, self.scale)

    def attributions(self, x: NDArray[Any]) -> Attributions:
        """Share scores out among the features, by the trees' own paths; of classes the likeliest's log-odds."""
        rows = _matrix(_flat(x), self.problem)
        shares = np.asarray(self.booster.predict(rows, pred_contribs=True), dtype=np.float64)
        output = np.asarray(self.booster.predict(rows, output_margin=True), dtype=np.float64)
        return of_paths(self.problem, self.scale, shares, output)


@dataclass(frozen=True)
class LevelwiseCandidate:
    """Trees that are to grow, as `parameters` say."""

    problem: Problem
    parameters: XGBoost

    def fit(self, examples: Examples, session: Session) -> FittedLevelwise:
        """Train; keep as many trees as do best on the validation rows, or as many as the session says."""
        problem, scale = self.problem, Scale.of(self.problem.task, examples.train_y, examples.train_w)
        flat, asked = _flat(examples.train_x), self._asked(session)
        y = scale.down(examples.train_y) if problem.task == "regression" else examples.train_y
        data = _matrix(flat, problem, y, examples.train_w, threads=session.options.threads)
        gaps = np.isnan(flat).any(axis=0)
        if session.size is not None:
            return FittedLevelwise(_kept(xgboost.train(asked, data, session.size), gaps), problem, scale)
        watch = _Watch(Course(problem.task, examples, session, self.parameters.trees), problem, scale)
        grown = xgboost.train(
            asked,
            data,
            self.parameters.trees,
            evals=[(_matrix(_flat(examples.validation_x), problem), "validation")],
            custom_metric=watch.judge,
            callbacks=[watch],
            verbose_eval=False,
        )
        fitted = FittedLevelwise(_kept(grown, gaps, watch.course.kept), problem, scale)
        return replace(fitted, history=tuple(watch.course.history), best_epoch=watch.course.kept)

    def _asked(self, session: Session) -> dict[str, Any]:
        """Spell the parameters as XGBoost has them, and all that makes one training like the next."""
        asked, quantile = self.parameters, self.problem.quantile
        return {
            "objective": _OBJECTIVES[self.problem.task] if quantile is None else "reg:quantileerror",
            **({} if quantile is None else {"quantile_alpha": quantile}),
            **({"num_class": self.problem.outputs} if self.problem.task == "multiclass" else {}),
            "max_depth": asked.depth,
            "learning_rate": asked.lr,
            "min_child_weight": asked.min_hessian,
            "subsample": asked.rows,
            "colsample_bynode": asked.features,
            # sums of losses stand beside them, and there are more where more rows are learnt from
            "reg_alpha": asked.l1 * session.grown,
            "reg_lambda": asked.l2 * session.grown,
            "gamma": asked.min_gain * session.grown,
            "disable_default_eval_metric": 1,
            "seed": derive(session.seed, "random_state") % 2**31,
            "nthread": session.options.threads,
            "tree_method": "hist",
            "device": "cpu",
            "verbosity": 0,
        }


class _Watch(xgboost.callback.TrainingCallback):
    """What XGBoost calls after each tree."""

    def __init__(self, course: Course, problem: Problem, scale: Scale) -> None:
        super().__init__()
        self.course, self._problem, self._scale, self._trees = course, problem, scale, 0

    def judge(self, answers: NDArray[Any], _: xgboost.DMatrix) -> tuple[str, float]:
        """Judge the answers [n] or [n, classes] of the validation rows where it is their turn."""
        self._trees += 1
        if self.course.due(self._trees):
            self.course.judged(self._trees, _answers(answers, self._problem, self._scale))
        return "course", 0.0

    def after_iteration(self, *_: Any) -> bool:
        """Say whether to end, since nothing was better for long."""
        return self.course.over


def _answers(raw: NDArray[Any], problem: Problem, scale: Scale) -> NDArray[Any]:
    return scale.up(raw) if problem.task == "regression" else raw.astype(np.float32)


def _flat(x: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(x.reshape(len(x), -1))


def _matrix(
    flat: NDArray[Any],
    problem: Problem,
    y: NDArray[Any] | None = None,
    weights: NDArray[Any] | None = None,
    threads: int = 1,
) -> xgboost.DMatrix:
    """Give rows to XGBoost, those to learn from as bins, which take a quarter of the room."""
    kind = xgboost.DMatrix if y is None else xgboost.QuantileDMatrix
    types = _types(problem, flat.shape[1])
    return kind(flat, y, weight=weights, feature_types=types, enable_categorical=True, nthread=threads)


def _types(problem: Problem, width: int) -> list[str]:
    """Say which columns are codes of few levels, beside those of what is unseen and what is missing."""
    types, codes = [_NUMBER] * width, problem.layout.group(CODES)
    for place, size in () if codes is None else zip(codes.positions, codes.sizes, strict=True):
        types[place] = _CATEGORY if size <= _LEVELS + 2 else _NUMBER
    return types


def _told(booster: xgboost.Booster) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(booster.save_raw("json"))
    return told


def _kept(booster: xgboost.Booster, gaps: NDArray[np.bool_], trees: int | None = None) -> xgboost.Booster:
    """Keep the first `trees`, which send what was never missing in training where most of its rows went."""
    told = directed(_told(booster if trees is None else booster[:trees]), gaps)
    kept = xgboost.Booster({"nthread": 1})
    kept.load_model(bytearray(json.dumps(told).encode()))
    return kept
