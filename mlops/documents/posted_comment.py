"""What `mlops comment -o json` prints: the comment, what became of each pipeline in it, and where it was posted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops.documents.document import Document, Part

State = Literal["pass", "fail", "inconclusive", "stopped"]
"""A verdict, or that there is none."""


class Posted(Part):
    """What was done to the comment of the pull request, and its address."""

    done: Literal["created", "updated", "unchanged"]
    url: str


class PostedComment(Document):
    """`text` is Markdown; `pipelines` are those that the change affects with their verdicts, `stopped` where there is
    none; `posted` is None where nobody asked for it, or GitHub refused.
    """

    schema_version: Literal[1] = 1
    text: str
    pipelines: dict[str, State] = Field(default_factory=dict)
    posted: Posted | None = None
