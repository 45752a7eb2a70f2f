"""What `mlops schema -o json` prints beside a schema, which is JSON itself: files written, and files that differ."""

from __future__ import annotations

from typing import Literal

from mlops.documents.document import Document, Part


class SchemaFiles(Document):
    """Paths that `mlops schema --write` touched."""

    schema_version: Literal[1] = 1
    files: tuple[str, ...]


class Differs(Part):
    """A file that is not up to date, as a unified diff from what is there to what is right."""

    path: str
    diff: str


class SchemaDifferences(Document):
    """What `mlops schema --check` found."""

    schema_version: Literal[1] = 1
    differences: tuple[Differs, ...]
