"""The candidate on rows as they might arrive on a bad day, beside the rows as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.ml.evaluation.judging.names import called
from mlops.present.report.forests import Cell, Forest, forest
from mlops.present.report.models import cell_of
from mlops.present.report.words import figure, interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops.documents.figures import Figure
    from mlops.documents.gate import GateReport
    from mlops.documents.metrics import MetricsReport, Perturbed

_METRICS = 2


def robustness(names: Sequence[str], metrics: MetricsReport, gate: GateReport) -> tuple[Forest, ...]:
    """Draw clean against perturbed, the metrics of rules first."""
    found = metrics.robustness
    if not found:
        return ()
    judged = [rule.metric for rule in gate.rules if rule.under and rule.metric in names]
    shown = list(dict.fromkeys([*judged, *names]))[:_METRICS]
    clean = metrics.candidate
    return tuple(_forest(name, clean[name], found) for name in shown)


def _forest(name: str, clean: Figure, found: Mapping[str, Perturbed]) -> Forest:
    cells = [cell_of("as they are", clean, bound=clean.value)]
    for perturbation, item in found.items():
        known = item.metrics.get(name)
        if known is None:
            continue
        change = ("+" if (known.change or 0) > 0 else "") + figure(known.change)
        said = f"{perturbation.replace('_', ' ')} {figure(item.strength).rstrip('0').rstrip('.')}"
        ends = interval(known.change_low, known.change_high)
        cells.append(Cell(said, known.value, known.low, known.high, "s1", f"{change} {ends}", clean.value))
    return forest(called(name), "", cells)
