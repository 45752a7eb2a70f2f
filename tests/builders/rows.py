"""Rows of a table as a request spells them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any


def json_row(row: dict[str, Any]) -> dict[str, Any]:
    """Spell a row of a frame as a request would."""
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 (NaN is not itself)
