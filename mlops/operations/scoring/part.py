"""One partition: its rows are read in blocks, answered, and written as one file that is there whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

from mlops.documents.scoring import RefusedRows
from mlops.errors import DataError, StaleError
from mlops.ml.data import parquet
from mlops.operations.scoring import answers
from mlops.operations.scoring.reading import Stamp, blocks, open_partition
from mlops.operations.scoring.rows import Answered, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlops.bundle.predictor import Predictor
    from mlops.operations.scoring.log import PartitionLog
    from mlops.operations.scoring.places import Partition

_NOTE = "mlops.score"


@dataclass(frozen=True)
class Scorer:
    """Scores partitions by one bundle; `carry` are columns that go into the output as they are."""

    predictor: Predictor
    bundle: str
    carry: tuple[str, ...] = ()
    lists: bool = False
    """Whether refused rows are listed; else one refuses its partition."""
    logs: bool = False
    """Whether answers are written down for the monitor, and rows get a name to go by."""

    def note(self, input_digest: str) -> dict[str, str]:
        """Say in a file what it was made of: who finds it again knows whether it is what would be made now."""
        said = {"input": input_digest, "bundle": self.bundle, "carry": self.carry, "logs": self.logs, "version": 1}
        return {_NOTE: json.dumps(said, sort_keys=True)}

    def carried(self, shown: str, given: pl.Schema) -> tuple[str, ...]:
        """List the columns that the output has of the input: keys of the model's data, then those that were named.

        Raises:
            DataError: one is missing that is carried, or read; or is called as an answer is.
        """
        fields = [each.name for each in self.predictor.schema.fields]
        if missing := [name for name in dict.fromkeys((*fields, *self.carry)) if name not in given]:
            listed = ", ".join(f"`{name}`" for name in missing[:20])
            raise DataError(f"{shown}: has no column {listed}", hint=f"it has {', '.join(given.names()[:20])}")
        keys = (key for key in self.predictor.schema.keys if key in given)
        carried = tuple(dict.fromkeys((*keys, *self.carry)))
        if taken := [name for name in carried if name in {*answers.types(self.predictor), answers.IDENTITY}]:
            message = f"{shown}: the column `{taken[0]}` cannot be carried: what the model answers is called so"
            raise DataError(message, hint="rename it in the input")
        return carried


@dataclass
class Counts:
    """How many rows there were, which were refused, and how many answered that the model is not for."""

    rows: int = 0
    outside: int = 0
    refused: list[pl.DataFrame] = field(default_factory=list)


def noted(path: Path) -> dict[str, str] | None:
    """Read what a file says it was made of; None where `mlops score` did not write it."""
    try:
        found = pl.read_parquet_metadata(path)
    except (OSError, pl.exceptions.PolarsError):
        return None
    return {_NOTE: found[_NOTE]} if _NOTE in found else None


def score(
    scorer: Scorer,
    shown: str,
    source: tuple[Path, Stamp, str],
    partition: Partition,
    target: Path,
    finish: Callable[[Counts], None],
    log: PartitionLog | None = None,
) -> Counts:
    """Score a file, of which stamp and digest are known, into another; `shown` is what a person calls it.

    `finish` is told what became of the rows before the file appears, so that what it writes is there when that is.

    Raises:
        DataError: it is no Parquet file, lacks a column, or has rows that would be left unanswered and listed nowhere.
        StaleError: somebody wrote to it meanwhile; nothing of it is written.
    """
    path, stamp, digest = source
    frame = open_partition(shown, path, partition, scorer.predictor)
    given = frame.collect_schema()
    carried = scorer.carried(shown, given)
    wanted = list(dict.fromkeys((*(each.name for each in scorer.predictor.schema.fields), *carried)))
    counts, raised = Counts(), list[BaseException]()

    def made(*_: Any) -> Iterator[pl.DataFrame]:
        try:
            for block in blocks(shown, scorer.predictor, frame.select(wanted)):
                yield _scored(scorer, shown, block, carried, counts, log)
            if Stamp.of(path) != stamp:
                raise changed(shown)
            finish(counts)
        except BaseException as error:  # Polars tells of it in its own words, and forgets which it was
            raised.append(error)
            raise

    named: dict[str, Any] = {} if log is None else {answers.IDENTITY: pl.String()}
    schema = pl.Schema({name: given[name] for name in carried} | answers.types(scorer.predictor) | named)
    try:
        parquet.write(register_io_source(made, schema=schema), target, scorer.note(digest))
    except Exception as error:
        first = raised[0] if raised else error
        if isinstance(first, DataError) and Stamp.of(path) != stamp:
            raise changed(shown) from error
        if first is error:
            raise
        raise first from error
    return counts


def changed(shown: str) -> StaleError:
    """Say that a partition is not what it was when its digest was taken."""
    return StaleError(f"{shown}: was written to while it was scored", hint="score it once it is complete")


def list_refused(path: Path, counts: Counts, note: dict[str, str]) -> None:
    """Write the list of refused rows of a partition."""
    parquet.write(pl.concat(counts.refused), path, note)


def refused_rows(path: Path) -> tuple[RefusedRows, ...]:
    """Count what such a list holds by column and reason."""
    found = Counter(pl.read_parquet(path, columns=["column", "reason"], glob=False).rows())
    return tuple(RefusedRows(column=column, reason=why, rows=rows) for (column, why), rows in sorted(found.items()))


def columns_of(path: Path) -> pl.Schema:
    """Read the columns of an output; its name may hold `*` or brackets."""
    return pl.scan_parquet(path, glob=False, hive_partitioning=False).collect_schema()


def rows_of(path: Path) -> tuple[int, int]:
    """Count the rows of an output, and those without an answer."""
    null = pl.col(answers.PREDICTIONS).null_count().alias("null")
    rows, without = pl.scan_parquet(path, glob=False).select(pl.len(), null).collect().row(0)
    return rows, without


def _scored(
    scorer: Scorer,
    shown: str,
    block: pl.DataFrame,
    carried: tuple[str, ...],
    counts: Counts,
    log: PartitionLog | None,
) -> pl.DataFrame:
    found = answer(scorer.predictor, block)
    if found.refused and not scorer.lists:
        raise _refusing(shown, counts.rows, block.height, found)
    kept = block.select(carried)
    if found.refused:
        counts.refused.append(answers.listed(found, kept, counts.rows))
    made = answers.columns(scorer.predictor, found)
    if log is not None:
        log.add(block, found, counts.rows)
        made.append(log.identities(counts.rows, block.height))
    counts.rows += block.height
    counts.outside += found.outside
    return pl.DataFrame([*kept.get_columns(), *made])


def _refusing(shown: str, before: int, rows: int, found: Answered) -> DataError:
    row, (column, reason) = next(iter(found.refused.items()))
    told = next((f"`{each.field}` {each.problem}" for each in found.problems if each.row == row and each.field), None)
    said = told or f"{column}: {reason}"
    count = f"{len(found.refused):,} of its first {before + rows:,} rows"
    return DataError(
        f"{shown}: row {before + row:,}: {said}; {count} would have no prediction",
        hint="--refused PARQUET lists such rows, and has the others scored",
    )
