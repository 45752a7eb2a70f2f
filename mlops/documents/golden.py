"""`golden.json`: requests, and what a bundle must answer to them."""

from __future__ import annotations

from typing import Any, Literal

from mlops.documents.document import Document


class GoldenRows(Document):
    """Rows as a request spells them, their scores (a number each, or one per class), and what is decided by them."""

    schema_version: Literal[1] = 1
    rows: tuple[dict[str, Any], ...]
    scores: tuple[Any, ...]
    decisions: tuple[Any, ...] | None = None
