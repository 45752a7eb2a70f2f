"""How groups of people are treated by decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.ml.evaluation.slices import rank
from mlops.present.report.forests import Cell, Forest, forest
from mlops.present.report.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops.documents.gate import GateReport, Rate

_TITLES = {
    "selection": ("Selected", "share of the group that is decided positive"),
    "true positive": ("True positive rate", "share of its positives that are found"),
    "false positive": ("False positive rate", "share of its negatives that are taken for positive"),
    "precision": ("Precision", "share of its positive decisions that are right"),
}


@dataclass(frozen=True)
class Fairness:
    """The rates of every group of a column, and what its rules said: (verdict, sentence)."""

    column: str
    forests: tuple[Forest, ...]
    said: tuple[tuple[str, str], ...]


def fairness(gate: GateReport) -> tuple[Fairness, ...]:
    """Draw what rules of fairness compare, a part for each column."""
    said: dict[str, list[tuple[str, str]]] = {}
    for rule in gate.rules:
        if rule.of:
            said.setdefault(rule.of, []).append((rule.verdict, rule.sentence))
    rates = gate.group_rates
    return tuple(
        Fairness(
            column,
            tuple(_forest(rate, rates[column][rate]) for rate in _TITLES if rate in rates.get(column, {})),
            tuple(said[column]),
        )
        for column in sorted(said)
    )


def _forest(rate: str, groups: Sequence[Rate]) -> Forest:
    title, note = _TITLES[rate]
    listed = sorted(groups, key=lambda one: rank(one.group))
    cells = [Cell(one.group, one.value, one.low, one.high, rows=count(one.rows)) for one in listed]
    return forest(title, note, cells)
