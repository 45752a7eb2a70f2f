"""Columns that have no value in half of the rows."""

from mlops.gate_rules.measured import Measured


def measure(report, _):
    """Count them in reports/data.json; a text says why that cannot be told."""
    columns, rows = report.get("columns"), report.get("rows")
    if not columns or not rows:
        return "reports/data.json lists no columns"
    count = float(sum(column["nulls"] >= rows / 2 for column in columns))
    return Measured(count, count, count, len(columns), "columns")
