"""`OUT.manifest.json`: what `mlops score` wrote, of which bytes, by which bundle: the lineage of a batch."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mlops.documents.document import Document, Part

_DIGEST = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
_Count = Annotated[int, Field(strict=True, ge=0)]


class RefusedRows(Part):
    """Rows of a partition that a server would refuse, by the column of the model and the reason."""

    column: str
    reason: str
    rows: Annotated[int, Field(strict=True, ge=1)]


class ScoredPartition(Part):
    """A file of the input, the file of predictions that was made of it, and what became of its rows.

    `refused_output` is the digest of the list of refused rows, which stands in `refused` of the manifest under the same
    name; absent where no row was refused.
    """

    name: str
    input: _DIGEST
    output: _DIGEST
    rows: _Count
    refused: tuple[RefusedRows, ...] = ()
    refused_output: _DIGEST | None = None


class ScoringManifest(Document):
    """What lies in `output`, one file for each of `input`.

    `environment` is where the bundle was live, `commit` the one whose files said so; `columns` are those of the output
    with their types, `classes` those that the numbers of `predictions` stand for.
    """

    schema_version: Literal[1] = 1
    pipeline: str
    bundle: _DIGEST
    environment: str | None = None
    commit: str | None = None
    input: str
    output: str
    refused: str | None = None
    columns: dict[str, str]
    classes: tuple[Any, ...] | None = None
    rows: _Count
    refused_rows: _Count
    partitions: tuple[ScoredPartition, ...]


class Scored(Document):
    """What `mlops score -o json` prints: the manifest, where it was written, and what this run did for it."""

    schema_version: Literal[1] = 1
    manifest: ScoringManifest
    written: str | None = None
    scored: tuple[str, ...]
    """Partitions that were scored now; the others were already."""
    others: tuple[str, ...] = ()
    """Files of the output that are of no partition of this input."""
