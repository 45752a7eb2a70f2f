"""Oblivious trees of CatBoost (Prokhorenkova et al., NeurIPS 2018) behind the same interface as networks."""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import catboost
import numpy as np
from scipy.special import expit, softmax

from mlops.ml.training import oblivious_graph
from mlops.ml.training.course import Course
from mlops.ml.training.path_shares import of_paths
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.seeds import derive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.attributions import Attributions
    from mlops.ml.training.session import Epoch, Session
    from mlops.models.catboost import CatBoost

_LOSSES = {"binary": "Logloss", "multiclass": "MultiClass", "regression": "RMSE"}


@dataclass(frozen=True, eq=False)
class FittedOblivious:
    """Trained trees with their target's scale folded in."""

    model: catboost.CatBoost
    problem: Problem
    scale: Scale
    history: tuple[Epoch, ...] = ()
    best_epoch: int | None = None

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        raw = self.model.predict(_flat(x), prediction_type="RawFormulaVal", thread_count=1)
        return _answers(np.asarray(raw), self.problem, self.scale)

    def export(self) -> bytes:
        """Write the ONNX graph."""
        return oblivious_graph.write(_told(self.model), self.problem, self.scale)

    def attributions(self, x: NDArray[Any]) -> Attributions:
        """Share scores out among the features, by the trees' own paths; of classes the likeliest's log-odds."""
        rows = catboost.Pool(_flat(x))
        shares = np.asarray(self.model.get_feature_importance(rows, type="ShapValues", thread_count=1))
        output = np.asarray(self.model.predict(rows, prediction_type="RawFormulaVal", thread_count=1))
        return of_paths(self.problem, self.scale, shares, output)


@dataclass(frozen=True)
class ObliviousCandidate:
    """Trees that are to grow, as `parameters` say."""

    problem: Problem
    parameters: CatBoost

    def fit(self, examples: Examples, session: Session) -> FittedOblivious:
        """Train; keep as many trees as do best on the validation rows, or as many as the session says."""
        problem, scale = self.problem, Scale.of(self.problem.task, examples.train_y, examples.train_w)
        data = catboost.Pool(_flat(examples.train_x), self._target(scale, examples.train_y), weight=examples.train_w)
        if session.size is not None:
            grown = catboost.CatBoost(self._asked(session) | {"iterations": session.size})
            return FittedOblivious(grown.fit(data), problem, scale)
        watch = _Watch(Course(problem.task, examples, session, self.parameters.trees), problem, scale)
        grown = catboost.CatBoost(self._asked(session) | {"eval_metric": watch, "use_best_model": False})
        judged = catboost.Pool(_flat(examples.validation_x), self._target(scale, examples.validation_y))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that numba does not compile the metric
            grown.fit(data, eval_set=judged, callbacks=[watch])
        if (kept := watch.course.kept) is not None:
            grown.shrink(kept)
        return FittedOblivious(grown, problem, scale, tuple(watch.course.history), kept)

    def _target(self, scale: Scale, y: NDArray[Any]) -> NDArray[Any]:
        return scale.down(y) if self.problem.task == "regression" else y

    def _asked(self, session: Session) -> dict[str, Any]:
        """Spell the parameters as CatBoost has them, and all that makes one training like the next."""
        asked, quantile = self.parameters, self.problem.quantile
        some = {"bootstrap_type": "Bernoulli", "subsample": asked.rows}
        return {
            "loss_function": _LOSSES[self.problem.task] if quantile is None else f"Quantile:alpha={quantile}",
            **({"classes_count": self.problem.outputs} if self.problem.task == "multiclass" else {}),
            **(some if asked.rows < 1 else {"bootstrap_type": "No"}),
            "iterations": asked.trees,
            "depth": asked.depth,
            "learning_rate": asked.lr,
            "l2_leaf_reg": asked.l2,
            "rsm": asked.features,
            "random_strength": asked.noise,
            "boosting_type": asked.boosting.capitalize(),
            "nan_mode": "Min",
            "random_seed": derive(session.seed, "random_state") % 2**31,
            "thread_count": session.options.threads,
            "task_type": "CPU",
            "allow_writing_files": False,
            "logging_level": "Silent",
        }


@dataclass
class _Watch:
    """What CatBoost calls after each tree: as a metric with scores before the link, and as a callback."""

    course: Course
    problem: Problem
    scale: Scale
    _trees: int = 1
    _raw: NDArray[Any] = field(default_factory=lambda: np.zeros((1, 0)))

    def __deepcopy__(self, _: Any) -> _Watch:
        """Stay the one that is watched: CatBoost copies what it is told."""
        return self

    def evaluate(self, scores: Any, _: Any, __: Any) -> tuple[float, float]:
        """Take the scores [outputs, n] where it is their turn: of the training rows, then of the validation rows."""
        if self.course.due(self._trees):
            self._raw = np.array(scores, dtype=np.float64)
        return 0.0, 1.0

    def is_max_optimal(self) -> bool:
        """Say that more is better, of which nothing follows."""
        return True

    def get_final_error(self, error: float, _: float) -> float:
        """Give what CatBoost prints, were it to print."""
        return error

    def after_iteration(self, _: Any) -> bool:
        """Judge where it is its turn; say whether to go on, since something was better not long ago."""
        if self.course.due(self._trees):
            raw = self._raw.T if self.problem.task == "multiclass" else self._raw[0]
            self.course.judged(self._trees, _answers(raw, self.problem, self.scale))
        self._trees += 1
        return not self.course.over


def _answers(raw: NDArray[Any], problem: Problem, scale: Scale) -> NDArray[Any]:
    """Give the answers of scores before the link."""
    if problem.task == "regression":
        return scale.up(raw if scale.wide else raw.astype(np.float32))
    linked = softmax(raw, axis=1) if problem.task == "multiclass" else expit(raw)
    return np.asarray(linked, dtype=np.float32)


def _flat(x: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(x.reshape(len(x), -1))


def _told(model: catboost.CatBoost) -> dict[str, Any]:
    """Give a model as its own JSON, which CatBoost writes into a file alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told
