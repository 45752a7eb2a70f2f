"""Rules that may be missed for a while: what a waiver takes out of a verdict, and what is left when it has expired."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from mlops.blocks.waiver import Waiver
from mlops.documents.gate import RuleResult, Waived
from mlops.verdict import DEFERRED, PASS


def covers(waiver: Waiver, result: RuleResult) -> bool:
    """Tell whether a waiver is about a rule's result that needs it: one that blocks and did not pass."""
    needs = result.applicable and result.mode == "block" and result.verdict not in (PASS, DEFERRED)
    return needs and result.id == waiver.rule and waiver.slice in (None, result.slice)


def waive(results: Iterable[RuleResult], waivers: Iterable[Waiver]) -> tuple[RuleResult, ...]:
    """Write the waiver that covers it into each result; nothing else of the result changes."""
    known = tuple(waivers)
    return tuple(_waived(result, next((each for each in known if covers(each, result)), None)) for result in results)


def _waived(result: RuleResult, waiver: Waiver | None) -> RuleResult:
    return result if waiver is None else result.model_copy(update={"waived": Waived(**waiver.model_dump())})


def on(results: Iterable[RuleResult], today: date) -> tuple[RuleResult, ...]:
    """Take out waivers and accepted leaks that do not hold on a day; a result that lost one says so."""
    return tuple(_on(result, result.waived, today) for result in results)


def _on(result: RuleResult, waived: Waived | None, today: date) -> RuleResult:
    if result.accepted_until is not None and date.fromisoformat(result.accepted_until) < today:
        return result.ended()
    if waived is None or date.fromisoformat(waived.granted) <= today <= date.fromisoformat(waived.expires):
        return result
    when = f"expired on {waived.expires}" if today.isoformat() > waived.expires else "has not begun"
    return result.unwaived(f"{result.sentence}; the waiver of {waived.owner} {when}")
