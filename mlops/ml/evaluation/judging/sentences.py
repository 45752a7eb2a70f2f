"""The words of a verdict: what was measured, what it must be, on how many rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlops.files.figures import plural
from mlops.verdict import title

if TYPE_CHECKING:
    from mlops.ml.evaluation.judging.evidence import Evidence

NO_CHAMPION = "no champion: relative rule not applicable, absolute rules enforced"
UNMET = "over the live model, which `mlops gate` compares with"
FIRST = "nothing is live to compare with, and the policy asks for a review of a first model: waive this rule for it"


def number(value: float, beside: float | None = None) -> str:
    """Spell a value in about three digits, with more where it would look equal to `beside` without being so."""
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    for digits in range(3, 9):
        text = _digits(value, digits)
        if (
            beside is None
            or value == beside
            or float(text.replace(",", "")) != float(_digits(beside, 8).replace(",", ""))
        ):
            break
    return text


def ends(low: float, high: float) -> tuple[str, str]:
    """Spell both ends of an interval to the same place, fine enough to show its width."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return number(low), number(high)
    widest = max(abs(low), abs(high))
    places = max(0, 3 - (len(str(int(widest))) if widest >= 1 else 0))
    if high > low:
        places = max(places, 1 - math.floor(math.log10(high - low)))
    return f"{round(low, places) + 0.0:,.{places}f}", f"{round(high, places) + 0.0:,.{places}f}"


def _digits(value: float, digits: int) -> str:
    """Spell `digits` digits, at least three of them after the point of a small number."""
    size = abs(value)
    if 0 < size < 0.01:
        return f"{value:.{digits - 2 - math.floor(math.log10(size))}f}".removesuffix("0")
    whole = len(str(int(size))) if size >= 1 else 0
    return f"{value:,.{max(0, digits - whole)}f}"


def _where(item: Evidence) -> str:
    """Name what was measured: the metric, and the slice it was measured on."""
    rule = item.rule
    return title(rule.metric, rule.under, rule.of, rule.by, item.slice)


def _other(item: Evidence) -> str:
    """Name whose value the candidate's is compared with."""
    return "its value without" if item.rule.against == "clean" else f"the {item.rule.against}'s"


def _interval(item: Evidence) -> str:
    if item.rule.relative:
        return "[{} %, {} %]".format(*ends(100 * item.interval.low, 100 * item.interval.high))
    return "[{}, {}]".format(*ends(item.interval.low, item.interval.high))


def _rows(item: Evidence) -> str:
    return plural(item.rows, "row")


def _value(item: Evidence, bound: float) -> str:
    """Say the value, or how far it lies from the other model's."""
    if item.other is None:
        return f"{_where(item)} is {number(item.interval.value, bound)}"
    difference = item.interval.value
    if difference == 0:
        return f"{_where(item)} equals {_other(item)} {number(item.other)}"
    side = "above" if difference > 0 else "below"
    if item.rule.relative:
        size = number(100 * abs(difference), 100 * abs(bound))
        return f"{_where(item)} is {size} % {side} {_other(item)} {number(item.other)}"
    return f"{_where(item)} is {number(abs(difference), abs(bound))} {side} {_other(item)} {number(item.other)}"


def _wanted(item: Evidence, bound: float, sign: int) -> str:
    """Say what the bound asks for."""
    if item.other is None:
        return f"at {'least' if sign > 0 else 'most'} {bound:g}"
    if bound == 0:
        if item.rule.is_strict:
            return "above it" if sign > 0 else "below it"
        return "no lower" if sign > 0 else "no higher"
    direction = "above" if bound > 0 else "below"
    amount = f"{100 * abs(bound):g} %" if item.rule.relative else f"{abs(bound):g}"
    better = "more than" if item.rule.is_strict else "at least"
    return f"{better if bound * sign > 0 else 'no more than'} {amount} {direction}"


def passed(item: Evidence, bound: float, sign: int) -> str:
    """Say that the whole interval is on the good side."""
    return f"{_value(item, bound)} {_interval(item)}, {_wanted(item, bound, sign)} as required, on {_rows(item)}"


def failed(item: Evidence, bound: float, sign: int) -> str:
    """Say that the value is on the bad side, and what the champion has there."""
    sentence = f"{_value(item, bound)} but must be {_wanted(item, bound, sign)}"
    if item.rule.against == "value" and item.champion is not None:
        return f"{sentence}; the champion has {number(item.champion)} on the same {_rows(item)}"
    return f"{sentence}, on {'the same ' if item.other is not None else ''}{_rows(item)}"


def unsure(
    item: Evidence, bound: float, sign: int, needed: int | None, likely: bool, power: float | None = None
) -> str:
    """Say why the interval does not decide, how many rows would, and how often an equal model would pass on these."""
    wanted = _wanted(item, bound, sign)
    why = "likely but not sure among that many slices" if likely else "its interval reaches past that"
    rows = (
        f"needs about {needed:,} rows, has {item.rows:,}" if needed else f"{item.rows:,} rows are far too few to tell"
    )
    often = "" if power is None else f"; on so many, an equal model passes {power:.0%} of the time"
    return f"{_value(item, bound)} {_interval(item)} and must be {wanted}: {why}; {rows}{often}"


def unproven(item: Evidence, bound: float, sign: int, needed: int | None) -> str:
    """Say that a slice looks worse than allowed, and that some of so many would look so by luck."""
    rows = (
        f"needs about {needed:,} rows to be sure, has {item.rows:,}"
        if needed
        else f"{item.rows:,} rows are far too few to tell"
    )
    return (
        f"{_value(item, bound)} {_interval(item)} but must be {_wanted(item, bound, sign)}: "
        f"among that many slices it may be luck; {rows}"
    )


def untreated(item: Evidence, bound: float, sign: int) -> str:
    """Say why equal treatment is not shown, and how many rows of the smallest group would show it."""
    if item.caveat:
        return f"{_where(item)} is not judged equal: {item.caveat}"
    rows = (
        f"its smallest group needs about {item.rows_needed:,} rows" if item.rows_needed else "far too few rows to tell"
    )
    return (
        f"{_value(item, bound)} {_interval(item)} and must be {_wanted(item, bound, sign)}: "
        f"its interval reaches past that; {rows}"
    )


def few_rows(item: Evidence, minimum: int) -> str:
    """Say that a slice is too small to be judged."""
    return f"{_where(item)} is not judged on {_rows(item)}: needs at least {minimum:,}"


def few_clusters(item: Evidence, minimum: int) -> str:
    """Say that rows belong to too few groups for an interval."""
    return f"{_where(item)} is not judged: its {_rows(item)} belong to {item.clusters} groups, needs at least {minimum}"


def undefined(item: Evidence) -> str:
    """Say that the metric does not exist on these rows."""
    return f"{_where(item)} is undefined on {_rows(item)}: a class is absent or a score is not usable"


def problem(item: Evidence, why: str) -> str:
    """Say why nothing could be measured."""
    return f"{_where(item)} cannot be measured: {why}"
