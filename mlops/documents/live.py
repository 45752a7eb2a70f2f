"""`live.json`: what servers follow that have no repository: the bundle that an environment serves of a pipeline."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.documents.document import Document

FILE = "live.json"
"""Its name at a place, in the folder of its pipeline; it stands in a signed envelope (`mlops.bundle.envelope`)."""
FOLDER = "bundles"
"""Beside the folders of pipelines: the files of each bundle, in a folder of its 64 hexadecimal digits."""


class LivePointer(Document, extra="forbid"):
    """Which bundle is live, as of a commit; `sequence` grows with the history of the main branch.

    A server takes no pointer with a smaller sequence than one it saw: whoever keeps an old one cannot bring it back.
    """

    schema_version: Literal[1] = 1
    environment: str
    pipeline: str
    bundle: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    sequence: Annotated[int, Field(strict=True, ge=1)]
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
