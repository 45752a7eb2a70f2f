"""What came of the data of a pipeline by the code that is installed: digests of its tables, and what is said of them.

Rows themselves leave no job: what a job keeps, anybody who may read the repository may download.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from mlops.errors import Inconclusive
from mlops.files.atomic import write_text
from mlops.files.canonical import digest_file, dumps
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.judging.replay import rows_made
from mlops.operations.judging.tables import REPORTS, TABLES

FILE = "rows.json"
_LARGEST = 64 * 2**20


class Table(BaseModel, extra="forbid", frozen=True):
    """A file or a folder of rows: the name that DVC gives it, and the SHA-256 of each file by its path inside."""

    md5: str
    files: dict[str, Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]]

    @classmethod
    def of(cls, place: Path) -> Table:
        """Read the bytes that lie there."""
        files = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
        inside = place.parent if place.is_file() else place
        return cls(md5=md5_tree(place) or "", files={f.relative_to(inside).as_posix(): digest_file(f) for f in files})


class Rows(BaseModel, extra="forbid", frozen=True):
    """The tables by their paths in the pipeline's folder, and the reports by their names."""

    schema_version: Literal[1] = 1
    tables: dict[str, Table]
    reports: dict[str, dict[str, Any]]


def make_rows(root: Path, name: str, folder: Path) -> Rows:
    """Make the rows of a pipeline anew, by its digests and without its own code, and write `folder/NAME/rows.json`.

    Raises:
        InfrastructureError: the data is not here, or the pipeline never ran.
        IntegrityError: it is not what the lock names, or no rows come of it.
        Inconclusive: this version of mlops cannot read what the run was made with, or its rows go through own code.
    """
    with rows_made(root, name) as run:
        tables = {path: Table.of(run.place / path) for path in TABLES.values()}
        reports = {report: json.loads((run.place / "reports" / report).read_bytes()) for report in REPORTS}
    rows = Rows(tables=tables, reports=reports)
    write_text(folder / name / FILE, dumps(rows.model_dump()))
    return rows


def read_rows(folder: Path) -> Rows:
    """Read what was written into the folder of a pipeline, as somebody else's data.

    Raises:
        Inconclusive: it is nothing that this version of mlops can read.
    """
    file = folder / FILE
    try:
        if file.stat().st_size <= _LARGEST:
            return Rows.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        pass
    raise Inconclusive(
        f"{folder.name}: this version of mlops cannot read the {FILE} that was made of its rows",
        hint="merge the version that can read it first, in a pull request of its own",
    )
