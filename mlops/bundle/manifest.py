"""`manifest.json`: every file of a bundle with its digest. The digest of the manifest's bytes names the bundle.

Version 2 is of what is served and nothing else, so that the same content has one name under whatever rules it is
judged. Version 1 held what it was made of and how it was judged as well; it is read and served as before.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops.errors import IntegrityError
from mlops.files.canonical import digest, dumps

if TYPE_CHECKING:
    from pathlib import Path

NAME = "manifest.json"
VERSION: Literal[2] = 2
REQUIRED = frozenset({"golden.json", "model.json", "model.onnx", "schema.json", "transform.json"})
_REQUIRED = {1: REQUIRED, 2: REQUIRED | {"profile.json", "requirements.txt"}}
EVIDENCE = frozenset({"gate.json", "metrics.json", "training.json", "card.md"})
"""What version 1 held besides content, and version 2 may not."""
LARGEST = 1 << 20  # bytes of a manifest; a longer one was not written here
_FILE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class Entry(BaseModel):
    """What one file must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]


class Manifest(BaseModel):
    """The contents of a bundle; in version 1, `identity` holds digests of data, configuration, gate, code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1, 2] = VERSION
    pipeline: str
    task: Literal["binary", "multiclass", "regression"]
    files: dict[str, Entry]
    identity: dict[str, Any] | None = None

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Read a manifest; raises IntegrityError on what is none, is not canonical or names unsafe files."""
        try:
            document = json.loads(data)
            if isinstance(document, dict) and document.get("schema_version") not in _REQUIRED:
                said = document.get("schema_version")
                raise IntegrityError(f"{NAME} has schema_version {said!r}, this tool reads 1 and 2")
            manifest = cls.model_validate(document)
        except (ValidationError, ValueError, RecursionError) as error:
            raise IntegrityError(f"{NAME} is not a manifest") from error
        if unsafe := [name for name in manifest.files if not _FILE.fullmatch(name) or name == NAME]:
            raise IntegrityError(f"{NAME} names files no bundle may have: {', '.join(map(repr, sorted(unsafe)[:20]))}")
        if absent := sorted(_REQUIRED[manifest.schema_version] - set(manifest.files)):
            raise IntegrityError(f"{NAME} does not name {', '.join(absent)}")
        if (manifest.identity is None) != (manifest.schema_version == VERSION):
            said = "has no" if manifest.identity is None else "may not have an"
            raise IntegrityError(f"{NAME} of version {manifest.schema_version} {said} `identity`")
        if manifest.schema_version == VERSION and (told := sorted(EVIDENCE & set(manifest.files))):
            raise IntegrityError(f"{NAME} names {', '.join(told)}, which is about content and no part of it")
        if manifest.dumps() != data:
            raise IntegrityError(f"{NAME} was rewritten: it says the same in other bytes")
        return manifest

    def dumps(self) -> bytes:
        """Spell the manifest in its one way."""
        return dumps(self.model_dump(exclude={"identity"} if self.identity is None else None)).encode("utf-8")

    @property
    def digest(self) -> str:
        """Name the bundle."""
        return digest(self.dumps())


def seal(folder: Path, pipeline: str, task: str) -> Manifest:
    """Write the manifest of the files in `folder`, where nobody else looks yet: that makes it a bundle."""
    files = {
        path.name: {"sha256": hashlib.sha256(data := path.read_bytes()).hexdigest(), "size": len(data)}
        for path in sorted(folder.iterdir())
        if path.name != NAME
    }
    document = {"schema_version": VERSION, "pipeline": pipeline, "task": task, "files": files}
    manifest = Manifest.parse(dumps(document).encode("utf-8"))
    (folder / NAME).write_bytes(manifest.dumps())
    return manifest
