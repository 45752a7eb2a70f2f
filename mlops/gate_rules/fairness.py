"""Measures of fairness: how unequally decisions treat groups of people, by fairlearn's names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mlops.gate_rules.rule_kind import RuleKind

Rows = Callable[[Any, Any], Any]
"""From truth and decisions, 0 or 1 [n], to truths [n]."""


@dataclass(frozen=True)
class DecisionRate:
    """A share of the rows of a group: `among` those that it is a share of, how many are a `hit`."""

    name: str
    label: str
    note: str
    which: str
    """Which rows of a group it is a share of, after `rows`."""
    among: Rows = field(compare=False, repr=False)
    hit: Rows = field(compare=False, repr=False)


SELECTION = DecisionRate(
    "selection",
    "Selected",
    "share of the group that is decided positive",
    "",
    lambda truth, _: truth >= 0,
    lambda _, decided: decided == 1,
)
TRUE_POSITIVE = DecisionRate(
    "true positive",
    "True positive rate",
    "share of its positives that are found",
    " that are positive",
    lambda truth, _: truth == 1,
    lambda _, decided: decided == 1,
)
FALSE_POSITIVE = DecisionRate(
    "false positive",
    "False positive rate",
    "share of its negatives that are taken for positive",
    " that are negative",
    lambda truth, _: truth == 0,
    lambda _, decided: decided == 1,
)
PRECISION = DecisionRate(
    "precision",
    "Precision",
    "share of its positive decisions that are right",
    " that are predicted positive",
    lambda _, decided: decided == 1,
    lambda truth, _: truth == 1,
)
RATES = (SELECTION, TRUE_POSITIVE, FALSE_POSITIVE, PRECISION)


@dataclass(frozen=True)
class FairnessMeasure(RuleKind):
    """Rates that are compared between groups; the worst pair counts."""

    section = "rules"
    low, high = 0.0, 1.0
    lacks = ("by", "over_champion", "over_dummy", "over_simple", "over_clean")
    lacking = "{name} has no `{key}`: it compares groups within one model"
    instead = "remove it, or write a rule of a `metric`"
    rates: tuple[DecisionRate, ...] = field(kw_only=True)
    ratio: bool = field(kw_only=True)
    """The smaller rate as a share of the greater, 1 where they are equal; else their difference, 0 where they are."""

    @property
    def best(self) -> str:
        """What equality is."""
        return f"{int(self.ratio)} is equal"


def _measure(name: str, what: str, *rates: DecisionRate, ratio: bool) -> FairnessMeasure:
    page = f"Smallest ratio between groups of {what}." if ratio else f"Greatest difference between groups in {what}."
    judged = {"gate": "mlops.ml.evaluation.judging.fairness:treatment"}
    return FairnessMeasure(name, page, __name__, functions=judged, higher_is_better=ratio, rates=rates, ratio=ratio)


def _difference_and_ratio(name: str, what: str, *rates: DecisionRate) -> tuple[FairnessMeasure, FairnessMeasure]:
    return (
        _measure(f"{name}_difference", what, *rates, ratio=False),
        _measure(f"{name}_ratio", what, *rates, ratio=True),
    )


PARITY, PARITY_RATIO = _difference_and_ratio("demographic_parity", "how often people are decided positive", SELECTION)
OPPORTUNITY, OPPORTUNITY_RATIO = _difference_and_ratio(
    "equal_opportunity", "how often positives are found", TRUE_POSITIVE
)
ODDS, ODDS_RATIO = _difference_and_ratio(
    "equalized_odds",
    "how often positives are found, and negatives taken for positive",
    TRUE_POSITIVE,
    FALSE_POSITIVE,
)
PREDICTIVE, PREDICTIVE_RATIO = _difference_and_ratio(
    "predictive_parity", "how often positive decisions are right", PRECISION
)
