"""How many checks warned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops.gate_rules.measured import Measured
from mlops.kinds.kind import of_function


def measure(report: Mapping[str, Any], _: float) -> Measured | str:
    """How many checks of the data did not pass; those that block left no run to judge."""
    checks = report.get("checks")
    if not isinstance(checks, list) or not checks or not all(isinstance(check, dict) for check in checks):
        return "reports/data.json lists no checks"
    count = float(sum(check.get("passed") is not True for check in checks))
    return Measured(count, count, count, len(checks), "checks")


KIND = of_function("warnings", "gate", measure)
