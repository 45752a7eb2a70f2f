"""What the results of a gate's rules come to: pass, fail or inconclusive; what each is called, how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

PASS: Final = "pass"  # noqa: S105 - no password
FAIL: Final = "fail"
INCONCLUSIVE: Final = "inconclusive"
DEFERRED: Final = "deferred"
"""A rule that is judged later, where the result is to be used: over the live model, or claimed by a change."""
Record = Mapping[str, Any]
Verdict = Literal["pass", "inconclusive", "fail"]
BADNESS: tuple[Verdict, ...] = (PASS, INCONCLUSIVE, FAIL)


def verdict(records: Iterable[Record]) -> Verdict:
    """Sum up blocking rules that apply: any failure fails, then any doubt, and nothing that passes is doubt.

    What is deferred is not counted: it neither passes nor stands in the way of being judged.
    """
    counted = {
        record["verdict"]
        for record in records
        if record["applicable"] and record["mode"] == "block" and not record.get("waived")
    } - {DEFERRED}
    if FAIL in counted:
        return FAIL
    return PASS if counted == {PASS} else INCONCLUSIVE


def held(said: str, records: Iterable[Record]) -> Verdict:
    """Take a recorded verdict for no better than its rules: a pass without any is none.

    Raises ValueError, KeyError or TypeError where either is damaged.

    >>> held("pass", []), held("pass", [{"verdict": "fail", "applicable": True, "mode": "block"}])
    ('inconclusive', 'fail')
    """
    return max((BADNESS[BADNESS.index(said)], verdict(records)), key=BADNESS.index)


def state(record: Record) -> str:
    """Give the verdict of a rule that applies; `waived` or `skipped` where it does not count."""
    if not record["applicable"]:
        return "skipped"
    return "waived" if record.get("waived") else str(record["verdict"])


def title(record: Record, metric: str | None = None) -> str:
    """Say what a rule is about; `metric` is the name it is shown by, if not its own.

    >>> title({"metric": "auroc", "under": "noise", "by": "site", "slice": "a"})
    'auroc under noise where site=a'
    """
    parts = [metric or str(record["metric"])]
    parts += [f"{word} {record[word]}" for word in ("under", "of") if record.get(word)]
    if record.get("by") and record.get("slice") is not None:
        parts.append(f"where {record['by']}={record['slice']}")
    return " ".join(parts)


@dataclass(frozen=True)
class Tally:
    """How many rules that block and apply came to what, and how many of those that only warn do."""

    passed: int
    failed: int
    inconclusive: int
    waived: int
    deferred: int
    warnings: int

    @property
    def total(self) -> int:
        """All that block and apply."""
        return self.judged + self.waived + self.deferred

    @property
    def judged(self) -> int:
        """Those whose own result counts here and now."""
        return self.passed + self.failed + self.inconclusive


def tally(records: Iterable[Record]) -> Tally:
    """Count the rules of a gate.

    >>> rule = {"applicable": True, "mode": "block", "verdict": "pass"}
    >>> tally([rule, rule | {"verdict": "fail"}, rule | {"verdict": "fail", "mode": "warn"}])
    Tally(passed=1, failed=1, inconclusive=0, waived=0, deferred=0, warnings=1)
    """
    applicable = [record for record in records if record["applicable"]]
    found = Counter(state(record) for record in applicable if record["mode"] == "block")
    warnings = sum(record["mode"] == "warn" and record["verdict"] not in (PASS, DEFERRED) for record in applicable)
    return Tally(found[PASS], found[FAIL], found[INCONCLUSIVE], found["waived"], found[DEFERRED], warnings)
