"""`.mlops/trials/NAME/ID.json`: a configuration that was tried, and what it came to on validation rows."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue  # noqa: TC002 - pydantic reads it

from mlops.documents.document import Document, Number
from mlops.documents.split import PartReport
from mlops.documents.training import CandidateReport


class Trial(Document):
    """A trial, or a recorded run seen as one; `parameters` are those of its stages up to training, by stage.

    `data` is the digest of its source, `parts` say which rows it learnt from and was scored on. No test row is in it.
    """

    schema_version: Literal[1] = 1
    pipeline: str
    id: str
    overrides: dict[str, JsonValue]
    parameters: dict[str, dict[str, JsonValue]]
    data: str | None
    parts: dict[str, PartReport]
    select_by: str
    chosen: str
    candidates: dict[str, CandidateReport]
    commit: str | None = None
    """The commit that was checked out; its files may have been edited since."""
    seconds: Number | None = None

    @property
    def rows(self) -> tuple[str | None, str | None]:
        """Name the validation rows: figures of two trials are of the same rows where these are equal.

        Of folds all rows are validation rows, and each fold is that of another member.
        """
        part = self.parts.get("validation")
        if part is not None:
            return self.data, part.digest
        folds = [part.digest or "" for _, part in sorted(self.parts.items())]
        return self.data, " ".join(folds) or None
