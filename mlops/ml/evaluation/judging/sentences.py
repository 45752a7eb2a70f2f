"""The words of a verdict: what was measured, what it must be, on how many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.files.figures import plural
from mlops.files.intervals import interval, number
from mlops.ml.evaluation.judging.names import called, titled

if TYPE_CHECKING:
    from mlops.ml.evaluation.judging.evidence import Evidence

NO_CHAMPION = "no champion: relative rule not applicable, absolute rules enforced"
UNMET = "over the live model, which `mlops gate` compares with"
_OTHERS = {"persistence": "persistence", "ets": "exponential smoothing", "theta": "the theta method"}
FIRST = "nothing is live to compare with, and the policy asks for a review of a first model: waive this rule for it"


def _where(item: Evidence) -> str:
    """Name what was measured: the metric, and the slice it was measured on."""
    rule = item.rule
    return titled(rule.metric, rule.under, rule.of, rule.by, item.slice)


def _rows(item: Evidence) -> str:
    return plural(item.rows, "row")


def _told(item: Evidence, bound: float) -> str:
    """Say the value, or how far it lies from the other model's, with its interval and on how many rows."""
    said = _value(item, bound) if item.other is None else _difference(item, item.other, bound)
    return f"{said} ({_rows(item)})"


def _value(item: Evidence, bound: float) -> str:
    return f"{_where(item)} is {number(item.interval.value, bound)} {_ends(item, 1)}"


def _difference(item: Evidence, other: float, bound: float) -> str:
    rule, change = item.rule, item.interval.value
    scale, unit = (100, " %") if rule.relative else (1, "")
    far = (
        f"{number(scale * abs(change), scale * abs(bound))}{unit} {_ends(item, -scale if change < 0 else scale, unit)}"
    )
    if rule.against == "clean":
        moved = f"{'falls' if change < 0 else 'rises'} from {number(other)} by {far}"
        moved = f"stays at {number(other)}, give or take {_ends(item, scale, unit)}" if change == 0 else moved
        return f"{called(rule.metric)} {moved}{titled('', rule.under, None, rule.by, item.slice)}"
    theirs = f"{_OTHERS.get(rule.against, f'the {rule.against}')}'s {number(other)}"
    if change == 0:
        return f"{_where(item)} equals {theirs}, give or take {_ends(item, scale, unit)}"
    return f"{_where(item)} is {far} {'above' if change > 0 else 'below'} {theirs}"


def _ends(item: Evidence, scale: float, unit: str = "") -> str:
    """Spell the interval, turned round where what is told is how far something fell."""
    return interval(*sorted((scale * item.interval.low, scale * item.interval.high)), unit=unit)


def wanted(
    bound: float, sign: int, against: str = "value", *, unit: str = "", strict: bool = False, change: float = 0.0
) -> str:
    """Say what a bound asks for; `sign` is 1 where more is better, `change` how far the value lies from the other's.

    >>> wanted(0.7, 1), wanted(0.05, -1)
    ('at least 0.7 is required', 'at most 0.05 is allowed')
    >>> wanted(-0.005, 1, "champion"), wanted(-0.05, 1, "clean", change=-0.01)
    ('at most 0.005 below is allowed', 'at most 0.05 is allowed')
    """
    if against == "value":
        return f"at {'least' if sign > 0 else 'most'} {bound:g}{unit} is {'required' if sign > 0 else 'allowed'}"
    if bound == 0:
        return ("it must be above" if sign > 0 else "it must be below") if strict else (
            "no lower is allowed" if sign > 0 else "no higher is allowed"
        )  # fmt: skip
    asked = bound * sign > 0
    amount = f"{'more than' if strict else 'at least'} {abs(bound):g}" if asked else f"at most {abs(bound):g}"
    verb = "is required" if asked else "is allowed"
    if against != "clean":
        return f"{amount}{unit} {'above' if bound > 0 else 'below'} {verb}"
    move = "" if change * bound > 0 else f"a {'rise' if bound > 0 else 'fall'} of "
    return f"{move}{amount}{unit} {verb}"


def _wanted(item: Evidence, bound: float, sign: int) -> str:
    rule = item.rule
    scale, unit = (100, " %") if rule.relative else (1, "")
    against = "value" if item.other is None else rule.against
    return wanted(scale * bound, sign, against, unit=unit, strict=rule.is_strict, change=item.interval.value)


def passed(item: Evidence, bound: float, sign: int) -> str:
    """Say that the whole interval is on the good side."""
    return f"{_told(item, bound)}; {_wanted(item, bound, sign)}"


def failed(item: Evidence, bound: float, sign: int) -> str:
    """Say that the value is on the bad side, and what the champion has there."""
    sentence = f"{_told(item, bound)}, but {_wanted(item, bound, sign)}"
    if item.rule.against == "value" and item.champion is not None:
        return f"{sentence}; the champion has {number(item.champion)} on the same rows"
    return sentence


def unsure(
    item: Evidence, bound: float, sign: int, needed: int | None, likely: bool, power: float | None = None
) -> str:
    """Say why the interval does not decide, how many rows would, and how often an equal model would pass on these."""
    why = "likely but not sure among that many slices" if likely else "its interval reaches past that"
    often = "" if power is None else f"; on so many, an equal model passes {power:.0%} of the time"
    return f"{_told(item, bound)}; {_wanted(item, bound, sign)}: {why}; {_enough(item, needed)}{often}"


def unproven(item: Evidence, bound: float, sign: int, needed: int | None) -> str:
    """Say that a slice looks worse than allowed, and that some of so many would look so by luck."""
    wish = _wanted(item, bound, sign)
    return f"{_told(item, bound)}, but {wish}: among that many slices it may be luck; {_enough(item, needed)}"


def _enough(item: Evidence, needed: int | None) -> str:
    return f"about {needed:,} rows would tell" if needed else f"{item.rows:,} rows are far too few to tell"


def untreated(item: Evidence, bound: float, sign: int) -> str:
    """Say why equal treatment is not shown, and how many rows of the smallest group would show it."""
    if item.caveat:
        return f"{_where(item)} is not judged equal: {item.caveat}"
    rows = f"about {item.rows_needed:,} rows of its smallest group" if item.rows_needed else "far more rows"
    return f"{_told(item, bound)}; {_wanted(item, bound, sign)}: its interval reaches past that; {rows} would tell"


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
