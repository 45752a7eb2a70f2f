"""A file of one JSON object a line."""

import polars as pl


def read(source, path):
    """Read the file lazily."""
    return pl.scan_ndjson(path)
