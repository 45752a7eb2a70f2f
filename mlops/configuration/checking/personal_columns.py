"""Columns declared `personal: true`: nothing in the YAML learns from them, or has results told by them."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.checking.problem import Problem
from mlops.configuration.columns import mentions
from mlops.configuration.data import personal
from mlops.configuration.pipeline import Pipeline

_UNTOLD = (
    "columns",
    "keys",
    "entity",
    "split",
    "exclude",
    "derive",
    "where",
    "join",
    "unique",
    "pairs",
    "freshness",
    "checks",
)


def are_untold(pipeline: Pipeline) -> Iterator[Problem]:
    """Find personal columns that are to be learnt from, or whose values results would be told by."""
    hidden = personal(pipeline.data)
    for found in mentions(pipeline):
        learns = found.path[:2] == ("data", "split") and "datetime" in pipeline.features.model_fields_set
        if found.column in hidden and (learns or found.path[0] != "data" or found.path[1] not in _UNTOLD):
            message = f"`{found.column}` is personal, and `{found.purpose}` would tell of it or learn from it"
            yield Problem(found.path, message, "remove it there, or `personal: true` from its rule", "columns")
    for name in sorted(hidden):
        rule = pipeline.data.columns[name]
        for key in ("public", "sensitive"):
            if getattr(rule, key):
                message = f"`{name}` is personal, of which no value is told, and `{key}`, by which values are"
                yield Problem(("data", "columns", name, key), message, "keep one of the two", "columns")
