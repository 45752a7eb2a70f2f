"""The verdict of the last run, as recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.documents.gate import GateReport
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError, MlopsError
from mlops.files import conflict
from mlops.ml.evaluation.judging import waivers
from mlops.verdict import BADNESS, DEFERRED, verdict

if TYPE_CHECKING:
    from mlops.documents.gate import RuleResult
    from mlops.verdict import Verdict as Said


@dataclass(frozen=True)
class Verdict:
    """What a gate said of a candidate."""

    pipeline: str
    verdict: Said
    rules: tuple[RuleResult, ...]
    champion: str | None
    registered: str | None = None
    """Digest of the rules it was judged by; None where an earlier version recorded none."""
    entered: tuple[str, ...] = ()
    """The files of the ledger that its run entered it in; none where it was read."""

    @classmethod
    def of(cls, report: GateReport, name: str) -> Verdict:
        """Take what a gate recorded, waivers and all, its verdict no better than its rules come to."""
        return cls(name, report.verdict, report.rules, report.champion, report.registered)

    @property
    def deferred(self) -> bool:
        """Whether rules over the live model are still to be judged."""
        return any(rule.verdict == DEFERRED for rule in self.rules)

    def on(self, today: date) -> Verdict:
        """Say what holds on a day: a waiver that does not takes its pass along; nothing is ever raised by this."""
        rules = waivers.on(self.rules, today)
        if rules == self.rules:
            return self
        return replace(self, verdict=max(self.verdict, verdict(rules), key=BADNESS.index), rules=rules)

    def error(self, *, explained: bool = False) -> MlopsError | None:
        """Make the error that stands for anything but a pass; what was `explained` already is shown by the report."""
        hint = f"mlops gate {self.pipeline} --explain"
        hint = f"open pipelines/{self.pipeline}/reports/report.html" if explained else hint
        if self.verdict == "pass":
            return None
        if self.verdict == "inconclusive":
            return Inconclusive(f"{self.pipeline}: the gate is inconclusive", hint=hint)
        return GateFailed(f"{self.pipeline}: the gate failed", hint=hint)


def read_verdict(root: Path, name: str, today: date | None = None) -> Verdict:
    """Read `reports/gate.json` of a pipeline; waivers count on the days they are given for (today's, by default).

    Raises:
        InfrastructureError: the pipeline was never judged here.
        IntegrityError: the file is damaged; Conflicted where a merge left two versions in it.
    """
    path = root / "pipelines" / name / "reports" / "gate.json"
    if not path.is_file():
        raise InfrastructureError(f"{name}: no verdict yet", hint=f"mlops run {name}")
    try:
        return read_gate(path.read_bytes(), name).on(today or date.today())
    except ValueError as error:
        conflict.refuse(path.read_bytes(), f"pipelines/{name}/reports/gate.json")
        hint = f"mlops run {name}"
        raise IntegrityError(f"pipelines/{name}/reports/gate.json is damaged", hint=hint) from error


def read_gate(data: bytes, name: str) -> Verdict:
    """Read what a gate recorded, waivers and all, its verdict no better than its rules come to.

    Raises ValueError where it is damaged.
    """
    return Verdict.of(GateReport.parse(data), name)
