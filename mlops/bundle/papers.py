"""What is known about a bundle besides its content: the statement on it and the reports that the statement binds.

A bundle of version 1 carries its papers in itself; those of version 2 lie beside it: in a pipeline's `reports/`, in the
commit that recorded them, in the registry.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops.bundle.manifest import EVIDENCE
from mlops.bundle.statement import NAME, REPORTS, Statement
from mlops.errors import InfrastructureError, IntegrityError
from mlops.verdict import held

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlops.bundle.contents import Contents

FILES = (NAME, *REPORTS)
LARGEST = 32 << 20  # bytes of one file; a longer one was not written here


@dataclass(frozen=True)
class Papers:
    """Verified papers of the bundle named `bundle`, by file; `statement` is None for a bundle of version 1."""

    bundle: str
    files: Mapping[str, bytes]
    identity: Mapping[str, Any]
    statement: Statement | None = None

    @classmethod
    def within(cls, contents: Contents) -> Papers | None:
        """Take the papers out of a bundle of version 1; None where it is of a later one."""
        identity = contents.manifest.identity
        if identity is None:
            return None
        return cls(contents.digest, {k: data for k, data in contents.files.items() if k in EVIDENCE}, identity)

    @classmethod
    def of(cls, files: Mapping[str, bytes], bundle: str) -> Papers:
        """Take a statement and its reports; raises IntegrityError where they are not of one bundle, or of another."""
        statement = Statement.parse(files.get(NAME, b""))
        if statement.digest != bundle:
            raise IntegrityError(f"the statement is about {statement.digest[:19]}…, not about {bundle[:19]}…")
        statement.refuse_other(files)
        if absent := sorted(set(REPORTS) - set(statement.reports)):
            raise IntegrityError(f"the statement about {bundle[:19]}… does not bind {absent[0]}")
        papers = cls(bundle, {name: files[name] for name in FILES}, _identity(statement), statement)
        if (papers.report("gate.json").get("bundle"), papers.verdict) != (bundle, statement.verdict):
            raise IntegrityError(f"the gate that the statement about {bundle[:19]}… binds says something else")
        return papers

    @classmethod
    def read(cls, folder: Path, bundle: str) -> Papers:
        """Read them from a folder of reports; raises InfrastructureError where they are about another, or none."""
        paths = (folder / name for name in FILES)
        found = {path.name: path.read_bytes() for path in paths if path.is_file() and path.stat().st_size <= LARGEST}
        try:
            about = Statement.parse(found[NAME]).digest
        except (KeyError, IntegrityError):
            about = ""
        if about != bundle:
            raise InfrastructureError(f"{folder.name}/{NAME} is about another bundle, or none")
        return cls.of(found, bundle)

    def report(self, name: str) -> dict[str, Any]:
        """Read one report; empty where there is none; raises IntegrityError where it is no JSON object."""
        try:
            value = json.loads(self.files.get(name, b"{}"))
        except (ValueError, RecursionError) as error:
            raise IntegrityError(f"{name} of the bundle {self.bundle[:19]}… is no report") from error
        if not isinstance(value, dict):
            raise IntegrityError(f"{name} of the bundle {self.bundle[:19]}… is no report")
        return value

    @property
    def verdict(self) -> str:
        """The verdict of the gate, no better than its rules come to; raises IntegrityError where there is none."""
        gate = self.report("gate.json")
        try:
            return held(gate["verdict"], gate["rules"])
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(f"gate.json of the bundle {self.bundle[:19]}… is no verdict") from error


def _identity(statement: Statement) -> dict[str, Any]:
    """Give what version 1 of a bundle said of itself."""
    return {
        "data": statement.data,
        "configuration": statement.configuration,
        "gate": statement.reports["gate.json"],
        "code": dict(statement.code),
    }
