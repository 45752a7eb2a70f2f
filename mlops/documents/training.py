"""`reports/training.json`: the candidates that training compared, and the one it chose."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops.documents.document import Document, Number, Part
from mlops.documents.ensemble import EnsembleReport
from mlops.files.intervals import measured, number


class CandidateReport(Part):
    """A trained candidate: its kind, its figures on the validation rows, how long it learnt."""

    kind: str = "–"
    validation: dict[str, Number | None] = Field(default_factory=dict)
    epochs: int | None = None
    best_epoch: int | None = None
    devices: int | None = None
    """Processes that trained it together, where it was not one."""
    accumulate: int | None = None
    """Micro-batches that it learnt a batch in, where memory did not suffice for more."""


class OriginReport(Part, extra="allow"):
    """One origin that was gone back to: the rows known there, the rows measured, and figures of each model by name."""

    known: int
    rows: int


TOO_GOOD = 0.995
"""AUROC, R² or share of right answers from which a figure is too good to be true."""


class TooGood(Part):
    """A figure on validation that is too good to be true; `columns` are the few that it hangs on, if any.

    What a judge finds by itself is on the rows of the `part` test.
    """

    measure: str
    value: Number
    rows: int
    columns: tuple[str, ...] = ()
    how: str = ""
    part: str = "validation"

    @property
    def sentence(self) -> str:
        """Say what was reached, and on what it hangs."""
        reached = f"{self.measure} {self.value:.4f} on {self.rows:,} rows of {self.part} is too good to be true"
        if not self.columns:
            return reached
        named = ", ".join(f"`{name}`" for name in self.columns)
        return f"{reached}, and hangs on {named}: {self.how}"


class CalibrationReport(Part):
    """How probabilities were fitted to validation; `after` is measured on rows that were left out of the fit."""

    method: str
    rows: int
    ece_before: Number | None
    ece_after: Number | None
    log_loss_before: Number | None
    log_loss_after: Number | None

    @property
    def sentence(self) -> str:
        """Say what it brought."""
        named = {
            "calibration error": (self.ece_before, self.ece_after),
            "log loss": (self.log_loss_before, self.log_loss_after),
        }
        known = [f"{what} {a:.4f} to {b:.4f}" for what, (a, b) in named.items() if a is not None and b is not None]
        return f"calibrated by {self.method} on {self.rows:,} rows of validation: {', '.join(known)} on rows left out"


class OptimismReport(Part):
    """What the best of several candidates has on validation, and `apart` on rows of it that did not choose."""

    candidates: int
    resamples: int
    best: str
    value: Number | None
    apart: Number | None

    def sentence(self, metric: str) -> str:
        """Say how much choosing flatters.

        Example:
            >>> OptimismReport(candidates=3, resamples=100, best="net", value=0.75, apart=0.742).sentence("r2")
            'the best of 3 candidates, net, has r2 0.750 where it was chosen and about 0.742 on rows that had no say'
        """
        chosen, apart = number(self.value, self.apart), number(self.apart, self.value)
        return (
            f"the best of {self.candidates} candidates, {self.best}, has {metric} {chosen} where it was chosen"
            f" and about {apart} on rows that had no say"
        )


class WalkedReport(Part):
    """How the chosen candidate did at several origins: the mean of a metric over them, and its interval."""

    metric: str
    origins: int
    mean: Number | None
    low: Number | None = None
    high: Number | None = None
    sliding: int | None = None
    gap: int | None = None
    """What was left out before each origin, in days, or units of a key of numbers."""

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        rows = "all rows before" if self.sliding is None else f"the last {self.sliding:,} periods before"
        left = "" if self.gap is None else f", a gap of {self.gap:,} left out"
        figure, spread = measured(self.mean, self.low, self.high)
        known = "unknown" if self.mean is None else figure
        said = known if self.low is None or self.high is None else f"{known} {spread}"
        where = f"{self.origins} origins" if self.origins > 1 else "one origin"
        return f"learnt again at {where}, from {rows} each{left}: {self.metric} {said} on the rows that follow"


class TrainingReport(Document):
    """What was compared by the metric `select_by`; `backtest` is by origin: of a forecast, or of rows in time."""

    schema_version: Literal[1] = 1
    select_by: str = ""
    chosen: str | None = None
    reproducible: str = ""
    candidates: dict[str, CandidateReport] = Field(default_factory=dict)
    backtest: dict[str, OriginReport] = Field(default_factory=dict)
    walked: WalkedReport | None = None
    """What the origins of rows in time come to."""
    dropped: dict[str, str] = Field(default_factory=dict)
    """Candidates that failed while others did not, and why."""
    too_good: TooGood | None = None
    learnt: dict[str, int] = Field(default_factory=dict)
    """Rows that taught the released model, by part; the candidates above learnt from those of train alone."""
    calibration: CalibrationReport | None = None
    optimism: OptimismReport | None = None
    """How much choosing among the candidates flatters the best; what a search tried before is not in it."""
    ensemble: EnsembleReport | None = None
    """What the candidates are worth together, where that is asked for."""
