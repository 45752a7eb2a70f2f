"""Shares of a score: how much each feature moves it from a base value; they add up to the score.

Trees: SHAP values along the trees' own paths (Lundberg et al., Nature Machine Intelligence 2:56, 2020). Linear models:
the same in closed form, weight times distance from the mean. Networks: integrated gradients from the mean training row
(Sundararajan, Taly and Yan, ICML 2017), encoded where a network encodes rows first. They are made right after fitting,
for what is kept is ONNX alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from mlops.errors import ConfigurationError, IntegrityError
from mlops.extras import need
from mlops.ml.training import columns, shaping
from mlops.ml.training.ensemble import FittedEnsemble
from mlops.ml.training.missing import FittedLeast
from mlops.ml.training.projection import Through
from mlops.ml.training.token_input import TokenInput
from mlops.ml.training.token_linear import TokenLinear

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from mlops.ml.training.estimators import FittedEstimator
    from mlops.ml.training.networks import Scores
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Fitted

    Floats = NDArray[np.float64]

_EXACT = 1e-3  # trees answer in single precision
_STEPS = (64, 256)  # of the path, more where the shares do not add up yet
_GAP = 0.01
_ROWS = 64
_AT_ONCE = 512  # rows of a path, where each may be as many as a network has members
_FLAT = 1e-9  # log-odds that have not moved, where the slope is that at the point

_ASKED = "`evaluate: {explain: {attributions: true}}`"


@dataclass(frozen=True)
class Attributions:
    """`values` [n, features] add up to `output` [n] minus `base` [n], but for `gap`; of classes the likeliest's."""

    method: str
    unit: str
    values: Floats
    base: Floats
    output: Floats
    by_token: bool = True
    """Whether the share of a text stands where the weights of its tokens do, and not as one number."""

    @property
    def gap(self) -> float:
        """Measure the widest miss of the sums, as a share of the widest move from the base."""
        miss = float(np.abs(self.values.sum(axis=1) + self.base - self.output).max())
        moved = float(np.abs(self.output - self.base).max())
        return miss / max(moved, 1e-3 * max(1.0, float(np.abs(self.output).max())))


def attribute(fitted: Fitted, x: NDArray[Any], train_x: NDArray[Any]) -> Attributions:
    """Explain the scores of rows `x`; raises ConfigurationError where no method is known or a library is absent.

    What is done to scores afterwards, a calibration or a transform that is undone, is no part of it.
    """
    fitted = shaping.inside(fitted)
    if isinstance(fitted, Through):
        put = fitted.projection.apply
        found = attribute(fitted.narrow, put(x), put(train_x))
        return replace(found, values=fitted.widened(found.values), by_token=False)
    if isinstance(fitted, columns.FittedReading | FittedLeast):
        found = attribute(fitted.inner, fitted.seen(x), fitted.seen(train_x))
        return found if isinstance(fitted, FittedLeast) else _spread(found, fitted.columns)
    if isinstance(fitted, FittedEnsemble):
        return _mean(fitted, x, train_x)
    flat = x.reshape(len(x), -1)
    if hasattr(fitted, "attributions"):
        found = fitted.attributions(x)
    elif not _is_estimator(fitted):
        return _gradients(fitted, x, train_x)
    elif isinstance(fitted.estimator, TokenLinear):
        found = _by_tokens(fitted, fitted.estimator, flat, train_x.reshape(len(train_x), -1))
    elif hasattr(fitted.estimator, "coef_"):
        found = _linear(fitted, flat, train_x.reshape(len(train_x), -1))
    else:
        found = _trees(fitted, flat)
    if not found.gap <= _EXACT:
        raise IntegrityError(f"the shares of a score miss it by {found.gap:.2g}: {found.method} is not to be trusted")
    return found


