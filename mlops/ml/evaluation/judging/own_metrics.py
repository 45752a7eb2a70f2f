"""Metrics of a pipeline's own: a function values each row, and the metric is the weighted mean of that.

Because a metric is a mean over rows, intervals, slices and differences between models are those of any other metric.
What the function gets wrong (shape, a value that is no number, an exception) is kept as a sentence, and no rule about
the metric passes with it.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mlops.errors import ConfigurationError
from mlops.ml.evaluation.row_losses import RowLosses
from mlops.ml.user_code import address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from mlops.ml.evaluation.predictions import Predictions


@dataclass(frozen=True)
class OwnMetric:
    """Where a metric's function is, which side of it is good, and what else it is given."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    use: str
    better: Literal["lower", "higher"]
    parameters: dict[str, Any] = field(default_factory=dict)


def measure(
    predictions: Predictions, metrics: Mapping[str, OwnMetric], root: Path, pipeline: str
) -> dict[str, RowLosses]:
    """Ask every metric about every model, the candidate on perturbed rows included."""
    return {name: _losses(predictions, metric, root, pipeline) for name, metric in sorted(metrics.items())}


def _losses(predictions: Predictions, metric: OwnMetric, root: Path, pipeline: str) -> RowLosses:
    function, problem = _function(metric.use, root, pipeline)
    values: dict[str, NDArray[np.float64]] = {}
    problems: dict[str, str] = {}
    for model, score in predictions.scores.items():
        answer: Any = problem
        if function is not None:
            answer = _asked(function, metric, predictions.target, score, root / "pipelines")
        if isinstance(answer, str):
            problems[model] = answer
        else:
            values[model] = answer
    return RowLosses(values, problems)


def _function(use: str, root: Path, pipeline: str) -> tuple[Callable[..., Any] | None, str]:
    """Import a function; the sentence says why that cannot be done."""
    try:
        found = address.named(address.module_of(use, root, pipeline), use)
    except ConfigurationError as error:
        return None, error.message
    except (Exception, SystemExit) as error:
        return None, f"`{use}` cannot be imported: {_said(error, root / 'pipelines')}"
    return found, "" if found is not None else f"`{use}`: the module has no such function"


def _asked(
    function: Callable[..., Any], metric: OwnMetric, target: NDArray[Any], score: NDArray[Any], folder: Path
) -> NDArray[np.float64] | str:
    """Call a function on copies; nothing but one finite number for each row is taken."""
    name, rows = metric.use.partition(":")[2], len(target)
    if problem := _unlike(function, metric.parameters):
        return f"`{name}` cannot be called with (target, score): {problem}"
    try:
        answer = np.asarray(function(target.copy(), score.copy(), **metric.parameters))
    except (Exception, SystemExit) as error:  # an exit in the middle of a stage would otherwise end it without a word
        return f"`{name}` fails: {_said(error, folder)}"
    if answer.dtype.kind not in "fiub":
        return f"`{name}` answers {answer.dtype}, not numbers"
    if answer.shape != (rows,):
        return f"`{name}` answers {_shape(answer)}, not one number for each of {rows:,} rows"
    values = answer.astype(np.float64)
    if bad := int((~np.isfinite(values)).sum()):
        return f"`{name}` answers no finite number in {bad:,} of {rows:,} rows"
    return values


def _unlike(function: Callable[..., Any], parameters: Mapping[str, Any]) -> str:
    """Say why the arguments do not fit; these are names of the user's own and no values of rows."""
    try:
        inspect.signature(function).bind(None, None, **parameters)
    except TypeError as error:
        return str(error)
    except ValueError:  # of what is written in C nothing is known
        return ""
    return ""


def _shape(answer: NDArray[Any]) -> str:
    return "one number" if answer.ndim == 0 else " x ".join(f"{size:,}" for size in answer.shape) + " numbers"


def _said(error: BaseException, folder: Path) -> str:
    """Name an exception and its place in the user's code; the message itself may carry values of rows."""
    found = address.place(error, folder)
    where = "" if found is None else f"{found[0].relative_to(folder.resolve().parent)}:{found[1]}: "
    return f"{where}{type(error).__name__}"
