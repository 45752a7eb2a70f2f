"""How many checks warned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.gate_rules.data_rule import data_rule
from mlops.gate_rules.measured import Measured

if TYPE_CHECKING:
    from mlops.documents.data import DataReport


@data_rule
def warnings(report: DataReport, _: float) -> Measured | str:
    """How many checks of the data did not pass; those that block left no run to judge."""
    if not report.checks:
        return "reports/data.json lists no checks"
    count = float(sum(not check.passed for check in report.checks))
    return Measured(count, count, count, len(report.checks), "checks")
