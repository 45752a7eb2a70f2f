"""What validation writes of a table that it went through: its schema for later stages, its report for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.documents.data import DataReport, NoiseReport
from mlops.ml.data import columns, profile
from mlops.ml.data.parquet import ROW

if TYPE_CHECKING:
    from mlops.stages.validate import Table


def schema(table: Table) -> dict[str, Any]:
    """Describe the table for the stages and the server that read it."""
    target = table.target
    if target is None:
        raise ValueError("a table whose target was refused has no schema")
    roles = {name: _role(table, name) for name in table.frame.columns if name != ROW}
    return {
        "schema_version": 1,
        "task": target.task,
        "target": target.name,
        "positive": target.positive,
        "classes": list(target.classes) or None,
        "columns": columns.described(table.frame, table.types, roles, table.params.columns),
    }


def report(table: Table, source: str) -> DataReport:
    """Describe the table and every check for people; no value of a column that is not public."""
    public = {name for name, rule in table.params.columns.items() if rule.public}
    balance = None if table.target is None else table.target.balance(table.frame[table.target.name])
    shown = [*table.features, *([table.target.name] if table.target else [])]
    spread = profile.profiles(table.frame, table.types, shown, public)
    return DataReport(
        rows=table.frame.height,
        **({"made_by": table.params.made_by} if table.params.made_by else {}),
        source=source,
        checks=tuple(check.record() for check in table.checks),
        columns=columns.summary(table.frame, table.types, table.distinct, public, spread),
        target=balance,
        drift=table.drift or None,
        label_noise=None if table.noise is None else NoiseReport.model_validate(table.noise),
    )


def _role(table: Table, name: str) -> str:
    return "target" if name == table.params.target else "feature" if name in table.features else "key"
