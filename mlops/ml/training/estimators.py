"""scikit-learn estimators behind the same interface as networks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import threadpool_limits

from mlops.errors import ConfigurationError
from mlops.ml.training import boosting, export
from mlops.ml.training.course import Course
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.seeds import derive
from mlops.ml.training.token_linear import TokenLinear

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlops.ml.training.session import Epoch, Session


@dataclass(frozen=True, eq=False)
class FittedEstimator:
    """A trained estimator with its target's scale folded in."""

    estimator: Any
    problem: Problem
    scale: Scale
    history: tuple[Epoch, ...] = ()
    best_epoch: int | None = None

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        flat = x.reshape(len(x), -1)
        if self.problem.task == "regression":
            return self.scale.up(np.asarray(self.estimator.predict(flat)).reshape(-1))
        return _scores(self.problem, self.estimator.predict_proba(flat))

    def export(self) -> bytes:
        """Write the ONNX graph."""
        if isinstance(self.estimator, TokenLinear):
            return export.finish(self.estimator.export(self.problem, self.scale))
        return export.from_sklearn(self.estimator, self.problem, self.scale)


def _scores(problem: Problem, probabilities: NDArray[Any]) -> NDArray[Any]:
    picked = probabilities[:, 1] if problem.task == "binary" else probabilities
    return np.asarray(picked, dtype=np.float32)


@dataclass(frozen=True)
class EstimatorCandidate:
    """An estimator to be: `build(session)` makes it, unseeded and unfitted."""

    problem: Problem
    build: Callable[[Session], Any]

    def fit(self, examples: Examples, session: Session) -> FittedEstimator:
        """Train; of boosted trees, keep as many as do best on the validation rows, or as many as the session says."""
        estimator = _penalised(_seeded(self.build(session), session), session.grown)
        _refuse_unfit(estimator, self.problem, session.name)
        scale = Scale.of(self.problem.task, examples.train_y, examples.train_w)
        y = scale.down(examples.train_y) if self.problem.task == "regression" else examples.train_y
        growing = _growing(estimator, self.problem, scale, examples, session)
        with threadpool_limits(session.options.threads):
            more = _weights(estimator, examples, session.name) | ({"monitor": growing} if growing else {})
            estimator.fit(examples.train_x.reshape(len(y), -1), y, **more)
        # Several threads add up a forest's votes in the order in which they finish: rounding would differ.
        if "n_jobs" in _parameters(estimator):
            estimator.set_params(n_jobs=1)
        fitted = FittedEstimator(estimator, self.problem, scale)
        if growing is not None and (kept := growing.course.kept) is not None:
            boosting.cut(estimator, kept)
            fitted = replace(fitted, history=tuple(growing.course.history), best_epoch=kept)
        _make_thresholds_single(fitted.estimator)
        return fitted


def _growing(
    estimator: Any, problem: Problem, scale: Scale, examples: Examples, session: Session
) -> boosting.Growing | None:
    """Watch boosted trees while they grow; those that are told their number grow to it."""
    if not isinstance(estimator, boosting.KINDS):
        return None
    if session.size is None:
        course = Course(problem.task, examples, session, estimator.n_estimators)
        return boosting.Growing(problem, scale, course)
    estimator.set_params(n_estimators=session.size)
    return None


def _parameters(estimator: Any) -> list[str]:
    return list(estimator.get_params()) if hasattr(estimator, "get_params") else []


def _seeded(estimator: Any, session: Session) -> Any:
    """Seed the estimator and whatever it is composed of."""
    names = [name for name in _parameters(estimator) if name.split("__")[-1] == "random_state"]
    if names:
        estimator.set_params(**{name: derive(session.seed, name) for name in sorted(names)})
    return estimator


def _penalised(estimator: Any, grown: float) -> Any:
    """Let a penalty grow with the rows, whose losses are a sum beside it.

    So scores are spread as they were: thresholds and calibrators that are carried over, and the reference that a
    monitor holds answers to, are of the model before.
    """
    learner = estimator.inner if isinstance(estimator, TokenLinear) else estimator
    if grown != 1 and isinstance(learner, LogisticRegression):
        learner.set_params(C=learner.C / grown)
    elif grown != 1 and isinstance(learner, Ridge):
        learner.set_params(alpha=learner.alpha * grown)
    return estimator


def _refuse_unfit(estimator: Any, problem: Problem, name: str) -> None:
    answer = "predict" if problem.task == "regression" else "predict_proba"
    absent = [method for method in ("fit", answer) if not callable(getattr(estimator, method, None))]
    if absent:
        raise ConfigurationError(
            f"candidate {name}: {type(estimator).__name__} has no {' and no '.join(absent)}",
            hint=f"a {problem.task} estimator needs fit(x, y) and {answer}(x)",
        )


def _weights(estimator: Any, examples: Examples, name: str) -> dict[str, Any]:
    """Give what each row counts in the way that `fit` takes it; raises ConfigurationError where it takes none."""
    if examples.train_w is None:
        return {}
    if not has_fit_parameter(estimator, "sample_weight"):
        raise ConfigurationError(
            f"candidate {name}: {type(estimator).__name__} cannot count rows by a weight",
            hint="give its fit(x, y) a parameter `sample_weight`, or remove `weight` and `class_weight`",
        )
    return {"sample_weight": examples.train_w}


def _make_thresholds_single(estimator: Any) -> None:
    """Round each tree's thresholds down to single precision, which ONNX stores.

    A row of single-precision numbers is at most a threshold exactly when it is at most that rounded one, so no answer
    changes; without it, a threshold rounded up would send rows down the other branch.
    """
    for tree in np.ravel(getattr(estimator, "estimators_", np.array([]))):
        nodes = getattr(tree, "tree_", None)
        if nodes is None:
            continue
        single = nodes.threshold.astype(np.float32)
        above = single > nodes.threshold
        single[above] = np.nextafter(single[above], np.float32(-np.inf))
        nodes.threshold[:] = single
