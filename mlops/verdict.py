"""What the results of a gate's rules come to: pass, fail or inconclusive, and how many of each there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

PASS: Final = "pass"  # noqa: S105 - no password
FAIL: Final = "fail"
INCONCLUSIVE: Final = "inconclusive"
DEFERRED: Final = "deferred"
"""A rule that is judged later, where the result is to be used: over the live model, or claimed by a change."""
Verdict = Literal["pass", "inconclusive", "fail"]
RuleVerdict = Literal["pass", "inconclusive", "fail", "deferred"]
BADNESS: tuple[Verdict, ...] = (PASS, INCONCLUSIVE, FAIL)


class Judged(Protocol):
    """What a verdict needs of a rule's result."""

    @property
    def verdict(self) -> str:
        """What it came to."""

    @property
    def mode(self) -> str:
        """`block`, or `warn` where it stops nothing."""

    @property
    def applicable(self) -> bool:
        """Whether there was anything to judge."""

    @property
    def waived(self) -> object | None:
        """Who lets it be missed; None where nobody does."""


def verdict(rules: Iterable[Judged]) -> Verdict:
    """Sum up blocking rules that apply: any failure fails, then any doubt, and nothing that passes is doubt.

    What is deferred is not counted: it neither passes nor stands in the way of being judged.
    """
    counted = {rule.verdict for rule in rules if rule.applicable and rule.mode == "block" and not rule.waived}
    counted -= {DEFERRED}
    if FAIL in counted:
        return FAIL
    return PASS if counted == {PASS} else INCONCLUSIVE


def held(said: Verdict, rules: Iterable[Judged]) -> Verdict:
    """Take a recorded verdict for no better than its rules: a pass without any is none.

    >>> held("pass", [])
    'inconclusive'
    """
    return max((said, verdict(rules)), key=BADNESS.index)


def warns(rule: Judged) -> bool:
    """Tell whether a rule that stops nothing is missed, or may be."""
    return rule.applicable and rule.mode == "warn" and rule.verdict not in (PASS, DEFERRED)


def state(rule: Judged) -> str:
    """Give the verdict of a rule that applies; `waived` or `skipped` where it does not count."""
    if not rule.applicable:
        return "skipped"
    return "waived" if rule.waived else rule.verdict


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


def tally(rules: Iterable[Judged]) -> Tally:
    """Count the rules of a gate.

    >>> tally([])
    Tally(passed=0, failed=0, inconclusive=0, waived=0, deferred=0, warnings=0)
    """
    applicable = [rule for rule in rules if rule.applicable]
    found = Counter(state(rule) for rule in applicable if rule.mode == "block")
    warnings = sum(map(warns, applicable))
    return Tally(found[PASS], found[FAIL], found[INCONCLUSIVE], found["waived"], found[DEFERRED], warnings)
