"""`data:` where rows come from, what must hold for them, what to learn and how to divide them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from pydantic import Field

from mlops.blocks.block import Block, Column, Items, NewColumn
from mlops.blocks.column_rule import ColumnRule, Scalar
from mlops.blocks.data_limit import DriftLimits, NoiseLimit
from mlops.blocks.derived import Computed, Derived
from mlops.blocks.image_column import ImageColumn
from mlops.blocks.split import Split
from mlops.blocks.table_rule import Freshness, OwnCheck, Pair, RowCount
from mlops.blocks.where import Kept
from mlops.configuration.reading.document import Path
from mlops.files.plain_yaml import Values
from mlops.sources import SOURCES
from mlops.sources.joined import Join
from mlops.sources.source import Source


class Data(Block):
    """Everything about the rows of a pipeline."""

    source: Source
    join: Items[Join] = ()
    """Further tables whose columns are set beside the rows of the source, by a key, one table after the other."""
    test: Source | None = None
    """An official test set, with the columns of `source`: its rows are the test part, and no other is. `split` then
    divides the rows of `source` into train and validation alone, by their shares of `fractions`."""
    images: dict[NewColumn, ImageColumn] = Field(default_factory=dict)
    """Columns of pictures, made of columns of paths: `photo: {from: file, shape: [3, 28, 28]}`. Beside each stand
    `photo.brightness`, `photo.contrast`, `photo.width` and `photo.height`, to slice and watch by."""
    target: Column
    """Column to learn."""
    weight: Column | None = None
    """Column that says how many of the population a row stands for (a sampling weight, above 0): rows count by it in
    losses, metrics, intervals and baselines. Never learnt from, nor asked of a request."""
    positive: Scalar | None = None
    """Label counted as positive, for a binary task; the greater one where it is not given."""
    columns: dict[Column, ColumnRule] = Field(default_factory=dict)
    """Rules by column; columns that are not named are typed by looking."""
    derive: dict[NewColumn, Computed] = Field(default_factory=dict)
    """Columns computed from others in each row: `bmi: weight / height ** 2`; or of many rows, learnt from train alone:
    `amount / mean(amount, by=plan)`. The server computes them too."""
    where: Kept | None = None
    """Which rows the pipeline is about, by the same kind of expression: `where: age >= 18`."""
    exclude: dict[str, Items[Column]] = Field(default_factory=dict)
    """Columns that are not learnt from, by reason."""
    include: Items[Column] | None = None
    """The only columns that are learnt from."""
    entity: Column | None = None
    """Column naming the person or thing a row is about; it is never in two parts of the split."""
    keys: Items[Column] = ()
    """Columns that identify rows; kept, never learnt from."""
    rows: RowCount = RowCount()
    unique: Items[Items[Column]] = ()
    """Sets of columns whose values are unique together."""
    strict: bool = False
    """Refuse columns that are not named in `columns`."""
    ordered: bool = False
    """The columns named in `columns` stand in that order."""
    pairs: Items[Pair] = ()
    """Rules between two columns."""
    freshness: Items[Freshness] = ()
    """How old the newest row may be."""
    checks: Items[OwnCheck] = ()
    """Checks by functions of the pipeline's own code."""
    drift: DriftLimits | None = None
    label_noise: NoiseLimit | None = None
    drop_null_target: bool = False
    """Leave out the rows whose target is missing, counted in the report."""
    split: Split = Split()


def sources(data: Data) -> Iterator[tuple[Path, Source]]:
    """Give every source of rows, with its key path: the first, those beside it, joined tables, the test set."""
    heads: list[tuple[Path, Source]] = [(("data", "source"), data.source)]
    heads += [(("data", "join", index, "source"), joined.source) for index, joined in enumerate(data.join)]
    heads += [] if data.test is None else [(("data", "test"), data.test)]
    for path, source in heads:
        yield path, source
        for index, beside in enumerate(source.beside):
            yield (*path, "beside", index), beside


def images(data: Data) -> dict[str, ImageColumn]:
    """Give the columns of pictures, each with its folder: the one that is said, or that of the source."""
    return {name: image.model_copy(update={"folder": _folder(data, image)}) for name, image in data.images.items()}


def _folder(data: Data, image: ImageColumn) -> str | None:
    """Say where pictures lie; None where nobody does: a package, or the pipeline's whole folder, is no such folder."""
    if image.folder is not None:
        return image.folder
    if data.source.package is not None:
        return None
    path = PurePosixPath(data.source.path)
    found = path if SOURCES[data.source.kind].can.get("folder") else path.parent
    return None if found == PurePosixPath() else found.as_posix()


def paths_of_images(data: Data) -> frozenset[str]:
    """Name the columns that pictures are read by, which rows keep as keys where nobody leaves them out."""
    out = {*excluded(data), *personal(data)}
    return frozenset(image.source for image in data.images.values() if image.source not in out)


def excluded(data: Data) -> tuple[str, ...]:
    """List the excluded columns, sorted."""
    return tuple(sorted({column for columns in data.exclude.values() for column in columns}))


def personal(data: Data) -> frozenset[str]:
    """List the columns of which no value is told."""
    return frozenset(name for name, rule in data.columns.items() if rule.personal)


def dump(block: Block) -> Values:
    """Spell a block with its YAML keys."""
    return block.model_dump(mode="json", by_alias=True)


def computed(one: str | Derived) -> str | Values:
    """Spell how a column is computed."""
    return one if isinstance(one, str) else brief(one)


SHOWN = "data.images.*.public"
"""What a report may show is no business of the stages that read the rows."""


def unshown(image: ImageColumn) -> Values:
    """Spell a column of pictures as those know it who show none."""
    return brief(image.model_copy(update={"public": False}))


def brief(block: Block) -> Values:
    """Spell a block with its YAML keys, leaving out what stands at its default."""
    return block.model_dump(mode="json", by_alias=True, exclude_defaults=True)
