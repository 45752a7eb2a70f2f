"""What `mlops new -o json` prints: the files of a new pipeline, what was understood of its data, how it was tried."""

from __future__ import annotations

from typing import Literal

from mlops.documents.document import Document


class Created(Document):
    """Paths in the repository; `notes` are for who asked; `smoke` is no evidence, and None where nothing ran."""

    schema_version: Literal[1] = 1
    pipeline: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
    smoke: Literal["pass", "fail", "inconclusive"] | None = None
