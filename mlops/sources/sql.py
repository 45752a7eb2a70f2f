"""A query on a database in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import DataError
from mlops.extras import need
from mlops.kinds.kind import of_function
from mlops.kinds.later import Later

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from mlops.sources.source import Source
else:
    duckdb = Later("duckdb")


def read(source: Source, path: Path) -> pl.LazyFrame:
    """What a query selects from a DuckDB file; without `ORDER BY` its rows are sorted.

    Raises DataError where the query fails.
    """
    need("sql", "reading `kind: sql`")
    query = source.query or ""
    fenced: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "lock_configuration": "true",
        "threads": "1",
    }
    try:
        with duckdb.connect(str(path), read_only=True, config=fenced) as connection:
            found = connection.sql(query)
            if found is None:
                raise DataError(f"the query on {source.label} fails: it asks for nothing", hint="correct `query`")
            frame: pl.DataFrame = found.pl()
    except duckdb.Error as error:
        of_names = isinstance(error, duckdb.ParserException | duckdb.CatalogException | duckdb.BinderException)
        reason = str(error).splitlines()[0]
        reason = reason if of_names else reason.partition(":")[0]  # the rest may carry values
        raise DataError(f"the query on {source.label} fails: {reason}", hint="correct `query`") from error
    if not re.search(r"\border\s+by\b", query, re.IGNORECASE):
        frame = frame.sort(frame.columns, nulls_last=True)  # a database promises no order of its own
    return frame.lazy()


KIND = of_function("sql", "ingest", read, query="an SQL source")
