"""What MLflow is told of who made a run, at which commit, and of which data."""

from __future__ import annotations

import getpass
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.documents.data import DataReport
from mlops.errors import MlopsError
from mlops.files.plain_yaml import parse
from mlops.files.tracked import Data, Source
from mlops.operations.git import commit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_ACTORS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")
"""Where engines of CI say whose push or click began a job."""


def source_here(root: Path, command: str) -> Source:
    """Say who runs this, by what, and which commit is checked out; what cannot be known is left out."""
    commit = ""
    with suppress(MlopsError):
        commit = commit_of(root, "HEAD")
    return Source(command, _user(), commit, job=os.environ.get("CI") == "true")


def _user() -> str:
    for name in _ACTORS:
        if who := os.environ.get(name):
            return who
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in many containers
        return ""


def data_of(folder: Path) -> Data:
    """Say what a pipeline reads, by its params.yaml and the report of its data, as far as they are there."""
    pipeline, report = folder.name, DataReport.read(folder / "reports" / "data.json")
    if report is None:
        return Data(pipeline, "", place_of(folder))
    columns = tuple((column.name, column.type) for column in report.columns)
    return Data(pipeline, report.source or "", place_of(folder), report.rows, columns)


def place_of(folder: Path) -> str:
    """Name the place of a pipeline's data as its params.yaml does; the folder where that does not say."""
    path = folder / "params.yaml"
    params = parse(path.read_bytes(), path.name) if path.is_file() else None
    source = _mapping(_mapping(_mapping(params).get("ingest")).get("source"))
    path_of = source.get("path")
    if not isinstance(path_of, str):
        return f"pipelines/{folder.name}"
    return f"{source['package']}/{path_of}" if source.get("package") else path_of


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
