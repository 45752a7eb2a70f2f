"""A pipeline's own metrics, measured in a process of its own: what judges imports nothing of what it judges by.

`python -P -m mlops.operations.judging.apart FOLDER CODE PIPELINE` reads what is asked from FOLDER and leaves the answer
there. It is told of no token, no address and no home; where the kernel can, it is shut in, and in CI nothing is
measured where that cannot. What it answers is data: of metrics and models that were asked for, one finite number for
each row, else a sentence.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import MlopsError
from mlops.operations.processes.child import Child
from mlops.operations.processes.confined import confine, version
from mlops.operations.processes.ending import interruptible
from mlops.operations.processes.environment import environment
from mlops.operations.processes.looked import in_ci

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops.ml.evaluation.judging.own_metrics import OwnMetric
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.ml.evaluation.row_losses import RowLosses

_OPEN = "the kernel of this machine has no Landlock, which shuts it in"
_COMMAND = ("-P", "-m", __name__)
_PREDICTIONS, _METRICS, _ANSWER = "predictions.parquet", "metrics.json", "answer.parquet"


def measure_apart(
    predictions: Predictions, metrics: Mapping[str, OwnMetric], code: Path, pipeline: str
) -> dict[str, RowLosses]:
    """Ask every metric about every model, as `own_metrics.measure` does; `code` is where `pipelines/` lies."""
    if not metrics:
        return {}
    if in_ci() and not version():
        return {
            name: _nothing(predictions, f"{_named(metric)} is not measured: {_OPEN}")
            for name, metric in metrics.items()
        }
    with tempfile.TemporaryDirectory(prefix="mlops-apart-") as temporary:
        folder, home = Path(temporary) / "asked", Path(temporary) / "home"
        folder.mkdir()
        home.mkdir()
        replace(predictions, own={}).write(folder / _PREDICTIONS)
        (folder / _METRICS).write_text(json.dumps({name: asdict(metric) for name, metric in metrics.items()}))
        command = [sys.executable, *_COMMAND, str(folder), str(code), pipeline]
        with (
            (folder / "log").open("wb") as log,
            interruptible(),
            Child(command, folder, printed=log, environment=environment(home)) as child,
        ):
            child.wait()
        return {name: _answered(folder / _ANSWER, name, metric, predictions) for name, metric in metrics.items()}


def _answered(file: Path, name: str, metric: OwnMetric, asked: Predictions) -> RowLosses:
    """Read what the process says of one metric; what it does not say of a model, it did not measure."""
    import numpy as np

    from mlops.ml.evaluation.predictions import Predictions
    from mlops.ml.evaluation.row_losses import RowLosses

    nothing = f"{_named(metric)} gives no answer: its process ended before"
    try:
        answer = Predictions.read(file)
    except (MlopsError, ArithmeticError, LookupError, TypeError, ValueError):  # it may have left anything
        return _nothing(asked, nothing)
    found = answer.own.get(name, RowLosses({}))
    same = np.array_equal(answer.rows, np.sort(asked.rows))
    order = np.searchsorted(answer.rows, asked.rows) if same else None
    values = {
        model: losses[order]
        for model, losses in found.values.items()
        if same and model in asked.scores and losses.dtype == np.float64 and np.isfinite(losses).all()
    }
    problems = {model: str(found.problems.get(model) or nothing) for model in asked.scores if model not in values}
    return RowLosses(values, problems)


def _nothing(asked: Predictions, why: str) -> RowLosses:
    from mlops.ml.evaluation.row_losses import RowLosses

    return RowLosses({}, dict.fromkeys(asked.scores, why))


def _named(metric: OwnMetric) -> str:
    return f"`{metric.use.partition(':')[2]}`"


def main(folder: str, code: str, pipeline: str) -> int:
    """Measure, and leave the answer beside the question."""
    place = Path(folder)
    if version():
        confine([Path(code)], [place, Path(os.environ["HOME"])])
    from mlops.ml.evaluation.judging.own_metrics import OwnMetric, measure
    from mlops.ml.evaluation.predictions import Predictions

    asked = json.loads((place / _METRICS).read_bytes())
    predictions = Predictions.read(place / _PREDICTIONS)
    metrics = {name: OwnMetric(**metric) for name, metric in asked.items()}
    replace(predictions, own=measure(predictions, metrics, Path(code), pipeline)).write(place / _ANSWER)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
