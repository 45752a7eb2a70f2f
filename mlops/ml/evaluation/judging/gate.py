"""The judge of a gate: its rules and what is known in, a result for each rule out.

The stage of a run, the judge of a pull request and a release ask the same functions, and differ in the live model:
a stage has not met it (`LATER`), nothing may be live (`NOTHING_LIVE`, `FIRST_LIVE`), or it was asked about the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.blocks.bootstrap import Bootstrap
from mlops.blocks.waiver import Waiver
from mlops.documents.data import DataReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.serving import ServingReport
from mlops.documents.training import TrainingReport
from mlops.ml.evaluation.judging import data_quality, serving_cost, too_good
from mlops.ml.evaluation.judging.deferred import apart, in_order, refused
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.judging.sentences import FIRST, NO_CHAMPION, UNMET
from mlops.ml.evaluation.judging.waivers import waive
from mlops.verdict import DEFERRED, FAIL, INCONCLUSIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mlops.documents.gate import RuleResult
    from mlops.ml.evaluation.judging.judge import Result
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.verdict import RuleVerdict


class Gate(BaseModel, extra="forbid", frozen=True):
    """What a gate asks, and how it is judged."""

    rules: tuple[Rule, ...] = ()
    """On predictions."""
    serving: tuple[Rule, ...] = ()
    """On what serving costs."""
    data: tuple[Rule, ...] = ()
    """On the checks of the data."""
    accepted_leak: AcceptedLeak | None = None
    """Columns that a result too good to be true may hang on."""
    waivers: tuple[Waiver, ...] = ()
    """Rules that may be missed for a while."""
    bootstrap: Bootstrap = Bootstrap()
    """How intervals are made."""
    minimum_rows: int = Field(default=30, ge=1)
    """The fewest rows that carry an interval."""
    group: str | None = None
    """The column by which rows hang together."""


@dataclass(frozen=True)
class Reports:
    """What a run wrote beside its predictions; None where it wrote nothing that can be read."""

    serving: ServingReport | None = None
    data: DataReport | None = None
    inputs: Mapping[str, str] | None = None
    """Digests of the judged model's files, as `evaluate` recorded them."""
    training: TrainingReport | None = None

    @classmethod
    def read(cls, folder: Path) -> Reports:
        """Read the reports in a folder; what is damaged is as if it were absent, and passes no rule."""
        metrics = MetricsReport.read(folder / "metrics.json")
        inputs = None if metrics is None else metrics.inputs
        return cls(
            ServingReport.read(folder / "serving.json"),
            DataReport.read(folder / "data.json"),
            inputs,
            TrainingReport.read(folder / "training.json"),
        )


@dataclass(frozen=True)
class Opponent:
    """The live model beside the candidate, on the rows that it did not learn from; `left_out` counts the others.

    Where nothing can be compared, `predictions` is None, and every rule over it gets `verdict` with `sentence`.
    """

    digest: str
    predictions: Predictions | None = None
    serving: ServingReport | None = None
    left_out: int = 0
    verdict: RuleVerdict = FAIL
    sentence: str = ""
    applicable: bool = True


LATER = Opponent("", verdict=DEFERRED, sentence=UNMET)
"""The live model is met elsewhere: what a stage says would not hold for long."""
NOTHING_LIVE = Opponent("", verdict=INCONCLUSIVE, sentence=NO_CHAMPION, applicable=False)
FIRST_LIVE = Opponent("", verdict=INCONCLUSIVE, sentence=FIRST)
"""Nothing is live, and the policy asks that a person reviews a first model."""


def judge_gate(gate: Gate, predictions: Predictions, reports: Reports, live: Opponent) -> tuple[RuleResult, ...]:
    """Judge every rule, in the order in which they are written.

    Where the live model was asked about all rows, rules on the candidate alone say what it has there.
    """
    both = live.predictions if live.predictions is not None and not live.left_out else predictions
    confidence = gate.bootstrap.confidence
    results = [
        *_judged(gate, apart(gate.rules)[0], both),
        *serving_cost.judge(apart(gate.serving)[0], reports.serving, reports.inputs or {}, None, confidence),
        *data_quality.judge(gate.data, reports.data, confidence),
        *_over_live(gate, reports, live),
    ]
    found = reports.training.too_good if reports.training else None
    more = too_good.judge(found, reports.data, gate.accepted_leak)
    return (*_recorded(in_order(results, (*gate.rules, *gate.serving, *gate.data)), gate), *more)


def judge_over_live(gate: Gate, reports: Reports, live: Opponent) -> tuple[RuleResult, ...]:
    """Judge the rules over the live model alone."""
    return _recorded(_over_live(gate, reports, live), gate)


def _over_live(gate: Gate, reports: Reports, live: Opponent) -> list[Result]:
    rules, served = apart(gate.rules)[1], apart(gate.serving)[1]
    if live.predictions is None:
        return refused((*rules, *served), live.verdict, live.sentence, applicable=live.applicable)
    results = [_told(result, live.left_out) for result in _judged(gate, rules, live.predictions)]
    confidence = gate.bootstrap.confidence
    return [*results, *serving_cost.judge(served, live.serving, reports.inputs or {}, live.digest, confidence)]


def _judged(gate: Gate, rules: Iterable[Rule], predictions: Predictions) -> list[Result]:
    evidence = gather(predictions, rules, gate.bootstrap, gate.minimum_rows, grouped=gate.group is not None)
    return judge(evidence, gate.bootstrap, gate.minimum_rows)


def _told(result: Result, left_out: int) -> Result:
    if not left_out:
        return result
    return replace(result, sentence=f"{result.sentence}; {left_out:,} rows that it learnt from are left out")


def _recorded(results: Iterable[Result], gate: Gate) -> tuple[RuleResult, ...]:
    return waive((result.record() for result in results), gate.waivers)