def _mean(fitted: FittedEnsemble, x: NDArray[Any], train_x: NDArray[Any]) -> Attributions:
    """Average the shares that members give, by their weights; of log-odds those of the probability.

    A share of log-odds becomes one of the probability by the slope between the base and the score, so that shares add
    up as before (the rescale rule for models in series: Chen, Lundberg and Lee, Nature Communications 13:4512, 2022).
    """
    each = [_as_probability(attribute(member, x, train_x)) for member in fitted.members]
    by = np.array(fitted.counts, dtype=np.float64) / sum(fitted.counts)
    values, base, output = (
        sum(weight * getattr(found, name) for weight, found in zip(by, each, strict=True))
        for name in ("values", "base", "output")
    )
    method = f"mean of members: {', '.join(dict.fromkeys(found.method for found in each))}"
    return Attributions(method, each[0].unit, values, base, output, all(found.by_token for found in each))


def _as_probability(found: Attributions) -> Attributions:
    """Give shares of log-odds, of the second of two classes, as shares of its probability; others as they are."""
    if found.unit != "log-odds":
        return found
    base, output = (1 / (1 + np.exp(-each)) for each in (found.base, found.output))
    moved = found.output - found.base
    flat = np.abs(moved) < _FLAT
    slope = np.where(flat, base * (1 - base), (output - base) / np.where(flat, 1.0, moved))
    return replace(found, unit="probability", values=found.values * slope[:, None], base=base, output=output)


def _spread(found: Attributions, seen: columns.Columns) -> Attributions:
    """Give the columns that are not seen no share."""
    values = np.zeros((len(found.values), seen.width))
    values[:, list(seen.positions)] = found.values
    return replace(found, values=values)


def _is_estimator(fitted: Fitted) -> TypeGuard[FittedEstimator]:
    """Tell by what it has: asking for its class would import scikit-learn, which a network does not need."""
    return hasattr(fitted, "estimator")


def _trees(fitted: FittedEstimator, flat: NDArray[Any]) -> Attributions:
    need("explain", _ASKED)
    import shap

    name = type(fitted.estimator).__name__
    try:
        explainer = shap.TreeExplainer(fitted.estimator, feature_perturbation="tree_path_dependent")
        values = np.asarray(explainer.shap_values(flat, check_additivity=False), dtype=np.float64)
    except Exception as error:  # shap raises types of its own, and plain ones, for estimators it does not know
        hint = "explain another candidate, or remove `attributions: true`"
        raise ConfigurationError(f"evaluate.explain: shap cannot explain {name}", hint=hint) from error
    base = np.ravel(np.asarray(explainer.expected_value, dtype=np.float64))
    if fitted.problem.task == "regression":
        deviation, output = fitted.scale.deviation, fitted.predict(flat).astype(np.float64)
        shift = np.full(len(flat), base[0] * deviation + fitted.scale.mean)
        return Attributions("SHAP", "target", values * deviation, shift, output)
    if values.ndim == 2:  # boosted trees of two classes are explained before the logistic function
        output = np.asarray(fitted.estimator.decision_function(flat), dtype=np.float64)
        return Attributions("SHAP", "log-odds", values, np.full(len(flat), base[-1]), output)
    probabilities = np.asarray(fitted.estimator.predict_proba(flat), dtype=np.float64)
    picked, each = _picked(fitted, probabilities), np.arange(len(flat))
    return Attributions("SHAP", "probability", values[each, :, picked], base[picked], probabilities[each, picked])


def _linear(fitted: FittedEstimator, flat: NDArray[Any], train: NDArray[Any]) -> Attributions:
    weights = np.atleast_2d(np.asarray(fitted.estimator.coef_, dtype=np.float64))
    start = np.ravel(np.asarray(fitted.estimator.intercept_, dtype=np.float64))
    mean, wide = train.mean(axis=0, dtype=np.float64), flat.astype(np.float64)
    if fitted.problem.task == "regression":
        weights, start = weights * fitted.scale.deviation, start * fitted.scale.deviation + fitted.scale.mean
    margins = wide @ weights.T + start
    picked = margins.argmax(axis=1) if fitted.problem.task == "multiclass" else np.zeros(len(flat), dtype=np.int64)
    values = weights[picked] * (wide - mean)
    unit = "target" if fitted.problem.task == "regression" else "log-odds"
    base = (weights @ mean + start)[picked]
    return Attributions("linear SHAP", unit, values, base, margins[np.arange(len(flat)), picked])


