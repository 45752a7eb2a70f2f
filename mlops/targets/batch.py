"""Predictions of the rows of Parquet files, written by a job that a schedule starts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mlops.blocks.block import Block, Items
from mlops.blocks.column_name import free
from mlops.blocks.place import reachable
from mlops.kinds.kind import of_block
from mlops.kinds.union import Kinded

Place = Annotated[str, Field(min_length=1, max_length=500), reachable("the batch")]
Carried = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(free)]
"""A column of the input, which the data that the model learnt from need not have."""


class BatchTarget(Kinded):
    """Predictions of the rows of Parquet files, written by a job that a schedule starts (`mlops score`)."""

    kind: Literal["batch"] = "batch"
    """Name of the kind."""
    input: Place
    """Parquet file, or folder of some (hive partitions too): relative to the repository, or an address such as
    `s3://bucket/folder`, where a hosted runner finds it."""
    output: Place
    """Where predictions go: a file if the input is one, else a folder with a file for each of the input's."""
    every: Literal["hour", "day", "week"] = "day"
    """How often the compiled workflow scores what is new."""
    carry: Items[Carried] = ()
    """Columns of the input that the output has too, beside the keys of the data."""
    refused: Place | None = None
    """Where rows are listed that the model refuses, a file or a folder as the output is; where it is not given, such a
    row refuses its file."""


def exposed(target: Block) -> str | None:
    """Nobody can ask a batch anything."""
    return None


KIND = of_block(BatchTarget, {"exposed": exposed}, splits_traffic=False)
