"""How many checks warned."""

from __future__ import annotations

from mlops.documents.data import DataReport
from mlops.gate_rules.measured import Measured
from mlops.kinds.kind import of_function


def measure(report: DataReport, _: float) -> Measured | str:
    """How many checks of the data did not pass; those that block left no run to judge."""
    if not report.checks:
        return "reports/data.json lists no checks"
    count = float(sum(not check.passed for check in report.checks))
    return Measured(count, count, count, len(report.checks), "checks")


KIND = of_function("warnings", "gate", measure)
