"""What is known about a bundle besides its content: the statement on it and the reports that the statement binds.

A bundle of version 1 carries its papers in itself; those of version 2 lie beside it: in a pipeline's `reports/`, in the
commit that recorded them, in the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mlops.bundle.manifest import EVIDENCE
from mlops.documents.document import Part
from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.statement import NAME, REPORTS, Statement
from mlops.errors import InfrastructureError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlops.bundle.contents import Contents

Report = TypeVar("Report", GateReport, MetricsReport)
FILES = (NAME, *REPORTS)
LARGEST = 32 << 20  # bytes of one file; a longer one was not written here


class Identity(Part):
    """Digests of what a bundle was made of; `code` is by stage."""

    data: str
    configuration: str
    gate: str
    code: dict[str, str]

    @classmethod
    def of(cls, statement: Statement) -> Identity:
        """Take from a statement what version 1 of a bundle said of itself."""
        gate = statement.reports["gate.json"]
        return cls(data=statement.data, configuration=statement.configuration, gate=gate, code=statement.code)


@dataclass(frozen=True)
class Papers:
    """Verified papers of the bundle named `bundle`, by file; `statement` is None for a bundle of version 1."""

    bundle: str
    files: Mapping[str, bytes]
    identity: Identity
    statement: Statement | None = None

    @classmethod
    def within(cls, contents: Contents) -> Papers | None:
        """Take the papers out of a bundle of version 1; None where it is of a later one; raises IntegrityError."""
        identity = contents.manifest.identity
        if identity is None:
            return None
        try:
            made_of = Identity.model_validate(identity)
        except ValueError as error:
            raise IntegrityError(f"the bundle {contents.digest[:19]}… does not say what it was made of") from error
        return cls(contents.digest, {k: data for k, data in contents.files.items() if k in EVIDENCE}, made_of)

    @classmethod
    def of(cls, files: Mapping[str, bytes], bundle: str) -> Papers:
        """Take a statement and its reports; raises IntegrityError where they are not of one bundle, or of another."""
        statement = Statement.parse(files.get(NAME, b""))
        if statement.digest != bundle:
            raise IntegrityError(f"the statement is about {statement.digest[:19]}…, not about {bundle[:19]}…")
        statement.refuse_other(files)
        if absent := sorted(set(REPORTS) - set(statement.reports)):
            raise IntegrityError(f"the statement about {bundle[:19]}… does not bind {absent[0]}")
        papers = cls(bundle, {name: files[name] for name in FILES}, Identity.of(statement), statement)
        gate = papers.gate
        if (gate.bundle, gate.verdict) != (bundle, statement.verdict):
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

    @property
    def gate(self) -> GateReport:
        """The verdict that it passed by; raises IntegrityError where there is none."""
        return self._read("gate.json", GateReport)

    @property
    def metrics(self) -> MetricsReport:
        """What was measured of it; nothing where no report says so; raises IntegrityError where that is damaged."""
        return self._read("metrics.json", MetricsReport) if "metrics.json" in self.files else MetricsReport()

    def _read(self, name: str, kind: type[Report]) -> Report:
        try:
            return kind.parse(self.files.get(name, b""))
        except ValueError as error:
            raise IntegrityError(f"{name} of the bundle {self.bundle[:19]}… is no report") from error
