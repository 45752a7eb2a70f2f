"""How groups of people are treated by decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.gate_rules.fairness import RATES
from mlops.ml.evaluation.slices import rank
from mlops.present.report.forests import Cell, Forest, forest
from mlops.present.report.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops.documents.gate import GateReport, Rate
    from mlops.gate_rules.fairness import DecisionRate
    from mlops.present.report.about import About


@dataclass(frozen=True)
class Fairness:
    """The rates of every group of a column, and what its rules said: (verdict, sentence)."""

    column: str
    forests: tuple[Forest, ...]
    said: tuple[tuple[str, str], ...]


def fairness(gate: GateReport, about: About) -> tuple[Fairness, ...]:
    """Draw what rules of fairness compare, a part for each column."""
    said: dict[str, list[tuple[str, str]]] = {}
    for rule in gate.rules:
        if rule.of:
            said.setdefault(rule.of, []).append((rule.verdict, rule.sentence))
    rates = gate.group_rates
    return tuple(
        Fairness(
            column,
            tuple(
                _forest(rate, rates[column][rate.name], column, about)
                for rate in RATES
                if rate.name in rates.get(column, {})
            ),
            tuple(said[column]),
        )
        for column in sorted(said)
    )


def _forest(rate: DecisionRate, groups: Sequence[Rate], column: str, about: About) -> Forest:
    listed = sorted(groups, key=lambda one: rank(one.group))
    cells = [Cell(about.label(column, one.group), one.value, one.low, one.high, rows=count(one.rows)) for one in listed]
    return forest(rate.label, rate.note, cells)
