"""What a stage is given: its folder, its own section of params.yaml, and where to log."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mlops.documents.table import TableSchema
from mlops.errors import IntegrityError
from mlops.files.tracked import Data, Source

VALID, SCHEMA = "artifacts/valid.parquet", "artifacts/schema.json"
"""What `validate` leaves to the stages after it."""
BY_HAND = Source("dvc repro")


class Section(BaseModel, extra="forbid", frozen=True):
    """A stage's own section of params.yaml; code and libraries only make the stage stale."""

    code: str | dict[str, str] = ""
    libraries: dict[str, str] = {}


@dataclass(frozen=True)
class Tracking:
    """Where runs are logged: an MLflow tracking URI and an experiment name; who made them, of which data."""

    uri: str
    experiment: str
    by: Source = BY_HAND
    data: Data | None = None


@dataclass(frozen=True)
class StageContext:
    """One run of one stage in the folder of its pipeline."""

    folder: Path
    pipeline: str
    stage: str
    params: dict[str, Any] = field(default_factory=dict)
    tracking: Tracking | None = None

    def path(self, relative: str) -> Path:
        """Place a file of this pipeline, given relative to its folder."""
        return self.folder / relative

    @property
    def root(self) -> Path:
        """The repository that holds `pipelines/<name>/`."""
        return self.folder.parent.parent

    def schema(self) -> TableSchema:
        """Read what `validate` says of the table; raises IntegrityError where that is not there, or damaged."""
        found = TableSchema.read(self.path(SCHEMA))
        if found is None:
            raise IntegrityError(f"{SCHEMA} is not there, or damaged", hint=f"mlops run {self.pipeline}")
        return found

    def say(self, text: str) -> None:
        """Tell a person what was done, on stderr."""
        print(f"{self.stage}: {text}", file=sys.stderr, flush=True)
