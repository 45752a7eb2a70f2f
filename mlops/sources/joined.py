"""`data.join:` a further table, where its rows come from, and how they find those that they are set beside."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Column, Items
from mlops.blocks.join import Earlier, Theirs, Unmatched
from mlops.sources.source import Source


class Join(Block):
    """A table whose columns are set beside the rows: every row stays, and finds at most one row there."""

    source: Source
    by: Annotated[Items[Column], Field(min_length=1)]
    """Columns of the key."""
    theirs: Items[Theirs] | None = None
    """What the columns of the key are called in that table, where it is not the same."""
    cardinality: Literal["one", "many"]
    """Rows there are for a key: `one`, which is checked. A table of `many` is made one of `one` before."""
    as_of: Earlier | None = None
    """A table of several times a key: the latest row from before."""
    columns: Items[Theirs] | None = None
    """The columns that are taken; all but the keys where it is not given."""
    prefix: Annotated[str, Field(max_length=100)] = ""
    """What the names of its columns begin with here."""
    unmatched: Unmatched | None = None
    """How many rows may find nothing; they are counted in any case."""

    @property
    def keys(self) -> dict[str, str]:
        """The columns of the key: their names here, and there."""
        return dict(zip(self.by, self.theirs or self.by, strict=False))
