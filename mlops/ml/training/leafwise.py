"""Trees of LightGBM (Ke et al., NeurIPS 2017) behind the same interface as networks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.column_group import CODES
from mlops.errors import ConfigurationError
from mlops.ml.light import without_pandas
from mlops.ml.training import leafwise_graph, leafwise_library, leafwise_text
from mlops.ml.training.course import Course
from mlops.ml.training.path_shares import of_paths
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.seeds import derive

try:
    with without_pandas():
        import lightgbm
except OSError as error:
    raise ConfigurationError(f"LightGBM cannot be loaded: {error}", hint=leafwise_library.HINT) from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.attributions import Attributions
    from mlops.ml.training.session import Epoch, Session
    from mlops.models.lightgbm import LightGBM

_OBJECTIVES = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}
_LEVELS = 64  # a category of more is a number: its levels stand in the order of how frequent they are


@dataclass(frozen=True, eq=False)
class FittedLeafwise:
    """Trained trees with their target's scale folded in."""

    booster: lightgbm.Booster
    problem: Problem
    scale: Scale
    history: tuple[Epoch, ...] = ()
    best_epoch: int | None = None

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        answer = np.asarray(self.booster.predict(_flat(x), num_threads=1))
        return self.scale.up(answer) if self.problem.task == "regression" else answer.astype(np.float32)

    def export(self) -> bytes:
        """Write the ONNX graph."""
        return leafwise_graph.write(self.booster, self.problem, self.scale)

    def attributions(self, x: NDArray[Any]) -> Attributions:
        """Share scores out among the features, by the trees' own paths; of classes the likeliest's log-odds."""
        flat = _flat(x)
        shares = np.asarray(self.booster.predict(flat, pred_contrib=True, num_threads=1), dtype=np.float64)
        output = np.asarray(self.booster.predict(flat, raw_score=True, num_threads=1), dtype=np.float64)
        if self.problem.task == "multiclass":
            shares = shares.reshape(len(flat), self.problem.outputs, -1)
        return of_paths(self.problem, self.scale, shares, output)


@dataclass(frozen=True)
class LeafwiseCandidate:
    """Trees that are to grow, as `parameters` say."""

    problem: Problem
    parameters: LightGBM

    def fit(self, examples: Examples, session: Session) -> FittedLeafwise:
        """Train; keep as many trees as do best on the validation rows, or as many as the session says."""
        scale = Scale.of(self.problem.task, examples.train_y, examples.train_w)
        y = scale.down(examples.train_y) if self.problem.task == "regression" else examples.train_y
        asked = self._asked(session)
        data = lightgbm.Dataset(
            _flat(examples.train_x),
            y,
            weight=examples.train_w,
            params=asked,
            categorical_feature=self._categories(),
        )
        if session.size is not None:
            grown = lightgbm.train(asked, data, num_boost_round=session.size)
            return FittedLeafwise(_exact(grown), self.problem, scale)
        watch = _Watch(Course(self.problem.task, examples, session, self.parameters.trees), scale, self.problem.task)
        judged = lightgbm.Dataset(_flat(examples.validation_x), scale.down(examples.validation_y), reference=data)
        grown = lightgbm.train(
            asked,
            data,
            num_boost_round=self.parameters.trees,
            valid_sets=[judged],
            feval=watch.judge,
            callbacks=[watch.stop],
        )
        fitted = FittedLeafwise(_exact(grown, watch.course.kept), self.problem, scale)
        return replace(fitted, history=tuple(watch.course.history), best_epoch=watch.course.kept)

    def _asked(self, session: Session) -> dict[str, Any]:
        """Spell the parameters as LightGBM has them, and all that makes one training like the next."""
        asked, quantile = self.parameters, self.problem.quantile
        return {
            "objective": _OBJECTIVES[self.problem.task] if quantile is None else "quantile",
            **({} if quantile is None else {"alpha": quantile}),
            **({"num_class": self.problem.outputs} if self.problem.task == "multiclass" else {}),
            "num_leaves": asked.leaves,
            "max_depth": asked.depth or -1,
            "learning_rate": asked.lr,
            "min_data_in_leaf": asked.min_leaf,
            "bagging_fraction": asked.rows,
            "bagging_freq": int(asked.rows < 1),
            "feature_fraction_bynode": asked.features,
            # sums of losses stand beside them, and there are more where more rows are learnt from
            "lambda_l1": asked.l1 * session.grown,
            "lambda_l2": asked.l2 * session.grown,
            "metric": "none",
            "seed": derive(session.seed, "random_state") % 2**31,
            "num_threads": session.options.threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }

    def _categories(self) -> list[int]:
        """List the columns that are codes of few levels, beside those of what is unseen and what is missing."""
        codes = self.problem.layout.group(CODES)
        if codes is None:
            return []
        return [place for place, size in zip(codes.positions, codes.sizes, strict=True) if size <= _LEVELS + 2]


@dataclass
class _Watch:
    """What LightGBM calls after each tree."""

    course: Course
    scale: Scale
    task: str
    _trees: int = field(default=0, init=False)

    def judge(self, answers: NDArray[Any], _: lightgbm.Dataset) -> tuple[str, float, bool]:
        """Judge the answers [n] or [n, classes] of the validation rows where it is their turn."""
        self._trees += 1
        if self.course.due(self._trees):
            score = self.scale.up(answers) if self.task == "regression" else answers.astype(np.float32)
            self.course.judged(self._trees, score)
        return "course", 0.0, True

    def stop(self, state: lightgbm.callback.CallbackEnv) -> None:
        """End where nothing was better for long."""
        if self.course.over:
            raise lightgbm.callback.EarlyStopException(state.iteration, [])


def _flat(x: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(x.reshape(len(x), -1))


def _exact(booster: lightgbm.Booster, trees: int | None = None) -> lightgbm.Booster:
    """Keep the first `trees`, as they are told in single precision."""
    text = booster.model_to_string(num_iteration=-1 if trees is None else trees)
    return lightgbm.Booster(model_str=leafwise_text.exact(text))
