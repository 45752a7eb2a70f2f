"""Parts of the data report and of the schema that few tables have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from mlops.documents.data import JoinReport, Searched

if TYPE_CHECKING:
    from mlops.blocks.image_column import ImageColumn
    from mlops.documents.table import ColumnSchema
    from mlops.ml.data.joining import Joined
    from mlops.ml.data.sample import Sample


def joined(told: Joined) -> JoinReport:
    """Say how a further table was set beside the rows."""
    return JoinReport(**{key: value for key, value in asdict(told).items() if value not in (None, ())})


def searched(drawn: Sample | None) -> Searched | None:
    """Say among how many rows leaks and noise were looked for, where not among all."""
    if drawn is None or drawn.whole:
        return None
    return Searched(rows=drawn.rows.height, of=drawn.table.height, seed=drawn.seed)


def pictured(column: ColumnSchema, images: Mapping[str, ImageColumn]) -> ColumnSchema:
    """Say of a column of pictures what they are brought to."""
    image = images.get(column.name)
    if image is None:
        return column
    return column.model_copy(update={"picture": {"shape": image.shape, "resize": image.resize}})
