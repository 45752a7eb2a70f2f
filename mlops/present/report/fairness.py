"""How groups of people are treated by decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.ml.evaluation.slices import rank
from mlops.present.report.forests import Cell, Forest, forest
from mlops.present.report.words import count

if TYPE_CHECKING:
    from mlops.present.report.documents import Document

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


def fairness(gate: Document) -> tuple[Fairness, ...]:
    """Draw what rules of fairness compare, a part for each column."""
    rules = [rule for rule in gate["rules"] if rule.get("of")]
    rates = gate.get("group_rates") or {}
    return tuple(
        Fairness(
            column,
            tuple(_forest(rate, rates[column][rate]) for rate in _TITLES if rate in rates.get(column, {})),
            tuple((rule["verdict"], rule["sentence"]) for rule in rules if rule["of"] == column),
        )
        for column in sorted({rule["of"] for rule in rules})
    )


def _forest(rate: str, groups: list[Document]) -> Forest:
    title, note = _TITLES[rate]
    listed = sorted(groups, key=lambda group: rank(group["group"]))
    cells = [Cell(g["group"], g["value"], g["low"], g["high"], rows=count(g["rows"])) for g in listed]
    return forest(title, note, cells)
