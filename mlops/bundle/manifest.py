"""`manifest.json`: every file of a bundle with its digest. The digest of the manifest's bytes names the bundle."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops.errors import IntegrityError
from mlops.files.atomic import write_bytes
from mlops.files.canonical import digest, dumps

if TYPE_CHECKING:
    from pathlib import Path

NAME = "manifest.json"
REQUIRED = frozenset({"golden.json", "model.json", "model.onnx", "schema.json", "transform.json"})
LARGEST = 1 << 20  # bytes of a manifest; a longer one was not written here
_FILE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class Entry(BaseModel):
    """What one file must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]


class Manifest(BaseModel):
    """The contents of a bundle and what it was made of; `identity` holds digests of data, configuration, gate, code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    pipeline: str
    task: Literal["binary", "multiclass", "regression"]
    files: dict[str, Entry]
    identity: dict[str, Any]

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Read a manifest; raises IntegrityError on what is none, is not canonical or names unsafe files."""
        try:
            document = json.loads(data)
            if isinstance(document, dict) and document.get("schema_version") != 1:
                raise IntegrityError(f"{NAME} has schema_version {document.get('schema_version')!r}, this tool reads 1")
            manifest = cls.model_validate(document)
        except (ValidationError, ValueError, RecursionError) as error:
            raise IntegrityError(f"{NAME} is not a manifest") from error
        if unsafe := [name for name in manifest.files if not _FILE.fullmatch(name) or name == NAME]:
            raise IntegrityError(f"{NAME} names files no bundle may have: {', '.join(map(repr, sorted(unsafe)[:20]))}")
        if absent := sorted(REQUIRED - set(manifest.files)):
            raise IntegrityError(f"{NAME} does not name {', '.join(absent)}")
        if manifest.dumps() != data:
            raise IntegrityError(f"{NAME} was rewritten: it says the same in other bytes")
        return manifest

    def dumps(self) -> bytes:
        """Spell the manifest in its one way."""
        return dumps(self.model_dump()).encode("utf-8")

    @property
    def digest(self) -> str:
        """Name the bundle."""
        return digest(self.dumps())


def seal(folder: Path, pipeline: str, task: str, identity: dict[str, Any]) -> Manifest:
    """Write the manifest of the files in `folder`, which makes it a bundle."""
    files = {
        path.name: {"sha256": hashlib.sha256(data := path.read_bytes()).hexdigest(), "size": len(data)}
        for path in sorted(folder.iterdir())
        if path.name != NAME
    }
    document = {"schema_version": 1, "pipeline": pipeline, "task": task, "files": files, "identity": identity}
    manifest = Manifest.parse(dumps(document).encode("utf-8"))
    write_bytes(folder / NAME, manifest.dumps())
    return manifest
