"""`reports/gate.json`: the verdict on a bundle and the result of every rule; `judged.json` says the same of a judge."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from mlops.documents.document import Document, Number, Part, said
from mlops.documents.figures import Figure, Figures
from mlops.verdict import DEFERRED, FAIL, INCONCLUSIVE, RuleVerdict, Tally, Verdict, held, state, tally


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)]


class Waived(Part):
    """Who let a rule be missed, from when until when, and why."""

    rule: str = ""
    slice: str | None = None
    reason: str
    owner: str
    approver: str
    granted: Day
    expires: Day


class Accepted(Part):
    """Columns that a model may hang on: why, who allows it, from when until when; one without an end names nobody."""

    columns: tuple[str, ...]
    reason: str
    owner: str | None = None
    approver: str | None = None
    since: Day | None = None
    until: Day | None = None


class RuleResult(Part, extra="allow"):
    """What one rule came to on one slice; keys that a later release added travel along."""

    id: str = ""
    metric: str
    against: str = "value"
    by: str | None = None
    of: str | None = None
    """The column of a rule of fairness."""
    under: str | None = None
    """What was done to the rows of a rule of robustness."""
    slice: str | None = None
    side: str | None = None
    """`at_most`; nothing is `at_least`."""
    relative: bool | None = None
    test: str | None = None
    bound: Number | None = None
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    n: Annotated[int, Field(ge=0)] | None = None
    rows_needed: int | None = None
    power: Number | None = None
    verdict: RuleVerdict
    mode: Literal["block", "warn"]
    applicable: bool
    sentence: str = ""
    waived: Waived | None = None
    claimed: bool = False
    """It rests on code that the change brings, which counts once it is merged."""
    accepted_until: Day | None = None
    """Last day on which it passes for what somebody accepted; then it fails."""
    accepted: Accepted | None = None
    """What it passes for."""

    def __getitem__(self, key: str) -> Any:
        """Give what stands under a key: `rule["id"]` is `rule.id` to users of `mlops.api`; raises KeyError."""
        return said(self)[key]

    @property
    def state(self) -> str:
        """The verdict of a rule that applies; `waived` or `skipped` where it does not count."""
        return state(self)

    def ended(self) -> RuleResult:
        """Take out what was accepted: it held until a day that has passed."""
        sentence = f"{self.sentence}; that held until {self.accepted_until}: accept it again, or leave the columns out"
        return self.unaccepted(sentence, FAIL)

    def unaccepted(self, sentence: str, verdict: RuleVerdict) -> RuleResult:
        """Take out what was accepted, and say so: it blocks as if nobody had."""
        kept = {key: value for key, value in said(self).items() if key not in ("accepted_until", "accepted")}
        return RuleResult.model_validate({**kept, "sentence": sentence, "verdict": verdict, "mode": "block"})

    def unwaived(self, sentence: str, verdict: RuleVerdict | None = None) -> RuleResult:
        """Take out its waiver, and say so."""
        kept = {key: value for key, value in said(self).items() if key != "waived"}
        return RuleResult.model_validate({**kept, "sentence": sentence, "verdict": verdict or self.verdict})


class Rate(Figure):
    """A rate of decisions among the rows of a group."""

    group: str
    rows: int


class GateReport(Document):
    """The verdict of a gate; `said` is what was recorded, `verdict` what may be made of it."""

    schema_version: Literal[1] = 1
    said: Verdict = Field(alias="verdict")
    rules: tuple[RuleResult, ...]
    bundle: str | None = None
    predictions: str | None = None
    registered: str | None = None
    """Digest of the rules it was judged by; None where an earlier release recorded none."""
    method: str = ""
    group_rates: dict[str, dict[str, tuple[Rate, ...]]] = Field(default_factory=dict)
    """By column and rate."""
    champion: str | None = None
    models: Figures = Field(default_factory=dict)
    framework: tuple[str, ...] = ()
    """The files of the program that the change moves, where its rows are those that its own version makes."""

    @property
    def verdict(self) -> Verdict:
        """The verdict, which is never better than what its rules come to."""
        return held(self.said, self.rules)

    @property
    def tally(self) -> Tally:
        """How many rules came to what."""
        return tally(self.rules)

    @property
    def whole(self) -> GateReport:
        """Take a pass for doubt where rules were never judged; what a change claims waits for its merge."""
        waiting = any(rule.state == DEFERRED and not rule.claimed for rule in self.rules)
        return self.model_copy(update={"said": INCONCLUSIVE}) if self.verdict == "pass" and waiting else self
