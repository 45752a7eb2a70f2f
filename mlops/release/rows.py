"""The rows that a bundle learnt from and was judged on, as MLflow shows data: where, how many, which columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mlops.documents.data import DataReport
from mlops.documents.document import Document
from mlops.documents.split import SplitReport
from mlops.files.tracked import Data

if TYPE_CHECKING:
    from mlops.bundle.papers import Papers

Report = TypeVar("Report", bound=Document)


@dataclass(frozen=True)
class Rows:
    """The data of the whole pipeline, and the test part of it, which only a bundle of version 2 names."""

    data: Data
    test: Data | None = None


def rows_of(pipeline: str, papers: Papers, place: str) -> Rows:
    """Read from the papers what the data was; `place` is that of its file."""
    data, split = _read(papers, "data.json", DataReport), _read(papers, "split.json", SplitReport)
    columns = tuple((column.name, column.type) for column in data.columns) if data else ()
    whole = Data(pipeline, papers.identity.data, place, data.rows if data else None, columns)
    if papers.statement is None or "test" not in papers.statement.rows:
        return Rows(whole)
    part = split.parts.get("test") if split else None
    test = Data(f"{pipeline} test", papers.statement.rows["test"], place, part.rows if part else None, columns)
    return Rows(whole, test)


def _read(papers: Papers, name: str, kind: type[Report]) -> Report | None:
    return kind.parse(papers.files[name]) if name in papers.files else None
