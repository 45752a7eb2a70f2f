"""`.mlops/results/NAME.json`: how the last stage of a pipeline ended, for whoever started it."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from mlops.documents.document import Part, said
from mlops.files.atomic import write_text
from mlops.files.canonical import dumps


class StageEnd(Part):
    """The stage that ended last, its exit code, and where that is not 0 why, and what to do next.

    It has no version: one checkout writes and reads it, within one run.
    """

    stage: str
    code: int
    cause: str = ""
    next: str = ""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read what was noted; None where nothing was: the stage was killed, or has a defect."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValueError):
            return None

    def write(self, path: Path) -> None:
        """Note it."""
        write_text(path, dumps(said(self)))
