"""A sheet of a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import DataError
from mlops.extras import need
from mlops.kinds.kind import of_function
from mlops.kinds.later import Later

if TYPE_CHECKING:
    import polars as pl

    from mlops.sources.source import Source
else:
    pl = Later("polars")


def read(source: Source, path: Path) -> pl.LazyFrame:
    """A sheet of an Excel file.

    Raises DataError where it has no such sheet.
    """
    need("excel", "reading `kind: excel`")
    try:
        return pl.read_excel(path, sheet_name=source.sheet, has_header=source.header).lazy()
    except ValueError as error:  # what Polars raises for a sheet that is not there
        raise DataError(f"{source.label} has no sheet `{source.sheet}`", hint="check `source.sheet`") from error


KIND = of_function("excel", "ingest", read)
