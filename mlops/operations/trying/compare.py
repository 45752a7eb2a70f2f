"""`mlops compare`: two runs of a pipeline, trials or commits: configuration, code, data, and which is better."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlops.blocks.bootstrap import Bootstrap
from mlops.documents.figures import Figure
from mlops.documents.run_comparison import ComparedMetric, Key, RunComparison, Standing
from mlops.metrics import METRICS
from mlops.operations.planning.difference import differences
from mlops.operations.planning.key_changes import key_changes
from mlops.operations.trying.sides import Run, run_of
from mlops.operations.workspace import open_workspace

if TYPE_CHECKING:
    from mlops.ml.evaluation.predictions import Predictions

_IDENTITY = ("code", "libraries")
_NOT_A_STAGE = "tracking"


def compare(root: Path, name: str, first: str, second: str) -> RunComparison:
    """Hold the second run against the first, on test rows where both have them, else on validation rows.

    Raises:
        ConfigurationError: one of them is no run of the pipeline.
        IntegrityError: what DVC kept of one has other bytes than its lock says.
    """
    method = open_workspace(root, (name,)).pipelines[name].spec.evaluate.bootstrap
    runs = (run_of(root, name, first), run_of(root, name, second))
    one, other = ({stage: part for stage, part in run.parameters.items() if stage != _NOT_A_STAGE} for run in runs)
    part: Literal["test", "validation"] = "test" if all(run.commit for run in runs) else "validation"
    with tempfile.TemporaryDirectory(prefix="mlops-compare-") as scratch:
        said = [run.predictions(part, Path(scratch) / str(number)) for number, run in enumerate(runs)]
    metrics, paired = _metrics(runs, part, said, method)
    return RunComparison(
        pipeline=name,
        first=runs[0].side,
        second=runs[1].side,
        keys=tuple(Key(key=each.name, first=each.before, second=each.after) for each in key_changes(one, other)),
        code=tuple(stage for stage in other if stage in one and _other_code(one[stage], other[stage])),
        part=part,
        paired=paired,
        confidence=method.confidence,
        metrics=metrics,
    )


def _other_code(first: Mapping[str, object], second: Mapping[str, object]) -> bool:
    return any(any(differences(first.get(key), second.get(key))) for key in _IDENTITY)


def _metrics(
    runs: tuple[Run, Run], part: str, said: list[Predictions | None], method: Bootstrap
) -> tuple[dict[str, ComparedMetric], bool]:
    """Compare on the same resamples where both were asked about the same rows, else by the intervals of each."""
    from mlops.ml.evaluation.summary import measured
    from mlops.ml.evaluation.two_runs import differences, same_rows

    known = [run.tested if part == "test" else run.validated for run in runs]
    names = [name for name in known[0] if name in known[1] and name in METRICS]
    one, other = said
    if one is not None and other is not None and same_rows(one, other):
        found = differences(one, other, names, method)
        return {name: _paired(name, *found[name]) for name in names}, True
    for each, predictions in enumerate(said):
        if predictions is not None and part == "validation":
            table = measured(predictions, names, ("candidate",), method)["candidate"]
            known[each] = {name: figure.rounded for name, figure in table.items()}
    return {name: apart(name, known[0][name], known[1][name]) for name in names}, False


def _paired(metric: str, first: Figure, second: Figure, difference: Figure) -> ComparedMetric:
    return ComparedMetric(first=first, second=second, difference=difference, second_is=standing(metric, difference))


def standing(metric: str, difference: Figure) -> Standing:
    """Say how the second stands by the interval of its difference to the first.

    >>> standing("auroc", Figure(value=0.02, low=0.01, high=0.03)), standing("auroc", Figure(value=0.0, low=-1, high=1))
    ('better', 'cannot tell')
    """
    value, low, high = difference.value, difference.low, difference.high
    if value is None or low is None or high is None:
        return "cannot tell"
    if low == high == value == 0:
        return "same"
    if low <= 0 <= high:
        return "cannot tell"
    return "better" if (low > 0) == METRICS[metric].higher_is_better else "worse"


def apart(metric: str, first: Figure, second: Figure) -> ComparedMetric:
    """Compare figures of other rows: only intervals that do not touch tell them apart.

    That is stricter than a test of the difference, which is the price of rows that are not the same. Schenker and
    Gentleman, On Judging the Significance of Differences by Examining the Overlap Between Confidence Intervals (2001).
    """
    low, high = _span(second.low, first.high), _span(second.high, first.low)
    known = standing(metric, Figure(value=_span(second.value, first.value), low=low, high=high))
    return ComparedMetric(first=first, second=second, second_is="cannot tell" if known == "same" else known)


def _span(end: float | None, other: float | None) -> float | None:
    return None if end is None or other is None else end - other
