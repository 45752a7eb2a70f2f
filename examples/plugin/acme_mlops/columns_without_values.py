"""Columns that have no value in half of the rows."""

from mlops.gate_rules.measured import Measured


def measure(report, _):
    """Count them in reports/data.json; a text says why that cannot be told."""
    if not report.columns or not report.rows:
        return "reports/data.json lists no columns"
    count = float(sum(column.nulls >= report.rows / 2 for column in report.columns))
    return Measured(count, count, count, len(report.columns), "columns")