def _by_tokens(fitted: FittedEstimator, model: TokenLinear, flat: NDArray[Any], train: NDArray[Any]) -> Attributions:
    """Hold what each column and token adds to what columns add on average; of a text that stands in one place."""
    scale = fitted.scale if fitted.problem.task == "regression" else None
    deviation, mean = (1.0, 0.0) if scale is None else (scale.deviation, scale.mean)
    parts, usual = model.parts(flat) * deviation, model.usual(train) * deviation
    start = model.intercepts * deviation + mean
    margins = parts.sum(axis=1) + start
    picked = margins.argmax(axis=1) if fitted.problem.task == "multiclass" else np.zeros(len(flat), dtype=np.int64)
    rows = np.arange(len(flat))
    values = parts[rows, :, picked] - usual[:, picked].T
    unit = "log-odds" if scale is None else "target"
    return Attributions("linear SHAP", unit, values, (usual.sum(axis=0) + start)[picked], margins[rows, picked])


def _gradients(fitted: Any, x: NDArray[Any], train_x: NDArray[Any]) -> Attributions:
    need("explain", _ASKED)
    import torch

    from mlops.ml.training.encoded_attributions import Behind

    if (behind := Behind.of(fitted.scores)) is not None:
        rows = behind.encoded(x)
        found = _integrated(behind.scores, rows, behind.encoded(train_x).mean(dim=0, keepdim=True), at_once=_AT_ONCE)
        return replace(found, values=behind.by_column(found.values), by_token=False)
    baseline = torch.from_numpy(_baseline(fitted.scores.problem, x, train_x))
    return _integrated(fitted.scores, torch.from_numpy(x), baseline)


def _integrated(scores: Scores, x: Tensor, baseline: Tensor, at_once: int | None = None) -> Attributions:
    """Integrate gradients along the way from a baseline, [1, ...] or one for each row, to rows [n, ...]."""
    import torch
    from captum.attr import IntegratedGradients

    from mlops.ml.training.networks import infer

    answers, start = infer(scores, x).numpy(), infer(scores, baseline).numpy()
    picked = answers.argmax(axis=1) if answers.ndim == 2 else None
    output = answers if picked is None else answers[np.arange(len(x)), picked]
    usual = np.broadcast_to(start, answers.shape)
    base = usual if picked is None else usual[np.arange(len(x)), picked]
    explainer, unit = IntegratedGradients(scores), "target" if scores.problem.task == "regression" else "probability"
    for steps in _STEPS:
        parts = []
        for first in range(0, len(x), _ROWS):
            rows = x[first : first + _ROWS].contiguous()
            target = None if picked is None else torch.from_numpy(picked[first : first + _ROWS])
            start_of = baseline if len(baseline) == 1 else baseline[first : first + _ROWS]
            asked: dict[str, Any] = {"target": target, "n_steps": steps, "internal_batch_size": at_once}
            parts.append(explainer.attribute(rows, baselines=start_of, **asked).detach().numpy())
        values = np.concatenate(parts).reshape(len(x), -1).astype(np.float64)
        found = Attributions("integrated gradients", unit, values, base.astype(np.float64), output.astype(np.float64))
        if found.gap <= _GAP:
            break
    return found


def _baseline(problem: Problem, x: NDArray[Any], train_x: NDArray[Any]) -> NDArray[np.float32]:
    """Give the mean training row [1, ...]; for rows with texts a row each, with their tokens, which weigh nothing."""
    mean = train_x.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    if not problem.layout.texts:
        return np.asarray(mean)
    rows = np.repeat(mean, len(x), axis=0)
    for text in TokenInput.of(problem.layout).texts:
        rows[:, text.ids], rows[:, text.weights] = x[:, text.ids], 0.0
    return rows


def _picked(fitted: FittedEstimator, probabilities: Floats) -> NDArray[np.int64]:
    """Say which class is explained: the positive one of two, else the likeliest of each row."""
    if fitted.problem.task == "binary":
        return np.ones(len(probabilities), dtype=np.int64)
    return np.asarray(probabilities.argmax(axis=1))
